/* Steps that find an operator and call it, with arguments of the right kinds as a rule. */
#include "pool.h"

enum { MAX_ARGUMENTS = 16, MAX_LIST = 4, CAPACITY = 16 };

/*
 * Operators and the types of their arguments: a tensor, an int, a float, a bool, a number, a string or a
 * dtype; a list of tensors T, ints I, floats F, bools B or numbers N. Some are refused for a Generator, a
 * result or a missing entry point. Internal operators are left out: some, such as aten::_reshape_alias,
 * check no sizes at all. aten::range, and div with a rounding mode, get floats instead of numbers: their
 * division of integers by 0 would end the process.
 */
static const struct { const char *name, *overload, *arguments; } operators[] = {
    {"aten::relu", "", "t"}, {"aten::relu_", "", "t"}, {"aten::mul", "Tensor", "tt"}, {"aten::mul_", "Tensor", "tt"},
    {"aten::mul", "out", "ttt"}, {"aten::mul", "Scalar", "tn"}, {"aten::add", "Tensor", "ttn"},
    {"aten::sub", "Tensor", "ttn"}, {"aten::div", "Tensor", "tt"}, {"aten::div", "Tensor_mode", "tts"},
    {"aten::remainder", "Tensor", "tt"}, {"aten::floor_divide", "", "tt"}, {"aten::pow", "Tensor_Tensor", "tt"},
    {"aten::bitwise_left_shift", "Tensor", "tt"}, {"aten::eq", "Tensor", "tt"}, {"aten::maximum", "", "tt"},
    {"aten::where", "self", "ttt"}, {"aten::masked_select", "", "tt"}, {"aten::nonzero", "", "t"},
    {"aten::exp", "", "t"}, {"aten::sqrt_", "", "t"}, {"aten::neg", "", "t"}, {"aten::gelu", "", "ts"},
    {"aten::sigmoid", "", "t"}, {"aten::softmax", "int", "tid"}, {"aten::log_softmax", "int", "tid"},
    {"aten::sum", "", "td"}, {"aten::sum", "dim_IntList", "tIbd"}, {"aten::mean", "dim", "tIbd"},
    {"aten::prod", "dim_int", "tibd"}, {"aten::var", "dim", "tIbb"}, {"aten::amax", "", "tIb"},
    {"aten::argmax", "", "tib"}, {"aten::max", "dim", "tib"}, {"aten::median", "dim", "tib"},
    {"aten::cumsum", "", "tid"}, {"aten::cumprod_", "", "tid"}, {"aten::sort", "", "tib"},
    {"aten::topk", "", "tiibb"}, {"aten::kthvalue", "", "tiib"}, {"aten::unique_dim", "", "tibbb"},
    {"aten::_unique2", "", "tbbb"}, {"aten::bincount", "", "tti"}, {"aten::searchsorted", "Tensor", "ttbbst"},
    {"aten::bucketize", "Tensor", "ttbb"}, {"aten::any", "dim", "tib"}, {"aten::all", "", "t"},
    {"aten::allclose", "", "ttffb"}, {"aten::equal", "", "tt"}, {"aten::is_nonzero", "", "t"},
    {"aten::item", "", "t"}, {"aten::size", "int", "ti"}, {"aten::stride", "int", "ti"}, {"aten::view", "", "tI"},
    {"aten::reshape", "", "tI"}, {"aten::expand", "", "tIb"}, {"aten::as_strided", "", "tIIi"},
    {"aten::as_strided_", "", "tIIi"}, {"aten::transpose", "int", "tii"}, {"aten::permute", "", "tI"},
    {"aten::t_", "", "t"}, {"aten::squeeze", "dim", "ti"}, {"aten::squeeze_", "", "t"}, {"aten::unsqueeze", "", "ti"},
    {"aten::unsqueeze_", "", "ti"}, {"aten::flatten", "using_ints", "tii"}, {"aten::unflatten", "int", "tiI"},
    {"aten::movedim", "intlist", "tII"}, {"aten::select", "int", "tii"}, {"aten::slice", "Tensor", "tiiii"},
    {"aten::narrow", "", "tiii"}, {"aten::split", "Tensor", "tii"}, {"aten::split_with_sizes", "", "tIi"},
    {"aten::chunk", "", "tii"}, {"aten::tensor_split", "indices", "tIi"}, {"aten::unbind", "int", "ti"},
    {"aten::unfold", "", "tiii"}, {"aten::diagonal", "", "tiii"}, {"aten::diag_embed", "", "tiii"},
    {"aten::tril", "", "ti"}, {"aten::triu_", "", "ti"}, {"aten::flip", "", "tI"}, {"aten::roll", "", "tII"},
    {"aten::rot90", "", "tiI"}, {"aten::repeat", "", "tI"}, {"aten::repeat_interleave", "self_int", "tiii"},
    {"aten::tile", "", "tI"}, {"aten::cat", "", "Ti"}, {"aten::stack", "", "Ti"},
    {"aten::meshgrid", "indexing", "Ts"}, {"aten::broadcast_tensors", "", "T"}, {"aten::index", "Tensor", "tT"},
    {"aten::index_put_", "", "tTtb"}, {"aten::index_select", "", "tit"}, {"aten::index_add", "", "tittn"},
    {"aten::index_copy_", "", "titt"}, {"aten::gather", "", "titb"}, {"aten::scatter", "src", "titt"},
    {"aten::scatter_add_", "", "titt"}, {"aten::scatter_reduce", "two", "tittsb"}, {"aten::take", "", "tt"},
    {"aten::take_along_dim", "", "tti"}, {"aten::put_", "", "tttb"}, {"aten::masked_scatter_", "", "ttt"},
    {"aten::embedding", "", "ttibb"}, {"aten::one_hot", "", "ti"}, {"aten::mm", "", "tt"}, {"aten::bmm", "", "tt"},
    {"aten::matmul", "", "tt"}, {"aten::dot", "", "tt"}, {"aten::linear", "", "ttt"}, {"aten::einsum", "", "sTI"},
    {"aten::tensordot", "", "ttII"}, {"aten::cdist", "", "ttfi"}, {"aten::matrix_power", "", "ti"},
    {"aten::tril_indices", "", "iiid"}, {"aten::eye", "", "id"}, {"aten::randperm", "", "id"},
    {"aten::conv1d", "", "tttIIIi"}, {"aten::conv2d", "", "tttIIIi"}, {"aten::max_pool1d", "", "tIIIIb"},
    {"aten::max_pool2d", "", "tIIIIb"}, {"aten::avg_pool2d", "", "tIIIbbi"}, {"aten::adaptive_avg_pool2d", "", "tI"},
    {"aten::upsample_nearest1d", "vec", "tIF"}, {"aten::upsample_bilinear2d", "vec", "tIbF"},
    {"aten::pad", "", "tIsf"}, {"aten::reflection_pad1d", "", "tI"}, {"aten::pixel_shuffle", "", "ti"},
    {"aten::im2col", "", "tIIII"}, {"aten::layer_norm", "", "tIttfb"},
    {"aten::native_layer_norm_backward", "", "ttIttttB"}, {"aten::group_norm", "", "tittfb"},
    {"aten::batch_norm", "", "tttttbffb"}, {"aten::dropout", "", "tfb"}, {"aten::mse_loss", "", "tti"},
    {"aten::nll_loss", "", "tttii"}, {"aten::cross_entropy_loss", "", "tttiif"}, {"aten::bernoulli", "", "ti"},
    {"aten::multinomial", "", "tib"}, {"aten::to", "dtype", "tdbbi"}, {"aten::clone", "", "ti"},
    {"aten::contiguous", "", "ti"}, {"aten::empty_like", "", "tdi"}, {"aten::zeros", "", "Id"},
    {"aten::resize_", "", "tIi"}, {"aten::resize_as_", "", "tti"}, {"aten::set_", "source_Tensor", "tt"},
    {"aten::detach_", "", "t"}, {"aten::alias", "", "t"}, {"aten::copy_", "", "ttb"}, {"aten::to_sparse", "", "tiI"},
    {"aten::to_dense", "", "td"}, {"aten::complex", "", "tt"}, {"aten::view_as_real", "", "t"},
    {"aten::pixel_unshuffle", "", "ti"}, {"aten::channel_shuffle", "", "ti"}, {"aten::col2im", "", "tIIIII"},
    {"aten::grid_sampler", "", "ttiib"}, {"aten::embedding_bag", "", "tttbibtb"}, {"aten::pdist", "", "tf"},
    {"aten::adaptive_max_pool2d", "", "tI"}, {"aten::max_unpool2d", "", "ttI"}, {"aten::avg_pool3d", "", "tIIIbbi"},
    {"aten::replication_pad2d", "", "tI"}, {"aten::upsample_bicubic2d", "vec", "tIbF"}, {"aten::cummax", "", "ti"},
    {"aten::unique_consecutive", "", "tbbi"}, {"aten::combinations", "", "tib"}, {"aten::cartesian_prod", "", "T"},
    {"aten::vander", "", "tib"}, {"aten::block_diag", "", "T"}, {"aten::logcumsumexp", "", "ti"},
    {"aten::quantile", "", "ttibs"}, {"aten::hann_window", "", "id"}, {"aten::empty_strided", "", "IId"},
    {"aten::linalg_inv", "", "t"}, {"aten::linalg_cholesky", "", "tb"}, {"aten::linalg_qr", "", "ts"},
    {"aten::linalg_svd", "", "tbs"}, {"aten::linalg_eigh", "", "ts"}, {"aten::linalg_det", "", "t"},
    {"aten::linalg_solve", "", "ttb"}, {"aten::linalg_matrix_exp", "", "t"}, {"aten::segment_reduce", "", "tstttibn"},
    {"aten::scaled_dot_product_attention", "", "ttttfb"}, {"aten::ctc_loss", "IntList", "ttIIiib"},
    {"aten::lstm", "input", "tTTbifbbb"}, {"aten::fft_fft", "", "tiis"}, {"aten::histogram", "bin_ct", "tiFtb"},
    {"aten::conv_transpose2d", "input", "tttIIIiI"}, {"aten::kl_div", "", "ttib"}, {"aten::diff", "", "tiitt"},
    {"aten::cosine_similarity", "", "ttif"}, {"aten::instance_norm", "", "tttttbffb"},
    {"aten::isin", "Tensor_Tensor", "ttbb"}, {"aten::quantize_per_tensor", "", "tfid"},
    {"aten::pad_sequence", "", "Tbfs"}, {"aten::trapezoid", "x", "tti"}, {"aten::as_strided_scatter", "", "ttIIi"},
    {"aten::select_scatter", "", "ttii"}, {"aten::slice_scatter", "", "ttiiii"},
    {"aten::diagonal_scatter", "", "ttiii"}, {"aten::embedding_dense_backward", "", "ttiib"},
    {"aten::rrelu", "", "tnnbi"}, {"aten::repeat_interleave", "Tensor", "ti"}, {"aten::stft", "", "tiiitbbbb"},
    {"aten::view", "dtype", "td"}, {"aten::unsafe_chunk", "", "tii"}, {"aten::swapdims_", "", "tii"},
    {"aten::view_as_complex", "", "t"}, {"aten::to_mkldnn", "", "td"}, {"aten::multilabel_margin_loss", "", "tti"},
    {"aten::bilinear", "", "tttt"}, {"aten::_backward", "", "tTtbb"}, {"aten::requires_grad_", "", "tb"},
    {"aten::retain_grad", "", "t"}, {"aten::_foreach_mul", "List", "TT"}, {"aten::_foreach_zero_", "", "T"},
    {"aten::_foreach_add_", "List", "TTn"}, {"aten::none_such", "", "t"}, {"relu", "", "t"},
    {"aten::relu", "none_such", "t"}, {"", "", ""}, {"aten::%s%n", "%s", "t"}, {"::", ".", "t"},
    {"aten::relu\xff", "", "t"},
    {"aten::add_", "Tensor", "ttn"}, {"aten::add", "Tensor", "tnn"}, {"aten::add_", "Tensor", "tnn"},
    {"aten::sub", "Tensor", "tnn"}, {"aten::sub_", "Tensor", "tnn"}, {"aten::mul", "Tensor", "tn"},
    {"aten::mul_", "Tensor", "tn"}, {"aten::div", "Tensor", "tn"}, {"aten::div_", "Tensor", "tn"},
    {"aten::div", "Tensor_mode", "tfs"}, {"aten::div_", "Tensor_mode", "tfs"}, {"aten::mul", "Tensor", "nt"},
    {"aten::add", "Scalar", "tnn"}, {"aten::add_", "Scalar", "tnn"}, {"aten::sub", "Scalar", "tnn"},
    {"aten::mul_", "Scalar", "tn"}, {"aten::div", "Scalar", "tn"}, {"aten::div_", "Scalar_mode", "tfs"},
    {"aten::rsub", "Scalar", "tnn"}, {"aten::rsub", "Tensor", "ttn"}, {"aten::addbmm", "", "tttnn"},
    {"aten::addcdiv", "", "tttn"}, {"aten::addcdiv_", "", "tttn"}, {"aten::addcmul", "", "tttn"},
    {"aten::addcmul_", "", "tttn"}, {"aten::addmm", "", "tttnn"}, {"aten::addmm_", "", "tttnn"},
    {"aten::addmv", "", "tttnn"}, {"aten::addr", "", "tttnn"}, {"aten::baddbmm", "", "tttnn"},
    {"aten::baddbmm_", "", "tttnn"}, {"aten::arange", "", "nd"}, {"aten::arange", "start", "nnd"},
    {"aten::arange", "start_step", "nnnd"}, {"aten::range", "step", "fff"}, {"aten::linspace", "", "nnid"},
    {"aten::linspace", "Tensor_Scalar", "tnid"}, {"aten::logspace", "", "nnifd"},
    {"aten::logspace", "Scalar_Tensor", "ntifd"}, {"aten::full", "", "Ind"}, {"aten::full_like", "", "tnd"},
    {"aten::new_full", "", "tInd"}, {"aten::scalar_tensor", "", "nd"}, {"aten::rand", "", "Id"},
    {"aten::randn", "", "Id"}, {"aten::celu", "", "tn"}, {"aten::celu_", "", "tn"}, {"aten::clamp", "", "tnn"},
    {"aten::clamp_", "", "tnn"}, {"aten::clamp_max", "", "tn"}, {"aten::clamp_min_", "", "tn"},
    {"aten::clip", "", "tnn"}, {"aten::elu", "", "tnnn"}, {"aten::elu_", "", "tnnn"},
    {"aten::hardshrink", "", "tn"}, {"aten::hardtanh", "", "tnn"}, {"aten::hardtanh_", "", "tnn"},
    {"aten::leaky_relu", "", "tn"}, {"aten::leaky_relu_", "", "tn"}, {"aten::softplus", "", "tnn"},
    {"aten::softshrink", "", "tn"}, {"aten::threshold", "", "tnn"}, {"aten::threshold_", "", "tnn"},
    {"aten::rrelu_", "", "tnnb"}, {"aten::rrelu_with_noise", "", "ttnnb"}, {"aten::constant_pad_nd", "", "tIn"},
    {"aten::dist", "", "ttn"}, {"aten::fill_diagonal_", "", "tnb"}, {"aten::histc", "", "tinn"},
    {"aten::index_add_", "", "tittn"}, {"aten::index_fill", "int_Scalar", "titn"},
    {"aten::index_fill_", "int_Scalar", "titn"}, {"aten::linalg_cond", "", "tn"},
    {"aten::linalg_matrix_norm", "", "tnIbd"}, {"aten::linalg_norm", "", "tnIbd"},
    {"aten::linalg_vector_norm", "", "tnIbd"}, {"aten::norm", "Scalar", "tn"},
    {"aten::norm", "ScalarOpt_dim", "tnIb"}, {"aten::norm", "ScalarOpt_dim_dtype", "tnIbd"},
    {"aten::norm", "ScalarOpt_dtype", "tnd"}, {"aten::multi_margin_loss", "", "ttnnti"},
    {"aten::renorm", "", "tnin"}, {"aten::renorm_", "", "tnin"}, {"aten::bitwise_and", "Scalar", "tn"},
    {"aten::bitwise_or_", "Scalar", "tn"}, {"aten::bitwise_xor", "Scalar_Tensor", "nt"},
    {"aten::bitwise_left_shift", "Tensor_Scalar", "tn"}, {"aten::bitwise_right_shift", "Scalar_Tensor", "nt"},
    {"aten::bucketize", "Scalar", "ntbb"}, {"aten::copysign", "Scalar", "tn"},
    {"aten::cumulative_trapezoid", "dx", "tni"}, {"aten::trapezoid", "dx", "tni"}, {"aten::eq", "Scalar", "tn"},
    {"aten::ne_", "Scalar", "tn"}, {"aten::ge", "Scalar", "tn"}, {"aten::gt_", "Scalar", "tn"},
    {"aten::fill", "Scalar", "tn"}, {"aten::fill_", "Scalar", "tn"}, {"aten::float_power", "Scalar", "nt"},
    {"aten::float_power", "Tensor_Scalar", "tn"}, {"aten::float_power_", "Scalar", "tn"},
    {"aten::floor_divide", "Scalar", "tn"}, {"aten::fmod", "Scalar", "tn"}, {"aten::fmod_", "Scalar", "tn"},
    {"aten::remainder", "Scalar", "tn"}, {"aten::remainder", "Scalar_Tensor", "nt"},
    {"aten::gradient", "scalararray", "tnIi"}, {"aten::gradient", "scalarint", "tnii"},
    {"aten::gradient", "scalarrayarray", "tNIi"}, {"aten::gradient", "scalarrayint", "tNii"},
    {"aten::isin", "Scalar_Tensor", "ntbb"}, {"aten::isin", "Tensor_Scalar", "tnbb"},
    {"aten::lerp", "Scalar", "ttn"}, {"aten::lerp_", "Scalar", "ttn"}, {"aten::masked_fill", "Scalar", "ttn"},
    {"aten::masked_fill_", "Scalar", "ttn"}, {"aten::pow", "Scalar", "nt"}, {"aten::pow", "Tensor_Scalar", "tn"},
    {"aten::pow_", "Scalar", "tn"}, {"aten::result_type", "Scalar", "tn"},
    {"aten::result_type", "Scalar_Scalar", "nn"}, {"aten::result_type", "Tensor", "tt"},
    {"aten::scatter", "value", "titn"}, {"aten::scatter_", "value", "titn"},
    {"aten::scatter", "value_reduce", "titns"}, {"aten::searchsorted", "Scalar", "tnbbst"},
    {"aten::special_hermite_polynomial_h", "n_scalar", "tn"}, {"aten::special_xlog1py", "other_scalar", "tn"},
    {"aten::special_zeta", "self_scalar", "nt"}, {"aten::std", "correction", "tInb"},
    {"aten::std_mean", "correction", "tInb"}, {"aten::var", "correction", "tInb"},
    {"aten::var_mean", "correction", "tInb"}, {"aten::where", "Scalar", "tnn"},
    {"aten::where", "ScalarOther", "ttn"}, {"aten::where", "ScalarSelf", "tnt"},
    {"aten::xlogy", "Scalar_Self", "nt"}, {"aten::xlogy_", "Scalar_Other", "tn"}, {"aten::add", "out", "ttnt"},
    {"aten::_foreach_add", "Scalar", "Tn"}, {"aten::sigmoid_", "", "t"}, {"aten::tanh_", "", "t"},
    {"aten::zero_", "", "t"}, {"aten::log", "", "t"}, {"aten::prelu", "", "tt"}, {"aten::t", "", "t"},
    {"aten::detach", "", "t"}, {"aten::is_leaf", "", "t"}, {"aten::broadcast_to", "", "tI"},
    {"aten::mean", "", "td"}, {"aten::square", "", "t"},
};

