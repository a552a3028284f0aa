r"""The table of operations: every operation of the engine, declared once.

A row says how a result y is computed from its operands and what its *local gradients* are, the
derivatives of y with respect to each operand::

    sin = Operation("sin", math.sin, lambda y, x: (cos(x),), tex=r"\sin")

The rule receives the result y first, so that nothing is computed twice. Rows are written in
terms of each other and of `where`, never of one number type: the same row computes with floats,
with `Value` nodes (which makes derivatives of derivatives), with NumPy and JAX arrays, and with
the symbols that `autograd.view` prints, as LaTeX or as JavaScript. No derivative is
written a second time.

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

A result that is not a real number is nan. tests/autograd/test_conventions.py holds all of this
against PyTorch's answers and lists the few points at which the two differ, with the reasons.
"""

from __future__ import annotations

import math
import operator
from builtins import sum as plain_sum
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any, Final, TypeVar, overload

from .ieee import INF, NAN, divide
from .ieee import power as ieee_power
from .operators import TABLE, Operators
from .table import BUILT_IN, Number, guarded, where
from .table import Operation as Row

T = TypeVar("T", bound=Operators)

# -- arithmetic ------------------------------------------------------------------------------

identity: Row = Row("identity", lambda x: x, lambda y, x: (1.0,), "#1", finite=True)
add: Row = Row("add", operator.add, lambda y, a, b: (1.0, 1.0), "#1 + #2", infix="+", finite=True)
sub: Row = Row("sub", operator.sub, lambda y, a, b: (1.0, -1.0), "#1 - #2", infix="-", finite=True)
mul: Row = Row("mul", operator.mul, lambda y, a, b: (b, a), r"#1 \cdot #2", infix="*", finite=True)
div: Row = Row(
    "div",
    operator.truediv,
    lambda y, a, b: (1.0 / b, -y / b),
    r"\frac{#1}{#2}",
    infix="/",
    beyond=divide,
)
neg: Row = Row("neg", operator.neg, lambda y, x: (-1.0,), "-#1", infix="-", finite=True)
absolute: Row = Row("abs", abs, lambda y, x: (sign(x),), r"\left|#1\right|")
sign: Row = Row("sign", lambda x: _sign(x), lambda y, x: (0.0,), selects=True)
reciprocal: Row = Row("reciprocal", lambda x: 1.0 / x, lambda y, x: (-y * y,), r"\frac{1}{#1}")
square: Row = Row("square", lambda x: x * x, lambda y, x: (2.0 * x,), "#1^2")
# the share of the first part in a whole of two parts
share: Row = Row(
    "share",
    lambda a, b: a / (a + b),
    lambda y, a, b: (share(b, a) / (a + b), -y / (a + b)),
    r"\frac{#1}{#1 + #2}",
)


def _sign(x: Number) -> Number:
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0 * x))


# -- powers ----------------------------------------------------------------------------------
# x ** c with a constant c, c ** x with a constant c, and x ** y

power: Row = Row(
    "power",
    math.pow,
    lambda y, x, c: (_power_rule(y, x, c),),
    "#1^{#2}",
    infix="**",
    beyond=ieee_power,
)
exponential: Row = Row(
    "exponential",
    lambda x, c: general_power(c, x),
    lambda y, x, c: (_exponential_rule(y, x, c),),
    "#2^{#1}",
    infix="**",
    swapped=True,
)
general_power: Row = Row(
    "pow",
    math.pow,
    lambda y, a, b: _power_rules(y, a, b),
    "#1^{#2}",
    infix="**",
    beyond=ieee_power,
)
# the derivatives of x ** y by x and by y, which are rows since both have the same derivative by
# the other operand, and none at x = 0 for y ≤ 1
power_slope: Row = Row(
    "power_slope",
    lambda x, y: _power_rule(pow(x, y), x, y),
    lambda z, x, y: (
        guarded(
            _unless_rounded(y * power_slope(x, y - 1.0), x, y, lambda: (y - 1.0) * z / x),
            _is_zero(y),
            0.0,
        ),
        _mixed_slope(x, y),
    ),
    r"#2 \cdot #1^{#2 - 1}",
)
exponential_slope: Row = Row(
    "exponential_slope",
    lambda x, y: _exponential_rule(pow(x, y), y, x),
    lambda z, x, y: (_mixed_slope(x, y), _exponential_rule(z, y, x)),
    r"#1^{#2} \cdot \ln #1",
)


