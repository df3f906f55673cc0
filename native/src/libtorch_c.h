/*
 * The functions of libtorch's stable C ABI that the shim calls. They are declared here, as the jars
 * of libtorch come without headers. Source: torch/csrc/inductor/aoti_torch/c/shim.h and
 * torch/csrc/stable/c/shim.h; `make abi-check` compares the declarations with these.
 *
 * Each returns 0 or a failure whose text is torch_exception_get_what_without_backtrace().
 */
#ifndef TFFM_LIBTORCH_C_H
#define TFFM_LIBTORCH_C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct AtenTensorOpaque;
typedef struct AtenTensorOpaque *AtenTensorHandle;
struct StableListOpaque;
typedef struct StableListOpaque *StableListHandle;
typedef int32_t AOTITorchError;
typedef uint64_t StableIValue;

const char *torch_exception_get_what_without_backtrace(void);
uint64_t aoti_torch_abi_version(void);

/* Codes that never change, of a strided tensor and of the CPU. */
enum { AOTI_LAYOUT_STRIDED = 0, AOTI_DEVICE_TYPE_CPU = 0 };

/* Handles, metadata. Sizes and strides are borrowed from the tensor. */
AOTITorchError aoti_torch_delete_tensor_object(AtenTensorHandle tensor);
AOTITorchError aoti_torch_new_uninitialized_tensor(AtenTensorHandle *ret_new_tensor);
AOTITorchError aoti_torch_new_tensor_handle(AtenTensorHandle orig_handle, AtenTensorHandle *new_handle);
AOTITorchError aoti_torch_get_data_ptr(AtenTensorHandle tensor, void **ret_data_ptr);
AOTITorchError aoti_torch_get_dim(AtenTensorHandle tensor, int64_t *ret_dim);
AOTITorchError aoti_torch_get_numel(AtenTensorHandle tensor, int64_t *ret_numel);
AOTITorchError aoti_torch_get_sizes(AtenTensorHandle tensor, int64_t **ret_sizes);
AOTITorchError aoti_torch_get_strides(AtenTensorHandle tensor, int64_t **ret_strides);
AOTITorchError aoti_torch_get_storage_offset(AtenTensorHandle tensor, int64_t *ret_storage_offset);
AOTITorchError aoti_torch_get_dtype(AtenTensorHandle tensor, int32_t *ret_dtype);
AOTITorchError aoti_torch_get_layout(AtenTensorHandle tensor, int32_t *ret_layout);
AOTITorchError aoti_torch_get_device_type(AtenTensorHandle tensor, int32_t *ret_device_type);
AOTITorchError aoti_torch_is_contiguous(AtenTensorHandle tensor, bool *ret_is_contiguous);
AOTITorchError aoti_torch_is_defined(AtenTensorHandle tensor, bool *ret_is_defined);

/* New tensors. Sizes and strides are copied; ret is a new handle. */
AOTITorchError torch_from_blob(void *data, int64_t ndim, const int64_t *sizes_ptr,
                               const int64_t *strides_ptr, int64_t storage_offset, int32_t dtype,
                               int32_t device_type, int32_t device_index, AtenTensorHandle *ret,
                               int32_t layout, const uint8_t *opaque_metadata,
                               int64_t opaque_metadata_size, void (*deleter)(void *data, void *ctx),
                               void *deleter_ctx);
AOTITorchError aoti_torch_empty_strided(int64_t ndim, const int64_t *sizes_ptr,
                                        const int64_t *strides_ptr, int32_t dtype, int32_t device_type,
                                        int32_t device_index, AtenTensorHandle *ret);
AOTITorchError aoti_torch_cpu_rand(const int64_t *size, int64_t size_len, int32_t *dtype,
                                   int32_t *layout, int32_t *device, int32_t device_index,
                                   int32_t *pin_memory, AtenTensorHandle *ret);
AOTITorchError aoti_torch_cpu_randn(const int64_t *size, int64_t size_len, int32_t *dtype,
                                    int32_t *layout, int32_t *device, int32_t device_index,
                                    int32_t *pin_memory, AtenTensorHandle *ret);
AOTITorchError aoti_torch_clone(AtenTensorHandle self, AtenTensorHandle *ret);
AOTITorchError aoti_torch_copy_(AtenTensorHandle self, AtenTensorHandle src, int32_t non_blocking);

/* The only element. */
AOTITorchError aoti_torch_item_int64(AtenTensorHandle tensor, int64_t *ret_value);
AOTITorchError aoti_torch_item_int32(AtenTensorHandle tensor, int32_t *ret_value);
AOTITorchError aoti_torch_item_bool(AtenTensorHandle tensor, bool *ret_value);

/* Throws where cond is false. */
void aoti_torch_check(bool cond, const char *func, const char *file, uint32_t line, const char *msg);

/* libtorch's own threads: func is called for parts of begin to end, each of grain_size at least. */
typedef void (*ParallelFunc)(int64_t begin, int64_t end, void *ctx);
AOTITorchError torch_parallel_for(int64_t begin, int64_t end, int64_t grain_size, ParallelFunc func, void *ctx);

/* The dispatcher. Handles, lists and boxed values on the stack pass to the call. */
AOTITorchError aoti_torch_call_dispatcher(const char *op, const char *overload, StableIValue *stack);
AOTITorchError torch_new_list_reserve_size(size_t size, StableListHandle *ret);
AOTITorchError torch_list_size(StableListHandle list, size_t *size);
AOTITorchError torch_list_get_item(StableListHandle list, size_t index, StableIValue *element);
AOTITorchError torch_list_push_back(StableListHandle list, StableIValue element);
AOTITorchError torch_delete_list(StableListHandle list);
AOTITorchError torch_new_stable_ivalue(StableIValue **ret_value);
AOTITorchError torch_delete_stable_ivalue(StableIValue *value);

#ifdef __cplusplus
}
#endif

#endif
