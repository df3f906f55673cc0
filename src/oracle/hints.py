"""What some operators need that arguments made from the schema alone seldom are: shapes and dtypes that fit."""

import math
import re

import torch

HINTS = []


def hint(names):
    """Adds a function of a Maker that gives arguments by their names."""
    def add(function):
        HINTS.append((re.compile(f"({names})$"), function))
        return function
    return add


def hinted(maker):
    if maker.dtype == torch.bool:
        maker.dtype = torch.float32
    for names, function in HINTS:
        if names.match(maker.operator.name.removeprefix("aten::")):
            return function(maker)
    return {}


def some(maker, count, low=1, high=4):
    return [maker.random.randint(low, high) for _ in range(count)]


def optional(maker, value):
    return value if maker.random.random() < 0.6 else None


def spatial(maker):
    """The number of dimensions in the operator's name."""
    return int(re.search(r"([123])d", maker.operator.name).group(1))


@hint(r"(slow_|thnn_)?conv(_transpose|_dilated)?[123]d(_forward)?(\.\w+)?|convolution")
def convolution(maker):
    random, name = maker.random, maker.operator.name
    dims = random.randint(1, 3) if name.endswith("convolution") else spatial(maker)
    transposed = "transpose" in name or (name.endswith("convolution") and random.random() < 0.4)
    single = "slow" in name or "thnn" in name
    groups = 1 if single else random.choice([1, 1, 2])
    if single and maker.dtype in (torch.float16, torch.bfloat16):
        maker.dtype = torch.float32  # in 16 bits the last bits depend on where the memory lies
    inside, outside, kernel = groups * random.randint(1, 3), groups * random.randint(1, 3), some(maker, dims, 1, 3)
    x = maker.make([random.randint(1, 2), inside, *some(maker, dims, 4, 6)])
    weight = [inside, outside // groups] if transposed else [outside, inside // groups]
    return {
        "input": x, "self": x, "weight": maker.make(weight + kernel), "bias": optional(maker, maker.make([outside])),
        "kernel_size": kernel, "stride": [1] * dims if name.endswith(".padding") else some(maker, dims, 1, 2),
        "padding": random.choice(["same", "valid"]) if name.endswith(".padding") else some(maker, dims, 0, 1),
        "output_padding": [0] * dims, "dilation": [1] * dims, "groups": groups, "transposed": transposed,
    }


@hint("conv_tbc")
def conv_tbc(maker):
    time, batch, inside, outside = some(maker, 4)
    return {"self": maker.make([time + 3, batch, inside]), "weight": maker.make([2, inside, outside]),
            "bias": maker.make([outside]), "pad": maker.random.randint(0, 2)}


@hint("mm|addmm_?|addmv_?|mv|addr_?|ger|dot|vdot|inner|smm")
def matrices(maker):
    rows, inner, columns = some(maker, 3)
    name, make = maker.operator.base, maker.make
    first = {"mm": [rows, inner], "mv": [rows, inner], "addmv": [rows], "addmv_": [rows], "ger": [rows], "dot": [inner],
             "vdot": [inner], "inner": [rows, inner]}
    return {"self": make(first.get(name, [rows, columns])), "mat1": make([rows, inner]), "mat2": make([inner, columns]),
            "mat": make([rows, inner]), "vec": make([inner]), "vec1": make([rows]), "vec2": make([columns]),
            "tensor": make([inner]), "other": make([columns, inner] if name == "inner" else [inner])}


@hint("bmm|addbmm_?|baddbmm_?")
def batches(maker):
    batch, rows, inner, columns = some(maker, 4)
    name, make = maker.operator.base, maker.make
    first = [batch, rows, inner] if name == "bmm" else [rows, columns] if name[0] == "a" else [batch, rows, columns]
    return {"self": make(first), "mat2": make([batch, inner, columns]),
            "batch1": make([batch, rows, inner]), "batch2": make([batch, inner, columns])}


@hint("linear|bilinear")
def linear(maker):
    batch, inside, other, outside = some(maker, 4)
    weight = [outside, inside, other] if maker.operator.base == "bilinear" else [outside, inside]
    return {"input": maker.make([batch, inside]), "input1": maker.make([batch, inside]),
            "input2": maker.make([batch, other]), "weight": maker.make(weight),
            "bias": optional(maker, maker.make([outside]))}


@hint(r"chain_matmul|linalg_multi_dot")
def chain(maker):
    sizes = some(maker, maker.random.randint(3, 5))
    chained = [maker.make(list(pair)) for pair in zip(sizes, sizes[1:])]
    return {"matrices": chained, "tensors": chained}


@hint(r"(linalg_)?("
      r"cholesky(_ex|_solve|_inverse)?|eigh|eigvalsh|logdet|slogdet|det|inv(_ex|erse)?|matrix_exp|matrix_power|"
      r"ldl_factor(_ex)?|lu|lu_factor(_ex)?|pinv|solve(_ex)?)(\.\w+)?|pinverse")
def positive(maker):
    """A matrix that is symmetric and positive definite."""
    size = maker.random.randint(1, 4)
    batch = [] if maker.random.random() < 0.6 else [2]
    dtype = maker.random.choice([torch.float32, torch.float64])
    half = maker.make([*batch, size, size], dtype)
    matrix = half @ half.mT + torch.eye(size, dtype=dtype)
    other = maker.make([*batch, size, maker.random.randint(1, 3)], dtype)
    solves = maker.operator.base == "cholesky_solve"
    return {"self": other if solves else matrix, "input": matrix, "A": matrix, "B": other, "input2": matrix,
            "n": maker.random.randint(-2, 3)}


@hint("linalg_lu_solve|lu_solve|linalg_ldl_solve")
def factors(maker):
    size, dtype = maker.random.randint(1, 4), maker.random.choice([torch.float32, torch.float64])
    matrix = maker.make([size, size], dtype) + 4 * torch.eye(size, dtype=dtype)
    other = maker.make([size, maker.random.randint(1, 3)], dtype)
    pivots = torch.arange(1, size + 1, dtype=torch.int32)
    return {"LU": matrix, "LU_data": matrix, "LD": matrix, "pivots": pivots, "LU_pivots": pivots, "B": other,
            "self": other}


@hint("orgqr|ormqr|linalg_householder_product|geqrf")
def reflectors(maker):
    rows = maker.random.randint(2, 4)
    columns = maker.random.randint(1, rows)
    dtype = maker.random.choice([torch.float32, torch.float64])
    return {"self": maker.make([rows, columns], dtype), "input": maker.make([rows, columns], dtype),
            "tau": maker.make([columns], dtype), "input2": maker.make([columns], dtype),
            "input3": maker.make([rows, rows], dtype), "left": True}


@hint("linalg_tensorsolve")
def tensorsolve(maker):
    size = maker.random.randint(1, 3)
    return {"self": maker.make([size, size, size * size]), "other": maker.make([size, size]), "dims": None}


@hint(r"batch_norm|instance_norm|group_norm|prelu")
def channels(maker):
    groups = maker.random.randint(1, 2)
    count = groups * maker.random.randint(1, 3)
    x = maker.make([maker.random.randint(1, 3), count, *some(maker, maker.random.randint(1, 3), 2, 3)])
    both, running = maker.random.random() < 0.6, maker.random.random() < 0.6
    one = lambda given: maker.make([count], x.dtype) if given else None
    return {"input": x, "self": x, "weight": one(both or maker.operator.base == "prelu"), "bias": one(both),
            "running_mean": one(running), "running_var": one(running).abs() + 0.5 if running else None,
            "training": not running or maker.random.random() < 0.5, "momentum": 0.1, "eps": 1e-5,
            "use_input_stats": not running, "num_groups": groups}


@hint("layer_norm|native_layer_norm|rms_norm")
def layers(maker):
    shape = some(maker, maker.random.randint(1, 4))
    last = shape[-maker.random.randint(1, len(shape)):]
    both = maker.random.random() < 0.6
    x = maker.make(shape)
    return {"input": x, "normalized_shape": last, "weight": maker.make(last, x.dtype) if both else None,
            "bias": maker.make(last, x.dtype) if both else None, "eps": 1e-5}


@hint(r"(avg|max)_pool[123]d(_with_indices)?|adaptive_(avg|max)_pool[123]d|fractional_max_pool[23]d|col2im|im2col")
def pools(maker):
    name, random = maker.operator.base, maker.random
    dims = 2 if "2" in name and "pool" not in name else spatial(maker)
    kernel = [2, 2] if "col" in name else some(maker, dims, 1, 3)
    batch, count = some(maker, 2, 1, 3)
    x = [batch, count * 4, 9] if name == "col2im" else [batch, count, *some(maker, dims, 4, 6)]
    out = [4, 4] if name == "col2im" else some(maker, dims, 1, 2)
    return {"self": maker.make(x), "kernel_size": kernel, "output_size": out, "dilation": [1] * dims,
            "stride": [1] * dims if "col" in name else some(maker, dims, 1, 3), "padding": [0] * dims if "col" in name
            else [random.randint(0, size // 2) for size in kernel], "divisor_override": None,
            "random_samples": maker.make([batch, count, dims]).abs() / 3}


@hint("max_unpool[23]d")
def unpools(maker):
    dims = spatial(maker)
    shape = [*some(maker, 2, 1, 2), *[2] * dims]
    numbers = maker.random.sample(range(4 ** dims), 2 ** dims) * math.prod(shape[:2])
    return {"self": maker.make(shape), "indices": torch.tensor(numbers).reshape(shape), "output_size": [4] * dims,
            "stride": [2] * dims, "padding": [0] * dims}


@hint(r"upsample_\w+[123]d(\.vec)?")
def upsamples(maker):
    dims = spatial(maker)
    sized = maker.operator.overload == "" or maker.random.random() < 0.5
    x = maker.make([*some(maker, 2, 1, 3), *some(maker, dims, 2, 4)])
    return {"self": x, "input": x, "output_size": some(maker, dims, 1, 6) if sized else None,
            "scale_factors": None if sized else [maker.random.choice([0.5, 1.0, 1.5, 2.0, 2.5]) for _ in range(dims)],
            "scales": None, "scales_h": None, "scales_w": None, "scales_d": None}


@hint(r"(reflection|replication)_pad[123]d")
def pads(maker):
    dims = spatial(maker)
    x = maker.make([*some(maker, 2, 1, 2), *some(maker, dims, 3, 4)])
    return {"self": x, "padding": some(maker, 2 * dims, 0, 2)}


@hint("pixel_shuffle|pixel_unshuffle|channel_shuffle|native_channel_shuffle")
def shuffles(maker):
    return {"self": maker.make([maker.random.randint(1, 2), 8, 2, 4]), "upscale_factor": 2, "downscale_factor": 2,
            "groups": maker.random.choice([1, 2, 4])}


@hint("grid_sampler(_[23]d)?|affine_grid_generator")
def grids(maker):
    dims = 3 if "3d" in maker.operator.name else 2
    batch, count = some(maker, 2, 1, 2)
    sizes, dtype = some(maker, dims, 2, 4), maker.random.choice([torch.float32, torch.float64])
    return {"input": maker.make([batch, count, *sizes], dtype),
            "grid": maker.make([batch, 2, *[3] * (dims - 1), dims], dtype),
            "theta": maker.make([batch, dims, dims + 1], dtype),
            "size": [batch, count, *sizes],
            "interpolation_mode": maker.random.randint(0, 4 - dims), "padding_mode": maker.random.randint(0, 2)}


@hint(r"(nll_loss|nll_loss2d|nll_loss_nd|cross_entropy_loss|multi_margin_loss|multilabel_margin_loss)(_forward)?")
def classes(maker):
    name, random = maker.operator.base, maker.random
    batch, count = some(maker, 2)
    rest = some(maker, 2, 1, 3) if "2d" in name else []
    shape = [batch, count] if name.startswith("multilabel") else [batch, *rest]
    target = torch.tensor([random.randint(0, count - 1) for _ in range(math.prod(shape))]).reshape(shape)
    x = maker.make([batch, count, *rest], random.choice([torch.float32, torch.float64]))
    return {"self": x, "target": target, "weight": optional(maker, maker.make([count], x.dtype)), "ignore_index": -100,
            "reduction": random.randint(0, 2), "label_smoothing": random.choice([0.0, 0.1]), "p": random.randint(1, 2)}


@hint(r"\w+_loss|log_sigmoid_forward|binary_cross_entropy\w*")
def losses(maker):
    shape, random = maker.shape[:2] or [3], maker.random
    make = lambda: maker.make(shape).abs() / 2 if "binary" in maker.operator.name else maker.make(shape)
    x = make()
    target = maker.make(shape[:1], x.dtype) if "cosine" in maker.operator.name else make().to(x.dtype)
    rows = [*shape[:1], 3] if "cosine" in maker.operator.name else shape
    return {"self": x, "input": x, "target": target, "input1": maker.make(rows, x.dtype),
            "input2": maker.make(rows, x.dtype), "reduction": random.randint(0, 2), "weight": None, "pos_weight": None,
            "delta": 1.0, "beta": random.choice([0.0, 0.5, 1.0])}


@hint(r"embedding(_bag(\.padding_idx)?|_renorm_?)?")
def embeddings(maker):
    random = maker.random
    count, width, length = some(maker, 3, 2, 5)
    weight = maker.make([count, width], random.choice([torch.float32, torch.float64]))
    indices = torch.tensor([random.randint(0, count - 1) for _ in range(length)])
    offsets = torch.tensor([0, random.randint(0, length)])
    return {"self": weight, "weight": weight, "indices": indices, "offsets": offsets,
            "mode": random.randint(0, 2), "per_sample_weights": None, "padding_idx": random.randint(-1, count - 1),
            "scale_grad_by_freq": False, "sparse": False, "max_norm": 1.0, "norm_type": 2.0}


@hint("(gru|lstm|rnn_relu|rnn_tanh)_cell")
def cells(maker):
    batch, inside, hidden = some(maker, 3)
    gates = {"gru_cell": 3, "lstm_cell": 4}.get(maker.operator.base, 1) * hidden
    state = maker.make([batch, hidden], torch.float32)
    make = lambda *shape: maker.make(list(shape), torch.float32)
    states = [state, make(batch, hidden)] if maker.operator.base == "lstm_cell" else state
    return {"input": make(batch, inside), "hx": states,
            "w_ih": make(gates, inside), "w_hh": make(gates, hidden), "b_ih": make(gates), "b_hh": make(gates)}


@hint(r"(scatter|gather|take|index_(add|copy|fill|reduce|select)|masked_scatter|put)(_add|_reduce)?_?(\.\w+)?|"
      r"take_along_dim")
def indexed(maker):
    random, name = maker.random, maker.operator.name
    shape = some(maker, random.randint(1, 3), 2, 4)
    x = maker.make(shape)
    dim = random.randrange(len(shape))
    vector = "index_" in name
    picks = shape[:dim] + [random.randint(1, 3)] + shape[dim + 1:]
    index = [picks[dim]] if vector else picks
    numbers = [random.randint(0, shape[dim] - 1) for _ in range(math.prod(index))]
    mean = ["sum", "prod", "mean", "amax", "amin"] if "scatter_reduce" in name else ["prod", "mean", "amax", "amin"]
    return {"self": x, "dim": dim - len(shape) * (random.random() < 0.3), "index": torch.tensor(numbers).reshape(index),
            "indices": torch.tensor(numbers).reshape(index), "src": maker.make(picks, x.dtype),
            "source": maker.make(index if name.startswith("aten::put") else picks, x.dtype),
            "mask": maker.make(shape, torch.bool), "reduce": random.choice(
                mean if "_reduce" in name and "value_reduce" not in name else ["add", "multiply"])}


@hint(r"masked_fill_?\.Tensor|fill_?\.Tensor|index_fill_?\.int_Tensor|(lin|log)space\.\w+")
def scalars(maker):
    """A tensor of no dimensions stands for a number."""
    x = maker.make(maker.shape)
    ends = maker.operator.overload.split("_")
    number = lambda place: maker.make([]) if ends[place] == "Tensor" else maker.random.uniform(-2, 2)
    return {"self": x, "value": maker.make([], x.dtype), "start": number(0), "end": number(-1),
            "steps": maker.random.randint(0, 5)}


@hint(r"(select|diagonal|slice)_scatter")
def parts(maker):
    size = maker.random.randint(1, 4)
    x = maker.make([size, size])
    src = [size] if maker.operator.base != "slice_scatter" else [size, size]
    return {"self": x, "src": maker.make(src, x.dtype), "dim": 0, "dim1": 0, "dim2": 1, "offset": 0, "index": 0,
            "start": None, "end": None, "step": 1}


@hint(r"split\.sizes|(unsafe_)?split_with_sizes(_copy)?")
def splits(maker):
    first, second = some(maker, 2, 0, 3)
    sizes = [first, second]
    return {"self": maker.make([first + second, 2]), "split_size": sizes, "split_sizes": sizes, "dim": 0}


@hint("view|view_copy|reshape|new_empty_strided|empty_strided")
def views(maker):
    a, b = some(maker, 2)
    return {"self": maker.make([a, b]), "size": maker.random.choice([[a * b], [-1], [b, a], [b, -1], [1, a, b]])} | (
        {"size": [a, b], "stride": [1, a]} if "strided" in maker.operator.name else {})


@hint(r"(bitwise_\w+|gcd|lcm|repeat_interleave|one_hot|bincount)_?(\.\w+)?")
def integers(maker):
    maker.dtype = maker.random.choice([torch.int64, torch.int64, torch.int32, torch.int16, torch.uint8, torch.bool])
    if maker.operator.base in ("one_hot", "bincount", "repeat_interleave"):
        counts = maker.make([maker.random.randint(1, 4)], torch.int64).abs()
        return {"self": maker.make([counts.numel()]) if maker.operator.overload == "self_Tensor" else counts,
                "repeats": counts if "Tensor" in maker.operator.overload else 2, "weights": None, "dim": None,
                "num_classes": maker.random.choice([-1, 6]), "output_size": None}
    return {}


@hint(r"(nan)?quantile(\.scalar)?")
def quantiles(maker):
    dtype = maker.random.choice([torch.float32, torch.float64])
    q = maker.random.random()
    given = q if maker.operator.overload else torch.tensor([q, 1.0], dtype=dtype)
    return {"self": maker.make(maker.shape, dtype), "q": given}


@hint(r"fake_quantize\w+(\.\w+)?")
def quantizers(maker):
    channels_ = "channel" in maker.operator.name
    scale, zero = maker.make([2] if channels_ else [1], torch.float32).abs() + 0.1, torch.zeros(2 if channels_ else 1)
    given = "qparams" in maker.operator.name or channels_
    return {"self": maker.make([2, 3], torch.float32), "scale": scale if given else 0.3,
            "zero_point": zero.to(torch.int32) if given else 2, "axis": 0, "quant_min": 0, "quant_max": 255}


@hint("combinations|cartesian_prod|narrow.Tensor|(linalg_)?cross|histogramdd.*|linalg_matrix_norm.*|"
      "unflatten_dense_tensors|scaled_dot_product_attention|pdist|cdist|tensordot")
def others(maker):
    base = maker.operator.base
    if base == "unflatten_dense_tensors":
        return {"flat": maker.make([6]), "tensors": [maker.make([2]), maker.make([2, 2])]}
    if base == "tensordot":
        return {"self": maker.make([2, 3]), "other": maker.make([3, 4]), "dims_self": [1], "dims_other": [0]}
    if base == "scaled_dot_product_attention":
        batch, length, keys, width = some(maker, 4)
        return {"query": maker.make([batch, length, width]), "key": maker.make([batch, keys, width]),
                "value": maker.make([batch, keys, width]), "attn_mask": None, "dropout_p": 0.0, "enable_gqa": False}
    shape = [3] if base in ("combinations", "cartesian_prod") else [3, 3]
    if base.startswith("histogramdd"):
        edges = [torch.tensor([-2.0, 0.0, 2.0])] * 2
        bins = {"TensorList_bins": edges, "int_bins": 3}.get(maker.operator.overload, [2, 3])
        return {"self": maker.make([4, 2], torch.float32), "bins": bins, "range": None, "weight": None}
    return {"self": maker.make(shape), "other": maker.make(shape), "x1": maker.make(shape), "x2": maker.make(shape),
            "start": torch.tensor(1), "dim": [0, 1] if "norm" in base else 0, "length": 1, "ord":
            maker.random.choice([1, 2, -1]) if maker.operator.overload == "" else "fro", "r": 2, "compute_mode": None,
            "p": 2.0}