def _power_rules(y: Number, a: Number, b: Number) -> tuple[Number, Number]:
    """Return both slopes of y = a^b; of nodes as rows, which have derivatives of their own."""
    if y.__class__ is float:
        return _power_rule(y, a, b), _exponential_rule(y, b, a)
    return power_slope(a, b), exponential_slope(a, b)


def _power_rule(y: Number, x: Number, c: Number) -> Number:
    """Return c x^(c-1)."""
    slope = c * pow(x, c - 1.0)
    if (is_zero := _is_zero(c)) is not False:
        slope = guarded(slope, is_zero, where(abs(slope) >= 0.0, slope, 0.0))  # not 0 · inf
    return _unless_rounded(slope, x, c, lambda: c * y / x)


def _exponential_rule(y: Number, x: Number, c: Number) -> Number:
    """Return y ln c for y = c^x, or for y that is such a power times a logarithm of c."""
    if (is_zero := _is_zero(c)) is False:
        return y * log(c)
    return guarded(y * log(c), is_zero & (x >= 0.0), 0.0)


def _mixed_slope(x: Number, y: Number) -> Number:
    """Return ∂²(x^y)/∂x∂y = x^(y-1) (1 + y ln x)."""
    below = _unless_rounded(pow(x, y - 1.0), x, y, lambda: pow(x, y) / x)
    slope = below * (1.0 + y * log(x))
    return guarded(slope, _is_zero(x) & (y >= 1.0), where(y > 1.0, 0.0, NAN))


def _unless_rounded(
    formula: Number, x: Number, c: Number, quotient: Callable[[], Number]
) -> Number:
    """Return a formula with x^(c-1), or the quotient if c - 1 is rounded: x may amplify that."""
    is_rounded = abs(c - 1.0 + 1.0 - c) > 0.0
    if is_rounded is False:  # then x need not be compared, which may not be known yet
        return formula
    return guarded(formula, is_rounded & (abs(x) > 0.0) & (abs(x) < INF), quotient())


@overload
def pow(a: T, b: Operators | float) -> T: ...
@overload
def pow(a: Any, b: Any) -> Any: ...
def pow(a: Number, b: Number) -> Number:
    """Return a ** b by the row that differentiates what is a node and folds what is constant.

    Examples
    --------
    >>> pow(2.0, -1.0), pow(-8.0, 0.5)
    (0.5, nan)
    """
    if not hasattr(b.__class__, "parents"):
        return power(a, b)
    return general_power(a, b) if hasattr(a.__class__, "parents") else exponential(b, a)


def _is_zero(x: Number) -> Any:
    """Return whether x is 0; unlike ==, it compares nodes by their number."""
    return (x <= 0.0) & (x >= 0.0)


# -- exponentials, logarithms, roots ---------------------------------------------------------

LN2: Final = math.log(2.0)
LN10: Final = math.log(10.0)


def _log_pole(x: float) -> float:
    return -INF if x == 0 else NAN


