package dev.torchffm;

/** Who clamps; see {@link Torch#kernels}. */
public enum Kernels {
    /** libtorch, always. */
    LIBTORCH,

    /**
     * The shim's own loops where they serve: contiguous tensors of the nine numeric dtypes that take no part in
     * autograd. The bits are libtorch's; a NaN of FLOAT16 and BFLOAT16 keeps its own, which libtorch's vector code
     * may change.
     */
    SHIM
}
