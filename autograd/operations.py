r"""The table of operations: every operation of the engine, declared once.

A row says how a result y is computed from its operands and what its *local gradients* are, the
derivatives of y with respect to each operand::

    sin = Operation("sin", math.sin, lambda y, x: (cos(x),), tex=r"\sin")

The rule receives the result y first, so that nothing is computed twice. Rows are written in
terms of each other and of `where`, never of one number type: the same row computes with floats,
with `Value` nodes (which makes derivatives of derivatives), with NumPy and JAX arrays, and with
the symbols of `autograd.view.formula` (which prints it as LaTeX or JavaScript). No derivative
is written a second time.

Accuracy decides how a rule is written. The textbook 1 - y² for tanh loses every digit once y
rounds to 1; the row names the same function `tanh_prime` and computes it as the square of
2 / (exp(x) + exp(-x)). Small operations like it (`sech`, `cathetus`, ...) exist for that reason.

Conventions where a derivative does not exist, the same as PyTorch's:

==================  =============================================================================
kink                relu'(0) = |x|'(0) = sign'(0) = 0; leaky_relu'(0) and elu'(0) are the slopes
                    from the left; maximum and minimum share a tie evenly; clamp passes the
                    gradient on its closed interval
pole                the infinite limit of the formula: √x, ∛x and ln x have slope inf at 0, asin
                    and atanh at 1; 1/x has slope -inf at 0
powers              x^0 = 1 with slope 0, everywhere, 0 and nan included; 0^y has slope 0 for y ≥ 0
no direction        atan2 has slopes 0 at (0, 0), hypot nan
saturation          tanh, sigmoid, silu, gelu, ... take their limits and slope 0 or 1 at ±inf
nan                 stays nan; its derivatives are those of the branch a comparison with nan takes
==================  =============================================================================

A result that is not a real number is nan. tests/autograd/test_conventions.py holds all of this against
PyTorch's answers and lists the few points at which the two differ, with the reasons.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any, Final

from .ieee import INF, NAN
from .ieee import power as ieee_power
from .table import BUILT_IN, TABLE, Number, Operation, guarded, where

# -- arithmetic ------------------------------------------------------------------------------

identity: Operation = Operation("identity", lambda x: x, lambda y, x: (1.0,), tex="#1")
add: Operation = Operation(
    "add", operator.add, lambda y, a, b: (1.0, 1.0), tex="#1 + #2", symbol="+"
)
sub: Operation = Operation(
    "sub", operator.sub, lambda y, a, b: (1.0, -1.0), tex="#1 - #2", symbol="-"
)
mul: Operation = Operation(
    "mul", operator.mul, lambda y, a, b: (b, a), tex=r"#1 \cdot #2", symbol="*"
)
div: Operation = Operation(
    "div", operator.truediv, lambda y, a, b: (1.0 / b, -y / b), tex=r"\frac{#1}{#2}", symbol="/"
)
neg: Operation = Operation("neg", operator.neg, lambda y, x: (-1.0,), tex="-#1", symbol="-")
abs_: Operation = Operation("abs", abs, lambda y, x: (sign(x),), tex=r"\left|#1\right|")
sign: Operation = Operation(
    "sign",
    lambda x: where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0 * x)),
    lambda y, x: (0.0,),
)
reciprocal: Operation = Operation(
    "reciprocal", lambda x: 1.0 / x, lambda y, x: (-y * y,), tex=r"\frac{1}{#1}"
)
square: Operation = Operation("square", lambda x: x * x, lambda y, x: (2.0 * x,), tex="#1^2")
# the share of the first part in a whole of two parts
share: Operation = Operation(
    "share",
    lambda a, b: a / (a + b),
    lambda y, a, b: (share(b, a) / (a + b), -y / (a + b)),
    tex=r"\frac{#1}{#1 + #2}",
)

# x ** c with a constant c, c ** x with a constant c, and x ** y: the third is the first two.
power: Operation = Operation(
    "power",
    math.pow,
    lambda y, x, c: (_power_rule(y, x, c),),
    tex="#1^{#2}",
    symbol="**",
    beyond=ieee_power,
)
exponential: Operation = Operation(
    "exponential",
    lambda x, c: pow_(c, x),
    lambda y, x, c: (guarded(y * log(c), _is_zero(c) & (x >= 0.0), 0.0),),
    tex="#2^{#1}",
    symbol="**",
)
pow_: Operation = Operation(
    "pow",
    math.pow,
    lambda y, a, b: (*power.local(y, a, b), *exponential.local(y, b, a)),
    tex="#1^{#2}",
    symbol="**",
    beyond=ieee_power,
)


def _power_rule(y: Number, x: Number, c: Number) -> Number:
    """Return c x^(c-1), as c y/x where c - 1 is rounded: x = 10^±300 would amplify that."""
    slope = c * raised(x, c - 1.0)
    slope = guarded(slope, _is_zero(c), where(abs(slope) >= 0.0, slope, 0.0))  # not 0 · inf
    is_rounded = abs(c - 1.0 + 1.0 - c) > 0.0
    return guarded(slope, is_rounded & (abs(x) > 0.0) & (abs(x) < INF), c * y / x)


def raised(a: Number, b: Number) -> Number:
    """Return a ** b by the row that differentiates what is a node and folds what is constant.

    Examples
    --------
    >>> raised(2.0, -1.0), raised(-8.0, 0.5)
    (0.5, nan)
    """
    if not hasattr(b.__class__, "parents"):
        return power(a, b)
    return pow_(a, b) if hasattr(a.__class__, "parents") else exponential(b, a)


def _is_zero(x: Number) -> Any:
    """Return whether x is 0; unlike ==, it compares nodes by their number."""
    return (x <= 0.0) & (x >= 0.0)


# -- exponentials, logarithms, roots ---------------------------------------------------------

LN2: Final = math.log(2.0)
LN10: Final = math.log(10.0)


def _log_pole(x: float) -> float:
    return -INF if x == 0 else NAN


exp: Operation = Operation("exp", math.exp, lambda y, x: (y,), tex="e^{#1}", beyond=lambda x: INF)
expm1: Operation = Operation(
    "expm1", math.expm1, lambda y, x: (exp(x),), tex="e^{#1} - 1", beyond=exp.beyond
)
log: Operation = Operation("log", math.log, lambda y, x: (1.0 / x,), tex=r"\ln", beyond=_log_pole)
log1p: Operation = Operation(
    "log1p",
    math.log1p,
    lambda y, x: (1.0 / (1.0 + x),),
    tex=r"\ln\left(1 + #1\right)",
    beyond=lambda x: _log_pole(1.0 + x),
)
log2: Operation = Operation(
    "log2", math.log2, lambda y, x: (1.0 / LN2 / x,), tex=r"\log_2", beyond=_log_pole
)
log10: Operation = Operation(
    "log10", math.log10, lambda y, x: (1.0 / LN10 / x,), tex=r"\log_{10}", beyond=_log_pole
)
sqrt: Operation = Operation("sqrt", math.sqrt, lambda y, x: (0.5 / y,), tex=r"\sqrt{#1}")
cbrt: Operation = Operation(
    "cbrt", math.cbrt, lambda y, x: (1.0 / (3.0 * y * y),), tex=r"\sqrt[3]{#1}"
)
hypot: Operation = Operation(
    "hypot",
    math.hypot,
    lambda y, a, b: (cosine(a, b), cosine(b, a)),
    tex=r"\sqrt{#1^2 + #2^2}",
)
# cosine of the angle between the vector (a, b) and the first axis
cosine: Operation = Operation(
    "cosine",
    lambda a, b: a / hypot(a, b),
    lambda y, a, b: (
        cosine(b, a) * (cosine(b, a) / hypot(a, b)),
        -y * cosine(b, a) / hypot(a, b),
    ),
    tex=r"\frac{#1}{\sqrt{#1^2 + #2^2}}",
)
# the other leg of a right triangle with hypotenuse 1
cathetus: Operation = Operation(
    "cathetus",
    lambda x: sqrt((1.0 - x) * (1.0 + x)),
    lambda y, x: (-x / y,),
    tex=r"\sqrt{1 - #1^2}",
)

# -- trigonometric and hyperbolic functions --------------------------------------------------


def _atan2_rule(theta: Number, y: Number, x: Number) -> tuple[Number, Number]:
    r = hypot(x, y)
    is_zero = _is_zero(r)
    return guarded(cosine(x, y) / r, is_zero, 0.0), guarded(-cosine(y, x) / r, is_zero, 0.0)


sin: Operation = Operation("sin", math.sin, lambda y, x: (cos(x),), tex=r"\sin")
cos: Operation = Operation("cos", math.cos, lambda y, x: (-sin(x),), tex=r"\cos")
tan: Operation = Operation("tan", math.tan, lambda y, x: (1.0 + y * y,), tex=r"\tan")
asin: Operation = Operation("asin", math.asin, lambda y, x: (1.0 / cathetus(x),), tex=r"\arcsin")
acos: Operation = Operation("acos", math.acos, lambda y, x: (-1.0 / cathetus(x),), tex=r"\arccos")
atan: Operation = Operation(
    "atan", math.atan, lambda y, x: (square(1.0 / hypot(1.0, x)),), tex=r"\arctan"
)
atan2: Operation = Operation(
    "atan2",
    math.atan2,
    _atan2_rule,
    tex=r"\operatorname{atan2}",
)
sinh: Operation = Operation(
    "sinh",
    math.sinh,
    lambda y, x: (cosh(x),),
    tex=r"\sinh",
    beyond=lambda x: math.copysign(INF, x),
)
cosh: Operation = Operation(
    "cosh", math.cosh, lambda y, x: (sinh(x),), tex=r"\cosh", beyond=lambda x: INF
)
tanh: Operation = Operation("tanh", math.tanh, lambda y, x: (tanh_prime(x),), tex=r"\tanh")
asinh: Operation = Operation(
    "asinh", math.asinh, lambda y, x: (1.0 / hypot(1.0, x),), tex=r"\operatorname{arsinh}"
)
acosh: Operation = Operation(
    "acosh",
    math.acosh,
    lambda y, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    tex=r"\operatorname{arcosh}",
)
atanh: Operation = Operation(
    "atanh",
    math.atanh,
    lambda y, x: (square(1.0 / cathetus(x)),),
    tex=r"\operatorname{artanh}",
    beyond=lambda x: math.copysign(INF, x) if abs(x) == 1.0 else NAN,
)


def _sech(x: Number) -> Number:
    e = exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)


def _double_cosh(x: Number) -> Number:
    e = exp(x)
    return e + 1.0 / e


sech: Operation = Operation("sech", _sech, lambda y, x: (-y * tanh(x),), tex=r"\operatorname{sech}")
tanh_prime: Operation = Operation(
    "tanh_prime",
    lambda x: square(2.0 / _double_cosh(x)),
    lambda y, x: (-2.0 * y * tanh(x),),
    tex=r"\left(1 - \tanh^2 #1\right)",
)
gudermannian: Operation = Operation(
    "gudermannian",
    lambda x: 2.0 * atan(tanh(0.5 * x)),
    lambda y, x: (sech(x),),
    tex=r"\operatorname{gd}",
)

# -- the normal distribution -----------------------------------------------------------------


def _bounded(x: Number, bound: float) -> Number:
    """Return x, limited to where the factor beside it is not yet 0: inf · 0 would be nan."""
    return guarded(x, abs(x) > bound, clamp(x, -bound, bound))


def _high_bits(x: Number) -> Number:
    """Return x rounded to 26 bits, whose square is exact (Veltkamp's splitting)."""
    c = 134217729.0 * x
    return c - (c - x)


def _gaussian(x: Number, scale: float) -> Number:
    """Return exp(-scale x²) to full relative accuracy, for a power of two `scale`."""
    x = minimum(abs(x), 40.0)
    high = _high_bits(x)
    return exp(-scale * high * high) * exp(-scale * (x - high) * (x + high))


ROOT2: Final = math.sqrt(2.0)
ROOT2_HIGH: Final = _high_bits(ROOT2)
ROOT2_ERROR: Final = -9.667293313452913e-17  # √2 less its nearest float


def _lower_tail(x: Number) -> Number:
    """Return Φ(x) = erfc(-x/√2)/2, corrected for the rounding of x/√2."""
    x = clamp(x, -40.0, 40.0)
    t = x * math.sqrt(0.5)
    high = _high_bits(t)
    exact = (x - high * ROOT2_HIGH) - high * (ROOT2 - ROOT2_HIGH)
    missing = exact - (t - high) * ROOT2 - t * ROOT2_ERROR
    return 0.5 * erfc(-t) + normal_pdf(x) * missing


erf: Operation = Operation(
    "erf",
    math.erf,
    lambda y, x: (2.0 / math.sqrt(math.pi) * gaussian(x),),
    tex=r"\operatorname{erf}",
)
erfc: Operation = Operation(
    "erfc",
    math.erfc,
    lambda y, x: (-2.0 / math.sqrt(math.pi) * gaussian(x),),
    tex=r"\operatorname{erfc}",
)
gaussian: Operation = Operation(
    "gaussian",
    lambda x: _gaussian(x, 1.0),
    lambda y, x: (-2.0 * _bounded(x, 40.0) * y,),
    tex="e^{-#1^2}",
)
normal_pdf: Operation = Operation(
    "normal_pdf",
    lambda x: _gaussian(x, 0.5) / math.sqrt(2.0 * math.pi),
    lambda y, x: (-_bounded(x, 40.0) * y,),
    tex=r"\varphi",
)
normal_cdf: Operation = Operation(
    "normal_cdf", _lower_tail, lambda y, x: (normal_pdf(x),), tex=r"\Phi"
)

# -- activations -----------------------------------------------------------------------------
# Beyond |x| = 800 the logistic function is 0 or 1 in every digit, Φ beyond 40.


def _logistic(x: Number) -> Number:
    e = exp(-abs(x))
    return where(x < 0.0, e, 1.0) / (1.0 + e)


def _silu_rule(y: Number, x: Number) -> tuple[Number]:
    x = _bounded(x, 800.0)
    return (sigmoid(x) * (1.0 + x * sigmoid(-x)),)


def _gelu_rule(y: Number, x: Number) -> tuple[Number]:
    x = _bounded(x, 40.0)
    return (normal_cdf(x) + x * normal_pdf(x),)


GELU_SCALE: Final = 2.0 * math.sqrt(2.0 / math.pi)


def _gelu_tanh(x: Number) -> Number:
    """Return x (1 + tanh(u))/2 = x σ(2u), which keeps its accuracy as tanh(u) nears -1."""
    c = clamp(x, -40.0, 40.0)
    return maximum(x, -40.0) * sigmoid(GELU_SCALE * (c + 0.044715 * c * c * c))


def _gelu_tanh_rule(y: Number, x: Number) -> tuple[Number]:
    x = _bounded(x, 40.0)
    u = GELU_SCALE * (x + 0.044715 * x * x * x)
    return (sigmoid(u) + x * sigmoid_prime(u) * (GELU_SCALE * (1.0 + 0.134145 * x * x)),)


sigmoid: Operation = Operation(
    "sigmoid", _logistic, lambda y, x: (sigmoid_prime(x),), tex=r"\sigma"
)
sigmoid_prime: Operation = Operation(
    "sigmoid_prime",
    lambda x: square(1.0 / _double_cosh(0.5 * x)),
    lambda y, x: (-y * tanh(0.5 * x),),
    tex=r"\sigma\left(#1\right)\left(1 - \sigma\left(#1\right)\right)",
)
log_sigmoid: Operation = Operation(
    "log_sigmoid", lambda x: -softplus(-x), lambda y, x: (sigmoid(-x),), tex=r"\ln\sigma"
)
softplus: Operation = Operation(
    "softplus",
    lambda x: maximum(x, 0.0) + log1p(exp(-abs(x))),
    lambda y, x: (sigmoid(x),),
    tex=r"\ln\left(1 + e^{#1}\right)",
)
relu: Operation = Operation(
    "relu",
    lambda x: where(x <= 0.0, 0.0, x),
    lambda y, x: (where(x <= 0.0, 0.0, 1.0),),
    tex=r"\operatorname{ReLU}",
    symbol="ReLU",
)
leaky_relu: Operation = Operation(
    "leaky_relu",
    lambda x, negative_slope: where(x > 0.0, x, negative_slope * x),
    lambda y, x, negative_slope: (where(x > 0.0, 1.0, negative_slope),),
    tex=r"\operatorname{LeakyReLU}",
    parameters={"negative_slope": 0.01},
)
elu: Operation = Operation(
    "elu",
    lambda x, alpha: where(x <= 0.0, alpha * expm1(x), x),
    lambda y, x, alpha: (where(x <= 0.0, alpha * exp(x), 1.0),),
    tex=r"\operatorname{ELU}",
    parameters={"alpha": 1.0},
)
silu: Operation = Operation(
    "silu",
    lambda x: maximum(x, -800.0) * sigmoid(x),
    _silu_rule,
    tex=r"\operatorname{SiLU}",
)
gelu_erf: Operation = Operation(
    "gelu",
    lambda x: maximum(x, -40.0) * normal_cdf(x),
    _gelu_rule,
    tex=r"\operatorname{GELU}",
)
gelu_tanh: Operation = Operation(
    "gelu_tanh", _gelu_tanh, _gelu_tanh_rule, tex=r"\operatorname{GELU}_{\tanh}"
)

# -- comparisons -----------------------------------------------------------------------------

maximum: Operation = Operation(
    "maximum",
    lambda a, b: where(a >= b, a, where(a < b, b, a + b)),  # a + b: nan if either is
    lambda y, a, b: (
        where(a < b, 0.0, where(a <= b, 0.5, 1.0)),
        where(b < a, 0.0, where(b <= a, 0.5, 1.0)),
    ),
    tex=r"\max",
    symbol="max",
)
minimum: Operation = Operation(
    "minimum",
    lambda a, b: where(a <= b, a, where(a > b, b, a + b)),
    lambda y, a, b: (
        where(a > b, 0.0, where(a >= b, 0.5, 1.0)),
        where(b > a, 0.0, where(b >= a, 0.5, 1.0)),
    ),
    tex=r"\min",
    symbol="min",
)
clamp: Operation = Operation(
    "clamp",
    lambda x, min, max: where(x < min, min, where(x > max, max, x)),
    lambda y, x, min, max: (where((x >= min) & (x <= max), 1.0, 0.0),),
    tex=r"\operatorname{clamp}",
    parameters={"min": -INF, "max": INF},
)

# -- operations on vectors -------------------------------------------------------------------


def _one(operands: Sequence[Number]) -> tuple[Sequence[Number], ...]:
    return (operands,)


def _weights_inputs_bias(operands: Sequence[Number]) -> tuple[Sequence[Number], ...]:
    n = len(operands) // 2
    return operands[:n], operands[n : 2 * n], operands[2 * n :]


def _of_others(
    combine: Callable[..., Number], neutral: float, xs: Sequence[Number]
) -> list[Number]:
    """Return for each x the sum or product of all others, without - or / (think of zeros)."""
    before = accumulate(xs[:-1], combine, initial=neutral)
    after = list(accumulate(xs[:0:-1], combine, initial=neutral))
    return list(map(combine, before, reversed(after)))


def _shifted(xs: Sequence[Number]) -> tuple[Number, list[Number]]:
    """Return the largest x, and the exponentials of all less the largest where that is finite."""
    largest = reduce(maximum, xs)
    shift = guarded(largest, abs(largest) >= INF, 0.0)
    return largest, [exp(x - shift) for x in xs]


def _log_sum_exp(xs: Sequence[Number]) -> Number:
    """Return the largest x plus the logarithm of a sum, of which it contributes exactly 1."""
    largest, e = _shifted(xs)
    others = sum(where(x < largest, e_k, 0.0) for x, e_k in zip(xs, e))
    ties = sum(where(x < largest, 0.0, 1.0) for x in xs)
    return largest + log1p(others + (ties - 1.0))


def _log_sum_exp_rule(y: Number, xs: Sequence[Number]) -> Sequence[Number]:
    """Return the softmax of xs."""
    _, e = _shifted(xs)
    return list(map(share, e, _of_others(operator.add, 0.0, e)))


def _exponentials(a: Sequence[Number]) -> list[Number]:
    largest = reduce(maximum, a)
    return [exp(x - largest) for x in a]


def _softmax(a: Sequence[Number], k: float) -> Number:
    e = _exponentials(a)
    return e[int(k)] / sum(e)


def _softmax_rule(y: Number, a: Sequence[Number], k: float) -> Sequence[Number]:
    """Return ∂y_k/∂a_j = y_k (δ_jk - y_j), with 1 - y_k as the sum of the other y_j."""
    e = _exponentials(a)
    total = sum(e)
    others = sum(e_j for j, e_j in enumerate(e) if j != k)
    return [y * others / total if j == k else -y * e_j / total for j, e_j in enumerate(e)]


dot_: Operation = Operation(
    "dot",
    lambda w, x, b: sum(map(operator.mul, w, x), b[0] if b else 0.0),
    lambda y, w, x, b: (*x, *w, 1.0) if b else (*x, *w),
    tex=r"\sum_i w_i x_i + b",
    symbol="w·x+b",
    vectors=_weights_inputs_bias,
)
sum_: Operation = Operation(
    "sum",
    lambda xs: sum(xs, 0.0),
    lambda y, xs: [1.0] * len(xs),
    tex=r"\sum",
    symbol="Σ",
    vectors=_one,
)
mean_: Operation = Operation(
    "mean",
    lambda xs: sum(xs, 0.0) / len(xs),
    lambda y, xs: [1.0 / len(xs)] * len(xs),
    tex=r"\operatorname{mean}",
    vectors=_one,
)
prod_: Operation = Operation(
    "prod",
    lambda xs: reduce(operator.mul, xs, 1.0),
    lambda y, xs: _of_others(operator.mul, 1.0, xs),
    tex=r"\prod",
    symbol="Π",
    vectors=_one,
)
logsumexp_: Operation = Operation(
    "logsumexp", _log_sum_exp, _log_sum_exp_rule, tex=r"\ln\sum\exp", vectors=_one
)

softmax_: Operation = Operation(
    "softmax",
    _softmax,
    _softmax_rule,
    tex=r"\operatorname{softmax}",
    vectors=lambda operands: (operands[:-1], operands[-1]),
)

BUILT_IN.update(TABLE)

# Rows whose local gradients are finite wherever y is: 0 · local is 0 then, and is not added.
FINITE_SLOPES: Final = frozenset({identity, add, sub, mul, neg, relu, dot_, sum_, mean_})


def dot(w: Sequence[Number], x: Sequence[Number], b: Number | None = None) -> Number:
    """Return Σ_i w_i x_i + b as one node: the pre-activation a_j of a neuron.

    Parameters
    ----------
    w, x : sequences of the same length
    b : optional
        The bias.

    Raises
    ------
    ValueError
        If `w` and `x` differ in length.

    Examples
    --------
    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.2).
    """
    if len(w) != len(x):
        raise ValueError(f"dot() needs as many weights as inputs, got {len(w)} and {len(x)}")
    return dot_.apply((*w, *x) if b is None else (*w, *x, b))


def sum_of(values: Iterable[Number]) -> Number:
    """Return Σ_i x_i as one node; 0.0 for no values.

    Examples
    --------
    >>> sum_of([1.0, 2.0, 3.0])
    6.0
    """
    return sum_.apply(tuple(values))


def mean(values: Iterable[Number]) -> Number:
    """Return the arithmetic mean as one node.

    Raises
    ------
    ValueError
        If there are no values.

    Examples
    --------
    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return mean_.apply(_some(values, "mean"))


def prod(values: Iterable[Number]) -> Number:
    """Return Π_i x_i as one node; 1.0 for no values. Zeros among them are differentiated too.

    Examples
    --------
    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return prod_.apply(tuple(values))


def logsumexp(values: Iterable[Number]) -> Number:
    """Return ln Σ_i exp(x_i) as one node, without overflow. Its gradient is the softmax.

    Raises
    ------
    ValueError
        If there are no values.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return logsumexp_.apply(_some(values, "logsumexp"))


def softmax(values: Iterable[Number]) -> list[Number]:
    """Return the list of y_k = exp(a_k) / Σ_j exp(a_j): positive numbers that sum to 1.

    Each y_k is one node. The largest a_j is subtracted first, so that nothing overflows.

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (4.104-4.106).
    """
    values = _some(values, "softmax")
    return [softmax_.apply((*values, float(k))) for k in range(len(values))]


def gelu(x: Number, approximate: str = "none") -> Number:
    """Return x Φ(x), the Gaussian error linear unit.

    Parameters
    ----------
    x : number
    approximate : {"none", "tanh"}
        "tanh" replaces Φ by (1 + tanh(√(2/π)(x + 0.044715 x³)))/2.

    Examples
    --------
    >>> round(gelu(1.0), 6), round(gelu(1.0, "tanh"), 6)
    (0.841345, 0.841192)

    References
    ----------
    D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, arXiv:1606.08415, 2016.
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f'approximate must be "none" or "tanh", got {approximate!r}')
    return gelu_tanh(x) if approximate == "tanh" else gelu_erf(x)


def _some(values: Iterable[Number], name: str) -> tuple[Number, ...]:
    values = tuple(values)
    if not values:
        raise ValueError(f"{name}() needs at least one value, got none")
    return values
