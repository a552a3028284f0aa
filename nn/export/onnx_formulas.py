"""Activations in ONNX: its own operators, and formulas made of them."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple


class Formula(NamedTuple):
    """A function of x in ONNX's textual syntax, one operator a line, and its constants."""

    constants: dict[str, list[float]]
    text: str


OPERATORS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "identity": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {}),
    "softplus": ("Softplus", {}),
    "softmax": ("Softmax", {"axis": -1}),
}

FORMULAS: Final = {
    "silu": Formula(
        {"least": [-800.0]},  # below it σ is 0
        """
        s = Sigmoid (x)
        z = Max (x, least)
        y = Mul (z, s)
        """,
    ),
    "gelu": Formula(
        {"half": [0.5], "one": [1.0], "scale": [math.sqrt(0.5)]},
        """
        t = Mul (scale, x)
        e = Erf (t)
        s = Add (one, e)
        cdf = Mul (half, s)
        y = Mul (x, cdf)
        """,
    ),
    "gudermannian": Formula(
        {"half": [0.5], "two": [2.0]},
        """
        a = Mul (half, x)
        t = Tanh (a)
        b = Atan (t)
        y = Mul (two, b)
        """,
    ),
}

# In double precision ONNX Runtime has no Elu, Softplus, Erf and Atan, and rounds the slope of
# LeakyRelu to float32. What follows needs none of them.

# Φ(x) - 1/2 is a step smoothed by the normal density. Repeated with period 34 and alternating
# sign, it is a square wave smoothed, whose Fourier series is that of the square wave times the
# transform of the density, exp(-ω²/2). For |x| ≤ 8.5 the repetition is not felt, and beyond
# the 24th term nothing is left, both in 16 digits.
STEP: Final = 8.5
WAVES: Final = [math.pi * n / (2.0 * STEP) for n in range(1, 48, 2)]

# atan(t) = 4 atan(s) where s comes from t by halving the angle twice. |s| < 0.2 then, so that
# eleven terms of Gregory's series give 16 digits.
ODD: Final = [float(n) for n in range(1, 23, 2)]

FORMULAS_IN_DOUBLE: Final = {
    "leaky_relu": Formula(
        {"slope": [0.01]},
        """
        below = Mul (slope, x)
        y = Max (x, below)
        """,
    ),
    "elu": Formula(  # e^n - 1 = tanh(n/2) (e^n + 1), which keeps its digits near 0
        {"zero": [0.0], "half": [0.5], "one": [1.0]},
        """
        n = Min (x, zero)
        e = Exp (n)
        s = Add (e, one)
        a = Mul (half, n)
        t = Tanh (a)
        below = Mul (t, s)
        above = Relu (x)
        y = Add (above, below)
        """,
    ),
    "softplus": Formula(
        {"one": [1.0]},
        """
        a = Abs (x)
        n = Neg (a)
        e = Exp (n)
        s = Add (one, e)
        l = Log (s)
        above = Relu (x)
        y = Add (above, l)
        """,
    ),
    "gelu": Formula(
        {
            "half": [0.5],
            "least": [-40.0],  # below it Φ is 0
            "lower": [-STEP],
            "upper": [STEP],
            "waves": WAVES,
            "amplitudes": [math.exp(-0.5 * w * w) / (STEP * w) for w in WAVES],
        },
        """
        last = Constant <value = int64[1] {-1}> ()
        a = Max (x, lower)
        b = Min (a, upper)
        c = Unsqueeze (b, last)
        d = Mul (c, waves)
        e = Sin (d)
        f = MatMul (e, amplitudes)
        cdf = Add (half, f)
        z = Max (x, least)
        y = Mul (z, cdf)
        """,
    ),
    "gudermannian": Formula(
        {
            "half": [0.5],
            "one": [1.0],
            "odd": ODD,
            "series": [8.0 * (-1.0) ** i / n for i, n in enumerate(ODD)],
        },
        """
        last = Constant <value = int64[1] {-1}> ()
        h = Mul (half, x)
        t = Tanh (h)
        a = Mul (t, t)
        b = Add (one, a)
        c = Sqrt (b)
        d = Add (one, c)
        r = Div (t, d)
        e = Mul (r, r)
        f = Add (one, e)
        g = Sqrt (f)
        i = Add (one, g)
        s = Div (r, i)
        j = Unsqueeze (s, last)
        k = Pow (j, odd)
        y = MatMul (k, series)
        """,
    ),
}