exp: Row = Row("exp", math.exp, lambda y, x: (y,), "e^{#1}", beyond=lambda x: INF)
expm1: Row = Row("expm1", math.expm1, lambda y, x: (exp(x),), "e^{#1} - 1", beyond=exp.beyond)
log: Row = Row("log", math.log, lambda y, x: (1.0 / x,), r"\ln", beyond=_log_pole)
log1p: Row = Row(
    "log1p",
    math.log1p,
    lambda y, x: (1.0 / (1.0 + x),),
    r"\ln\left(1 + #1\right)",
    beyond=lambda x: _log_pole(1.0 + x),
)
log2: Row = Row("log2", math.log2, lambda y, x: (1.0 / LN2 / x,), r"\log_2", beyond=_log_pole)
log10: Row = Row(
    "log10", math.log10, lambda y, x: (1.0 / LN10 / x,), r"\log_{10}", beyond=_log_pole
)
sqrt: Row = Row("sqrt", math.sqrt, lambda y, x: (0.5 / y,), r"\sqrt{#1}")
cbrt: Row = Row("cbrt", math.cbrt, lambda y, x: (1.0 / (3.0 * y * y),), r"\sqrt[3]{#1}")
hypot: Row = Row(
    "hypot", math.hypot, lambda y, a, b: (cosine(a, b), cosine(b, a)), r"\sqrt{#1^2 + #2^2}"
)
# cosine of the angle between the vector (a, b) and the first axis
cosine: Row = Row(
    "cosine",
    lambda a, b: a / hypot(a, b),
    lambda y, a, b: (cosine(b, a) * (cosine(b, a) / hypot(a, b)), -y * cosine(b, a) / hypot(a, b)),
    r"\frac{#1}{\sqrt{#1^2 + #2^2}}",
)
# the other leg of a right triangle with hypotenuse 1
cathetus: Row = Row(
    "cathetus", lambda x: sqrt((1.0 - x) * (1.0 + x)), lambda y, x: (-x / y,), r"\sqrt{1 - #1^2}"
)

# -- trigonometric and hyperbolic functions --------------------------------------------------


def _atan2_rule(theta: Number, y: Number, x: Number) -> tuple[Number, Number]:
    r = hypot(x, y)
    is_zero = _is_zero(r)
    return guarded(cosine(x, y) / r, is_zero, 0.0), guarded(-cosine(y, x) / r, is_zero, 0.0)


sin: Row = Row("sin", math.sin, lambda y, x: (cos(x),), r"\sin")
cos: Row = Row("cos", math.cos, lambda y, x: (-sin(x),), r"\cos")
tan: Row = Row("tan", math.tan, lambda y, x: (1.0 + y * y,), r"\tan")
asin: Row = Row("asin", math.asin, lambda y, x: (1.0 / cathetus(x),), r"\arcsin")
acos: Row = Row("acos", math.acos, lambda y, x: (-1.0 / cathetus(x),), r"\arccos")
atan: Row = Row("atan", math.atan, lambda y, x: (square(1.0 / hypot(1.0, x)),), r"\arctan")
atan2: Row = Row("atan2", math.atan2, _atan2_rule, r"\operatorname{atan2}")
sinh: Row = Row(
    "sinh", math.sinh, lambda y, x: (cosh(x),), r"\sinh", beyond=lambda x: math.copysign(INF, x)
)
cosh: Row = Row("cosh", math.cosh, lambda y, x: (sinh(x),), r"\cosh", beyond=lambda x: INF)
tanh: Row = Row("tanh", math.tanh, lambda y, x: (tanh_prime(x),), r"\tanh")
asinh: Row = Row("asinh", math.asinh, lambda y, x: (1.0 / hypot(1.0, x),), r"\operatorname{arsinh}")
acosh: Row = Row(
    "acosh",
    math.acosh,
    lambda y, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    r"\operatorname{arcosh}",
)
atanh: Row = Row(
    "atanh",
    math.atanh,
    lambda y, x: (square(1.0 / cathetus(x)),),
    r"\operatorname{artanh}",
    beyond=lambda x: math.copysign(INF, x) if abs(x) == 1.0 else NAN,
)


def _sech(x: Number) -> Number:
    e = exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)


def _double_cosh(x: Number) -> Number:
    e = exp(x)
    return e + 1.0 / e


