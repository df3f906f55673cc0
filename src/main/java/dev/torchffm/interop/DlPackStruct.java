package dev.torchffm.interop;

import static dev.torchffm.bindings.TorchFfm.DLPACK_FLAG_BITMASK_IS_COPIED;
import static dev.torchffm.bindings.TorchFfm.DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED;
import static dev.torchffm.bindings.TorchFfm.DLPACK_FLAG_BITMASK_READ_ONLY;
import static dev.torchffm.bindings.TorchFfm.DLPACK_MAJOR_VERSION;

import dev.torchffm.bindings.DLManagedTensor;
import dev.torchffm.bindings.DLManagedTensorVersioned;
import dev.torchffm.bindings.DLPackVersion;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The two structs that carry a tensor. */
enum DlPackStruct {

    /** The struct before DLPack 1.0, which has neither a version nor flags. */
    LEGACY("DLManagedTensor", DLManagedTensor.layout()) {
        @Override
        DlPackTensor read(MemorySegment managed) {
            return DlPackTensor.read(DLManagedTensor.dl_tensor(at(managed)), false);
        }

        @Override
        void delete(MemorySegment managed) {
            MemorySegment struct = at(managed);
            MemorySegment deleter = DLManagedTensor.deleter(struct);
            if (deleter.address() != 0) {
                DLManagedTensor.deleter.invoke(deleter, struct);
            }
        }
    },

    /** The struct of DLPack 1.x. */
    VERSIONED("DLManagedTensorVersioned", DLManagedTensorVersioned.layout()) {
        @Override
        DlPackTensor read(MemorySegment managed) {
            MemorySegment struct = at(managed);
            requireVersion(struct);
            long flags = DLManagedTensorVersioned.flags(struct);
            long known = DLPACK_FLAG_BITMASK_READ_ONLY()
                    | DLPACK_FLAG_BITMASK_IS_COPIED()
                    | DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED();
            if ((flags & ~known) != 0) {
                throw new IllegalArgumentException("flags is 0x" + Long.toHexString(flags)
                        + ", of which only those in 0x" + Long.toHexString(known) + " are known");
            }
            boolean readOnly = (flags & DLPACK_FLAG_BITMASK_READ_ONLY()) != 0;
            return DlPackTensor.read(DLManagedTensorVersioned.dl_tensor(struct), readOnly);
        }

        /** Only the version and the deleter of a struct of another major version may be used. */
        private void requireVersion(MemorySegment struct) {
            MemorySegment version = DLManagedTensorVersioned.version(struct);
            int major = DLPackVersion.major(version);
            int minor = DLPackVersion.minor(version);
            if (major != DLPACK_MAJOR_VERSION()) {
                delete(struct);
                throw new IllegalArgumentException("version is " + Integer.toUnsignedString(major) + "."
                        + Integer.toUnsignedString(minor) + ", and must be " + DLPACK_MAJOR_VERSION()
                        + ".x; the deleter has been called, as DLPack requires");
            }
        }

        @Override
        void delete(MemorySegment managed) {
            MemorySegment struct = at(managed);
            MemorySegment deleter = DLManagedTensorVersioned.deleter(struct);
            if (deleter.address() != 0) {
                DLManagedTensorVersioned.deleter.invoke(deleter, struct);
            }
        }
    };

    private final String struct;
    private final GroupLayout layout;

    DlPackStruct(String struct, GroupLayout layout) {
        this.struct = struct;
        this.layout = layout;
    }

    /**
     * Reads and checks the tensor in a struct.
     *
     * @param managed the struct's address
     * @throws IllegalArgumentException when it is not such an address, or the tensor is not one that a {@code Tensor}
     *     can be; if the struct is of another major version, its deleter has been called
     */
    abstract DlPackTensor read(MemorySegment managed);

    /**
     * Calls a struct's deleter, if it has one.
     *
     * @param managed the struct's address
     * @throws IllegalArgumentException when it is not such an address
     */
    abstract void delete(MemorySegment managed);

    /** The struct at an address, with the address's scope. */
    final MemorySegment at(MemorySegment managed) {
        Objects.requireNonNull(managed, "managed");
        if (!managed.isNative()) {
            throw new IllegalArgumentException(
                    "managed is " + managed + ", on the Java heap, and must be the address of a " + struct);
        }
        if (managed.byteSize() > 0 && managed.byteSize() < layout.byteSize()) {
            throw new IllegalArgumentException(
                    "managed has " + managed.byteSize() + " bytes, and a " + struct + " has " + layout.byteSize());
        }
        if (managed.address() == 0) {
            throw new IllegalArgumentException("managed must not be NULL");
        }
        if (managed.address() % layout.byteAlignment() != 0) {
            throw new IllegalArgumentException("managed is 0x" + Long.toHexString(managed.address())
                    + ", not aligned to " + layout.byteAlignment() + " bytes");
        }
        return managed.reinterpret(layout.byteSize());
    }
}
