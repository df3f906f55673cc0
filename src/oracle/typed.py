"""Writes arguments by which each operator succeeds, for the tests of the generated methods: typed.py FILE SEED.

A line is a program of an operator, with its answer left out: torch-ffm's two ways of a call are compared.
"""

import pathlib
import random
import sys
import warnings

import torch

from areas.operators import failed, given
from arguments import Maker
from program import Program
from registry import operators

TRIES, SUCCESSES = 3000, 40


def generated():
    """The operators that have generated methods."""
    lines = (pathlib.Path(__file__).parents[2] / "bindings/operators.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.split()[1] != "-"}


class Whole(Maker):
    """Makes all arguments."""

    def arguments(self):
        while True:
            made = super().arguments()
            if len(made) == len(self.operator.arguments):
                return made


def program(source, operator):
    """The best of some calls with all arguments that succeed, or None."""
    found = []
    for _ in range(TRIES):
        made = Program()
        made.call(operator.name, *[given(made, value, False) for value in Whole(source, operator).arguments()])
        if not failed(made):
            for step in made.steps:
                step.pop("expect", None)
            found.append(made.line())
        if len(found) == SUCCESSES:
            break
    return min(found, key=cost, default=None)


def cost(line):
    """The length; what fits few other forms of the call counts as longer."""
    worse = ["null", '"storage":""', "[]", "INT8", "INT16", "INT32", "FLOAT16"]
    return len(line) + 300 * sum(map(line.count, worse))


def main(file, seed):
    """Of all operators, in the order of their names."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    names = generated()
    with open(file, "w", encoding="utf-8") as lines:
        for operator in operators()[0]:
            torch.manual_seed(int(seed))
            line = program(random.Random(f"{seed} {operator.name}"), operator) if operator.name in names else None
            if line:
                print(line, file=lines)
            elif operator.name in names:
                print(operator.name, "succeeds with no arguments that were tried")


if __name__ == "__main__":
    main(*sys.argv[1:])