/* A text that ends with a NUL, in a block of its own; or NULL. */
static const char *read_string(struct input *input) {
    static const char *const texts[] = {"", "none", "tanh", "floor", "trunc", "sum", "mean", "prod", "amax", "left",
                                        "right", "ij", "xy", "constant", "reflect", "circular", "ij,jk->ik", "...i->i"};
    if (rarely(input)) return NULL;
    if (!rarely(input)) return texts[below(input, COUNT(texts))];
    int64_t length = below(input, 24);
    char *text = block(length + 1);
    for (int64_t i = 0; i < length; i++) text[i] = (char)read_byte(input);
    return text;
}

static tffm_value read_value(struct input *input, char type);

/* Only a count that is refused may be longer than the list. */
static tffm_value read_list(struct input *input, int32_t kind, char element) {
    int64_t count = below(input, MAX_LIST + 1), absurd = read_integer(input);
    bool lie = rarely(input) && (absurd < 0 || absurd >= INT32_MAX);
    tffm_value *values = rarely(input) ? NULL : block(count * (int64_t)sizeof *values);
    for (int64_t i = 0; values != NULL && i < count; i++) values[i] = read_value(input, element);
    return (tffm_value){.kind = kind, .count = lie ? absurd : count, .as.list = values};
}

/*
 * A value of the type's kind; sometimes None, or a value of another kind or an unknown one. Tensors are
 * pinned: libtorch's resize_, which out= uses too, sets the new sizes before it fails for lack of
 * memory, and so leaves a tensor that reaches beyond its memory.
 */
