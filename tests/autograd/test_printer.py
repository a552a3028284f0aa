"""One walk and one table of precedence, for every language that prints expressions."""

from collections.abc import Callable
from typing import Any

import pytest

from autograd import Operation, Value, where
from autograd import operations as op
from autograd.printer import Text
from autograd.table import TABLE
from autograd.view import expression
from autograd.view.formula import Formula
from autograd.view.javascript import javascript
from autograd.view.latex import LaTeX, latex
from autograd.view.plain import plain
from autograd.view.python import Python

a, b, c = Formula("a"), Formula("b"), Formula("c")


def python(formula: Any) -> str:
    return Python().print(formula)[0].text


@pytest.mark.parametrize(
    ("formula", "in_python", "in_text"),
    [
        (a - (b - c), "a - (b - c)", "a − (b − c)"),
        (a / (b * c), "a / (b * c)", "a/(b · c)"),
        ((a * b) / c, "a * b / c", "(a · b)/c"),
        ((a / b) ** 2.0, "(a / b) ** 2.0", "(a/b)²"),
        (-(a**b), "-a ** b", "−a^b"),
        ((-a) ** b, "(-a) ** b", "(−a)^b"),
        (2.0**a, "2.0 ** a", "2^a"),
        (op.exponential(a, b + c), "(b + c) ** a", "(b + c)^a"),
        (op.exp(op.square(a)), "exp(square(a))", "e^(a²)"),
        (op.square(op.exp(a)), "square(exp(a))", "(e^a)²"),
        (op.sqrt(a) + op.cbrt(a / b), "sqrt(a) + cbrt(a / b)", "√a + ∛(a/b)"),
        (a**0.5, "a ** 0.5", "a^0.5"),
        (a * -1e-7, "a * -1e-07", "a · (−10⁻⁷)"),
        (op.dot.apply((a, b, b, c, a)), "dot([a, b], [b, c], a)", "a + a · b + b · c"),
        (op.mean.apply((a, b)), "mean([a, b])", "(a + b)/2"),
        (op.softmax.apply((a, b, 1.0)), "softmax([a, b])[1]", "softmax(a, b)₁"),
        (op.maximum(op.maximum(a, b), c), "maximum(maximum(a, b), c)", "max(a, b, c)"),
        (
            where(a > b, a, where(b <= c, b, 0.0)) * c,
            "(a if a > b else (b if b <= c else 0.0)) * c",
            "{a if a > b, b if b ≤ c, 0 otherwise} · c",
        ),
    ],
)
def test_brackets(formula: Any, in_python: str, in_text: str) -> None:
    assert python(formula) == in_python
    assert plain(formula) == in_text


@pytest.mark.parametrize("printed", [latex, plain, python, javascript])
def test_depth_needs_no_stack(printed: Callable[[Any], str]) -> None:
    total, largest, choice = a, a, a
    for _ in range(3000):
        total = total + b
        largest = op.maximum(largest, b)
        choice = where(b > 0.0, b, choice)
    assert printed(total).count("b") == 3000
    if printed is not javascript:  # which writes a maximum out
        assert printed(largest).count("b") == 3000
        assert printed(choice).count("a") >= 1


def test_names_stand_for_parts_and_what_they_are_made_of_is_not_printed() -> None:
    part = op.maximum(a, b)
    printer = LaTeX({part: Text("m")})
    assert [x.text for x in printer.print(op.maximum(part, c), part)] == [
        r"\max\left(m, c\right)",
        "m",
    ]
    assert python(part) == "maximum(a, b)"


@pytest.mark.parametrize(
    ("tex", "in_latex", "in_text"),
    [
        (
            r"\left(1 - #1\right)",
            r"\left(1 - \left(a - b\right)\right) \cdot c",
            "(1 − (a − b)) · c",
        ),
        (
            r"\left\lfloor #1\right\rfloor",
            r"\left\lfloor a - b\right\rfloor \cdot c",
            "⌊a − b⌋ · c",
        ),
        (
            r"f_{\mathrm{up}}\left(#1\right)",
            r"f_{\mathrm{up}}\left(a - b\right) \cdot c",
            "f_up(a − b) · c",
        ),
        (r"\frac12 #1^2", r"\frac12 \left(a - b\right)^2 \cdot c", "1/2 (a − b)² · c"),
        (r"#1!", r"\left(a - b\right)! \cdot c", "(a − b)! · c"),
    ],
)
def test_forms_of_a_user(tex: str, in_latex: str, in_text: str) -> None:
    row = Operation("own form", lambda x: x * x, lambda y, x: (2.0 * x,), tex=tex)
    del TABLE["own form"]
    formula = row(a - b) * c
    assert latex(formula) == in_latex
    assert plain(formula) == in_text


def test_expressions_are_cut_at_the_same_places_each_time() -> None:
    def cut() -> str:
        x = Value(2.0, label="x")
        return str(expression(op.sum.apply(tuple(x * i for i in range(40)))))

    assert cut() == cut()
