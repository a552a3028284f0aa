"""Every row of the table stated a second time, with its derivatives, in closed form on mpf."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mpmath import mp, mpf, workdps

INF, NAN = math.inf, math.nan
DIGITS = 60
Exact = Any  # mpf, or mpc outside of the domain


class Oracle(NamedTuple):
    """A function and its derivatives, on mpf; trailing `constants` are not differentiated."""

    value: Callable[..., Exact]
    gradient: Callable[..., Sequence[Exact]]
    hessian: Callable[..., Sequence[Sequence[Exact]]]
    constants: int = 0


def unary(f: Any, first: Any, second: Any, constants: int = 0) -> Oracle:
    return Oracle(f, lambda *x: [first(*x)], lambda *x: [[second(*x)]], constants)


def binary(f: Any, first: Any, second: Any) -> Oracle:
    """`second` gives ∂²/∂a², ∂²/∂a∂b, ∂²/∂b²."""

    def hessian(a: Exact, b: Exact) -> list[list[Exact]]:
        aa, ab, bb = second(a, b)
        return [[aa, ab], [ab, bb]]

    return Oracle(f, first, hessian)


def sech(x: Exact) -> Exact:
    return 1 / mp.cosh(x)


def leg(x: Exact) -> Exact:
    return mp.sqrt(1 - x * x)


def sigmoid(x: Exact) -> Exact:
    return 1 / (1 + mp.exp(-x))


def sigmoid1(x: Exact) -> Exact:
    return sigmoid(x) * sigmoid(-x)


def sigmoid2(x: Exact) -> Exact:
    return -sigmoid1(x) * mp.tanh(x / 2)


def gauss(x: Exact) -> Exact:
    return mp.exp(-x * x)


def density(x: Exact) -> Exact:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def erfc(x: Exact) -> Exact:
    return mp.erfc(x) if x < 1e5 else mpf(0)  # mpmath gives up at 1e308; erfc(1e5) = e^-1e10


def tail(x: Exact) -> Exact:
    return erfc(-x / mp.sqrt(2)) / 2


def u(x: Exact) -> Exact:
    return 2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)


def gelu_tanh(x: Exact) -> tuple[Exact, Exact, Exact]:
    """Return x σ(u) and its derivatives."""
    u1 = 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * x * x)
    u2 = 2 * mp.sqrt(2 / mp.pi) * 6 * mpf("0.044715") * x
    s, s1, s2 = sigmoid(u(x)), sigmoid1(u(x)), sigmoid2(u(x))
    return x * s, s + x * s1 * u1, 2 * s1 * u1 + x * (s2 * u1 * u1 + s1 * u2)


def norm(a: Exact, b: Exact) -> Exact:
    return mp.sqrt(a * a + b * b)


def product(factors: Sequence[Exact]) -> Exact:
    return mp.fprod(factors)


def without(xs: Sequence[Exact], *indices: int) -> list[Exact]:
    return [x for i, x in enumerate(xs) if i not in indices]


def shares(xs: Sequence[Exact]) -> tuple[list[Exact], list[Exact]]:
    """Return the p_i = exp(x_i)/Σexp, and the 1 - p_i as sums of the others."""
    e = [mp.exp(x - max(xs)) for x in xs]
    total = mp.fsum(e)
    rest = [mp.fsum(without(e, i)) for i in range(len(e))]
    return [x / total for x in e], [x / total for x in rest]


def log_sum_exp(*xs: Exact) -> Exact:
    *others, largest = sorted(xs)
    return largest + mp.log1p(mp.fsum(mp.exp(x - largest) for x in others))


def log_sum_exp_hessian(*xs: Exact) -> list[list[Exact]]:
    p, q = shares(xs)
    n = range(len(p))
    return [[p[i] * q[i] if i == j else -p[i] * p[j] for j in n] for i in n]


def softmax_gradient(*operands: Exact) -> list[Exact]:
    *xs, k = operands
    return list(log_sum_exp_hessian(*xs)[int(k)])


def softmax_hessian(*operands: Exact) -> list[list[Exact]]:
    *xs, k = operands
    p, q = shares(xs)
    n, k = range(len(p)), int(k)
    d = [q[k] if i == k else -p[i] for i in n]  # δ_ki - p_i
    h = log_sum_exp_hessian(*xs)
    return [[p[k] * (d[i] * d[j] - h[i][j]) for j in n] for i in n]


def dot_gradient(*o: Exact) -> list[Exact]:
    n = len(o) // 2
    return [*o[n : 2 * n], *o[:n], *[mpf(1)] * (len(o) % 2)]


def dot_hessian(*o: Exact) -> list[list[Exact]]:
    n, every = len(o) // 2, range(len(o))
    return [[mpf(abs(i - j) == n and max(i, j) < 2 * n) for j in every] for i in every]


def constant(*values: float) -> Callable[..., Any]:
    exact = [mpf(v) for v in values]
    return lambda *x: exact[0] if len(exact) == 1 else exact


def matrix(element: Callable[..., Exact]) -> Callable[..., list[list[Exact]]]:
    return lambda *x: [[element(x, i, j) for j in range(len(x))] for i in range(len(x))]


def step(*cases: tuple[Callable[..., bool], Any]) -> Callable[..., Exact]:
    """Return the function that is the first case whose condition holds."""

    def f(*x: Exact) -> Exact:
        for condition, result in cases:
            if condition(*x):
                return result(*x) if callable(result) else mpf(result)
        raise AssertionError("no case")

    return f


def positive(x: Exact, *_: Exact) -> bool:
    return bool(x > 0)


def otherwise(*_: Exact) -> bool:
    return True


ZERO, ONE = constant(0), constant(1)
with workdps(DIGITS):
    LN2, LN10, ROOT_PI = mp.log(2), mp.log(10), mp.sqrt(mp.pi)

ORACLES: dict[str, Oracle] = {
    "identity": unary(lambda x: x, ONE, ZERO),
    "add": binary(lambda a, b: a + b, constant(1, 1), constant(0, 0, 0)),
    "sub": binary(lambda a, b: a - b, constant(1, -1), constant(0, 0, 0)),
    "mul": binary(lambda a, b: a * b, lambda a, b: (b, a), constant(0, 1, 0)),
    "div": binary(
        lambda a, b: a / b,
        lambda a, b: (1 / b, -a / b**2),
        lambda a, b: (mpf(0), -1 / b**2, 2 * a / b**3),
    ),
    "neg": unary(lambda x: -x, constant(-1), ZERO),
    "abs": unary(abs, mp.sign, ZERO),
    "sign": unary(mp.sign, ZERO, ZERO),
    "reciprocal": unary(lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
    "square": unary(lambda x: x * x, lambda x: 2 * x, constant(2)),
    "share": binary(
        lambda a, b: a / (a + b),
        lambda a, b: (b / (a + b) ** 2, -a / (a + b) ** 2),
        lambda a, b: (
            -2 * b / (a + b) ** 3,
            (a - b) / (a + b) ** 3,
            2 * a / (a + b) ** 3,
        ),
    ),
    "power": unary(
        lambda x, c: x**c,
        lambda x, c: c * x ** (c - 1),
        lambda x, c: c * (c - 1) * x ** (c - 2),
        constants=1,
    ),
    "exponential": unary(
        lambda x, c: c**x,
        lambda x, c: c**x * mp.log(c),
        lambda x, c: c**x * mp.log(c) ** 2,
        constants=1,
    ),
    "pow": binary(
        lambda a, b: a**b,
        lambda a, b: (b * a ** (b - 1), a**b * mp.log(a)),
        lambda a, b: (
            b * (b - 1) * a ** (b - 2),
            a ** (b - 1) * (1 + b * mp.log(a)),
            a**b * mp.log(a) ** 2,
        ),
    ),
    "power_slope": binary(
        lambda a, b: b * a ** (b - 1),
        lambda a, b: (b * (b - 1) * a ** (b - 2), a ** (b - 1) * (1 + b * mp.log(a))),
        lambda a, b: (
            b * (b - 1) * (b - 2) * a ** (b - 3),
            a ** (b - 2) * (2 * b - 1 + b * (b - 1) * mp.log(a)),
            a ** (b - 1) * mp.log(a) * (2 + b * mp.log(a)),
        ),
    ),
    "exponential_slope": binary(
        lambda a, b: a**b * mp.log(a),
        lambda a, b: (a ** (b - 1) * (1 + b * mp.log(a)), a**b * mp.log(a) ** 2),
        lambda a, b: (
            a ** (b - 2) * (2 * b - 1 + b * (b - 1) * mp.log(a)),
            a ** (b - 1) * mp.log(a) * (2 + b * mp.log(a)),
            a**b * mp.log(a) ** 3,
        ),
    ),
    "exp": unary(mp.exp, mp.exp, mp.exp),
    "expm1": unary(mp.expm1, mp.exp, mp.exp),
    "log": unary(mp.log, lambda x: 1 / x, lambda x: -1 / x**2),
    "log1p": unary(mp.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2),
    "log2": unary(lambda x: mp.log(x) / LN2, lambda x: 1 / (x * LN2), lambda x: -1 / (x**2 * LN2)),
    "log10": unary(
        lambda x: mp.log(x) / LN10, lambda x: 1 / (x * LN10), lambda x: -1 / (x**2 * LN10)
    ),
    "sqrt": unary(mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: -1 / (4 * x * mp.sqrt(x))),
    "cbrt": unary(
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
        lambda x: -2 / (9 * x * mp.cbrt(abs(x)) ** 2),
    ),
    "hypot": binary(
        norm,
        lambda a, b: (a / norm(a, b), b / norm(a, b)),
        lambda a, b: (
            b * b / norm(a, b) ** 3,
            -a * b / norm(a, b) ** 3,
            a * a / norm(a, b) ** 3,
        ),
    ),
    "cosine": binary(
        lambda a, b: a / norm(a, b),
        lambda a, b: (b * b / norm(a, b) ** 3, -a * b / norm(a, b) ** 3),
        lambda a, b: (
            -3 * a * b * b / norm(a, b) ** 5,
            b * (2 * a * a - b * b) / norm(a, b) ** 5,
            a * (2 * b * b - a * a) / norm(a, b) ** 5,
        ),
    ),
    "cathetus": unary(leg, lambda x: -x / leg(x), lambda x: -1 / leg(x) ** 3),
    "sin": unary(mp.sin, mp.cos, lambda x: -mp.sin(x)),
    "cos": unary(mp.cos, lambda x: -mp.sin(x), lambda x: -mp.cos(x)),
    "tan": unary(mp.tan, lambda x: 1 / mp.cos(x) ** 2, lambda x: 2 * mp.tan(x) / mp.cos(x) ** 2),
    "asin": unary(mp.asin, lambda x: 1 / leg(x), lambda x: x / leg(x) ** 3),
    "acos": unary(mp.acos, lambda x: -1 / leg(x), lambda x: -x / leg(x) ** 3),
    "atan": unary(mp.atan, lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2),
    "atan2": binary(
        mp.atan2,
        lambda y, x: (x / norm(x, y) ** 2, -y / norm(x, y) ** 2),
        lambda y, x: (
            -2 * x * y / norm(x, y) ** 4,
            (y - x) * (y + x) / norm(x, y) ** 4,
            2 * x * y / norm(x, y) ** 4,
        ),
    ),
    "sinh": unary(mp.sinh, mp.cosh, mp.sinh),
    "cosh": unary(mp.cosh, mp.sinh, mp.cosh),
    "tanh": unary(mp.tanh, lambda x: sech(x) ** 2, lambda x: -2 * mp.tanh(x) * sech(x) ** 2),
    "asinh": unary(mp.asinh, lambda x: 1 / norm(1, x), lambda x: -x / norm(1, x) ** 3),
    "acosh": unary(
        mp.acosh,
        lambda x: 1 / mp.sqrt((x - 1) * (x + 1)),
        lambda x: -x / mp.sqrt((x - 1) * (x + 1)) ** 3,
    ),
    "atanh": unary(mp.atanh, lambda x: 1 / (1 - x * x), lambda x: 2 * x / (1 - x * x) ** 2),
    "sech": unary(
        sech, lambda x: -sech(x) * mp.tanh(x), lambda x: sech(x) * (1 - 2 * sech(x) ** 2)
    ),
    "tanh_prime": unary(
        lambda x: sech(x) ** 2,
        lambda x: -2 * sech(x) ** 2 * mp.tanh(x),
        lambda x: 2 * sech(x) ** 2 * (2 - 3 * sech(x) ** 2),
    ),
    "gudermannian": unary(
        lambda x: 2 * mp.atan(mp.tanh(x / 2)), sech, lambda x: -sech(x) * mp.tanh(x)
    ),
    "erf": unary(mp.erf, lambda x: 2 / ROOT_PI * gauss(x), lambda x: -4 * x / ROOT_PI * gauss(x)),
    "erfc": unary(erfc, lambda x: -2 / ROOT_PI * gauss(x), lambda x: 4 * x / ROOT_PI * gauss(x)),
    "gaussian": unary(gauss, lambda x: -2 * x * gauss(x), lambda x: (4 * x * x - 2) * gauss(x)),
    "normal_pdf": unary(density, lambda x: -x * density(x), lambda x: (x * x - 1) * density(x)),
    "normal_cdf": unary(tail, density, lambda x: -x * density(x)),
    "sigmoid": unary(sigmoid, sigmoid1, sigmoid2),
    "sigmoid_prime": unary(sigmoid1, sigmoid2, lambda x: sigmoid1(x) * (1 - 6 * sigmoid1(x))),
    "log_sigmoid": unary(
        lambda x: -mp.log1p(mp.exp(-x)), lambda x: sigmoid(-x), lambda x: -sigmoid1(x)
    ),
    "softplus": unary(lambda x: mp.log1p(mp.exp(x)), sigmoid, sigmoid1),
    "relu": unary(
        step((positive, lambda x: x), (otherwise, 0)), step((positive, 1), (otherwise, 0)), ZERO
    ),
    "leaky_relu": unary(
        step((positive, lambda x, s: x), (otherwise, lambda x, s: s * x)),
        step((positive, 1), (otherwise, lambda x, s: s)),
        ZERO,
        constants=1,
    ),
    "elu": unary(
        step((positive, lambda x, a: x), (otherwise, lambda x, a: a * mp.expm1(x))),
        step((positive, 1), (otherwise, lambda x, a: a * mp.exp(x))),
        step((positive, 0), (otherwise, lambda x, a: a * mp.exp(x))),
        constants=1,
    ),
    "silu": unary(
        lambda x: x * sigmoid(x),
        lambda x: sigmoid(x) + x * sigmoid1(x),
        lambda x: 2 * sigmoid1(x) + x * sigmoid2(x),
    ),
    "gelu": unary(
        lambda x: x * tail(x),
        lambda x: tail(x) + x * density(x),
        lambda x: (2 - x * x) * density(x),
    ),
    "gelu_tanh": unary(
        lambda x: gelu_tanh(x)[0], lambda x: gelu_tanh(x)[1], lambda x: gelu_tanh(x)[2]
    ),
    "maximum": binary(
        max,
        lambda a, b: (mpf(a > b) + mpf(a == b) / 2, mpf(b > a) + mpf(a == b) / 2),
        constant(0, 0, 0),
    ),
    "minimum": binary(
        min,
        lambda a, b: (mpf(a < b) + mpf(a == b) / 2, mpf(b < a) + mpf(a == b) / 2),
        constant(0, 0, 0),
    ),
    "clamp": unary(
        lambda x, low, high: min(max(x, low), high),
        lambda x, low, high: mpf(low <= x <= high),
        ZERO,
        constants=2,
    ),
    "dot": Oracle(
        lambda *o: (
            mp.fdot(o[: len(o) // 2], o[len(o) // 2 : len(o) // 2 * 2])
            + (o[-1] if len(o) % 2 else 0)
        ),
        dot_gradient,
        dot_hessian,
    ),
    "sum": Oracle(
        lambda *x: mp.fsum(x), lambda *x: [mpf(1)] * len(x), matrix(lambda x, i, j: mpf(0))
    ),
    "mean": Oracle(
        lambda *x: mp.fsum(x) / len(x),
        lambda *x: [mpf(1) / len(x)] * len(x),
        matrix(lambda x, i, j: mpf(0)),
    ),
    "prod": Oracle(
        lambda *x: product(x),
        lambda *x: [product(without(x, i)) for i in range(len(x))],
        matrix(lambda x, i, j: mpf(0) if i == j else product(without(x, i, j))),
    ),
    "logsumexp": Oracle(log_sum_exp, lambda *x: shares(x)[0], log_sum_exp_hessian),
    "softmax": Oracle(
        lambda *o: shares(o[:-1])[0][int(o[-1])], softmax_gradient, softmax_hessian, constants=1
    ),
    "pick": Oracle(
        lambda *o: o[int(o[-1])],
        lambda *o: [mpf(i == o[-1]) for i in range(len(o) - 1)],
        lambda *o: [[mpf(0)] * (len(o) - 1)] * (len(o) - 1),
        constants=1,
    ),
}

# Results that are a difference of nearly equal terms, or the exponential of a large rounded number,
# at some points. No formula on floats is accurate there: a change of the operands in their last
# digits would change the result just as much. These may err by 16 times that change as well.
# Everything else is held to 16 ulp alone.
CONDITIONED: dict[str, tuple[str, ...]] = {
    "share": ("second",),  # (a - b)/(a + b)³
    "pow": ("second",),  # ∂²/∂a∂b = a^(b-1) (1 + b ln a)
    "power_slope": ("first", "second"),
    "exponential_slope": ("first", "second"),
    "cosine": ("second",),  # b (2a² - b²)/r⁵
    "atan2": ("second",),  # ∂²/∂x∂y = (y² - x²)/r⁴
    "sech": ("second",),  # inflection points, f'' = 0: where tanh² x = sech² x, likewise below
    "tanh_prime": ("second",),
    "sigmoid_prime": ("second",),
    "gaussian": ("second",),
    "normal_pdf": ("second",),
    "silu": ("first", "second"),  # a minimum near -1.28, inflection points near ±2.4
    "gelu": ("first", "second"),  # a minimum near -0.75, inflection points at ±√2
    "gelu_tanh": ("value", "first", "second"),  # the same, and e^u with a rounded u of up to 745
    "dot": ("value",),  # plain sums, of any signs
    "sum": ("value",),
    "mean": ("value",),
    # the value is 0 for logarithms of probabilities; e^(x - largest) with a rounded difference
    # of up to 745
    "logsumexp": ("value", "first", "second"),
    "softmax": ("value", "first", "second"),
}
# Intermediate results that may leave the range of normal floats although the final result does
# not. A subnormal one has an error of up to half of 5e-324, which the final result inherits; where
# one overflows, second derivatives are not compared.
INTERMEDIATE: dict[str, Callable[..., Sequence[Exact]]] = {
    "div": lambda a, b: [1 / b, a / b],
    "share": lambda a, b: [1 / (a + b) ** 2, a / (a + b), b / (a + b)],
    "power": lambda x, c: [1 / x**2, x**c],
    "pow": lambda a, b: [1 / a**2, a**b, mp.log(abs(a)) * a**b],
    "exponential": lambda x, c: [c**x],
    "hypot": lambda a, b: quotients(a, b),
    "cosine": lambda a, b: [*quotients(a, b), 1 / (a * a + b * b)],
    "atan2": lambda a, b: [*quotients(a, b), 1 / (a * a + b * b)],
    "erf": lambda x: [gauss(x)],
    "erfc": lambda x: [gauss(x)],
    "gaussian": lambda x: [gauss(x)],
    "normal_pdf": lambda x: [density(x)],
    "normal_cdf": lambda x: [density(x)],
    "silu": lambda x: [sigmoid(x), sigmoid(-x)],
    "gelu": lambda x: [tail(x), density(x)],
    "gelu_tanh": lambda x: [sigmoid(u(x)), sigmoid(-u(x))],
}


def quotients(a: Exact, b: Exact) -> list[Exact]:
    r = norm(a, b)
    return [r, 1 / r, a / r, b / r, a / r / r, b / r / r]
