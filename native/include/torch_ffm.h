/*
 * torch_ffm.h: a small C interface to libtorch for callers that share their memory with it.
 *
 * Status. Every function returns a tffm_status. Results are given by out-parameter and are written
 * only when the status is TFFM_OK. The text of a failure is in tffm_last_error() of the same thread.
 *
 * Ownership. A tffm_tensor * given out as a result is owned by the caller and is given back to
 * tffm_free() exactly once. Every other pointer is borrowed for the length of the call, unless the
 * parameter says more.
 *
 * Memory. Parameters named memory, out_memory and the variadic ones of tffm_call() are never read:
 * they name the memory that the tensors stand on, so that a runtime which guards memory by its
 * arguments keeps it alive while libtorch works on it. NULL is allowed.
 *
 * Mode. Parameters named mode are enum tffm_mode.
 *
 * Units. Sizes, strides and offsets are in elements; only what is named bytes is in bytes.
 * Strides are never negative. Tensors are dense, strided and on the CPU.
 *
 * Threads. Any thread may call anything; two threads must not write one tensor at the same time.
 * The error text belongs to the calling thread.
 */
#ifndef TORCH_FFM_H
#define TORCH_FFM_H

#include <stddef.h>
#include <stdint.h>

#include "dlpack_structs.h"

#define TFFM_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* The outcome of a call, one of enum tffm_status_code. */
typedef int32_t tffm_status;

enum tffm_status_code {
    TFFM_OK = 0,
    TFFM_TORCH_ERROR = 1,      /* libtorch failed; the text is libtorch's own */
    TFFM_INVALID_ARGUMENT = 2, /* the shim refused an argument before libtorch saw it */
    TFFM_UNSUPPORTED = 3,       /* nothing was done, no text is kept: call another function instead */
};

/* Element types, by libtorch's own codes. */
enum tffm_dtype {
    TFFM_UINT8 = 0,
    TFFM_INT8 = 1,
    TFFM_INT16 = 2,
    TFFM_INT32 = 3,
    TFFM_INT64 = 4,
    TFFM_FLOAT16 = 5,
    TFFM_FLOAT32 = 6,
    TFFM_FLOAT64 = 7,
    TFFM_BOOL = 11,
    TFFM_BFLOAT16 = 15,
};

/* The kind of a number, whose bits are passed as an int64_t. */
enum tffm_number_kind {
    TFFM_NO_NUMBER = 0, /* no bound; the bits are ignored */
    TFFM_INTEGER = 1,   /* the bits are the int64_t itself */
    TFFM_REAL = 2,      /* the bits are those of a double */
};

/*
 * How a call runs operators, a sum of these. It is given to each call and not kept after it, so a
 * caller may move from thread to thread.
 */
enum tffm_mode {
    TFFM_RECORD = 0,    /* operators on tensors that require gradients are recorded: PyTorch's default */
    TFFM_NO_GRAD = 1,   /* nothing is recorded: torch.no_grad() */
    TFFM_INFERENCE = 2, /* also without versions; new tensors take no part in autograd: torch.inference_mode() */
};

/* A handle on one libtorch tensor. */
typedef struct tffm_tensor tffm_tensor;

/* An operator of libtorch, resolved and kept for the process. */
typedef struct tffm_operator tffm_operator;

/* The most dimensions that a tensor made here may have, libtorch's own limit for its kernels. */
enum { TFFM_MAX_DIM = 64 };

/* What is known of a tensor without looking at its elements. */
typedef struct tffm_info {
    void *data;             /* the address of element 0; borrowed, lives as long as the tensor's memory */
    const void *storage;    /* the same for all tensors over one memory, also empty ones; never read */
    int64_t dim;
    int64_t numel;
    int64_t storage_offset; /* of element 0 within the storage, in elements */
    int32_t dtype;          /* enum tffm_dtype, or another of libtorch's codes */
    int32_t contiguous;     /* 1 when the elements lie in row-major order without a gap, else 0 */
    int32_t requires_grad;  /* 1 when operators on the tensor are recorded for gradients, else 0 */
    int32_t has_history;    /* 1 when it is the result of a recorded operator, 0 for a leaf */
    int32_t inference;      /* 1 when it was made in TFFM_INFERENCE and takes no part in autograd, else 0 */
    int32_t reserved;       /* 0 */
    int64_t sizes[TFFM_MAX_DIM];   /* the first dim values; the rest is not set */
    int64_t strides[TFFM_MAX_DIM]; /* the first dim values, in elements */
} tffm_info;

/* ---- errors and versions ---- */

