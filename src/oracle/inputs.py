"""Random tensors and numbers, ordinary and adversarial, of a random.Random."""

import math

import torch

from program import DTYPES, FLOATING

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, math.nan, math.inf, -math.inf, 1e-45, -1e-40, 6e-8, 65504.0, 65520.0, 3.4e38, 1e300]


def sizes(random, most_dims=3, most=5):
    return [random.choice([0, 1, *range(1, most + 1)]) for _ in range(random.randint(0, most_dims))]


def values(random, dtype, count):
    """A tensor of one dimension."""
    if dtype == torch.bool:
        return torch.tensor([random.random() < 0.5 for _ in range(count)], dtype=dtype)
    if dtype.is_floating_point:
        numbers = [random.choice(SPECIAL) if random.random() < 0.2 else random.gauss(0, 3) for _ in range(count)]
        return torch.tensor(numbers, dtype=torch.float64).to(dtype)
    limits = torch.iinfo(dtype)
    edges = [limits.min, limits.max, limits.min + 1, limits.max - 1, 0, 1]
    numbers = [random.choice(edges) if random.random() < 0.2 else random.randint(max(limits.min, -20), 20)
               for _ in range(count)]
    return torch.tensor(numbers, dtype=dtype)


def tame(random, dtype, shape):
    """Without special values: for what computes with them."""
    count = math.prod(shape)
    if dtype == torch.bool or dtype.is_floating_point:
        numbers = [random.uniform(-2, 2) for _ in range(count)]
    else:
        numbers = [random.randint(0 if dtype == torch.uint8 else -5, 5) for _ in range(count)]
    return (torch.tensor(numbers, dtype=torch.float64) > 0 if dtype == torch.bool
            else torch.tensor(numbers, dtype=torch.float64).to(dtype)).reshape(shape)


def strided(random, dtype, shape, make=None):
    """A view of any strides and offset within a larger storage: dense, permuted, sliced, or with strides of 0."""
    kind = random.choice(["dense", "dense", "offset", "permuted", "sliced", "expanded"])
    make = make or (lambda count: values(random, dtype, count))
    if kind == "permuted":
        order = list(range(len(shape)))
        random.shuffle(order)
        back = [order.index(i) for i in range(len(shape))]
        return make(math.prod(shape)).reshape([shape[i] for i in order]).permute(back)
    if kind == "sliced":
        whole = make(math.prod(2 * size + 1 for size in shape)).reshape([2 * size + 1 for size in shape])
        return whole[tuple(slice(1, 1 + 2 * size, 2) for size in shape)]
    if kind == "expanded":
        kept = [1 if random.random() < 0.4 else size for size in shape]
        return make(math.prod(kept)).reshape(kept).expand(shape)
    offset = random.randint(1, 3) if kind == "offset" else 0
    return make(math.prod(shape) + offset)[offset:].reshape(shape)


def tensor(random, dtype=None):
    return strided(random, dtype or random.choice(list(DTYPES)), sizes(random))


def number(random):
    """A Python number for a Scalar."""
    return random.choice([
        random.randint(-3, 3), random.randint(-300, 300), random.choice([-2**31, 2**31 - 1, 2**40, -2**63, 2**63 - 1]),
        random.gauss(0, 2), random.choice(SPECIAL),
    ])
