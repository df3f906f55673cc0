/*
 * torch_ffm_model.h: models that PyTorch's AOTInductor compiled to a shared library, run on the caller's memory.
 *
 * The rules of torch_ffm.h hold. A model's library is native code and is trusted as such. On Linux only.
 */
#ifndef TORCH_FFM_MODEL_H
#define TORCH_FFM_MODEL_H

#include "torch_ffm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled model and its library. */
typedef struct tffm_model tffm_model;

/* What a model is called with. */
typedef struct tffm_model_info {
    int64_t input_count;
    int64_t output_count;
    int64_t constant_count;
    const char *input_spec;  /* the structure of the inputs as PyTorch's pytree writes it, or "" */
    const char *output_spec; /* the outputs' likewise; both are borrowed and live as long as the model */
} tffm_model_info;

/* What a constant is in the module. */
enum tffm_constant_kind {
    TFFM_CONSTANT_UNKNOWN = 0,
    TFFM_CONSTANT_PARAMETER = 1,
    TFFM_CONSTANT_BUFFER = 2,
    TFFM_CONSTANT_TENSOR = 3,
    TFFM_CONSTANT_FOLDED = 4, /* computed of others when the model is opened */
};

/* A weight, a buffer or another tensor that a model reads at each run. */
typedef struct tffm_constant {
    const char *name;     /* the module's, such as "layers.0.weight"; borrowed, lives as long as the model */
    const char *variable; /* its name in the model's source, such as "layers_0_weight"; likewise */
    int64_t bytes;        /* of its elements, and less than 64 of padding */
    int32_t kind;         /* enum tffm_constant_kind */
    int32_t dtype;        /* enum tffm_dtype, or another of libtorch's codes */
} tffm_constant;

/*
 * Opens a model's library, which must stay as it is while it is open. It prints nothing, checks the dtypes, sizes and
 * strides of its inputs at each run, and can be closed on any thread.
 * path: the file. instances: how many runs may be under way at once, 1 or more. Of 2 or more instances further runs wait;
 *     of 1 the caller must let each run end before the next, on any thread.
 * result: owned by the caller, given back to tffm_model_close().
 * Errors: TFFM_TORCH_ERROR with the text of the system's loader or of the model.
 */
TFFM_API tffm_status tffm_model_open(const char *path, int64_t instances, tffm_model **result);

/*
 * Closes a model and its library.
 * model: ownership passes to this call; none of its runs may be under way, and what was borrowed from it ends.
 */
TFFM_API tffm_status tffm_model_close(tffm_model *model);

/* Describes a model. info: written. */
TFFM_API tffm_status tffm_model_describe(const tffm_model *model, tffm_model_info *info);

/* Gives the name of an input in the model's source. name: borrowed, lives as long as the model. */
TFFM_API tffm_status tffm_model_input(const tffm_model *model, int64_t index, const char **name);

/* Describes a constant. index: 0 to constant_count - 1. constant: written. */
TFFM_API tffm_status tffm_model_constant(const tffm_model *model, int64_t index, tffm_constant *constant);

/*
 * Gives the tensor that a constant is.
 * result: owned by the caller, over the model's memory, which ends with the model; NULL where the model has none.
 */
TFFM_API tffm_status tffm_model_constant_tensor(const tffm_model *model, int64_t index, tffm_tensor **result);

/*
 * Exchanges constants; the others stay. No run may be under way.
 * indices, tensors, count: which, and by what. The tensors' memory is used as it is until the model is closed, with no
 *     copy; each must have the constant's dtype and bytes, and its sizes and strides where the model has a tensor.
 */
TFFM_API tffm_status tffm_model_set_constants(tffm_model *model, const int64_t *indices, tffm_tensor *const *tensors,
                                              int64_t count);

/*
 * Prepares a model for runs, once, after its constants are set: those that are computed of others are.
 * writes: for each input 1 where the model may write it, so that a read-only one is refused and another counts as
 *     written, else 0; copied. NULL where it writes none.
 * most_threads: how many threads its loops may have that do not say it themselves; 0 for as many as OpenMP gives.
 * run: an operator for tffm_call(); borrowed, lives as long as the model. Its first argument is the list of inputs, of
 *     which none may require gradients; its second, a list that may be left out, is what else must be kept alive. Its
 *     results are the outputs; one that would stand on a constant's memory is a copy.
 */
TFFM_API tffm_status tffm_model_prepare(tffm_model *model, const int32_t *writes, int32_t most_threads,
                                        const tffm_operator **run);

#ifdef __cplusplus
}
#endif

#endif
