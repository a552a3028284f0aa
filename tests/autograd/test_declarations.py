"""A row that cannot be used as it is declared is refused then, by its name."""

import math
from typing import Any

import pytest

from autograd import Operation, Value, add, where
from autograd.declarations import check
from autograd.table import BUILT_IN, TABLE

NAME = "row_of_a_test"


def declare(**options: Any) -> None:
    """Declare a row of two operands; what is refused is not in the table."""
    row: dict[str, Any] = {"forward": lambda a, b: a * b, "local": lambda y, a, b: (b, a)}
    try:
        Operation(NAME, **row | options)
    except (TypeError, ValueError):
        assert NAME not in TABLE
        raise
    del TABLE[NAME]


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        ("#1 #3", "has #3, which is no operand; there are #1 for a, #2 for b"),
        ("#0 #1 #2", "has #0, which is no operand"),
        ("#1 # #2", "has # , which is no operand"),
        ("#1#2#", "has #, which is no operand"),
        ("#1^2", "leaves #2 out, which stands for the operand b"),
        (r"\frac{#1}{#2", "has { without its end"),
        ("#1 #2}", "has }, and no { before it"),
        (r"\left(#1 #2", r"has \\left without its end"),
        (r"#1 #2\right)", r"has \\right\), and no \\left before it"),
        (r"{#1 \left( #2}\right)", "has }, and no { before it"),
        (r"\begin{cases} #1 & #2", r"has \\begin without its end"),
        (r"#1 #2 \end{cases}", r"has \\end{cases}, and no \\begin before it"),
        (r"\frac{#1 #2}", r"has \\frac without what it applies to"),
        (r"{#1 #2 \sqrt}", r"has \\sqrt without what it applies to"),
        ("#1 #2^", r"has \^ without what it applies to"),
        (r"#1 #2\operatorname", r"has \\operatorname without what it applies to"),
        ("#1 % #2", r"has a bare %, which ends the formula; write \\%"),
        ("$#1 #2$", r"has a bare \$"),
        ("#1 #2\\", r"has a bare \\"),
        (r"\operatorname{f", "has { without its end"),
    ],
)
def test_wrong_forms(tex: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"operation '{NAME}': its tex .* {message}"):
        declare(tex=tex)


@pytest.mark.parametrize(
    "tex",
    [
        *("", "f", r"\max", r"f_{\mathrm{up}}", "#1#2", r"\#1 #1 \% #2", r"\frac#1#2", "#2^{#1}"),
        *(r"\left.#1\right|_{#2}", r"\left\{#1, #2\right\}", r"\sqrt[3]{#1 #2}", r"\leftarrow"),
        *(r"\sqrt[#2]{#1}", r"\sqrt[#1]{#2}"),
        *(r"#1^\frac{1}{2} #2", r"\begin{cases} #1 & a \\ #2 & b \end{cases}"),
    ],
)
def test_right_forms(tex: str) -> None:
    declare(tex=tex)


def test_places_of_parameters_may_be_left_out_and_vectors_have_none() -> None:
    options: dict[str, Any] = {
        "forward": lambda x, k: k * x,
        "local": lambda y, x, k: (k,),
        "parameters": {"k": 2.0},
    }
    declare(tex="k #1", **options)
    declare(tex="#2 #1", **options)
    with pytest.raises(ValueError, match="leaves #1 out"):
        declare(tex="#2", **options)
    options = {"forward": sum, "local": lambda y, xs: [1.0] * len(xs), "vectors": lambda xs: (xs,)}
    declare(tex=r"\sum", **options)
    with pytest.raises(ValueError, match="any number of operands: give a name"):
        declare(tex=r"\sum #1", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"local": None}, "local must be a function, not None"),
        ({"local": r"\tanh"}, "local must be a function, not .*tanh"),
        ({"forward": 2.0}, "forward must be a function, not 2.0"),
        ({"beyond": math.inf}, "beyond must be a function, not inf"),
        ({"symbol": 3}, "symbol must be a text, not 3"),
        ({"tex": b"x"}, "tex must be a text, not b'x'"),
    ],
)
def test_wrong_types(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"operation '{NAME}': {message}"):
        declare(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"local": lambda y, a: (a,)}, r"forward takes \(a, b\), so .* but it takes \(y, a\)"),
        ({"local": lambda: ()}, "local takes nothing"),
        ({"parameters": {"c": 1.0}}, r"its parameters are \(c\), .* takes \(a, b\)"),
        ({"parameters": {"b": 1.0, "a": 1.0}}, r"its parameters are \(b, a\)"),
        ({"forward": math.pow, "parameters": {"b": 1.0}}, "must be a function of Python"),
        ({"infix": "+"}, r"infix says that programs may write \+ in place of forward"),
        ({"forward": math.hypot, "written_out": True}, "cannot write out hypot of math"),
        ({"index": True}, "index is for operations on any number of operands"),
        ({"ellipsis": True}, "ellipsis is for operations on any number of operands"),
        ({"nests": True, "tex": "#1 #2"}, "its tex must be a name, without places"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"operation '{NAME}': .*{message}"):
        declare(**options)


