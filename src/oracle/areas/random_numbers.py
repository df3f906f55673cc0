"""Random numbers: every operator that draws some, between seeds, and at sizes where its algorithm changes."""

import torch

import inputs
from arguments import Maker
from areas.operators import TRIES, failed, given
from program import DTYPES, FLOATING, Program, verb
from registry import operators

verb(lambda seed: torch.manual_seed(seed) and None, "manual_seed")
verb(lambda sizes, dtype: torch.rand(sizes, dtype=dtype), "rand")
verb(lambda sizes, dtype: torch.randn(sizes, dtype=dtype), "randn")

# randn draws by other means from 16 elements on.
COUNTS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 18, 24, 31, 32, 33, 63, 64, 65, 100, 257]

IN_PLACE = {
    "uniform_": [(), (-1.0, 2.0), (0.0, 0.0)], "normal_": [(), (1.0, 2.0), (0.0, 0.0)], "exponential_": [(), (0.5,)],
    "random_": [()], "random_.to": [(7,), (2 ** 40,), (256,)], "random_.from": [(-5, 5), (0, 2), (0, None)],
    "bernoulli_.float": [(), (0.3,), (1.0,)], "cauchy_": [(), (1.0, 3.0)], "log_normal_": [(), (0.5, 0.25)],
    "geometric_": [(0.5,), (0.01,)],
}


def programs(random):
    drawing = [operator for operator in operators()[0] if operator.random]
    turn = 0
    while True:
        program = Program()
        seed(random, program)
        for _ in range(random.randint(2, 8)):
            choice = random.random()
            if choice < 0.15:
                seed(random, program)
            elif choice < 0.4:
                program.call(random.choice(["rand", "randn"]), sizes(random), random.choice(FLOATING + [torch.int64]))
            elif choice < 0.6:
                in_place(random, program)
            elif choice < 0.7:
                program.call("aten::sort", tensor(random, program))
            else:
                turn += 1
                operator = drawing[turn % len(drawing)]
                draw(random, program, operator)
        yield program


def seed(random, program):
    program.call("manual_seed", random.choice([
        0, 1, -1, random.randint(0, 1000), random.randint(-2 ** 63, 2 ** 63 - 1), -2 ** 63, 2 ** 63 - 1, 2 ** 32]))


def sizes(random):
    count = random.choice(COUNTS)
    return [count] if random.random() < 0.7 else [random.randint(1, 3), count]


def tensor(random, program, dtypes=FLOATING):
    dtype, shape = random.choice(dtypes), sizes(random)
    return program.tensor(inputs.strided(random, dtype, shape, lambda count: inputs.tame(random, dtype, [count])))


def in_place(random, program):
    """Over views of any strides, whose storage is looked at."""
    name = random.choice(list(IN_PLACE))
    dtype = random.choice(FLOATING + (list(DTYPES) if "random" in name or "bernoulli" in name else []))
    shape = sizes(random)
    step = random.choice([1, 1, 2])
    whole = inputs.tame(random, dtype, [*shape[:-1], shape[-1] * step])
    program.call("aten::" + name, program.tensor(whole[..., ::step]), *random.choice(IN_PLACE[name]))
    program.look()


def draw(random, program, operator):
    """Arguments that are refused are made anew; what they drew is an outcome too."""
    for _ in range(TRIES):
        arguments = Maker(random, operator).arguments()
        program.call(operator.name, *[given(program, value, False) for value in arguments])
        if not failed(program):
            return