static tffm_value read_value(struct input *input, char type) {
    static const char types[] = "tifbnsdTIFBN";
    tffm_value value = {.kind = TFFM_NONE, .flags = (rarely(input) ? (int32_t)read_integer(input) : 0) | TFFM_PINNED};
    switch (read_byte(input)) {
        case 255: type = types[below(input, COUNT(types) - 1)]; break;
        case 254: value.kind = (int32_t)read_integer(input); break;
        case 253: case 252: case 251: case 250: return value;
        default: break;
    }
    if (type == 'n') type = "ifb"[below(input, 3)];
    /* An unknown kind may come with any value, a known one only with its own. */
    if (value.kind < TFFM_NONE || value.kind > TFFM_BOOLEAN_LIST) {
        value.as.integer = read_bits(input);
        return value;
    }
    switch (type) {
        case 't': value.kind = TFFM_TENSOR; value.as.tensor = pick(input); break;
        case 'i': value.kind = TFFM_INT; value.as.integer = read_integer(input); break;
        case 'f': value.kind = TFFM_FLOAT; value.as.real = read_real(input); break;
        case 'b':
            value.kind = TFFM_BOOLEAN;
            value.as.integer = rarely(input) ? read_integer(input) : below(input, 2);
            break;
        case 's': value.kind = TFFM_STRING; value.as.string = read_string(input); break;
        case 'd': value.kind = TFFM_DTYPE; value.as.integer = read_dtype(input); break;
        case 'T': value = read_list(input, TFFM_TENSOR_LIST, 't'); break;
        case 'I': value = read_list(input, TFFM_INT_LIST, 'i'); break;
        case 'F': value = read_list(input, TFFM_FLOAT_LIST, 'f'); break;
        case 'B': value = read_list(input, TFFM_BOOLEAN_LIST, 'b'); break;
        case 'N': value = read_list(input, TFFM_INT_LIST + (int32_t)below(input, 3), 'n'); break;
        default: break;
    }
    return value;
}

