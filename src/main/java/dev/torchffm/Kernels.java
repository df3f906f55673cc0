package dev.torchffm;

/** Which code clamps; see {@link Torch#kernels}. */
public enum Kernels {
    /** libtorch, always. */
    LIBTORCH,

    /**
     * The shim's own loops, for contiguous tensors of the nine numeric dtypes that take no part in autograd; libtorch
     * for all others. The results are the same bit for bit, except that a NaN of FLOAT16 or BFLOAT16 keeps its bits,
     * which libtorch's vector code may change.
     */
    SHIM
}
