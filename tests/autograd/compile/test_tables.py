"""Tables of indices are printed as the rules that they follow, and make the same numbers."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from autograd.compile.engines import FOR_TABLES, standalone
from autograd.compile.program import Program
from autograd.compile.tables import Tables


def table(rng: random.Random, depth: int) -> list[int]:
    """Return numbers that follow a rule, or almost one, or none."""
    first, step, count = rng.randint(0, 90), rng.randint(-3, 5), rng.randint(1, 6)
    if depth == 0:
        return [first + step * k for k in range(count)]
    some, others = table(rng, depth - 1), table(rng, depth - 1)
    match rng.randrange(7):
        case 0:
            return some + others
        case 1:
            return [a + b for a in some[:8] for b in others[:20]]
        case 2:
            return [a + step * k for a in some for k in range(rng.randint(1, 6))]
        case 3:
            return [a + step * k for i, a in enumerate(some[:8]) for k in range(count + i)]
        case 4:
            return [sum(some[: k + 1]) for k in range(len(some))]
        case 5:
            pairs = [(some[k % len(some)], a + 900) for k, a in enumerate(others)]
            return [x for pair in pairs for x in pair]
        case _:
            return [some[k % len(some)] for k in others]


def test_tables_are_the_rules_that_they_follow() -> None:
    """Whatever is found of tables, one after the other: it makes the same numbers."""
    rng, found = random.Random(0), Counter[str]()
    for _ in range(40):
        tables = Tables()
        space: dict[str, Any] = {"np": np}
        exec("\n".join(FOR_TABLES.values()), space)
        numbers = [0]
        for name in ("k1", "k2", "k3", "k4", "k5", "k6"):
            is_moved = rng.random() < 0.2
            numbers = [x - 7 for x in numbers] if is_moved else table(rng, rng.randint(0, 4))
            text = tables.text(numbers, name)
            space[name] = made = eval(text, space)
            assert isinstance(made, np.ndarray), text
            assert made.tolist() == numbers, text
            found.update(re.findall(r"[a-z_.]+(?=[(\[])|(?<=k)\d [+-]", text))
    rules = {"rows", "ranges", "np.repeat", "np.r_", "np.cumsum", "np.array", "mixed", "1 -"}
    assert rules < {*found}, found


def test_tables_of_a_table_that_has_moved() -> None:
    """A sum is within brackets, where its numbers are chosen and where it has rows."""
    rng = random.Random(0)
    some = rng.sample(range(10_000), 20)
    moved = [x + 5 for x in some]
    tables: dict[str, list[Any]] = {
        "k1": some,
        "k2": [*moved, *rng.choices(moved, k=60)],
        "k3": [moved[:10], moved[10:]],
    }
    source = standalone(Program("step", [], tables, set(), [], 0), "float64")
    space: dict[str, Any] = {}
    exec(source, space)
    assert source.count("(k1 + 5)") == 2
    assert {name: space[name].tolist() for name in tables} == tables


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_few_different_numbers(dtype: str) -> None:
    some = [-0.0, math.inf, 0.1, 0.0, -math.inf, math.nan]
    columns = {"k1": [[x] for x in some * 9], "k2": [some * 2] * 3, "k3": [[x] for x in some]}
    space: dict[str, Any] = {}
    exec(standalone(Program("step", [], columns, set(), [], 0), dtype), space)
    for name, numbers in columns.items():
        assert space[name].dtype == dtype
        wanted = np.array(numbers).astype(dtype)
        assert repr(space[name].tolist()) == repr(wanted.tolist())
