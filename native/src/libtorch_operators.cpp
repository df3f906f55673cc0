/* The table of C++ entry points, and the one template that converts values to their arguments and back. */
#include "libtorch_operators.h"

#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "libtorch_entries.hpp"
#include "libtorch_c.h"
#include "libtorch_guard.hpp"
#include "libtorch_mode.h"

namespace {

using at::Tensor;

/* ---- values to arguments ---- */

c10::Scalar scalar(const tffm_value &value) {
    c10::Scalar result{};
    result.tag = value.kind == TFFM_FLOAT ? c10::Scalar::Tag::real
                 : value.kind == TFFM_INT ? c10::Scalar::Tag::integer
                                          : c10::Scalar::Tag::boolean;
    std::memcpy(&result.value, &value.as, sizeof value.as);
    return result;
}

/* A value as an argument of a C++ type. It holds what the argument borrows. */
template <typename T>
struct Argument;

template <>
struct Argument<Tensor> {
    Tensor &value;
    explicit Argument(const tffm_value &given) : value(tensor(given.as.tensor)) {}
};
template <>
struct Argument<c10::Scalar> {
    c10::Scalar value;
    explicit Argument(const tffm_value &given) : value(scalar(given)) {}
};
template <>
struct Argument<double> {
    double value;
    explicit Argument(const tffm_value &given)
        : value(given.kind == TFFM_INT ? static_cast<double>(given.as.integer) : given.as.real) {}
};
template <>
struct Argument<std::string_view> {
    std::string_view value;
    explicit Argument(const tffm_value &given) : value(given.as.string) {}
};
template <>
struct Argument<c10::SymInt> {
    c10::SymInt value;
    explicit Argument(const tffm_value &given) : value{given.as.integer} {}
};
template <typename T>
struct Code { /* integers, booleans and enums */
    T value;
    explicit Code(const tffm_value &given) : value(static_cast<T>(given.as.integer)) {}
};
template <>
struct Argument<int64_t> : Code<int64_t> { using Code::Code; };
template <>
struct Argument<bool> : Code<bool> { using Code::Code; };
template <>
struct Argument<c10::ScalarType> : Code<c10::ScalarType> { using Code::Code; };
template <>
struct Argument<c10::Layout> : Code<c10::Layout> { using Code::Code; };
template <>
struct Argument<c10::MemoryFormat> : Code<c10::MemoryFormat> { using Code::Code; };

template <typename T>
struct Argument<std::optional<T>> {
    std::optional<T> value;
    explicit Argument(const tffm_value &given) {
        if (given.kind != TFFM_NONE) value = Argument<T>(given).value;
    }
};

/* A type of which only None is passed. */
template <typename T>
struct None {
    std::optional<T> value;
    explicit None(const tffm_value &) {}
};
template <>
struct Argument<std::optional<c10::Device>> : None<c10::Device> { using None::None; };
template <>
struct Argument<std::optional<at::Generator>> : None<at::Generator> { using None::None; };

static_assert(sizeof(std::optional<Tensor>) == sizeof(std::optional<void *>), "std::optional<at::Tensor>");

/* An optional tensor would own what it holds, so it borrows the bytes and is never released. */
template <>
struct Argument<std::optional<Tensor>> {
    alignas(std::optional<void *>) std::array<char, sizeof(std::optional<void *>)> room{};
    std::optional<Tensor> &value;
    explicit Argument(const tffm_value &given) : value(reinterpret_cast<std::optional<Tensor> &>(room)) {
        std::optional<void *> lent;
        if (given.kind != TFFM_NONE) lent = tensor(given.as.tensor).impl;
        std::memcpy(room.data(), &lent, sizeof lent);
    }
};

/* Elements in a row, of a list or of one number that is repeated; a few fit into the argument itself. */
template <typename T, typename Element = T>
struct Row {
    std::array<T, 6> few;
    std::vector<T> many;
    c10::ArrayRef<Element> value;
    explicit Row(const tffm_value &given) {
        bool list = given.kind >= TFFM_TENSOR_LIST;
        std::size_t length = given.kind == TFFM_NONE ? 0 : static_cast<std::size_t>(given.count);
        if (length > few.size()) many.resize(length);
        T *elements = length > few.size() ? many.data() : few.data();
        for (std::size_t i = 0; i < length; i++) elements[i] = Argument<T>(list ? given.as.list[i] : given).value;
        value = {reinterpret_cast<const Element *>(elements), length};
    }
};
template <>
struct Argument<c10::ArrayRef<int64_t>> : Row<int64_t> { using Row::Row; };
template <>
struct Argument<c10::ArrayRef<c10::SymInt>> : Row<int64_t, c10::SymInt> { using Row::Row; };
template <>
struct Argument<c10::ArrayRef<c10::Scalar>> : Row<c10::Scalar> { using Row::Row; };
template <typename Element>
struct Argument<c10::OptionalArrayRef<Element>> : Row<int64_t, Element> {
    c10::OptionalArrayRef<Element> value;
    explicit Argument(const tffm_value &given) : Row<int64_t, Element>(given) {
        if (given.kind != TFFM_NONE) value.array = Row<int64_t, Element>::value;
    }
};
/* Tensors in a row are their pointers in a row. */
template <>
struct Argument<c10::ArrayRef<Tensor>> {
    std::vector<void *> lent;
    c10::ArrayRef<Tensor> value;
    explicit Argument(const tffm_value &given) {
        for (int64_t i = 0; i < given.count; i++) lent.push_back(tensor(given.as.list[i].as.tensor).impl);
        value = {reinterpret_cast<const Tensor *>(lent.data()), lent.size()};
    }
};

/* So are those in a vector, which is only read: of both its elements are pointers between two more. */
template <>
struct Argument<std::vector<Tensor>> : Argument<c10::ArrayRef<Tensor>> {
    const std::vector<Tensor> &value;
    explicit Argument(const tffm_value &given)
        : Argument<c10::ArrayRef<Tensor>>(given), value(reinterpret_cast<const std::vector<Tensor> &>(lent)) {}
};

/* ---- results to values ---- */

/* Where results go. */
struct Results {
    tffm_value *values;
    int64_t capacity, count;

