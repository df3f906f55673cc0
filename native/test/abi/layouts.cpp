/*
 * Compares the layouts of the mirrors with libtorch's own: those of public members when this is compiled,
 * those of private ones when it is run, by what public functions say.
 */
#include <cstdio>
#include <cstring>
#include <type_traits>

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/headeronly/version.h>

#include "mirrors.hpp"

namespace mirror {
#include "libtorch_entries.hpp"
}

/* What is passed and returned by value. */
static_assert(samePassing<mirror::at::Tensor>);
static_assert(samePassing<mirror::at::Generator>);
static_assert(samePassing<mirror::c10::ArrayRef<int64_t>>);
static_assert(samePassing<mirror::c10::Device>);
static_assert(samePassing<mirror::c10::OperatorHandle>);
static_assert(samePassing<mirror::c10::OptionalArrayRef<int64_t>>);
static_assert(samePassing<mirror::c10::SymInt>);
static_assert(samePassing<std::optional<mirror::at::Generator>>);
static_assert(samePassing<std::optional<mirror::c10::Device>>);
static_assert(samePassing<mirror::Returned, at::Tensor>);
static_assert(samePassing<std::tuple<mirror::Returned, mirror::Returned>, std::tuple<at::Tensor, at::Tensor>>);
static_assert(samePassing<std::vector<mirror::Returned>, std::vector<at::Tensor>>);
static_assert(samePassing<std::vector<mirror::c10::OperatorName>, std::vector<c10::OperatorName>>);
static_assert(sameSize<mirror::c10::OperatorName>);
static_assert(offsetof(mirror::c10::OperatorName, name) == offsetof(c10::OperatorName, name));
static_assert(offsetof(mirror::c10::OperatorName, overload_name) == offsetof(c10::OperatorName, overload_name));

/* What is only passed by reference: a real Scalar has a destructor, for tags that are not used here. */
static_assert(sameSize<mirror::at::TensorBase>);
static_assert(sameSize<mirror::c10::AutogradState>);
static_assert(sameSize<mirror::c10::Scalar>);
static_assert(sameSize<mirror::c10::intrusive_ptr<mirror::torch::autograd::Node>>);
static_assert(sameSize<std::optional<mirror::c10::Scalar>>);
static_assert(sameSize<std::optional<void *>, std::optional<at::Tensor>>);

template <typename M>
constexpr bool sameCodes = std::is_same_v<std::underlying_type_t<M>, std::underlying_type_t<real<M>>>;
static_assert(sameCodes<mirror::c10::ScalarType>);
static_assert(sameCodes<mirror::c10::Layout>);
static_assert(sameCodes<mirror::c10::MemoryFormat>);

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

/* A real object, read as a mirror. */
template <typename M, typename T>
static const M &as(const T &object) {
    static_assert(sameSize<M, T>);
    return reinterpret_cast<const M &>(object);
}

/* The pointer that lies at an address. */
static const void *pointerAt(const void *address) {
    const void *pointer;
    std::memcpy(&pointer, address, sizeof pointer);
    return pointer;
}

static const char *bytes(const void *object) { return static_cast<const char *>(object); }

static void scalars() {
    using Mirror = mirror::c10::Scalar;
    const c10::Scalar integer(int64_t{-7}), number(0.5), truth(true);
    const auto &i = as<Mirror>(integer), &r = as<Mirror>(number), &b = as<Mirror>(truth);
    expect(i.tag == Mirror::Tag::integer && i.value.integer == -7, "c10::Scalar of an integer");
    expect(r.tag == Mirror::Tag::real && r.value.real == 0.5, "c10::Scalar of a double");
    expect(b.tag == Mirror::Tag::boolean && b.value.integer == 1, "c10::Scalar of a bool");
    const std::optional<c10::Scalar> some = number, none;
    const auto &mirroredSome = as<std::optional<Mirror>>(some);
    expect(mirroredSome && mirroredSome->value.real == 0.5, "std::optional<c10::Scalar> of a double");
    expect(!as<std::optional<Mirror>>(none), "std::optional<c10::Scalar> of nothing");
}

static void integers() {
    expect(as<mirror::c10::SymInt>(c10::SymInt(-7)).integer == -7, "c10::SymInt");
    expect(c10::SymInt::min_representable_int() == -(int64_t{1} << 62), "the least integer in a c10::SymInt");
    const c10::Device real(c10::kCUDA, 3);
    const auto &device = as<mirror::c10::Device>(real);
    expect(device.type == static_cast<int8_t>(c10::kCUDA) && device.index == 3, "c10::Device");
}

static void arrays() {
    const int64_t numbers[] = {1, 2, 3};
    const c10::ArrayRef<int64_t> real(numbers);
    const auto &array = as<mirror::c10::ArrayRef<int64_t>>(real);
    expect(array.data == numbers && array.length == 3, "c10::ArrayRef");
    const c10::OptionalArrayRef<int64_t> some(real), none;
    using Optional = mirror::c10::OptionalArrayRef<int64_t>;
    const auto &mirroredSome = as<Optional>(some).array;
    expect(mirroredSome && mirroredSome->data == numbers && mirroredSome->length == 3, "c10::OptionalArrayRef");
    expect(!as<Optional>(none).array, "c10::OptionalArrayRef of nothing");
}

/* In other types, tensors lie as pointers. */
static void results() {
    using mirror::Returned;
    const at::Tensor a = at::ones({1}), b = at::ones({1});
    const auto pointers = [&](const Returned &first, const Returned &second) {
        return first.impl == a.unsafeGetTensorImpl() && second.impl == b.unsafeGetTensorImpl();
    };
    const std::tuple<at::Tensor, at::Tensor> pair(a, b);
    const auto &[first, second] = as<std::tuple<Returned, Returned>>(pair);
    expect(pointers(first, second), "the pointers in a std::tuple of tensors");
    const std::vector<at::Tensor> list = {a, b};
    const auto &tensors = as<std::vector<Returned>>(list);
    expect(tensors.size() == 2 && pointers(tensors[0], tensors[1]), "the pointers in a std::vector of tensors");
    const std::optional<at::Tensor> some = a, none;
    expect(as<std::optional<void *>>(some) == a.unsafeGetTensorImpl(), "the pointer in a std::optional of a tensor");
    expect(!as<std::optional<void *>>(none), "a std::optional of no tensor");
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
    scalars();
    integers();
    arrays();
    results();
    dispatcher();
    tensors();
    generator();
    flags();
    if (failures == 0) std::printf("the layouts agree with the libraries of %s\n", TORCH_VERSION);
    return failures != 0;
}