static void trace_value(const tffm_value *value) {
    switch (value->kind) {
        case TFFM_TENSOR: trace(" tensor %p", (void *)value->as.tensor); break;
        case TFFM_FLOAT: trace(" %g", value->as.real); break;
        case TFFM_STRING: trace(" '%s'", value->as.string == NULL ? "NULL" : value->as.string); break;
        case TFFM_TENSOR_LIST: case TFFM_INT_LIST: case TFFM_FLOAT_LIST: case TFFM_BOOLEAN_LIST:
            trace(" %lld[", (long long)value->count);
            for (int64_t i = 0; value->as.list != NULL && i < value->count && value->count < 5; i++)
                trace_value(&value->as.list[i]);
            trace(" ]");
            break;
        default: trace(" kind %d: %lld", value->kind, (long long)value->as.integer);
    }
}

/* Whether an argument is a tensor over this storage, or a list with one. unknown: whether one cannot be described. */
static bool stands_on(const tffm_value *argument, const void *storage, bool *unknown) {
    tffm_info info;
    if (argument->kind == TFFM_TENSOR) {
        bool described = tffm_describe(argument->as.tensor, &info) == TFFM_OK;
        *unknown |= !described;
        return described && info.storage == storage;
    }
    if (argument->kind != TFFM_TENSOR_LIST || argument->as.list == NULL || argument->count > MAX_LIST) return false;
    for (int64_t i = 0; i < argument->count; i++)
        if (stands_on(&argument->as.list[i], storage, unknown)) return true;
    return false;
}