    void put(int32_t kind, int64_t number) {
        values[count] = {};
        values[count].kind = kind;
        values[count++].as.integer = number;
    }
    void put(bool truth) { put(TFFM_BOOLEAN, truth); }
    void put(int64_t number) { put(TFFM_INT, number); }
    void put(c10::ScalarType code) { put(TFFM_DTYPE, static_cast<int64_t>(code)); }
    void put(Tensor &) { /* the first argument */
        put(TFFM_TENSOR, 0);
        values[count - 1].flags = 1;
    }
    void put(const Returned &tensor) {
        put(TFFM_TENSOR, 0);
        values[count - 1].as.tensor = handleOf(tensor);
    }
    /* A handle is a heap at::Tensor. */
    static tffm_tensor *handleOf(const Returned &tensor) {
        auto handle = static_cast<void **>(::operator new(sizeof(void *)));
        *handle = tensor.impl;
        return reinterpret_cast<tffm_tensor *>(handle);
    }
    static void release(const Returned &tensor) {
        aoti_torch_delete_tensor_object(reinterpret_cast<AtenTensorHandle>(handleOf(tensor)));
    }
    template <typename... T>
    void put(const std::tuple<T...> &tensors) {
        std::apply([this](const auto &...tensor) { (this->put(tensor), ...); }, tensors);
    }
    void put(const std::vector<Returned> &tensors) {
        if (tensors.size() > static_cast<std::size_t>(capacity - count)) {
            for (const Returned &tensor : tensors) release(tensor);
            throw std::length_error("an operator gives more tensors than there is room for");
        }
        for (const Returned &tensor : tensors) put(tensor);
    }
};

/* ---- entries ---- */

using Function = void();
using Invoke = void(Function *, const tffm_value *, Results &);

template <typename T>
using Plain = std::remove_cv_t<std::remove_reference_t<T>>;

template <typename Signature>
struct Invoker;

template <typename R, typename... A>
struct Invoker<R(A...)> {
    template <std::size_t... I>
    static void spread(Function *function, const tffm_value *arguments, Results &results, std::index_sequence<I...>) {
        auto call = reinterpret_cast<typename ReturnedAs<R>::type (*)(A...)>(function);
        if constexpr (std::is_void_v<R>) {
            call(Argument<Plain<A>>(arguments[I]).value...);
        } else {
            results.put(call(Argument<Plain<A>>(arguments[I]).value...));
        }
    }
    static void invoke(Function *function, const tffm_value *arguments, Results &results) {
        spread(function, arguments, results, std::index_sequence_for<A...>());
    }
};

}  // namespace

