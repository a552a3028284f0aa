"""What JavaScript can compute: the functions of its `Math`, and those that it lacks."""

from __future__ import annotations

from typing import Final

MATH: Final = """abs acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10
log1p log2 sin sinh sqrt tan tanh"""
PRELUDE: Final = """\
// What Math lacks. In e^(-x²), x² is split so that no digit is lost; pow is that of IEEE 754.
function gauss(x, h = Math.fround(x)) { return Math.exp(-h * h) * Math.exp((h - x) * (h + x)); }
function erf(x) {
  if (Math.abs(x) >= 0.75) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let sum = x, term = x;
  for (let n = 1; n < 20; n++) sum += term *= x * x / (n + 0.5);
  return 2 / Math.sqrt(Math.PI) * gauss(x) * sum;
}
function erfc(x) {
  if (x < 0.75) return 1 - erf(x);
  let f = x;
  for (let n = 500; n > 0; n--) f = x + n / 2 / f;  // Laplace's continued fraction
  return x > 28 ? 0 : gauss(x) / f / Math.sqrt(Math.PI);
}
function pow(a, b) { return a === 1 || (a === -1 && b * b === Infinity) ? 1 : Math.pow(a, b); }
"""