/* A result that is an argument has no handle, and any other says whether it shares an argument's memory. */
static void check_result(const tffm_value *result, const tffm_value *arguments, int64_t count) {
    EXPECT(result->kind == TFFM_TENSOR || result->kind == TFFM_NONE || result->kind == TFFM_INT ||
           result->kind == TFFM_FLOAT || result->kind == TFFM_BOOLEAN || result->kind == TFFM_DTYPE);
    EXPECT(result->flags >= 0 && result->flags <= count && (result->count == 0 || result->count == 1));
    if (result->kind != TFFM_TENSOR) {
        EXPECT(result->flags == 0 && result->count == 0);
    } else if (result->flags > 0) {
        const tffm_value *argument = &arguments[result->flags - 1];
        EXPECT(argument->kind == TFFM_TENSOR && result->as.tensor == NULL && result->count == 0);
    } else {
        tffm_info info;
        EXPECT(result->as.tensor != NULL);
        if (tffm_describe(result->as.tensor, &info) != TFFM_OK) return;
        bool shares = false, unknown = false;
        for (int64_t i = 0; i < count; i++) shares |= stands_on(&arguments[i], info.storage, &unknown);
        EXPECT(shares ? result->count == 1 : result->count == 0 || unknown);
    }
}

/* The only result is described where it is a new tensor. */
static void check_description(const tffm_value *results, int64_t count, const tffm_info *described) {
    tffm_info info;
    if (count != 1 || results->kind != TFFM_TENSOR || results->flags != 0) {
        EXPECT(described->dim == -1);
        return;
    }
    EXPECT(TRY(tffm_describe(results->as.tensor, &info)));
    const size_t shape = (size_t)info.dim * sizeof *info.sizes;
    EXPECT(memcmp(&info, described, offsetof(tffm_info, sizes)) == 0);
    EXPECT(memcmp(info.sizes, described->sizes, shape) == 0 && memcmp(info.strides, described->strides, shape) == 0);
}