sech: Row = Row("sech", _sech, lambda y, x: (-y * tanh(x),), r"\operatorname{sech}")
tanh_prime: Row = Row(
    "tanh_prime",
    lambda x: square(2.0 / _double_cosh(x)),
    lambda y, x: (-2.0 * y * tanh(x),),
    r"\left(1 - \tanh^2 #1\right)",
)
gudermannian: Row = Row(
    "gudermannian",
    lambda x: 2.0 * atan(tanh(0.5 * x)),
    lambda y, x: (sech(x),),
    r"\operatorname{gd}",
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


erf: Row = Row(
    "erf", math.erf, lambda y, x: (2.0 / math.sqrt(math.pi) * gaussian(x),), r"\operatorname{erf}"
)
erfc: Row = Row(
    "erfc",
    math.erfc,
    lambda y, x: (-2.0 / math.sqrt(math.pi) * gaussian(x),),
    r"\operatorname{erfc}",
)
gaussian: Row = Row(
    "gaussian",
    lambda x: _gaussian(x, 1.0),
    lambda y, x: (-2.0 * _bounded(x, 40.0) * y,),
    "e^{-#1^2}",
)
normal_pdf: Row = Row(
    "normal_pdf",
    lambda x: _gaussian(x, 0.5) / math.sqrt(2.0 * math.pi),
    lambda y, x: (-_bounded(x, 40.0) * y,),
    r"\varphi",
)
normal_cdf: Row = Row("normal_cdf", _lower_tail, lambda y, x: (normal_pdf(x),), r"\Phi")

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


sigmoid: Row = Row("sigmoid", _logistic, lambda y, x: (sigmoid_prime(x),), r"\sigma")
sigmoid_prime: Row = Row(
    "sigmoid_prime",
    lambda x: square(1.0 / _double_cosh(0.5 * x)),
    lambda y, x: (-y * tanh(0.5 * x),),
    r"\sigma\left(#1\right)\left(1 - \sigma\left(#1\right)\right)",
)
log_sigmoid: Row = Row(
    "log_sigmoid", lambda x: -softplus(-x), lambda y, x: (sigmoid(-x),), r"\ln\sigma"
)
softplus: Row = Row(
    "softplus",
    lambda x: maximum(x, 0.0) + log1p(exp(-abs(x))),
    lambda y, x: (sigmoid(x),),
    r"\ln\left(1 + e^{#1}\right)",
)
elu: Row = Row(
    "elu",
    lambda x, alpha: where(x <= 0.0, alpha * expm1(x), x),
    lambda y, x, alpha: (where(x <= 0.0, alpha * exp(x), 1.0),),
    r"\operatorname{ELU}",
    parameters={"alpha": 1.0},
)
silu: Row = Row(
    "silu", lambda x: maximum(x, -800.0) * sigmoid(x), _silu_rule, r"\operatorname{SiLU}"
)
gelu: Row = Row(
    "gelu", lambda x: maximum(x, -40.0) * normal_cdf(x), _gelu_rule, r"\operatorname{GELU}"
)
gelu_tanh: Row = Row("gelu_tanh", _gelu_tanh, _gelu_tanh_rule, r"\operatorname{GELU}_{\tanh}")

# -- selections ------------------------------------------------------------------------------

relu: Row = Row(
    "relu",
    lambda x: where(x <= 0.0, 0.0, x),
    lambda y, x: (where(x <= 0.0, 0.0, 1.0),),
    r"\operatorname{ReLU}",
    symbol="ReLU",
    finite=True,
    selects=True,
)
leaky_relu: Row = Row(
    "leaky_relu",
    lambda x, negative_slope: where(x > 0.0, x, negative_slope * x),
    lambda y, x, negative_slope: (where(x > 0.0, 1.0, negative_slope),),
    r"\operatorname{LeakyReLU}",
    parameters={"negative_slope": 0.01},
    selects=True,
)
maximum: Row = Row(
    "maximum",
    lambda a, b: where(a >= b, a, where(a < b, b, a + b)),  # a + b: nan if either is
    lambda y, a, b: (
        where(a < b, 0.0, where(a <= b, 0.5, 1.0)),
        where(b < a, 0.0, where(b <= a, 0.5, 1.0)),
    ),
    tex=r"\max",
    symbol="max",
    selects=True,
    nests=True,
)
minimum: Row = Row(
    "minimum",
    lambda a, b: where(a <= b, a, where(a > b, b, a + b)),
    lambda y, a, b: (
        where(a > b, 0.0, where(a >= b, 0.5, 1.0)),
        where(b > a, 0.0, where(b >= a, 0.5, 1.0)),
    ),
    r"\min",
    symbol="min",
    selects=True,
    nests=True,
)
clamp: Row = Row(
    "clamp",
    lambda x, min, max: where(x < min, min, where(x > max, max, x)),
    lambda y, x, min, max: (where((x >= min) & (x <= max), 1.0, 0.0),),
    r"\operatorname{clamp}",
    parameters={"min": -INF, "max": INF},
    selects=True,
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
    others = plain_sum(where(x < largest, e_k, 0.0) for x, e_k in zip(xs, e))
    ties = plain_sum(where(x < largest, 0.0, 1.0) for x in xs)
    return largest + log1p(others + (ties - 1.0))


def _log_sum_exp_rule(y: Number, xs: Sequence[Number]) -> Sequence[Number]:
    """Return the softmax of xs."""
    _, e = _shifted(xs)
    return list(map(share, e, _of_others(operator.add, 0.0, e)))


def _exponentials(a: Sequence[Number]) -> list[Number]:
    largest = reduce(maximum, a)
    return [exp(x - largest) for x in a]


def shares_of_exponentials(a: Sequence[Number]) -> list[Number]:
    """Return the softmax of plain numbers, all y_k at once."""
    e = _exponentials(a)
    total = plain_sum(e)
    return [e_k / total for e_k in e]


def _softmax(a: Sequence[Number], k: float) -> Number:
    e = _exponentials(a)
    return e[int(k)] / plain_sum(e)


def _softmax_rule(y: Number, a: Sequence[Number], k: float) -> Sequence[Number]:
    """Return ∂y_k/∂a_j = y_k (δ_jk - y_j), with 1 - y_k as the sum of the other y_j."""
    e = _exponentials(a)
    total = plain_sum(e)
    others = plain_sum(e_j for j, e_j in enumerate(e) if j != k)
    return [y * others / total if j == k else -y * e_j / total for j, e_j in enumerate(e)]


def _pick(xs: Sequence[Number], k: Number) -> Number:
    """Return the x with the index k, and nan if there is none."""
    if k.__class__ is float:
        return xs[int(k)] if 0.0 <= k < len(xs) and k.is_integer() else NAN
    return reduce(lambda y, i: where((k <= i) & (k >= i), xs[i], y), range(len(xs)), NAN)


dot: Row = Row(
    "dot",
    lambda w, x, b: plain_sum(map(operator.mul, w, x), b[0] if b else 0.0),
    lambda y, w, x, b: (*x, *w, 1.0) if b else (*x, *w),
    r"\sum_i w_i x_i + b",
    symbol="w·x+b",
    vectors=_weights_inputs_bias,
    finite=True,
    written_out=True,
    lists=2,
)
sum: Row = Row(
    "sum",
    lambda xs: plain_sum(xs, 0.0),
    lambda y, xs: [1.0] * len(xs),
    r"\sum",
    symbol="Σ",
    vectors=_one,
    finite=True,
    written_out=True,
    ellipsis=True,
)
mean: Row = Row(
    "mean",
    lambda xs: plain_sum(xs, 0.0) / len(xs),
    lambda y, xs: [1.0 / len(xs)] * len(xs),
    r"\operatorname{mean}",
    vectors=_one,
    finite=True,
    written_out=True,
)
prod: Row = Row(
    "prod",
    lambda xs: reduce(operator.mul, xs, 1.0),
    lambda y, xs: _of_others(operator.mul, 1.0, xs),
    r"\prod",
    symbol="Π",
    vectors=_one,
    written_out=True,
    ellipsis=True,
)
logsumexp: Row = Row(
    "logsumexp", _log_sum_exp, _log_sum_exp_rule, r"\ln\sum\exp", vectors=_one, ellipsis=True
)
softmax: Row = Row(
    "softmax",
    _softmax,
    _softmax_rule,
    r"\operatorname{softmax}",
    vectors=lambda operands: (operands[:-1], operands[-1]),
    index=True,
    ellipsis=True,
)
pick: Row = Row(
    "pick",
    _pick,
    lambda y, xs, k: (*[where((k <= i) & (k >= i), 1.0, 0.0) for i in range(len(xs))], 0.0),
    vectors=lambda operands: (operands[:-1], operands[-1]),
    selects=True,
    index=True,
    ellipsis=True,
)

BUILT_IN.update(TABLE)
