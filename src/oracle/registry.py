"""The operators that the loaded PyTorch has registered, and which of them torch-ffm calls."""

import re
from pathlib import Path

import torch

from program import DTYPES, verb

TYPES = {"Tensor", "int", "SymInt", "float", "bool", "number", "str", "ScalarType", "Layout", "MemoryFormat"}

# Of these only None can be passed.
NEVER_GIVEN = {"Optional[Device]", "Optional[Generator]"}

# The names of dtypes by libtorch's codes.
CODES = {torch.ops.aten.promote_types(dtype, dtype): name for dtype, name in DTYPES.items()}

# Internal operators, gradients by hand, opaque memory.
INTERNAL = re.compile(r"_(?!unique2)|\w*_backward|(cudnn|fbgemm|miopen|mkldnn)_|from_file")

# What PyTorch dies of by some values, or no values were found for.
LISTED = Path(__file__).parents[1] / "main/resources/dev/torchffm/unchecked-operators.txt"
UNCHECKED = {line.split(" ")[0] for line in LISTED.read_text().splitlines()}

# Of these some elements are whatever the memory held, or differ in the last bits from call to call.
UNDEFINED = re.compile(r"(sparse_)?resize(_as|_as_sparse|_and_clear)?$|set$|linalg_lstsq$")

# What may give a tensor another memory or shape.
MOVES = re.compile(
    r"\w*resize|set_$|set_data|shallow_copy|(as_strided|t|transpose|squeeze|unsqueeze|swapaxes|swapdims)_$")


class Argument:
    def __init__(self, schema):
        self.name, self.keyword, self.length = schema.name, schema.kwarg_only, schema.N
        self.has_default, self.default = schema.has_default_value(), schema.default_value
        self.type, self.base = str(schema.real_type), kind(schema)
        self.written = bool(schema.alias_info and schema.alias_info.is_write)


class Operator:
    def __init__(self, schema):
        self.base, self.overload = schema.name.removeprefix("aten::"), schema.overload_name
        self.name = schema.name + ("." + self.overload if self.overload else "")
        self.call = getattr(getattr(torch.ops.aten, self.base), self.overload or "default")
        self.random = torch.Tag.nondeterministic_seeded in self.call.tags
        self.pointwise = torch.Tag.pointwise in self.call.tags
        self.returns = len(schema.returns)
        self.gives_dtype = self.returns == 1 and kind(schema.returns[0]) == "ScalarType"
        self.gave_back = False  # the last result is an argument, neither changed nor copied
        self.arguments = [Argument(argument) for argument in schema.arguments]
        self.writes = any(argument.written for argument in self.arguments)
        self.succeeded = self.failed = 0
        verb(self.run, self.name)

    def run(self, *values):
        """Calls it; the only result, or a list of all."""
        pairs = list(zip(self.arguments, values))
        named = {argument.name: value for argument, value in pairs if argument.keyword}
        results = self.call(*[value for argument, value in pairs if not argument.keyword], **named)
        if not self.returns:
            return []
        if self.gives_dtype:
            return CODES[results]
        results = [self._plain(result, values) for result in flat(results)]
        return results[0] if len(results) == 1 else results

    def _plain(self, result, values):
        if not isinstance(result, torch.Tensor):
            return result
        if result.dtype not in DTYPES or result.layout != torch.strided:
            return f"{result.dtype} {result.layout}"
        if "empty" in self.base:
            result.zero_()
        # A new Tensor of Java's stands for an argument that is given back as it was.
        self.gave_back = not self.writes and any(result is value for value in flat(values))
        return torch.ops.aten.alias(result) if self.gave_back else result


def flat(values):
    if not isinstance(values, (list, tuple)):
        return [values]
    return [one for value in values for one in flat(value)]


def kind(argument):
    """The type's innermost name."""
    return re.sub(r"Optional\[|List\[|\]", "", str(argument.real_type))


def is_passable(argument):
    return kind(argument) in TYPES or str(argument.real_type) in NEVER_GIVEN


def gives(schema):
    """Whether Java has values for the results."""
    return all(re.fullmatch(r"Tensor|List\[Tensor\]|int|SymInt|float|bool|ScalarType", str(result.real_type))
               for result in schema.returns)


def is_out(schema):
    return any(argument.kwarg_only and argument.alias_info and argument.alias_info.is_write
               for argument in schema.arguments)


def schemas():
    for schema in torch._C._jit_get_all_schemas():
        full = schema.name + ("." + schema.overload_name if schema.overload_name else "")
        if schema.name.startswith("aten::") and torch._C._dispatch_has_kernel(full):
            yield schema


def operators():
    """The operators that are called, and some that are refused though PyTorch calls them."""
    served, refused = [], []
    for schema in sorted(schemas(), key=lambda schema: (schema.name, schema.overload_name)):
        base = schema.name.removeprefix("aten::")
        name = schema.name + ("." + schema.overload_name if schema.overload_name else "")
        if INTERNAL.match(base) or UNDEFINED.match(base) or name in UNCHECKED:
            continue
        if not all(map(is_passable, schema.arguments)):
            continue
        pinned = is_out(schema) or MOVES.match(base) or not gives(schema)
        (refused if pinned else served).append(Operator(schema))
    return served, refused