/* An operator is one and the same each time that it is found. */
static const tffm_operator *find(struct input *input, const char *name, const char *overload,
                                 tffm_operator_info *info) {
    const tffm_operator *const untouched = (const tffm_operator *)UNTOUCHED, *found = untouched, *again = untouched;
    tffm_operator_info other;
    if (!TRY(tffm_operator_find(name, overload, rarely(input) ? NULL : &found, rarely(input) ? NULL : info))) {
        EXPECT(found == untouched);
        return NULL;
    }
    EXPECT(TRY(tffm_operator_find(name, overload, &again, &other)) && found == again);
    EXPECT(info->argument_count >= 0 && info->result_count >= 0 && memcmp(info, &other, sizeof other) == 0);
    return found;
}

/*
 * Whether the first argument stands on the memory of another one. Where it is written and that one is kept for
 * backward, libtorch makes a circle of the two that it never frees: so does Python with y.mul_(y).
 */
static bool makes_a_circle(const tffm_value *arguments, int64_t count) {
    tffm_info info;
    bool unknown = false;
    if (count == 0 || arguments[0].kind != TFFM_TENSOR) return false;
    if (tffm_describe(arguments[0].as.tensor, &info) != TFFM_OK) return true;
    for (int64_t i = 1; i < count; i++)
        if (stands_on(&arguments[i], info.storage, &unknown)) return true;
    return unknown;
}

