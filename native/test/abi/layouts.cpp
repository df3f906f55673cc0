/*
 * Compares the layouts of the mirrors with libtorch's own: those of public members when this is compiled,
 * those of private ones when it is run, by what public functions say.
 */
#include <cstdio>
#include <cstring>
#include <type_traits>

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/headeronly/version.h>

#include "mirrors.hpp"

/* Size, alignment, and what decides whether a result is returned in registers or in memory. */
template <typename M>
constexpr bool sameShape = sizeof(M) == sizeof(real<M>) && alignof(M) == alignof(real<M>) &&
                           std::is_trivially_destructible_v<M> == std::is_trivially_destructible_v<real<M>>;

static_assert(sameShape<mirror::at::Tensor>);
static_assert(sameShape<mirror::c10::OperatorHandle>);
static_assert(sizeof(mirror::at::TensorBase) == sizeof(at::TensorBase));
static_assert(sizeof(mirror::at::Generator) == sizeof(at::Generator));
static_assert(sizeof(mirror::c10::AutogradState) == sizeof(c10::AutogradState));
/* A Scalar is only passed by reference; the real one has a destructor, for tags that we do not use. */
static_assert(sizeof(mirror::c10::Scalar) == sizeof(c10::Scalar));
static_assert(alignof(mirror::c10::Scalar) == alignof(c10::Scalar));
static_assert(sizeof(std::optional<mirror::c10::Scalar>) == sizeof(std::optional<c10::Scalar>));

using Keys = c10::impl::PODLocalDispatchKeySet;
using MirroredKeys = mirror::c10::impl::PODLocalDispatchKeySet;
static_assert(std::is_same_v<decltype(c10::impl::raw_local_dispatch_key_set), Keys>);
static_assert(sizeof(MirroredKeys) == sizeof(Keys));
static_assert(offsetof(MirroredKeys, included) == offsetof(Keys, included_));
static_assert(offsetof(MirroredKeys, excluded) == offsetof(Keys, excluded_));

static int failures = 0;

static void expect(bool holds, const char *what) {
    if (holds) return;
    failures++;
    std::printf("differs: %s\n", what);
}

/* The real Scalar's bytes, read as the mirror. */
static mirror::c10::Scalar mirrored(const c10::Scalar &scalar) {
    mirror::c10::Scalar mirrored;
    std::memcpy(static_cast<void *>(&mirrored), static_cast<const void *>(&scalar), sizeof mirrored);
    return mirrored;
}

/* The pointer that lies at an address. */
static const void *pointerAt(const void *address) {
    const void *pointer;
    std::memcpy(&pointer, address, sizeof pointer);
    return pointer;
}

static const char *bytes(const void *object) { return static_cast<const char *>(object); }

static void scalars() {
    using Tag = mirror::c10::Scalar::Tag;
    const auto integer = mirrored(c10::Scalar(int64_t{-7})), number = mirrored(c10::Scalar(0.5));
    expect(integer.tag == Tag::integer && integer.value.integer == -7, "c10::Scalar of an integer");
    expect(number.tag == Tag::real && number.value.real == 0.5, "c10::Scalar of a double");
    const std::optional<c10::Scalar> some = c10::Scalar(0.5), none;
    std::optional<mirror::c10::Scalar> mirror;
    std::memcpy(static_cast<void *>(&mirror), static_cast<const void *>(&some), sizeof mirror);
    expect(mirror.has_value() && mirror->value.real == 0.5, "std::optional<c10::Scalar> of a double");
    std::memcpy(static_cast<void *>(&mirror), static_cast<const void *>(&none), sizeof mirror);
    expect(!mirror.has_value(), "std::optional<c10::Scalar> of nothing");
}

static void dispatcher() {
    const auto handle = c10::Dispatcher::realSingleton().findSchemaOrThrow("aten::relu", "");
    const void *schema = bytes(pointerAt(&handle)) + mirror::c10::schemaOffset;
    expect(schema == &handle.schema(), "the schema within an operator's definition");
    expect(mirror::c10::impl::adInplaceOrView == c10::inplace_or_view_ks.raw_repr(), "the key of ADInplaceOrView");
    expect(mirror::c10::impl::autograd == c10::autograd_dispatch_keyset.raw_repr(), "the keys of autograd");
}

static void tensors() {
    const at::Tensor leaf = at::ones({1}).requires_grad_(), result = leaf * leaf;
    const void *impl = leaf.unsafeGetTensorImpl(), *storage = leaf.storage().unsafeGetStorageImpl();
    expect(pointerAt(&leaf) == impl, "the pointer in an at::Tensor");
    expect(pointerAt(bytes(impl) + offsetof(mirror::c10::TensorImpl, storage)) == storage,
           "the storage of a c10::TensorImpl");
    expect(pointerAt(&result.grad_fn()) == result.grad_fn().get(), "the pointer in at::TensorBase::grad_fn()");
    expect(pointerAt(&leaf.grad_fn()) == nullptr, "at::TensorBase::grad_fn() of a leaf");
}

static void generator() {
    const at::Generator &generator = at::detail::getDefaultCPUGenerator();
    const c10::GeneratorImpl *impl = generator.unsafeGetGeneratorImpl();
    expect(pointerAt(&generator) == impl, "the pointer in an at::Generator");
    expect(dynamic_cast<const at::CPUGeneratorImpl *>(impl) == static_cast<const void *>(impl),
           "the at::CPUGeneratorImpl of the default generator");
}

/* The byte that holds these flags, among others. */
static uint8_t flagsOf(bool grad, bool inference, bool forwardGrad, bool multithreading) {
    c10::AutogradState state(grad, inference, forwardGrad, multithreading);
    return static_cast<uint8_t>(bytes(&state)[offsetof(mirror::c10::AutogradState, flags)]);
}

static void flags() {
    using Flag = mirror::c10::AutogradState;
    constexpr int all = Flag::grad | Flag::inference | Flag::forwardGrad | Flag::multithreading;
    expect((flagsOf(true, false, false, false) & all) == Flag::grad, "the flag for grad");
    expect((flagsOf(false, true, false, false) & all) == Flag::inference, "the flag for inference");
    expect((flagsOf(false, false, true, false) & all) == Flag::forwardGrad, "the flag for forward grad");
    expect((flagsOf(false, false, false, true) & all) == Flag::multithreading, "the flag for multithreading");
}

int main() {
    if (aoti_torch_abi_version() != TORCH_ABI_VERSION) {
        std::printf("the headers are of %s, the libraries of another version: set LIBTORCH\n", TORCH_VERSION);
        return 1;
    }
    scalars();
    dispatcher();
    tensors();
    generator();
    flags();
    if (failures == 0) std::printf("the declarations agree with the headers of %s\n", TORCH_VERSION);
    return failures != 0;
}