struct tffm_entry {
    const char *name, *overload;
    Function *function;
    Invoke *invoke;
};

namespace {

template <typename Signature>
tffm_entry entry(const char *name, const char *overload, Signature *function) {
    return {name, overload, reinterpret_cast<Function *>(function), Invoker<Signature>::invoke};
}

/* A tensor of a number, released at the end. */
class NumberTensor {
public:
    NumberTensor(const c10::Scalar &number, int32_t dtype) {
        using Make = Returned(const c10::Scalar &, std::optional<c10::ScalarType>, std::optional<c10::Layout>,
                              std::optional<c10::Device>, std::optional<bool>);
        auto make = reinterpret_cast<Make *>(reinterpret_cast<Function *>(at::_ops::scalar_tensor::call));
        handle = Results::handleOf(make(number, static_cast<c10::ScalarType>(dtype), {}, {}, {}));
    }
    ~NumberTensor() { aoti_torch_delete_tensor_object(reinterpret_cast<AtenTensorHandle>(handle)); }
    NumberTensor(const NumberTensor &) = delete;
    NumberTensor &operator=(const NumberTensor &) = delete;
    tffm_tensor *handle;
};

/* libtorch's own kernel that multiplies in place by a number cannot be recorded; by a tensor of the number it can. */
Tensor &multiplyByNumber(Tensor &self, const c10::Scalar &number) {
    int32_t dtype;
    if (!self.impl->requires_grad() ||
        aoti_torch_get_dtype(reinterpret_cast<AtenTensorHandle>(&self), &dtype) != 0)
        return at::compositeexplicitautograd::mul_(self, number);
    c10::Scalar factor = number;
    if (dtype != TFFM_FLOAT64) {
        dtype = TFFM_FLOAT32; /* 16 bits are computed in 32 */
        if (factor.tag == c10::Scalar::Tag::real) /* one that is too large becomes an infinity, as in the kernel */
            factor.value.real = static_cast<float>(factor.value.real);
    }
    const NumberTensor other(factor, dtype);
    return at::_ops::mul__Tensor::call(self, tensor(other.handle));
}

#define NUMBER(...)
#define OPERATOR(name, ...) entry("aten::" #name, "", at::_ops::name::call),
#define OVERLOAD(name, overload, ...) entry("aten::" #name, #overload, at::_ops::name##_##overload::call),
const tffm_entry entries[] = {
    entry("torch::autograd::grad", "", torch::autograd::grad),
#include "libtorch_operators.inc"
};
#undef NUMBER
#undef OPERATOR
#undef OVERLOAD

#define OPERATOR(...)
#define OVERLOAD(...)
#define NUMBER(name, overload, ...) \
    entry<at::compositeexplicitautograd::name##_##overload>("aten::" #name, #overload, at::compositeexplicitautograd::name),
const tffm_entry numberEntries[] = {
    entry("aten::mul_", "Tensor", multiplyByNumber), /* found before the one of the same name below */
#include "libtorch_operators.inc"
};

template <std::size_t count>
const tffm_entry *find(const tffm_entry (&table)[count], const char *name, const char *overload) {
    for (const tffm_entry &entry : table)
        if (std::strcmp(entry.name, name) == 0 && std::strcmp(entry.overload, overload) == 0)
            return entry.function == nullptr ? nullptr : &entry;
    return nullptr;
}

}  // namespace

const tffm_entry *tffm_entry_find(const char *name, const char *overload) { return find(entries, name, overload); }

const tffm_entry *tffm_number_entry_find(const char *name, const char *overload) {
    return find(numberEntries, name, overload);
}

tffm_status tffm_entry_call(const tffm_entry *entry, int32_t mode, const tffm_value *arguments, tffm_value *results,
                            int64_t capacity, int64_t *count) {
    return guarded([&] {
        InMode inMode(mode);
        Results made = {results, capacity, 0};
        entry->invoke(entry->function, arguments, made);
        *count = made.count;
        return static_cast<tffm_status>(TFFM_OK);
    });
}
