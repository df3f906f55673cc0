"""Every operator that the loaded PyTorch has registered, by its name, with random arguments made from its schema."""

import torch

from arguments import Maker
from program import Program, verb
from registry import operators

verb(lambda x: x.sum().backward(), "backward of the sum")

# How often arguments are made anew where PyTorch refuses them, and when that ends.
TRIES, HOPELESS = 20, 40


def programs(random):
    """In turns, so that none is left out."""
    served, refused = operators()
    served = [operator for operator in served if not operator.random]
    while True:
        random.shuffle(served)
        for operator in served:
            yield program(random, operator)
        # Without a look: PyTorch may fail when it has resized an output, torch-ffm refuses before.
        for operator in random.sample(refused, 5):
            yield attempt(random, operator)


def program(random, operator):
    """A call that succeeds, if such is found; one in ten is taken as it comes."""
    hopeless = not operator.succeeded and operator.failed > HOPELESS
    for _ in range(1 if hopeless or random.random() < 0.1 else TRIES):
        made = attempt(random, operator)
        if not failed(made):
            operator.succeeded += 1
            break
        operator.failed += 1
    result = made.variables[-1].value if made.variables else None
    recorded = isinstance(result, torch.Tensor) and result.requires_grad and not operator.gave_back
    if recorded and random.random() < 0.7:
        made.call("backward of the sum", made.variables[-1])
        return made.look()
    return made.look() if operator.writes or random.random() < 0.1 else made


def attempt(random, operator):
    made = Program()
    gradient = random.random() < 0.3
    values = Maker(random, operator).arguments()
    written = [argument.written for argument in operator.arguments]
    made.call(operator.name, *[given(made, value, gradient, place) for value, place in zip(values, written)])
    return made


def given(made, value, gradient, written=False):
    """Tensors as inputs of the program; PyTorch does not write over a leaf that requires a gradient."""
    if isinstance(value, torch.Tensor):
        gradient = gradient and value.is_floating_point()
        tensor = made.tensor(value, gradient)
        return made.call("aten::clone", tensor) if gradient and written else tensor
    return [given(made, one, gradient, written) for one in value] if isinstance(value, (list, tuple)) else value


def failed(made):
    """Whether the last call did."""
    seen = made.steps[-1]["expect"]
    return isinstance(seen, dict) and "error" in seen
