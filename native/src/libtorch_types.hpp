/*
 * The C++ of libtorch that its stable C ABI lacks, declared here. The types are mirrors: they have the names,
 * sizes and offsets of the real ones, and only the members that are used here. `make abi-check` compares
 * them with the real headers.
 */
#ifndef TFFM_LIBTORCH_TYPES_HPP
#define TFFM_LIBTORCH_TYPES_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace torch::autograd {

/* The function is virtual in libtorch; the base's is called, which gives the name of the dynamic type. */
struct Node {
    std::string name() const;
};

}  // namespace torch::autograd

namespace at {
struct Tensor;
}

namespace c10 {

/* A number with a tag for its type. With these tags it holds nothing that must be released. */
struct Scalar {
    enum class Tag : int32_t { real = 0, integer = 1, boolean = 4 };
    Tag tag;
    alignas(16) union {
        double real;
        int64_t integer;
        char room[16];
    } value;
};

/* An integer, or a pointer where it is below -2^62. Its destructor makes calls pass it by address. */
struct SymInt {
    int64_t integer;
    ~SymInt() {}
};

/* Borrowed elements in a row. */
template <typename T>
struct ArrayRef {
    const T *data;
    std::size_t length;
};

template <typename T>
struct OptionalArrayRef {
    std::optional<ArrayRef<T>> array;
};

enum class ScalarType : int8_t {};
enum class Layout : int8_t {};
enum class MemoryFormat : int8_t {};

struct Device {
    int8_t type;
    int8_t index;
};

/* Reference-counted pointers, which are only dereferenced here. */
template <typename T>
struct intrusive_ptr {
    T *target;
};

/* What autograd does on this thread; the flags are one byte of bits. */
struct AutogradState {
    enum Flag : uint8_t { grad = 1, inference = 2, forwardGrad = 4, multithreading = 8, layoutEnforcement = 32 };
    void *execGroup[3];
    uint8_t flags;
    static AutogradState &get_tls_state();
};

namespace impl {

/* Which of a tensor's dispatch keys count on this thread, as differences from the defaults. */
struct PODLocalDispatchKeySet {
    uint64_t included;
    uint64_t excluded;
};
extern thread_local PODLocalDispatchKeySet raw_local_dispatch_key_set;

/* Bits of dispatch key sets. */
constexpr uint64_t adInplaceOrView = 1ull << 34;
constexpr uint64_t autograd = 7ull << 35;

}  // namespace impl

/* What a tensor points to. */
struct TensorImpl {
    void *virtualFunctions;
    uint64_t references;
    const void *storage; /* one reference-counted pointer */
    bool requires_grad() const;
    const at::Tensor &grad() const;
    at::Tensor &mutable_grad();
};

/* what() would look up the names of a backtrace first, which takes milliseconds. */
class __attribute__((visibility("default"))) Error : public std::exception {
public:
    const char *what() const noexcept override;
    std::string compute_what(bool withBacktrace) const;
};

void SetStackTraceFetcher(std::function<std::string()> fetcher);

struct FunctionSchema;
std::ostream &operator<<(std::ostream &, const FunctionSchema &);

struct OperatorName {
    std::string name, overload_name;
};

struct OperatorHandle {
    const char *definition;
    const void *iterator;
    OperatorHandle(const OperatorHandle &) = delete;
    ~OperatorHandle();
};

struct Dispatcher {
    static Dispatcher &realSingleton();
    OperatorHandle findSchemaOrThrow(const char *name, const char *overload);
    const std::vector<OperatorName> getAllOpNames();
};

/* An operator's definition starts with its name, two std::strings; its schema comes next. */
constexpr std::size_t schemaOffset = 2 * sizeof(std::string);

}  // namespace c10

namespace at {

/* One reference-counted pointer. */
struct TensorBase {
    c10::TensorImpl *impl;
    const c10::intrusive_ptr<torch::autograd::Node> &grad_fn() const;
};

/* Never copied or destroyed here: calls construct it in place. */
struct Tensor : TensorBase {
    Tensor(const Tensor &) = delete;
    ~Tensor();
};

/* The function is virtual in libtorch; this class's own is called, which is the default generator's. */
struct CPUGeneratorImpl {
    void set_current_seed(uint64_t seed);
};

/* One reference-counted pointer; only none is passed. Its destructor makes calls pass it by address. */
struct Generator {
    CPUGeneratorImpl *impl;
    ~Generator() {}
};

void set_num_threads(int count);
int get_num_threads();

namespace detail {

const Generator &getDefaultCPUGenerator();

}  // namespace detail

namespace native {

bool is_inference(const Tensor &);

}  // namespace native
}  // namespace at

namespace torch::autograd {

std::vector<at::Tensor> grad(const std::vector<at::Tensor> &outputs, const std::vector<at::Tensor> &inputs,
                             const std::vector<at::Tensor> &grad_outputs, std::optional<bool> retain_graph,
                             bool create_graph, bool allow_unused);

}  // namespace torch::autograd

namespace torch::autograd::impl {

void bump_version(const at::Tensor &);

}  // namespace torch::autograd::impl

static_assert(sizeof(c10::Scalar) == 32 && alignof(c10::Scalar) == 16, "c10::Scalar");
static_assert(offsetof(c10::Scalar, tag) == 0 && offsetof(c10::Scalar, value) == 16, "c10::Scalar");
static_assert(sizeof(std::optional<c10::Scalar>) == 48, "std::optional<c10::Scalar>");
static_assert(sizeof(c10::SymInt) == sizeof(int64_t), "c10::SymInt");
static_assert(sizeof(c10::OptionalArrayRef<int64_t>) == 24, "c10::OptionalArrayRef");
static_assert(sizeof(std::optional<c10::Device>) == 3, "std::optional<c10::Device>");
static_assert(offsetof(c10::AutogradState, flags) == 24, "c10::AutogradState");
static_assert(offsetof(c10::TensorImpl, storage) == 16, "c10::TensorImpl");
static_assert(sizeof(at::Tensor) == sizeof(void *), "at::Tensor");
static_assert(sizeof(c10::OperatorHandle) == 2 * sizeof(void *), "c10::OperatorHandle");

#endif