/*
 * Gives the text of this thread's last failure, in UTF-8, without a backtrace.
 * text: borrowed, valid until this thread's next failure.
 */
TFFM_API tffm_status tffm_last_error(const char **text);

/*
 * Gives the version of the libtorch in use.
 * version: major << 56 | minor << 48 | patch << 40.
 */
TFFM_API tffm_status tffm_libtorch_version(uint64_t *version);

/* The number of this header's ABI, raised when a function, a struct or a constant changes. */
enum { TFFM_ABI = 4 };

/*
 * Gives the TFFM_ABI that the shim was built with. A caller that was built with another one must not
 * call anything else.
 */
TFFM_API tffm_status tffm_abi_version(int32_t *version);

/* ---- the process ---- */

/* The most threads that may be asked for. */
enum { TFFM_MAX_THREADS = 1024 };

/*
 * Sets how many threads an operator may run on, the calling one included: torch.set_num_threads. It holds for the
 * calling thread, and for each thread that has run no operator yet; for OpenBLAS, if libtorch has it, for all.
 * count: 1 to TFFM_MAX_THREADS.
 */
TFFM_API tffm_status tffm_set_num_threads(int32_t count);

/* Gives how many threads an operator of the calling thread may run on: torch.get_num_threads. */
TFFM_API tffm_status tffm_get_num_threads(int32_t *count);

/*
 * From then on libtorch's failures carry no backtrace, which takes milliseconds to collect and is in no text here.
 * Only for a caller to whom this process's libtorch belongs; no failure may be under way.
 */
TFFM_API tffm_status tffm_omit_backtraces(void);

/* ---- tensors: made, described, freed ---- */

/*
 * Makes a tensor over the caller's memory. Nothing is copied, nothing is read, and libtorch never
 * frees the memory; it must outlive the tensor.
 * memory, bytes: where the storage starts and how long it is; at least as long as the sizes,
 *     strides and offset reach, and aligned to the element size.
 * dim, sizes, strides: the shape; copied. Both may be NULL when dim is 0.
 * result: owned by the caller.
 * Errors: TFFM_INVALID_ARGUMENT for a shape, dtype, alignment or length that breaks these rules.
 */
TFFM_API tffm_status tffm_from_memory(int32_t mode, void *memory, int64_t bytes, int32_t dtype,
                                      int64_t dim, const int64_t *sizes, const int64_t *strides,
                                      int64_t storage_offset, tffm_tensor **result);

/*
 * Frees a handle, and with it memory of libtorch that no other tensor uses.
 * tensor: ownership passes to this call.
 */
TFFM_API tffm_status tffm_free(tffm_tensor *tensor);

/* Describes a tensor. info: written; the pointers in it are borrowed as stated there. */
TFFM_API tffm_status tffm_describe(tffm_tensor *tensor, tffm_info *info);

/* Gives the address of element 0. address: borrowed, lives as long as the tensor's memory. */
TFFM_API tffm_status tffm_data_ptr(tffm_tensor *tensor, void **address);

/* ---- clamp and relu: libtorch's own, with its promotion, range checks and texts ---- */

/* Which operator a call is. */
enum tffm_clamp_operation {
    TFFM_CLAMP = 0,     /* aten::clamp: at least one bound must be given */
    TFFM_CLAMP_MIN = 1, /* aten::clamp_min: the lower bound alone; its promotion differs from clamp's for some dtypes */
    TFFM_CLAMP_MAX = 2, /* aten::clamp_max: the upper bound alone */
    TFFM_RELU = 3,      /* aten::relu: no bound */
};

/*
 * Computes into a new tensor.
 * operation: enum tffm_clamp_operation. Bounds that it does not use are ignored.
 * min_kind, min, max_kind, max: the bounds, see enum tffm_number_kind.
 * result: owned by the caller.
 */
TFFM_API tffm_status tffm_clamp(int32_t mode, int32_t operation, tffm_tensor *self, const void *memory,
                                int32_t min_kind, int64_t min, int32_t max_kind, int64_t max,
                                tffm_tensor **result);

/* Computes in place. Only elements of the view are written. */
TFFM_API tffm_status tffm_clamp_(int32_t mode, int32_t operation, tffm_tensor *self, const void *memory,
                                 int32_t min_kind, int64_t min, int32_t max_kind, int64_t max);

/* Computes into out. out: has self's sizes; written. */
TFFM_API tffm_status tffm_clamp_out(int32_t mode, int32_t operation, tffm_tensor *self, const void *memory,
                                    int32_t min_kind, int64_t min, int32_t max_kind, int64_t max,
                                    tffm_tensor *out, const void *out_memory);

