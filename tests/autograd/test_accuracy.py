"""Every row of the table against mpmath: value, first and second derivatives within 16 ulp.

ORACLES, in tests/helpers/oracles.py, states each function and its derivatives a second time, in
closed form, on numbers of 60 digits that are handed exactly the double the row gets. The closed
forms themselves are checked against numerical differentiation of the function, so that the two
cannot share a mistake.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import pytest
from mpmath import mp, mpf, workdps

from autograd import Operation, Value, gradcheck, gradients, softmax
from autograd.numbers import number_of
from autograd.table import BUILT_IN, TABLE
from calls import calls
from oracles import CONDITIONED, DIGITS, INTERMEDIATE, ORACLES, Exact, Oracle

INF, NAN = math.inf, math.nan
TINY, HUGE = 5e-324, 1.7976931348623157e308
LIMIT = 16.0  # ulp


# -- the points ------------------------------------------------------------------------------------

# fmt: off
MAGNITUDES = [
    5e-324, 1.5e-323, 3.1e-321, 7.3e-315, 1.1e-308, 2.2250738585072014e-308, 3.7e-308, 1.3e-300,
    7.7e-280, 1.1e-250, 3.3e-220, 1.7e-200, 1.234e-170, 5.6e-155, 1.1e-154, 9.9e-130, 1.1e-108,
    3.3e-103, 1.3e-80, 4.4e-60, 1.9e-40, 2.3e-25, 1.1e-17, 1.2e-16, 3.3e-12, 1.05e-8, 1.5e-8, 1e-5,
    1e-3, 0.0123, 0.1, 0.25, 1 / 3, 0.5, 0.7071067811865476, 0.75, 0.9, 1 - 1e-9, 1 - 2**-53, 1.0,
    1 + 2**-52, 1 + 1e-9, 1.1, 1.4142135623730951, 1.5, 1.5707963267948966, 2.0, 2.4, 3.0,
    3.141592653589793, 5.0, 8.0, 10.0, 17.3, 20.0, 21.3, 21.5, 26.5, 27.2, 36.04, 37.5, 38.4, 38.6,
    39.9, 40.0, 41.0, 100.0, 355.0, 500.0, 699.9, 708.3, 709.7, 710.4, 744.4, 745.2, 746.0, 800.0,
    801.0, 1000.0, 12345.6, 1e6, 1e9, 94906265.6, 1e10, 1.3e16, 1e22, 1e30, 1e50, 1.7e77, 1e100,
    1e103, 6.7e107, 1.3e154, 1.4e154, 1e170, 1e200, 1e250, 1e300, 8.9e307, 1e308,
    # roots of second derivatives: tanh', sech, sigmoid', silu; roots of first ones: gelu, silu
    0.6584789484624084, 0.881373587019543, 1.3169578969248166, 2.399357280515468,
    0.7517915246935645, 1.2784645427610738,
]
FEWER = [
    5e-324, 3.1e-321, 1.1e-308, 3.7e-308, 7.7e-280, 1.7e-200, 1.1e-154, 1.3e-103, 1.9e-30, 1.2e-16,
    1.5e-8, 0.0123, 1 / 3, 0.7, 1.0, 1.1, 3.141592653589793, 17.3, 745.2, 12345.6, 1e9, 1e22, 1e103,
    1.3e154, 1e200, 1e280, 8.9e307,
]
EXPONENTS = [
    0.0, 1.0, 2.0, 3.0, -1.0, -2.0, 0.5, -0.5, 0.1, -0.1, 1 / 3, -1 / 3, 0.4999, 0.9, 1.1, 1.5,
    -1.5, 2.5, 10.0, -10.0, 17.0, -17.3, 101.0, 1000.0, -1000.0, 0.01, -0.01, 1e-5, -1e-5, 1e-17,
    1e-20, -1e-20, 1e-300, -1e-300, 1e15 + 0.5, 1e15,
]
VECTORS: list[tuple[float, ...]] = [
    (0.5,), (0.1, 0.2, 0.3), (1.0, 2.0, 3.0), (-1.5, 0.3, 7.7), (1e-200, 1e100, 3e50), (100.0, 0.0),
    (0.0, -40.0), (0.0, -800.0), (-700.3, 0.1), (1000.0, 1000.1, 999.0), (1000.0, 900.0, 1e-3),
    (-3.0, -3.0), (-0.6931471805599453, -0.6931471805599453), (5e-324, 1.0), (1e-5, -1e-5, 20.0),
    (800.0, 0.0, 3.0), (0.1, 0.2, -0.3), (-1e5, 1.0), (1e17, 1.0), (1e308, -1e308),
    (2.0, -1.0, 0.0, 0.5, 1.0),
]
# fmt: on


def signed(magnitudes: Sequence[float]) -> list[float]:
    return [0.0, *magnitudes, *(-x for x in magnitudes)]


POWERS = [(a, c) for a in signed(FEWER)[1:] for c in EXPONENTS]
MODERATE_POWERS = [
    (a, c) for a in (0.0123, 0.7, 1.1, 3.1, 17.3) for c in (0.5, 2.0, 3.0, -1.0, 1.1)
]
PAIRS = list(itertools.product(signed(FEWER), signed(FEWER)))
# Where not every row is to be given the same points: 0 to a power, and the like, are conventions,
# which test_conventions.py holds.
POINTS: dict[str, Sequence[tuple[float, ...]]] = {
    **dict.fromkeys(("add", "sub", "mul", "maximum", "minimum"), PAIRS[::7]),
    "share": list(itertools.product(FEWER, FEWER)),
    "power": POWERS[::2],
    "exponential": [(c, a) for a, c in POWERS],
    "pow": [*POWERS, (2.718281828459045, -1.0), (0.5, 1.4426950408889634)],
    "power_slope": MODERATE_POWERS,
    "exponential_slope": MODERATE_POWERS,
    "leaky_relu": list(itertools.product(signed(MAGNITUDES), (0.01, 0.3))),
    "elu": list(itertools.product(signed(MAGNITUDES), (1.0, 0.3))),
    "clamp": [(x, -1.0, 2.0) for x in signed(MAGNITUDES)],
    "dot": [(1.0, 2.0, 3.0, 4.0, 0.5), (1e-5, 3.0, 0.1, 0.7), (1e200, 1.0, 1e100, 2.0, 3.0),
            (0.1, 0.3, 3.0, -1.0, 1e-17), (0.3, 0.7), (0.3, 0.7, -0.21)],
    "softmax": [(*v, float(k)) for v in VECTORS for k in range(len(v))],
    "pick": [(*v, float(k)) for v in VECTORS for k in range(len(v))],
}  # fmt: skip


def points(name: str) -> Sequence[tuple[float, ...]]:
    if name in POINTS:
        return POINTS[name]
    if TABLE[name].vectors is not None:
        return VECTORS
    row = TABLE[name]
    return PAIRS if operands_of(row) == 2 else [(x,) for x in signed(MAGNITUDES)]


def operands_of(row: Operation) -> int:
    code = getattr(row.local, "__code__")  # noqa: B009
    return int(code.co_argcount) - 1


# -- the comparison --------------------------------------------------------------------------------


class Miss(NamedTuple):
    """A result that is too far from the exact one."""

    what: str
    operands: tuple[float, ...]
    result: float
    exact: str
    error: str  # in ulp
    allowed: str


def ulp(x: Exact) -> Exact:
    """Return the distance of floats near x; 5e-324 where they are subnormal."""
    return mpf(math.ulp(max(-HUGE, min(HUGE, float(x)))))


def error(result: float, exact: Exact) -> Exact:
    """Return the error in ulp; inf for a nan that should be a number, and the reverse."""
    if isinstance(exact, mp.mpc):
        return 0 if math.isnan(result) else mp.inf
    if math.isnan(result):
        return mp.inf
    if math.isinf(result):
        if result == float(exact):
            return 0
        return abs(mp.ldexp(math.copysign(1.0, result), 1024) - exact) / ulp(exact)
    return mp.inf if math.isinf(float(exact)) else abs(result - exact) / ulp(exact)


def outputs(row: Operation, oracle: Oracle, operands: tuple[float, ...]) -> dict[str, float]:
    """Return the row's results: its value, its first derivatives computed with floats and with
    nodes, and its second derivatives, which come of the nodes."""
    n = len(operands) - oracle.constants
    variables = [Value(x) for x in operands[:n]]
    y = row.apply((*variables, *operands[n:]))
    found = {"value": row.apply(operands), "value of node": y.data}
    nodes = gradients(y, variables, create_graph=True)
    for i, (eager, node) in enumerate(zip(gradients(y, variables), nodes)):
        found[f"first {i}"], found[f"first {i} as node"] = eager, number_of(node)
        for j, second in enumerate(gradients(node, variables)):
            found[f"second {i},{j}"] = second
    return found


def exact_outputs(oracle: Oracle, operands: Sequence[Exact]) -> dict[str, Exact]:
    """Return what `outputs` should be; nothing at a pole, and no derivatives off the domain."""
    try:
        value = oracle.value(*operands)
        exact = {"value": value, "value of node": value}
        if isinstance(value, mp.mpc):
            return exact
        for i, slope in enumerate(oracle.gradient(*operands)):
            exact[f"first {i}"] = exact[f"first {i} as node"] = slope
        for i, row in enumerate(oracle.hessian(*operands)):
            for j, second in enumerate(row):
                exact[f"second {i},{j}"] = second
    except (ZeroDivisionError, ValueError):
        return {}
    return exact


def compare(row: Operation, oracle: Oracle, at: Sequence[tuple[float, ...]]) -> list[Miss]:
    """Return where a row is farther from its oracle than it may be."""
    misses = []
    with workdps(DIGITS):
        for operands in at:
            exact = exact_outputs(oracle, [mpf(x) for x in operands])
            found = outputs(row, oracle, operands)
            lost, overflows = losses(row.name, operands) if exact else (mpf(0), False)
            for what, target in exact.items():
                off = error(found[what], target)
                if off <= LIMIT or (overflows and what.startswith("second")):
                    continue
                allowed = mpf(LIMIT)
                if mp.isfinite(off):
                    allowed += LIMIT * lost * abs(target) / ulp(target)
                    if what.split()[0] in CONDITIONED.get(row.name, ()):
                        change = amplified(oracle, operands, what, target)
                        allowed += LIMIT * change / ulp(target)
                if off > allowed:
                    miss = Miss(what, operands, found[what], *map(mp.nstr, (target, off, allowed)))
                    misses.append(miss)
    return misses


def losses(name: str, operands: tuple[float, ...]) -> tuple[Exact, bool]:
    """Return the relative error of subnormal intermediate results, and whether one overflows."""
    if name not in INTERMEDIATE:
        return mpf(0), False
    between = [abs(x) for x in INTERMEDIATE[name](*map(mpf, operands)) if x]
    lost = mp.fsum(mpf(TINY) / x for x in between if x < 2.3e-308)
    return lost, any(x > HUGE for x in between)


def amplified(oracle: Oracle, operands: tuple[float, ...], what: str, target: Exact) -> Exact:
    """Return by how much a result changes with the last digit of each operand."""
    total = mpf(0)
    for i, x in enumerate(operands):
        changes = [mpf(0)]
        for step in (ulp(x), -ulp(x)):
            moved = [*map(mpf, operands[:i]), mpf(x) + step, *map(mpf, operands[i + 1 :])]
            there = exact_outputs(oracle, moved).get(what, target)
            changes += [] if isinstance(there, mp.mpc) else [abs(there - target)]
        total += max(changes)
    return total


def report(misses: Sequence[Miss]) -> str:
    worst = sorted(misses, key=lambda miss: mpf(miss.error), reverse=True)[:10]
    return "\n".join([f"{len(misses)} results miss:", *map(str, worst)])


# -- the tests -------------------------------------------------------------------------------------


def test_every_row_has_an_oracle() -> None:
    assert set(ORACLES) == set(BUILT_IN)


@pytest.mark.parametrize("name", ORACLES)
def test_row_agrees_with_mpmath(name: str) -> None:
    misses = compare(TABLE[name], ORACLES[name], points(name))
    assert not misses, report(misses)


def test_closed_forms_are_derivatives_of_each_other() -> None:
    """The oracles differentiated numerically, so that a slip in one of them shows."""
    with workdps(DIGITS):
        for name, oracle in ORACLES.items():
            operands = CHECKPOINTS.get(name, ORDINARY[: operands_of(TABLE[name])])
            exact = [mpf(x) for x in operands]
            n = len(exact) - oracle.constants
            gradient, hessian = oracle.gradient(*exact), oracle.hessian(*exact)
            assert len(gradient) == len(hessian) == n, name
            for i in range(n):
                slope = mp.diff(along(i, oracle.value, exact), exact[i])
                assert mp.almosteq(slope, gradient[i], 1e-20, 1e-20), (name, i)
                for j in range(n):
                    slope_j = along(i, partial(entry, oracle.gradient, j), exact)
                    second = mp.diff(slope_j, exact[i])
                    assert mp.almosteq(second, hessian[i][j], 1e-20, 1e-20), (name, i, j)


def along(i: int, f: Callable[..., Exact], at: Sequence[Exact]) -> Callable[[Exact], Exact]:
    """Return f as a function of its operand i alone."""
    return lambda x: f(*at[:i], x, *at[i + 1 :])


def entry(f: Callable[..., Sequence[Exact]], j: int, *operands: Exact) -> Exact:
    return f(*operands)[j]


ORDINARY = (0.37, 0.61, 1.9)
CHECKPOINTS = {
    "acosh": (1.37,),
    "clamp": (0.37, -1.0, 2.0),
    "dot": (0.37, 0.61, 1.9, -0.8, 0.2),
    "sum": ORDINARY,
    "mean": ORDINARY,
    "prod": ORDINARY,
    "logsumexp": ORDINARY,
    "softmax": (*ORDINARY, 1.0),
    "pick": (*ORDINARY, 1.0),
}


# -- limits at infinity ----------------------------------------------------------------------------

# f, f' and f'' as x tends to +inf and to -inf; nan where there is no limit, None off the domain.
# UNDEFINED: the limit is 0, but as in PyTorch the rule comes to inf / inf.
Limits = tuple[float, float, float] | None
UNDEFINED = NAN
ZEROS, NANS = (0.0, 0.0, 0.0), (NAN, NAN, NAN)
LIMITS: dict[str, tuple[Limits, Limits]] = {
    "identity": ((INF, 1.0, 0.0), (-INF, 1.0, 0.0)),
    "neg": ((-INF, -1.0, 0.0), (INF, -1.0, 0.0)),
    "abs": ((INF, 1.0, 0.0), (INF, -1.0, 0.0)),
    "sign": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "reciprocal": (ZEROS, ZEROS),
    "square": ((INF, INF, 2.0), (INF, -INF, 2.0)),
    "exp": ((INF, INF, INF), ZEROS),
    "expm1": ((INF, INF, INF), (-1.0, 0.0, 0.0)),
    "log": ((INF, 0.0, 0.0), None),
    "log1p": ((INF, 0.0, 0.0), None),
    "log2": ((INF, 0.0, 0.0), None),
    "log10": ((INF, 0.0, 0.0), None),
    "sqrt": ((INF, 0.0, 0.0), None),
    "cbrt": ((INF, 0.0, UNDEFINED), (-INF, 0.0, UNDEFINED)),
    "cathetus": (None, None),
    "sin": (NANS, NANS),
    "cos": (NANS, NANS),
    "tan": (NANS, NANS),
    "asin": (None, None),
    "acos": (None, None),
    "atan": ((math.pi / 2, 0.0, UNDEFINED), (-math.pi / 2, 0.0, UNDEFINED)),
    "sinh": ((INF, INF, INF), (-INF, INF, -INF)),
    "cosh": ((INF, INF, INF), (INF, -INF, INF)),
    "tanh": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "asinh": ((INF, 0.0, UNDEFINED), (-INF, 0.0, UNDEFINED)),
    "acosh": ((INF, 0.0, UNDEFINED), None),
    "atanh": (None, None),
    "sech": (ZEROS, ZEROS),
    "tanh_prime": (ZEROS, ZEROS),
    "gudermannian": ((math.pi / 2, 0.0, 0.0), (-math.pi / 2, 0.0, 0.0)),
    "erf": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "erfc": (ZEROS, (2.0, 0.0, 0.0)),
    "gaussian": (ZEROS, ZEROS),
    "normal_pdf": (ZEROS, ZEROS),
    "normal_cdf": ((1.0, 0.0, 0.0), ZEROS),
    "sigmoid": ((1.0, 0.0, 0.0), ZEROS),
    "sigmoid_prime": (ZEROS, ZEROS),
    "log_sigmoid": (ZEROS, (-INF, 1.0, 0.0)),
    "softplus": ((INF, 1.0, 0.0), ZEROS),
    "relu": ((INF, 1.0, 0.0), ZEROS),
    "leaky_relu": ((INF, 1.0, 0.0), (-INF, 0.01, 0.0)),
    "elu": ((INF, 1.0, 0.0), (-1.0, 0.0, 0.0)),
    "silu": ((INF, 1.0, 0.0), ZEROS),
    "gelu": ((INF, 1.0, 0.0), ZEROS),
    "gelu_tanh": ((INF, 1.0, 0.0), ZEROS),
    "clamp": ((INF, 1.0, 0.0), (-INF, 1.0, 0.0)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_at_infinity(name: str) -> None:
    for x, limits in zip((INF, -INF), LIMITS[name]):
        variable = Value(x)
        y = TABLE[name](variable)
        (slope,) = gradients(y, [variable], create_graph=True)
        found = [y.data, number_of(slope), *gradients(slope, [variable])]
        if limits is None:
            assert math.isnan(y.data)
        else:
            assert found == pytest.approx(limits, rel=1e-15, abs=0.0, nan_ok=True), x


def test_limits_cover_every_function_of_one_number() -> None:
    functions = {
        name
        for name in sorted(BUILT_IN)
        if TABLE[name].vectors is None
        and operands_of(TABLE[name]) - len(TABLE[name].parameters) == 1
    }
    assert set(LIMITS) == functions


@pytest.mark.parametrize("a", [[0.3, -2.0, 5.0], [800.0, -800.0], [math.inf, 0.0], [math.nan, 1.0]])
def test_all_of_a_softmax_at_once_is_what_its_row_gives(a: list[float]) -> None:
    each = repr([TABLE["softmax"].evaluate([*a, float(k)]) for k in range(len(a))])
    assert each == repr(softmax(a)) == repr([y.data for y in softmax([*map(Value, a)])])
    assert calls(lambda: softmax([Value(x) for x in 20 * a])) < 50 * 20 * len(a)


@pytest.mark.parametrize("name", [x for x in ORACLES if x != "pick"])  # which leaves out nan
def test_nan_stays_nan(name: str) -> None:
    row, oracle = TABLE[name], ORACLES[name]
    example = CHECKPOINTS.get(name, ORDINARY[: operands_of(row)])
    for i in range(len(example) - oracle.constants):
        assert math.isnan(row.apply((*example[:i], NAN, *example[i + 1 :])))


# -- nothing breaks --------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1.0, 40.0, 800.0, 1e10, 1e300, INF])
def test_saturation_makes_no_nan(x: float) -> None:
    pairs = [(x, 1.0), (-x, 1.0), (1.0, x), (1.0, 1.0 / x), (1.0, -1.0 / x), (1.0, 5e-324)]
    for name in ("tanh", "sigmoid", "log_sigmoid", "softplus", "elu", "silu", "gelu", "gelu_tanh"):
        for sign in (x, -x):
            found = outputs(TABLE[name], ORACLES[name], (sign, 1.0) if name == "elu" else (sign,))
            assert not any(map(math.isnan, found.values())), name
    for pair in pairs:
        variables = [Value(number) for number in pair]
        found_all = [number_of(g) for g in gradients(variables[0] / variables[1], variables)]
        if x < INF or pair != (-x, 1.0):
            assert not any(map(math.isnan, found_all)), pair
    if x < INF:
        for vector in itertools.product((x, -x, 0.0, 1.0), repeat=3):
            found = outputs(TABLE["logsumexp"], ORACLES["logsumexp"], vector)
            assert not any(map(math.isnan, found.values())), vector


def test_results_are_never_complex() -> None:
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert math.isnan((Value(-8.0) ** Value(1 / 3)).data)
    assert math.isnan(((-8.0) ** Value(1 / 3)).data)
    for name in ("log", "sqrt", "asin", "acosh", "atanh", "log1p"):
        assert math.isnan(TABLE[name](Value(-8.0)).data)


NASTY = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, INF, -INF, NAN, TINY, -TINY, 1e308, -1e308, HUGE]


@pytest.mark.parametrize("name", ORACLES)
def test_nothing_raises_on_any_float(name: str) -> None:
    row, oracle = TABLE[name], ORACLES[name]
    if row.vectors is not None:
        vectors = [*itertools.product(NASTY, repeat=2), *zip(NASTY, NASTY[1:], NASTY[5:])]
        at = [(*v, 1.0) if name in ("softmax", "pick") else v for v in vectors]
    else:
        at = list(itertools.product(NASTY, repeat=min(2, operands_of(row))))
        at = [(*v, 1.0) if name == "clamp" else v for v in at]
    for operands in at:
        variables = [Value(x) for x in operands[: len(operands) - oracle.constants]]
        y = row.apply((*variables, *operands[len(variables) :]))
        y.backward()
        assert type(y.data) is float
        assert all(type(v.grad) is float for v in variables)
        found = outputs(row, oracle, operands)
        assert all(type(x) is float for x in found.values())
        assert [v.grad for v in variables] == pytest.approx(
            [found[f"first {i}"] for i in range(len(variables))], rel=0.0, abs=0.0, nan_ok=True
        )


# -- the checks themselves -------------------------------------------------------------------------


def test_a_wrong_rule_is_caught() -> None:
    wrong = Operation("wrong_tanh", math.tanh, lambda y, x: (1.0 + y * y,))
    textbook = Operation("textbook_tanh", math.tanh, lambda y, x: (1.0 - y * y,))
    try:
        ordinary = [(0.5,)]
        assert {miss.what for miss in compare(wrong, ORACLES["tanh"], ordinary)} == {
            "first 0",
            "first 0 as node",
            "second 0,0",
        }
        assert not gradcheck(wrong, 0.5)
        # The textbook's rule is right but loses its digits as tanh nears 1.
        assert not compare(textbook, ORACLES["tanh"], ordinary)
        assert gradcheck(textbook, 0.5)
        assert compare(textbook, ORACLES["tanh"], [(15.0,)])
        assert not compare(TABLE["tanh"], ORACLES["tanh"], [(15.0,)])
    finally:
        del TABLE["wrong_tanh"], TABLE["textbook_tanh"]


def test_the_error_is_counted_in_ulp() -> None:
    assert error(1.0, mpf(1)) == 0
    assert error(1.0 + 3 * 2.0**-52, mpf(1)) == 3
    assert error(15e-324, mpf(0)) == 3
    assert error(INF, mpf(10) ** 400) == 0
    assert error(HUGE, mpf(10) ** 400) == mp.inf
    assert error(INF, mpf(HUGE)) == 1
    assert error(NAN, mpf(1)) == mp.inf
    assert error(NAN, mp.mpc(0, 1)) == 0
    assert error(0.0, mp.mpc(0, 1)) == mp.inf
