/*
 * DLPack's structs, as far as they are used here. Source: the header dlpack/dlpack.h of the DLPack project,
 * version 1.1, and its page "Python Specification for DLPack".
 */
#ifndef TFFM_DLPACK_STRUCTS_H
#define TFFM_DLPACK_STRUCTS_H

#include <stdint.h>

/* Other major versions have other structs; other minor ones only have more codes. */
enum { DLPACK_MAJOR_VERSION = 1, DLPACK_MINOR_VERSION = 1 };

enum { kDLCPU = 1 };

enum { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, kDLBool = 6 };

enum {
    DLPACK_FLAG_BITMASK_READ_ONLY = 1,
    DLPACK_FLAG_BITMASK_IS_COPIED = 2,
    DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED = 4,
};

typedef struct DLPackVersion {
    uint32_t major;
    uint32_t minor;
} DLPackVersion;

typedef struct DLDevice {
    int32_t device_type;
    int32_t device_id;
} DLDevice;

typedef struct DLDataType {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} DLDataType;

typedef struct DLTensor {
    void *data;
    DLDevice device;
    int32_t ndim;
    DLDataType dtype;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL, as older producers set it, means row-major */
    uint64_t byte_offset;
} DLTensor;

/* The struct before version 1.0, which most libraries still exchange. */
typedef struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensor *self); /* may be NULL; deletes self too */
} DLManagedTensor;

typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self); /* as above */
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

#endif