/* ---- clamp by the shim's own loops, without libtorch's overhead ---- */

/*
 * Clamps elements that lie in a row, bit for bit as aten::clamp does; with a bound of 0 it is relu too.
 * Without libtorch: no version is counted, nothing is recorded. Large rows are divided among
 * libtorch's threads.
 * from, from_offset: aligned to the element size, and where in it the elements start, in elements; read.
 * to, to_offset: likewise; written. Either the same place as from or memory that does not overlap.
 * count: how many elements, 0 or more. dtype: enum tffm_dtype.
 * Returns TFFM_UNSUPPORTED where aten::clamp would fail, give another dtype or NaNs, for TFFM_BOOL, and in
 * place for rows larger than the caches, where libtorch is faster.
 */
TFFM_API tffm_status tffm_kernel_clamp(const void *from, int64_t from_offset, void *to, int64_t to_offset,
                                       int64_t count, int32_t dtype, int32_t min_kind, int64_t min,
                                       int32_t max_kind, int64_t max);

/* ---- blocks of memory, for callers that recycle it ---- */

/*
 * Gives a block of memory, aligned to 64 bytes, not initialised. Large ones stand on huge pages where
 * the system has them.
 * bytes: 1 or more. block: owned by the caller, given back to tffm_block_free().
 */
TFFM_API tffm_status tffm_block_allocate(int64_t bytes, void **block);

/* Frees a block. block: ownership passes to this call. */
TFFM_API tffm_status tffm_block_free(void *block);

/* ---- new tensors in libtorch's own memory, row-major ---- */

/*
 * Makes a tensor whose elements are not initialised.
 * dim, sizes: the shape; copied. result: owned by the caller.
 */
TFFM_API tffm_status tffm_empty(int32_t mode, int64_t dim, const int64_t *sizes, int32_t dtype,
                                tffm_tensor **result);

/*
 * Sets where libtorch's default generator starts: torch.manual_seed for the CPU. No other thread may draw
 * random numbers meanwhile.
 */
TFFM_API tffm_status tffm_manual_seed(uint64_t seed);

/* ---- gradients ---- */

/*
 * Says whether operators on a leaf tensor are recorded: Tensor.requires_grad_.
 * requires_grad: 0 or 1; 1 needs a floating-point dtype.
 */
TFFM_API tffm_status tffm_requires_grad_(int32_t mode, tffm_tensor *self, int32_t requires_grad);

/*
 * Gives the gradient that backward() accumulated in a leaf: Tensor.grad.
 * result: owned by the caller, shares its memory with the leaf's gradient; NULL when there is none. Zeros to which
 *     libtorch has given no memory are copied.
 */
TFFM_API tffm_status tffm_grad(tffm_tensor *self, tffm_tensor **result);

/* Removes the gradient of a leaf, if it has one: in Python, grad = None. Handles on it stay valid. */
TFFM_API tffm_status tffm_clear_grad_(tffm_tensor *self);

/*
 * Gives the name of the operator's backward that made a tensor, such as "ClampBackward1".
 * name: room for capacity bytes; written with a NUL, empty for a leaf, cut where it is longer.
 */
TFFM_API tffm_status tffm_grad_fn(tffm_tensor *self, char *name, int64_t capacity);

/* ---- DLPack: tensors lent to other libraries, without a copy ---- */

/*
 * Makes a struct of dlpack_structs.h for another library: a DLManagedTensorVersioned where versioned is 1, and
 * where it is 0 a DLManagedTensor. Its owner calls its deleter exactly once, from any thread, and uses neither
 * the struct nor the memory afterwards. The deleter is plain C: it may be called at any time, even while the
 * caller's runtime shuts down, and only leaves a note for tffm_dlpack_await().
 * data: the address of element 0; must outlive the call of the deleter. dim, sizes, strides: the shape; copied.
 * read_only: 1 when the memory must not be written, which needs versioned 1; else 0.
 * key: the caller's own name for what it keeps alive until the deleter is called.
 * notes: where the deleter leaves its note: a pointer of the caller's, NULL at first and then the shim's, which outlives
 * the call of the deleter. Callers that share the process have one each.
 * managed: owned by the caller, who passes it on to one consumer or calls its deleter.
 */
TFFM_API tffm_status tffm_dlpack_export(int32_t versioned, void *data, int32_t dtype, int64_t dim,
                                        const int64_t *sizes, const int64_t *strides, int32_t read_only,
                                        int64_t key, void **notes, void **managed);

