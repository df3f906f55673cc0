/* The C++ entry points of the clamp family. `make abi-check` compares them with the real headers. */
#ifndef TFFM_LIBTORCH_CLAMP_HPP
#define TFFM_LIBTORCH_CLAMP_HPP

#include <optional>

#include "libtorch_types.hpp"

namespace at {

using c10::Scalar;
using Bound = std::optional<Scalar>;

}  // namespace at

namespace at::_ops {

struct clamp { static Tensor call(const Tensor &, const Bound &, const Bound &); };
struct clamp_ { static Tensor &call(Tensor &, const Bound &, const Bound &); };
struct clamp_out { static Tensor &call(const Tensor &, const Bound &, const Bound &, Tensor &); };
struct clamp_min { static Tensor call(const Tensor &, const Scalar &); };
struct clamp_min_ { static Tensor &call(Tensor &, const Scalar &); };
struct clamp_min_out { static Tensor &call(const Tensor &, const Scalar &, Tensor &); };
struct clamp_max { static Tensor call(const Tensor &, const Scalar &); };
struct clamp_max_ { static Tensor &call(Tensor &, const Scalar &); };
struct clamp_max_out { static Tensor &call(const Tensor &, const Scalar &, Tensor &); };
struct relu { static Tensor call(const Tensor &); };
struct relu_ { static Tensor &call(Tensor &); };
struct relu_out { static Tensor &call(const Tensor &, Tensor &); };

}  // namespace at::_ops

/* The kernels that the dispatcher calls where autograd takes no part. */
namespace at::cpu {

Tensor clamp(const Tensor &, const Bound &, const Bound &);
Tensor &clamp_(Tensor &, const Bound &, const Bound &);
Tensor &clamp_outf(const Tensor &, const Bound &, const Bound &, Tensor &);
Tensor clamp_min(const Tensor &, const Scalar &);
Tensor &clamp_min_(Tensor &, const Scalar &);
Tensor &clamp_min_outf(const Tensor &, const Scalar &, Tensor &);
Tensor clamp_max(const Tensor &, const Scalar &);
Tensor &clamp_max_(Tensor &, const Scalar &);
Tensor &clamp_max_outf(const Tensor &, const Scalar &, Tensor &);
Tensor relu(const Tensor &);
Tensor &relu_(Tensor &);

}  // namespace at::cpu

#endif
