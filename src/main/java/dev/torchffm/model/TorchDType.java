package dev.torchffm.model;

import dev.torchffm.DType;
import dev.torchffm.bindings.TorchFfm;
import java.util.Map;
import java.util.Optional;

/** libtorch's codes of dtypes. */
final class TorchDType {

    private static final Map<Integer, DType> BY_CODE = Map.of(
            TorchFfm.TFFM_UINT8(), DType.UINT8,
            TorchFfm.TFFM_INT8(), DType.INT8,
            TorchFfm.TFFM_INT16(), DType.INT16,
            TorchFfm.TFFM_INT32(), DType.INT32,
            TorchFfm.TFFM_INT64(), DType.INT64,
            TorchFfm.TFFM_FLOAT16(), DType.FLOAT16,
            TorchFfm.TFFM_FLOAT32(), DType.FLOAT32,
            TorchFfm.TFFM_FLOAT64(), DType.FLOAT64,
            TorchFfm.TFFM_BOOL(), DType.BOOL,
            TorchFfm.TFFM_BFLOAT16(), DType.BFLOAT16);

    private TorchDType() {}

    /** The dtype of a code, or nothing for one that tensors cannot have here. */
    static Optional<DType> of(int code) {
        return Optional.ofNullable(BY_CODE.get(code));
    }

    /** The code of a dtype. */
    static int code(DType dtype) {
        return BY_CODE.entrySet().stream()
                .filter(entry -> entry.getValue() == dtype)
                .findFirst()
                .orElseThrow()
                .getKey();
    }
}