void operator_step(struct input *input) {
    int64_t at = (read_byte(input) << 8 | read_byte(input)) % COUNT(operators);
    const char *name = operators[at].name, *overload = operators[at].overload;
    if (rarely(input)) name = read_string(input);
    if (rarely(input)) overload = read_string(input);
    trace("%s.%s\n", name == NULL ? "NULL" : name, overload == NULL ? "NULL" : overload);
    tffm_operator_info info = {0};
    const tffm_operator *operator = find(input, name, overload, &info);
    if (operator == NULL && !rarely(input)) return;
    int64_t count = (int64_t)strlen(operators[at].arguments), capacity = CAPACITY, result_count = -1;
    if (rarely(input)) count = below(input, MAX_ARGUMENTS + 1);
    tffm_value *arguments = block(count * (int64_t)sizeof *arguments), results[CAPACITY];
    for (int64_t i = 0; i < count; i++) {
        char type = i < (int64_t)strlen(operators[at].arguments) ? operators[at].arguments[i] : 't';
        arguments[i] = read_value(input, type);
    }
    memset(results, 0x5a, sizeof results);
    for (int64_t i = 0; i < count; i++) trace_value(&arguments[i]);
    trace("\n");
    int32_t in = mode | (info.writes_first && makes_a_circle(arguments, count) ? TFFM_NO_GRAD : TFFM_RECORD);
    if (rarely(input)) arguments = NULL;
    if (rarely(input)) {
        /* The count may exceed the arguments only if no schema takes that many. */
        int64_t absurd = read_integer(input);
        if (absurd < count || absurd > 64) count = absurd;
    }
    if (rarely(input)) {
        int64_t absurd = read_integer(input);
        if (absurd < CAPACITY) capacity = absurd;
    }
    tffm_info described = {.dim = -1}, *wanted = below(input, 2) == 0 ? &described : NULL;
    if (TRY(tffm_call(in, operator, arguments, count, rarely(input) ? NULL : results, capacity,
                      rarely(input) ? NULL : &result_count, wanted, 2, NULL, input))) {
        EXPECT(result_count >= 0 && result_count <= (capacity < 0 ? 0 : capacity));
        EXPECT(info.has_result_list == 1 || result_count == info.result_count);
        for (int64_t i = 0; i < result_count; i++) check_result(&results[i], arguments, count);
        if (wanted != NULL) check_description(results, result_count, wanted);
        for (int64_t i = 0; i < result_count; i++)
            if (results[i].kind == TFFM_TENSOR && results[i].flags == 0) adopt(input, results[i].as.tensor);
    } else {
        static const int32_t untouched = 0x5a5a5a5a;
        EXPECT(result_count == -1 && described.dim == -1);
        for (int64_t i = 0; i < CAPACITY; i++) EXPECT(results[i].kind == untouched && results[i].flags == untouched);
    }
}