/*
 * Waits until the deleter of a struct that was exported with these notes has been called, and frees the struct. Each
 * struct is given once.
 * key: the one that the struct was exported with.
 */
TFFM_API tffm_status tffm_dlpack_await(void **notes, int64_t *key);

/* ---- any operator ---- */

/* What a tffm_value holds. */
enum tffm_value_kind {
    TFFM_NONE = 0,        /* Python's None */
    TFFM_TENSOR = 1,      /* as.tensor */
    TFFM_INT = 2,         /* as.integer */
    TFFM_FLOAT = 3,       /* as.real */
    TFFM_BOOLEAN = 4,     /* as.integer, 0 or 1; an int, a float or a boolean is also a Scalar */
    TFFM_STRING = 5,      /* as.string, UTF-8, ended by a NUL; an argument only */
    TFFM_DTYPE = 6,       /* as.integer, enum tffm_dtype */
    TFFM_TENSOR_LIST = 7, /* as.list of count values, each TFFM_TENSOR or TFFM_NONE; an argument only */
    TFFM_INT_LIST = 8,    /* as.list of count values, each TFFM_INT; an argument only */
    TFFM_FLOAT_LIST = 9,  /* as.list of count values, each TFFM_FLOAT; an argument only */
    TFFM_BOOLEAN_LIST = 10, /* as.list of count values, each TFFM_BOOLEAN; an argument only */
};

/* What the caller says of a tensor argument, a sum of these. */
enum tffm_tensor_flags {
    TFFM_READ_ONLY = 1, /* its memory must not be written: refused where the operator writes */
    TFFM_PINNED = 2,    /* the caller relies on its shape and memory: refused where the operator may change them */
};

/* One argument or result of an operator. */
typedef struct tffm_value {
    int32_t kind;  /* enum tffm_value_kind */
    int32_t flags; /* of a tensor argument: enum tffm_tensor_flags; of a tensor result: 1 + the index of
                      the argument that it is, written in place, or 0 */
    int64_t count; /* of a list: its length; of a tensor result: 1 when it shares an argument's memory, else 0 */
    union {
        int64_t integer;
        double real;
        const char *string;
        tffm_tensor *tensor; /* an argument is borrowed; a result owned by the caller, NULL where it is an argument */
        const struct tffm_value *list;
    } as;
} tffm_value;

/* What an operator's schema says. */
typedef struct tffm_operator_info {
    int64_t argument_count;
    int64_t result_count;    /* a list of tensors counts once */
    int32_t has_result_list; /* 1 when a result is a list of tensors, however many, else 0 */
    int32_t writes_first;    /* 1 when the first argument is written, else 0 */
} tffm_operator_info;

/*
 * Resolves an operator of libtorch's dispatcher: its schema is read and checked once, and kept for the process.
 * name: with its namespace, such as "aten::add"; overload: such as "Tensor", or "" for none. torch::autograd::grad,
 *     which is none of the dispatcher's, is called like one, with a list of as many grad_outputs as outputs.
 * result: borrowed, lives as long as the process.
 * info: written.
 * Errors: TFFM_TORCH_ERROR where libtorch knows no such operator; TFFM_INVALID_ARGUMENT for one whose results
 *     cannot be given, and for one with Scalars that has no entry point in the libtorch in use.
 */
TFFM_API tffm_status tffm_operator_find(const char *name, const char *overload, const tffm_operator **result,
                                        tffm_operator_info *info);

/*
 * Calls an operator. Arguments are checked against its schema first; those left out at the end take the
 * schema's defaults. A number may stand for the second tensor of add, sub, mul and div, as in Python. What a fused
 * step of an optimizer writes is counted as written, so that a backward that needs what was overwritten fails.
 * arguments: argument_count values in the schema's order; borrowed.
 * results: room for result_capacity values; result_count: how many were written. A list of tensors is
 *     written as that many values. Tensors among them are owned by the caller.
 * info: may be NULL; else the only result, if it is a new tensor, is described in it as by tffm_describe(), and
 *     refused if that fails.
 * ...: memory_count pointers to the memory that the arguments stand on, never read (see Memory above).
 * Errors: TFFM_INVALID_ARGUMENT when the arguments do not fit the schema, or the results do not fit into results.
 */
TFFM_API tffm_status tffm_call(int32_t mode, const tffm_operator *op, const tffm_value *arguments,
                               int64_t argument_count, tffm_value *results, int64_t result_capacity,
                               int64_t *result_count, tffm_info *info, int32_t memory_count, ...);

#ifdef __cplusplus
}
#endif

#endif
