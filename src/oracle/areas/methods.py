"""Every method of Tensor and every factory of Torch, by its Java signature: one to four calls on a tensor."""

import contextlib
import math
import pathlib
import re

import torch

import inputs
from program import DTYPES, FLOATING, MODES, Program, bits, verb

# What each method's arguments are: a function of random, the program, and the variable that the call is made on.
CASES = {}


def case(name, function, arguments=lambda random, program, x: [x]):
    CASES[name] = arguments
    verb(function, name)


# ---- arguments ----

def another(random, shape):
    """Sizes that broadcast with a shape, mostly."""
    if random.random() < 0.1:
        return inputs.sizes(random)
    kept = list(shape)[random.randint(0, len(shape)) if random.random() < 0.3 else 0:]
    return [1 if random.random() < 0.2 else size for size in kept]


def dtype_near(random, dtype):
    return dtype if random.random() < 0.6 else random.choice(list(DTYPES))


def with_tensor(random, program, x):
    dtype, shape = dtype_near(random, x.value.dtype), another(random, x.value.shape)
    return [x, program.tensor(inputs.strided(random, dtype, shape))]


def with_number(random, program, x):
    return [x, inputs.number(random)]


def dim(random, x):
    return random.randint(-x.value.dim() - 1, x.value.dim()) if random.random() < 0.2 else random.randrange(
        -max(x.value.dim(), 1), max(x.value.dim(), 1))


def with_dim(random, program, x):
    return [x, dim(random, x), random.random() < 0.5]


def with_matrix(random, program, x):
    """Without special values: the order of a sum is the matrix library's own."""
    rows, columns = random.randint(0, 4), random.randint(0, 4)
    shapes = random.choice([
        ([columns], [columns]), ([rows, columns], [columns]), ([rows, columns], [columns, 3]),
        ([columns], [columns, 2]), ([2, rows, columns], [columns, 3]), ([2, rows, columns], [2, columns, 1]),
        ([rows, columns], [rows, columns]),
    ])
    dtype = random.choice(list(DTYPES))
    return [tame(random, program, dtype, shapes[0]), tame(random, program, dtype_near(random, dtype), shapes[1])]


def tame(random, program, dtype, shape, requires_grad=False):
    view = inputs.strided(random, dtype, shape, lambda count: inputs.tame(random, dtype, [count]))
    return program.tensor(view, requires_grad)


def with_weight(random, program, x):
    """A weight of one element, or one for each channel."""
    shape = x.value.shape
    count = random.choice([1, 1, shape[1] if len(shape) > 1 else 1, 3])
    return [x, program.tensor(inputs.values(random, dtype_near(random, x.value.dtype), count))]


def with_shape(random, program, x):
    """Another shape of as many elements, mostly."""
    shape = [size for size in x.value.shape if size != 1 or random.random() < 0.5]
    random.shuffle(shape)
    if len(shape) > 1 and random.random() < 0.5:
        shape[:2] = [math.prod(shape[:2])]
    if shape and random.random() < 0.3:
        shape[random.randrange(len(shape))] = random.choice([-1, -1, -2, 7])
    return [x, shape]


# ---- operators ----

for java, function in {
    "neg": torch.neg, "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "sigmoid": torch.sigmoid,
    "sigmoid_": torch.sigmoid_, "tanh": torch.tanh, "tanh_": torch.tanh_, "t": torch.t, "sum": torch.sum,
    "mean": torch.mean, "argmax": torch.argmax, "contiguous": torch.Tensor.contiguous, "clone": torch.clone,
}.items():
    case(f"Tensor.{java}()", function)
for java, function in {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "eq": torch.eq}.items():
    case(f"Tensor.{java}(Tensor)", function, with_tensor)
    case(f"Tensor.{java}(Number)", function, with_number)
case("Tensor.leakyRelu(Number)", torch.nn.functional.leaky_relu, with_number)
case("Tensor.leakyRelu_(Number)", torch.nn.functional.leaky_relu_, with_number)
case("Tensor.prelu(Tensor)", torch.prelu, with_weight)
case("Tensor.copy_(Tensor)", torch.Tensor.copy_, with_tensor)
case("Tensor.matmul(Tensor)", torch.matmul, with_matrix)
for equal in "Tensor.equal(Tensor,Tensor)", "Tensor.equal(Tensor)":
    case(equal, torch.equal, lambda random, program, x: (
        [x, program.tensor(x.value)] if random.random() < 0.5 else with_tensor(random, program, x)))
