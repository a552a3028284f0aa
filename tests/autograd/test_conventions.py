"""Kinks, poles, inf and nan: the table answers what PyTorch answers.

data/make_conventions.py asked PyTorch; data/conventions.json holds its answers. Where the table
differs on purpose, DEVIATIONS says how and why. Rows that PyTorch does not have are in OWN.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, gradients
from autograd.numbers import number_of
from autograd.table import BUILT_IN, TABLE

INF, NAN = math.inf, math.nan
DATA = json.loads((Path(__file__).with_name("conventions.json")).read_text(encoding="utf-8"))

Answer = tuple[float, list[float]]  # value, derivatives
Point = tuple[float, ...]


def point(numbers: list[Any]) -> Point:
    return tuple(map(float, numbers))


REFERENCE: dict[str, list[tuple[Point, Answer]]] = {}
for _name, _operands, _value, _slopes in DATA["cases"]:
    REFERENCE.setdefault(_name, []).append(
        (point(_operands), (float(_value), [*map(float, _slopes)]))
    )


OFF_DOMAIN = "the value is nan, so the derivative is; PyTorch goes on with the formula outside"
NO_LIMIT = "PyTorch multiplies inf by 0; the function has a limit, which its value at 1e300 shows"
HIDES_NAN = "a nan should not turn into a number; sign(nan) is nan in NumPy and JAX too"
ROOT = "PyTorch takes a square root; IEEE 754's pow, and PyTorch's with two tensors, is this one"
DIVIDES = "PyTorch divides the product by each factor, inf / inf; this is the product of the others"
# Point: the table's own answer, and why.
DEVIATIONS: dict[str, tuple[Answer, str]] = {
    "abs(nan)": ((NAN, [NAN]), HIDES_NAN),
    "sign(nan)": ((NAN, [0.0]), HIDES_NAN),
    "acosh(-1.0)": ((NAN, [NAN]), OFF_DOMAIN),
    "acosh(-inf)": ((NAN, [NAN]), OFF_DOMAIN),
    "atanh(2.5)": ((NAN, [NAN]), OFF_DOMAIN),
    "atanh(inf)": ((NAN, [NAN]), OFF_DOMAIN),
    "atanh(-inf)": ((NAN, [NAN]), OFF_DOMAIN),
    "silu(inf)": ((INF, [1.0]), NO_LIMIT),
    "silu(-inf)": ((0.0, [0.0]), NO_LIMIT),
    "gelu(inf)": ((INF, [1.0]), NO_LIMIT),
    "gelu(-inf)": ((0.0, [0.0]), NO_LIMIT),
    "gelu_tanh(inf)": ((INF, [1.0]), NO_LIMIT),
    "gelu_tanh(-inf)": ((0.0, [0.0]), NO_LIMIT),
    "power(-0.0, 0.5)": ((0.0, [INF]), ROOT),
    "power(-0.0, -0.5)": ((INF, [-INF]), ROOT),
    "power(-inf, 0.5)": ((INF, [0.0]), ROOT),
    "power(-inf, -0.5)": ((0.0, [0.0]), ROOT),
    "prod(inf, inf)": ((INF, [INF, INF]), DIVIDES),
    "prod(inf, -inf)": ((-INF, [-INF, INF]), DIVIDES),
    "prod(-inf, -inf)": ((INF, [-INF, -INF]), DIVIDES),
    "prod(nan, inf)": ((NAN, [INF, NAN]), DIVIDES),
}
# Rows without a counterpart in PyTorch: the limits of value and derivative.
OWN: dict[str, list[tuple[Point, Answer]]] = {
    "cbrt": [((0.0,), (0.0, [INF])), ((-0.0,), (0.0, [INF])), ((-8.0,), (-2.0, [1 / 12]))],
    "cathetus": [((1.0,), (0.0, [-INF])), ((-1.0,), (0.0, [INF])), ((2.0,), (NAN, [NAN]))],
    "cosine": [((0.0, 0.0), (NAN, [NAN, NAN])), ((2.0, 0.0), (1.0, [0.0, 0.0]))],
    "share": [((0.0, 0.0), (NAN, [NAN, NAN])), ((0.0, 2.0), (0.0, [0.5, 0.0]))],
    # at x = 0 there is no mixed derivative for y = 1: x^(y-1) (1 + y ln x) tends to -inf
    "power_slope": [((0.0, 1.0), (1.0, [0.0, NAN])), ((0.0, 2.0), (0.0, [2.0, 0.0]))],
    "exponential_slope": [((0.0, 1.0), (0.0, [NAN, 0.0])), ((0.0, 2.0), (0.0, [0.0, 0.0]))],
    # what is not picked contributes nothing; an index that there is not gives nan
    "pick": [
        ((INF, 2.0, 1.0), (2.0, [0.0, 1.0, 0.0])),
        ((NAN, 2.0, 1.0), (2.0, [0.0, 1.0, 0.0])),
        ((1.0, 2.0, 2.0), (NAN, [0.0, 0.0, 0.0])),
        ((1.0, 2.0, 0.5), (NAN, [0.0, 0.0, 0.0])),
        ((1.0, 2.0, NAN), (NAN, [0.0, 0.0, 0.0])),
    ],
    # smooth everywhere
    "sech": [((0.0,), (1.0, [0.0]))],
    "tanh_prime": [((0.0,), (1.0, [0.0]))],
    "gudermannian": [((0.0,), (0.0, [1.0]))],
    "gaussian": [((0.0,), (1.0, [0.0]))],
    "normal_pdf": [((0.0,), (1.0 / math.sqrt(2.0 * math.pi), [0.0]))],
    "sigmoid_prime": [((0.0,), (0.25, [0.0]))],
}


def named(name: str, operands: Point) -> str:
    return f"{name}({', '.join(map(str, operands))})"


def answers(name: str, operands: Point, derivatives: int) -> list[Answer]:
    """Return value and derivatives, computed with floats and as nodes."""
    variables = [Value(x) for x in operands[:derivatives]]
    y = TABLE[name].apply((*variables, *operands[derivatives:]))
    nodes = gradients(y, variables, create_graph=True)
    return [(y.data, gradients(y, variables)), (y.data, [number_of(node) for node in nodes])]


def agrees(found: Answer, expected: Answer) -> bool:
    """Return whether two answers are the same but for rounding and the signs of zeros."""
    numbers = zip((found[0], *found[1]), (expected[0], *expected[1]), strict=True)
    return all(
        a == b
        or (math.isnan(a) and math.isnan(b))
        or (math.isfinite(a) and math.isclose(a, b, rel_tol=1e-14))
        for a, b in numbers
    )


def test_every_row_has_its_conventions_checked() -> None:
    assert not set(REFERENCE) & set(OWN)
    assert set(REFERENCE) | set(OWN) == set(BUILT_IN)


@pytest.mark.parametrize("name", REFERENCE)
def test_same_as_pytorch(name: str) -> None:
    for operands, theirs in REFERENCE[name]:
        deviation = DEVIATIONS.get(named(name, operands))
        for ours in answers(name, operands, len(theirs[1])):
            expected = theirs if deviation is None else deviation[0]
            assert agrees(ours, expected), (named(name, operands), ours, expected)


def test_deviations_are_deviations() -> None:
    left = dict(DEVIATIONS)
    for name, cases in REFERENCE.items():
        for operands, theirs in cases:
            if (deviation := left.pop(named(name, operands), None)) is not None:
                assert not agrees(deviation[0], theirs), named(name, operands)
    assert not left


@pytest.mark.parametrize("name", OWN)
def test_limits_of_rows_that_pytorch_lacks(name: str) -> None:
    for operands, expected in OWN[name]:
        for ours in answers(name, operands, len(expected[1])):
            assert agrees(ours, expected), (named(name, operands), ours, expected)


@pytest.mark.parametrize(
    ("name", "operands", "slopes"),
    [
        ("relu", (0.0,), [0.0]),
        ("abs", (0.0,), [0.0]),
        ("maximum", (2.0, 2.0), [0.5, 0.5]),
        ("minimum", (2.0, 2.0), [0.5, 0.5]),
        ("clamp", (1.0, -1.0, 1.0), [1.0]),
        ("sqrt", (0.0,), [INF]),
        ("log", (0.0,), [INF]),
        ("power", (0.0, 0.0), [0.0]),
        ("power", (0.0, 1.0), [1.0]),
        ("pow", (0.0, 2.0), [0.0, 0.0]),
        ("atan2", (0.0, 0.0), [0.0, 0.0]),
        ("hypot", (0.0, 0.0), [NAN, NAN]),
        ("relu", (NAN,), [1.0]),
        ("clamp", (NAN, -1.0, 1.0), [0.0]),
        ("prod", (0.0, 2.0, 3.0), [6.0, 0.0, 0.0]),
        ("prod", (0.0, 0.0, 3.0), [0.0, 0.0, 0.0]),
    ],
)
def test_conventions_worth_knowing(name: str, operands: Point, slopes: list[float]) -> None:
    """Those of the module's docstring, in the open and not only in the data."""
    for _, found in answers(name, operands, len(slopes)):
        assert found == pytest.approx(slopes, rel=0.0, abs=0.0, nan_ok=True)