@pytest.mark.parametrize("name", ["", None, 3])
def test_an_operation_has_a_name(name: Any) -> None:
    with pytest.raises(ValueError, match="an operation needs a name"):
        Operation(name, lambda x: x, lambda y, x: (1.0,))
    assert name not in TABLE


def test_any_function_will_do() -> None:
    class Rule:
        def __call__(self, y: Any, *operands: Any) -> tuple[float, float]:
            return (1.0, 2.0)

    declare(local=Rule())
    declare(forward=add, local=Rule())
    declare(forward=math.hypot, tex=r"\sqrt{#1^2 + #2^2}")
    declare(forward=lambda *xs: xs[0], local=lambda y, *xs: xs, tex="#1 #2 #3")


@pytest.mark.parametrize(
    "options",
    [
        {"forward": lambda x, k=2.0: k * x, "local": lambda y, x: (2.0,)},
        {"forward": lambda x: 2.0 * x, "local": lambda y, x, k=2.0: (k,)},
        {"forward": lambda x, k=2.0: k * x, "local": lambda y, x, k=2.0: (k,)},
    ],
)
def test_what_has_a_default_is_no_operand(options: dict[str, Any]) -> None:
    """As functions that are made in a loop keep its number."""
    declare(**options)
    declare(tex="k #1", **options)
    with pytest.raises(ValueError, match="has #3, which is no operand"):
        declare(tex="#1 #3", **options)


LONG = "n\x1b" * 500


@pytest.mark.parametrize(
    "options",
    [
        {"local": LONG}, {"symbol": 3, "infix": LONG}, {"tex": f"{LONG}{{"}, {"beyond": LONG},
        {"tex": f"#1 #2 \\end{{{LONG}}}"}, {"tex": [LONG]}, {"local": lambda y: ()},
    ],
)  # fmt: skip
def test_messages_quote_200_characters(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        Operation(LONG, **{"forward": lambda a, b: a, "local": lambda y, a, b: (1.0,)} | options)
    assert len(str(error.value)) < 700  # of three texts at most
    assert str(error.value).isprintable()
    assert LONG not in TABLE


def test_what_has_a_default_is_all_that_may_be_missing() -> None:
    with pytest.raises(ValueError, match="so local must take the result and these"):
        declare(forward=lambda x, y, k=2.0: k * x * y, local=lambda result, x: (1.0,))
    with pytest.raises(ValueError, match="so local must take the result and these"):
        declare(forward=lambda x: x, local=lambda result, x, y, k=2.0: (k,))


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_rows_of_the_table_are_right(name: str) -> None:
    check(TABLE[name], is_own=False)


def test_what_an_infix_would_have_computed() -> None:
    """Programs write the operator: this row's program would forget that it saturates."""
    bounded = Operation(
        NAME,
        lambda a, b: where(a + b > 1.0, 1.0, a + b),
        lambda y, a, b: (where(a + b > 1.0, 0.0, 1.0),) * 2,
        symbol="+",
    )
    del TABLE[NAME]
    y = bounded(Value(0.75), 0.75)
    y.backward()
    assert (y.data, y.parents[0].grad, bounded.symbol) == (1.0, 0.0, "+")