case("Tensor.to(DType)", torch.Tensor.to, lambda random, program, x: [x, random.choice(list(DTYPES))])
case("Tensor.softmax(long)", torch.softmax, lambda random, program, x: [x, dim(random, x)])
case("Tensor.reshape(long[])", torch.reshape, with_shape)
for java, function in {"sum": torch.sum, "mean": torch.mean, "argmax": torch.argmax}.items():
    case(f"Tensor.{java}(long,boolean)", function, with_dim)

# ---- descriptions ----

case("Tensor.dtype()", lambda x: DTYPES[x.dtype])
case("Tensor.sizes()", lambda x: list(x.size()))
case("Tensor.strides()", lambda x: list(x.stride()))
case("Tensor.storageOffset()", torch.Tensor.storage_offset)
case("Tensor.dim()", torch.Tensor.dim)
case("Tensor.numel()", torch.numel)
case("Tensor.isContiguous()", torch.Tensor.is_contiguous)
case("Tensor.isInference()", torch.is_inference)
case("Tensor.requiresGrad()", lambda x: x.requires_grad)
case("Tensor.in(Arena)", torch.neg)

# ---- elements read out ----


def segment(x):
    """From element 0 to the last one, gaps included."""
    count = 1 + sum((size - 1) * stride for size, stride in zip(x.size(), x.stride())) if x.numel() else 0
    begin = x.storage_offset() * x.itemsize
    return bytes(x.detach().untyped_storage())[begin:begin + count * x.itemsize].hex() if count else ""


def copied(x, length):
    """The bytes of a target that was zeros."""
    data = bytes.fromhex(bits(x))
    if length < len(data):
        raise ValueError("too short")
    return (data + bytes(length - len(data))).hex()


def array(kind, *dtypes):
    """The elements as a list; other dtypes are refused."""
    def elements(x):
        if x.dtype not in dtypes:
            raise TypeError(x.dtype)
        return [kind(element) for element in x.reshape(-1).tolist()]
    return elements


def one(random, program, x):
    """A tensor of one element, mostly."""
    if random.random() < 0.2:
        return [x]
    return [program.tensor(inputs.strided(random, x.value.dtype, [1] * random.randint(0, 3)))]


INT8, UINT8, INT16, INT32 = torch.int8, torch.uint8, torch.int16, torch.int32
case("Tensor.segment()", segment)
case("Tensor.copyTo(MemorySegment)", copied, lambda random, program, x: (
    [x, max(0, x.value.numel() * x.value.itemsize + random.choice([0, 0, 5, -1]))]))
case("Tensor.item()", lambda x: x.item() if x.dtype != torch.bool else int(x.item()), one)
case("Tensor.toFloatArray()", array(float, torch.float32, torch.float16, torch.bfloat16, INT8, UINT8, INT16))
case("Tensor.toDoubleArray()", array(float, *FLOATING, INT8, UINT8, INT16, INT32))
case("Tensor.toLongArray()", array(int, INT8, UINT8, INT16, INT32, torch.int64))
case("Tensor.toIntArray()", array(int, INT8, UINT8, INT16, INT32))
case("Tensor.toShortArray()", array(int, INT8, UINT8, INT16))
case("Tensor.toByteArray()", array(int, INT8))
case("Tensor.toBooleanArray()", array(bool, torch.bool))

# ---- made of values ----


def of(dtype):
    return lambda random, program, x: [inputs.values(random, dtype, random.randint(0, 5)).tolist()]


def wrong_sizes(random):
    """Java refuses a product that overflows even beside a 0."""
    wrong = [random.choice([-1, 2**62, 2**63 - 1]), *random.choice([[], [3]])]
    return wrong if random.random() < 0.05 else inputs.sizes(random)


def memory(data, dtype, sizes):
    """Over bytes, which must suffice."""
    if math.prod(sizes) == 0 and min(sizes) == 0:
        return torch.empty(sizes, dtype=dtype)
    return torch.frombuffer(bytearray(data), dtype=dtype, count=math.prod(sizes)).reshape(sizes)


