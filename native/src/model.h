/* A compiled model as an operator that tffm_call() calls. */
#ifndef TFFM_MODEL_H
#define TFFM_MODEL_H

#include "torch_ffm_model.h"

/*
 * Runs a model. inputs: a list of tensors. outputs: room for its output_count tensors; written, each owned by the
 * caller, or NULL for an output that is None.
 */
tffm_status tffm_model_run(int32_t mode, const tffm_model *model, const tffm_value *inputs, tffm_tensor **outputs);

int64_t tffm_model_output_count(const tffm_model *model);

#endif