def memory_arguments(random, program, x):
    sizes = inputs.sizes(random)
    count = max(0, math.prod(sizes) + random.choice([0, 0, 0, 2, -1]))
    dtype = random.choice(list(DTYPES))
    return [bytes.fromhex(bits(inputs.values(random, dtype, count))), dtype, sizes]


def numbers(count, dtyped=False):
    """Of arange: few elements, or arguments that are refused."""
    def arguments(random, program, x):
        whole = random.random() < 0.5
        number = (lambda: random.randint(-20, 20)) if whole else (lambda: random.uniform(-20, 20))
        start = random.choice([0, 0, 2**24, 2**53, -2**62]) + number()
        step = random.choice([1, 1, -1, 2, 0.3, 0.1, 1e-1, 3, number()])
        end = start + step * random.uniform(-1, 20)
        end = int(end) if whole else end
        if float(start) == float(end) and (end < start if step > 0 else end > start):
            end = start  # Java refuses a step that leads away, exactly; PyTorch compares doubles, and gives no element
        if random.random() < 0.05:
            end = random.choice([math.nan, math.inf, -math.inf])
        given = [start, end, step] if count == 3 else [start, start + abs(number())] if count == 2 else [number()]
        return ([random.choice(list(DTYPES))] if dtyped else []) + given
    return arguments


def empty(sizes, dtype=torch.float32):
    """All but the elements."""
    x = torch.empty(sizes, dtype=dtype)
    return [DTYPES[x.dtype], list(x.size()), list(x.stride())]


for arena in ["", "Arena,"]:
    for java, dtype in {"float": torch.float32, "double": torch.float64, "int": INT32, "long": torch.int64,
                        "short": INT16, "byte": INT8, "boolean": torch.bool}.items():
        case(f"Tensor.of({arena}{java}[])", lambda values, dtype=dtype: torch.tensor(values, dtype=dtype), of(dtype))
    for java, function in {"zeros": torch.zeros, "ones": torch.ones,
                           "empty": empty}.items():
        case(f"Torch.{java}({arena}long[])", function, lambda random, program, x: [wrong_sizes(random)])
        case(f"Torch.{java}({arena}DType,long[])", lambda dtype, sizes, function=function: function(sizes, dtype=dtype),
             lambda random, program, x: [random.choice(list(DTYPES)), wrong_sizes(random)])
    case(f"Torch.full({arena}long[],Number)", torch.full,
         lambda random, program, x: [wrong_sizes(random), inputs.number(random)])
    case(f"Torch.full({arena}DType,long[],Number)", lambda dtype, sizes, value: torch.full(sizes, value, dtype=dtype),
         lambda random, program, x: [random.choice(list(DTYPES)), wrong_sizes(random), inputs.number(random)])
    for count in [1, 2, 3]:
        case(f"Torch.arange({arena}{','.join(['Number'] * count)})", torch.arange, numbers(count))
case("Torch.arange(Arena,DType,Number,Number,Number)",
     lambda dtype, start, end, step: torch.arange(start, end, step, dtype=dtype), numbers(3, dtyped=True))
case("Torch.parameter(Tensor)", torch.nn.Parameter)
case("Torch.libtorchVersion()", lambda: torch.__version__.split("+")[0], lambda random, program, x: [])
case("Tensor.fromSegment(MemorySegment,DType,long[])", memory, memory_arguments)


def require_all():
    """Every verb that is a method of Java's must have a case here, or be one of the gradients'."""
    java = pathlib.Path(__file__).parents[1] / "java/dev/torchffm/oracle"
    names = {name for file in ["MethodVerbs.java", "FactoryVerbs.java"]
             for name in re.findall(r'entry\(\s*"(T[^"]+)"', (java / file).read_text())}
    if names != set(CASES):
        raise AssertionError(f"no case, or no verb: {sorted(names ^ set(CASES))}")


def programs(random):
    require_all()
    while True:
        program = Program()
        x = program.tensor(inputs.tensor(random))
        if x.value.is_floating_point() and random.random() < 0.2:
            x = program.tensor(x.value, requires_grad=True)
        with program.mode(random.choice(list(MODES))) if random.random() < 0.2 else contextlib.nullcontext():
            for _ in range(random.randint(1, 4)):
                name = random.choice(list(CASES))
                result = program.call(name, *CASES[name](random, program, x))
                if result is not None and isinstance(result.value, torch.Tensor) and random.random() < 0.3:
                    x = result
        yield program.look()
