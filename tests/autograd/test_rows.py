"""Every row of the table is generic: it runs on floats, nodes, arrays and formulas alike.

One of the rows here is not built in but declared below, as a user would.
"""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from inspect import signature
from itertools import groupby, product
from typing import Any

import numpy as np
import pytest

from autograd import Operation, Value, exp, grad, gradcheck, gradients, tanh, where
from autograd import operations as op
from autograd.javascript import PRELUDE
from autograd.numbers import number_of
from autograd.table import BUILT_IN, TABLE
from autograd.view.formula import Formula, rule
from autograd.view.javascript import function, javascript
from autograd.view.latex import latex

INF, NAN = math.inf, math.nan
Operands = tuple[float, ...]

# A row of a user's own: arithmetic, other rows, a choice, two operands and a parameter.
OWN = Operation(
    "spring",
    lambda x, v, k: where(x > v, k * x * x * exp(-v), k * tanh(x) / (2.0 + v * v)),
    lambda y, x, v, k: (
        where(x > v, 2.0 * k * x * exp(-v), k * (1.0 - tanh(x) ** 2) / (2.0 + v * v)),
        where(x > v, -y, -2.0 * v * y / (2.0 + v * v)),
    ),
    tex=r"S_{#3}\left(#1, #2\right)",
    parameters={"k": 0.75},
)
del TABLE["spring"]  # other tests count the rows
ROWS = {name: TABLE[name] for name in sorted(BUILT_IN)} | {"spring": OWN}

ORDINARY = [0.37, -0.43, 2.3, -1.9]
EXTREME = [0.0, -0.0, 1.0, -1.0, 40.0, -40.0, 745.0, -745.0, 1e-300, 5e-324, -5e-324, 1e308, -1e308]
EXTREME += [INF, -INF, NAN]
VECTORS: dict[str, list[Operands]] = {
    "dot": [(0.3, -0.7, 1.1, 2.0, 0.4), (1.0, 2.0, 3.0, -1.5)],
    "softmax": [(0.3, -0.7, 1.1, 2.0), (0.3, -0.7, 1.1, 0.0), (-3.0, 4.0, 1.0)],
    "pick": [(0.3, -0.7, 1.1, 2.0), (0.3, -0.7, 1.1, 0.0), (-3.0, 4.0, 1.0)],
    "": [(0.3, -0.7, 1.1), (2.0, 1.5), (0.9,), (0.5, -2.0, 3.5, 1.25)],
}
INDEXED = ("softmax", "pick")  # their last operand is an index
SHAPES = {"dot": 5, "softmax": 4, "pick": 4}  # operands to put extreme numbers in, where not 3
PARAMETERS = {"clamp": (-1.0, 1.5), "elu": (0.7,), "leaky_relu": (0.01,), "spring": (0.75,)}


def operands_of(row: Operation) -> int:
    """Return the number of operands without parameters."""
    return len(rule(row)[0].operands) - len(row.parameters)


def ordinary(name: str) -> list[Operands]:
    """Return points in the domain of a row, away from kinks."""
    row = ROWS[name]
    if row.vectors is not None:
        return VECTORS.get(name, VECTORS[""])
    pairs = [v for v in product(ORDINARY, repeat=operands_of(row)) if len({*v}) == len(v)]
    points = [(*v, *PARAMETERS.get(name, ())) for v in pairs]
    return [v for v in points if not math.isnan(row.apply(v)) and not is_off_domain(name, v)]


def is_off_domain(name: str, v: Operands) -> bool:
    return name == "exponential" and v[1] < 0.0


def extreme(name: str) -> list[Operands]:
    row = ROWS[name]
    if row.vectors is None:
        points = product(EXTREME, repeat=operands_of(row))
        return [(*v, *PARAMETERS.get(name, ())) for v in points]
    n = SHAPES.get(name, 3)
    points = [tuple(EXTREME[(i + k * k) % len(EXTREME)] for k in range(n)) for i in range(16)]
    return [(*v[:-1], 1.0) for v in points] if name in INDEXED else points


def differentiable(name: str, v: Sequence[Any]) -> int:
    """Return how many of the operands have a derivative."""
    constants = {"power": 1, "exponential": 1, "softmax": 1, "pick": 1}
    return len(v) - constants.get(name, len(ROWS[name].parameters))


def ulps(a: float, b: float) -> float:
    """Return how far two numbers are apart, in ulp; 0 for two nan, inf for 0.0 and -0.0."""
    if math.isnan(a) or math.isnan(b):
        return 0.0 if math.isnan(a) and math.isnan(b) else INF
    if a == b:
        return 0.0 if math.copysign(1.0, a) == math.copysign(1.0, b) else INF
    if math.isinf(a) or math.isinf(b):
        return INF
    return abs(a - b) / math.ulp(max(abs(a), abs(b)))


# -- nodes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_forward_run_on_nodes_has_the_declared_gradients(name: str) -> None:
    """The chain rule through the formula of `forward` knows nothing of `local`."""
    row = ROWS[name]
    if row.is_primitive:
        pytest.skip("forward is a function of math, which takes floats only")
    for point in ordinary(name):
        n = differentiable(name, point)
        nodes = [Value(x) for x in point[:n]]
        y = row.formula([*nodes, *point[n:]])
        value = row.apply(point)
        assert number_of(y) == value
        found = gradients(y, nodes)
        declared = row.local_gradients(value, point)[:n]
        assert found == pytest.approx(list(declared), rel=1e-12, abs=1e-15), point


@pytest.mark.parametrize("name", ROWS)
def test_local_run_on_nodes_gives_the_same_numbers(name: str) -> None:
    row = ROWS[name]
    for point in ordinary(name):
        n = differentiable(name, point)
        nodes = [Value(x) for x in point[:n]]
        y = row.apply((*nodes, *point[n:]))
        floats = row.local_gradients(y.data, point)
        as_nodes = row.rule(y, [*nodes, *point[n:]])
        assert len(floats) == len(as_nodes) >= n
        for local, node in zip(floats[:n], as_nodes[:n]):
            assert number_of(node) == local


@pytest.mark.parametrize("name", ROWS)
def test_rows_and_their_local_gradients_pass_gradcheck(name: str) -> None:
    row = ROWS[name]

    def value(constants: Operands, *variables: Value) -> Any:
        return row.apply((*variables, *constants))

    def slope(i: int, constants: Operands, *variables: Value) -> Any:
        operands = (*variables, *constants)
        return row.rule(row.apply(operands), operands)[i]

    for point in ordinary(name)[:6]:
        n = differentiable(name, point)
        assert gradcheck(partial(value, point[n:]), point[:n]), point
        for i in range(n):
            report = gradcheck(partial(slope, i, point[n:]), point[:n])
            assert report, (point, i, report)


def test_second_derivatives_of_a_users_own_row() -> None:
    for point in ordinary("spring")[:6]:
        for i in (0, 1):
            report = gradcheck(grad(lambda x, v: OWN(x, v), argnums=i), point[:2])
            assert report, (point, i, report)


# -- arrays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_arrays_give_what_floats_give(name: str) -> None:
    for points in alike(name, ordinary(name) + extreme(name)):
        for point, found, expected in on_arrays(np, ROWS[name], points):
            for a, b in zip(found, expected, strict=True):
                assert ulps(a, b) <= 4, (point, a, b)


@pytest.mark.parametrize("name", ROWS)
def test_jax_arrays_give_what_floats_give(name: str, jax_numpy: Any) -> None:
    for points in alike(name, ordinary(name)):
        for point, found, expected in on_arrays(jax_numpy, ROWS[name], points):
            assert found == pytest.approx(expected, rel=1e-14, abs=0.0), point


@pytest.mark.parametrize("row", [op.erf, op.erfc, op.gelu, op.normal_cdf])
def test_what_array_libraries_lack_is_computed_within_jit_and_in_single_precision(
    row: Operation, jax_numpy: Any
) -> None:
    points = [-6.0, -0.5, 0.0, 0.25, 3.0]
    expected = pytest.approx([row(x) for x in points], rel=1e-5, abs=1e-7)
    function = pytest.importorskip("jax").jit(lambda x: row(x))
    for y in (function(jax_numpy.array(points, "float32")), row(np.array(points, "float32"))):
        assert y.dtype == np.float32
        assert y.tolist() == expected
    assert row(np.array([])).shape == (0,)


@pytest.fixture
def jax_numpy() -> Iterator[Any]:
    """JAX's NumPy in double precision."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax.numpy
    jax.config.update("jax_enable_x64", before)


def alike(name: str, points: list[Operands]) -> Iterator[list[Operands]]:
    """Yield points of the same length, and of one index."""
    key: Callable[[Operands], Any] = (lambda v: (len(v), v[-1])) if name in INDEXED else len
    for _, same in groupby(sorted(points, key=key), key=key):
        yield [*same]


def on_arrays(
    library: Any, row: Operation, points: list[Operands]
) -> Iterator[tuple[Operands, list[float], list[float]]]:
    """Yield each point with value and slopes there, computed on arrays and on floats."""
    arrays = len(points[0]) - (row.name in INDEXED)
    columns = [library.array(column) for column in zip(*points)]
    operands = [*columns[:arrays], *points[0][arrays:]]
    with np.errstate(all="ignore"):
        y = row.apply(tuple(operands))
        slopes = row.rule(y, operands)
    n = differentiable(row.name, points[0])
    table = np.broadcast_arrays(y, *slopes[:n])
    for k, point in enumerate(points):
        value = row.apply(point)
        expected = [value, *row.local_gradients(value, point)[:n]]
        yield point, [float(column[k]) for column in table], expected


# -- formulas: LaTeX -------------------------------------------------------------------------------

LATEX = {
    "add": [r"a + b", "1", "1"],
    "div": [r"\frac{a}{b}", r"\frac{1}{b}", r"\frac{-y}{b}"],
    "power": ["x^{c}", r"c \cdot x^{c - 1}"],
    "exp": ["e^{x}", "y"],
    "log10": [r"\log_{10}\left(x\right)", r"\frac{0.43429448190325176}{x}"],
    "cathetus": [r"\sqrt{1 - x^2}", r"\frac{-x}{y}"],
    "tanh": [r"\tanh\left(x\right)", r"1 - \tanh^2 x"],
    "atan": [r"\arctan\left(x\right)", r"\left(\frac{1}{\sqrt{1^2 + x^2}}\right)^2"],
    "gaussian": ["e^{-x^2}", r"-2 \cdot x \cdot y"],
    "sigmoid": [
        r"\sigma\left(x\right)",
        r"\sigma\left(x\right)\left(1 - \sigma\left(x\right)\right)",
    ],
    "gelu": [
        r"\operatorname{GELU}\left(x\right)",
        r"\Phi\left(x\right) + x \cdot \varphi\left(x\right)",
    ],
    "relu": [
        r"\operatorname{ReLU}\left(x\right)",
        r"\begin{cases} 0 & x \le 0 \\ 1 & \text{otherwise} \end{cases}",
    ],
    "leaky_relu": [
        r"\operatorname{LeakyReLU}\left(x, 0.01\right)",
        r"\begin{cases} 1 & x > 0 \\ 0.01 & \text{otherwise} \end{cases}",
    ],
    "maximum": [
        r"\max\left(a, b\right)",
        r"\begin{cases} 0 & a < b \\ 0.5 & a = b \\ 1 & \text{otherwise} \end{cases}",
        r"\begin{cases} 0 & b < a \\ 0.5 & b = a \\ 1 & \text{otherwise} \end{cases}",
    ],
    "dot": [r"w_1 \cdot x_1 + w_2 \cdot x_2", "x_1", "x_2", "w_1", "w_2"],
    "sum": [r"x_1 + x_2 + x_3", "1", "1", "1"],
    "mean": [r"\frac{x_1 + x_2 + x_3}{3}"] + ["0.3333333333333333"] * 3,
    "prod": [
        r"x_1 \cdot x_2 \cdot x_3",
        r"x_3 \cdot x_2",
        r"x_1 \cdot x_3",
        r"x_1 \cdot x_2",
    ],
    "pick": [
        r"\operatorname{pick}\left(x_0, x_1\right)_{k}",
        r"\begin{cases} 1 & k = 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{cases} 1 & k = 1 \\ 0 & \text{otherwise} \end{cases}",
        "0",
    ],
    "spring": [
        r"S_{0.75}\left(x, v\right)",
        r"\begin{cases} 1.5 \cdot x \cdot e^{-v} & x > v \\ "
        r"\frac{0.75 \cdot \left(1 - \left(\tanh\left(x\right)\right)^{2}\right)}{2 + v \cdot v}"
        r" & \text{otherwise} \end{cases}",
        r"\begin{cases} -y & x > v \\ \frac{-2 \cdot v \cdot y}{2 + v \cdot v}"
        r" & \text{otherwise} \end{cases}",
    ],
}
SYMBOLS: dict[str, list[Any]] = {
    "dot": ["w_1", "w_2", "x_1", "x_2"],
    "softmax": ["a_1", "a_2", "a_3", 1.0],
    "pick": ["x_0", "x_1", "k"],
}


def symbolic(name: str) -> list[Any]:
    """Return the formulas of value and local gradients of a row."""
    row = ROWS[name]
    operands = SYMBOLS.get(name, 3) if row.vectors is not None else None
    value, gradients = rule(row, operands)
    return [value, *gradients]


@pytest.mark.parametrize("name", LATEX)
def test_latex(name: str) -> None:
    assert [latex(formula) for formula in symbolic(name)] == LATEX[name]


@pytest.mark.parametrize("name", ROWS)
def test_latex_is_balanced(name: str) -> None:
    for formula in symbolic(name):
        text = latex(formula)
        assert text
        assert "#" not in text
        assert closes(text), text


def closes(text: str) -> bool:
    r"""Return whether braces, \left and \right, \begin and \end are nested."""
    pairs = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}
    waiting: list[str] = []
    for token in re.findall(r"[{}]|\\(?:left|right|begin|end)(?![A-Za-z])", text):
        if token not in pairs:
            waiting.append(token)
        elif not waiting or waiting.pop() != pairs[token]:
            return False
    return not waiting


def test_the_check_of_balance_can_fail() -> None:
    assert closes(r"\frac{a}{\left(b\right)}")
    for text in ("{", "}", r"\frac{a}{\left(b}\right)", r"\leftarrow\left(", r"\end{cases}"):
        assert not closes(text)


def brackets() -> list[tuple[Any, str, str]]:
    a, b, c = Formula("a"), Formula("b"), Formula("c")
    return [
        (a + b + c, "a + b + c", "a + b + c"),
        (a + (b + c), "a + b + c", "a + (b + c)"),  # floats are not associative
        (a - (b - c), r"a - \left(b - c\right)", "a - (b - c)"),
        (a - b - c, "a - b - c", "a - b - c"),
        (a * (b + c), r"a \cdot \left(b + c\right)", "a * (b + c)"),
        (a * b + c, r"a \cdot b + c", "a * b + c"),
        (a / (b / c), r"\frac{a}{\frac{b}{c}}", "a / (b / c)"),
        (a / b / c, r"\frac{\frac{a}{b}}{c}", "a / b / c"),
        ((a / b) ** 2, r"\left(\frac{a}{b}\right)^{2}", "pow(a / b, 2.0)"),
        ((a**b) ** c, r"\left(a^{b}\right)^{c}", "pow(pow(a, b), c)"),
        (a ** (b**c), "a^{b^{c}}", "pow(a, pow(b, c))"),
        (2**a, "2^{a}", "pow(2.0, a)"),
        (Formula("w_{12}") ** 2, "w_{12}^{2}", "pow(w_{12}, 2.0)"),
        (Formula("a^{(1)}") ** 2, r"\left(a^{(1)}\right)^{2}", "pow(a^{(1)}, 2.0)"),
        (-op.neg(a), r"-\left(-a\right)", "-(-a)"),
        (-(a + b), r"-\left(a + b\right)", "-(a + b)"),
        (-a * b, r"-a \cdot b", "-a * b"),
        (a * -b, r"a \cdot \left(-b\right)", "a * -b"),
        (a - -b, r"a - \left(-b\right)", "a - -b"),
        (a + -2.0, r"a + \left(-2\right)", "a + -2.0"),
        ((-2.0) ** a, r"\left(-2\right)^{a}", "pow(-2.0, a)"),
        (op.square(op.exp(a)), r"\left(e^{a}\right)^2", "Math.exp(a) * Math.exp(a)"),
        (op.exp(op.square(a)), "e^{a^2}", "Math.exp(a * a)"),
        (op.square(abs(a)), r"\left|a\right|^2", "Math.abs(a) * Math.abs(a)"),
        (op.tanh(a + b), r"\tanh\left(a + b\right)", "Math.tanh(a + b)"),
        (op.log1p(a * b), r"\ln\left(1 + a \cdot b\right)", "Math.log1p(a * b)"),
        (
            where(a > b, a, b) * c,
            r"\left(\begin{cases} a & a > b \\ b & \text{otherwise} \end{cases}\right) \cdot c",
            "(a > b ? a : b) * c",
        ),
        (
            where((a + b < c) & (a >= 0.0), 1.0, where(b <= a, 2.0, a)),
            r"\begin{cases} 1 & a + b < c \text{ and } a \ge 0 \\ 2 & b \le a \\ a & "
            r"\text{otherwise} \end{cases}",
            "a + b < c && a >= 0.0 ? 1.0 : b <= a ? 2.0 : a",
        ),
        (a * 1.0 + 1.0 * b / 1.0, "a + b", "a + b"),
        (a * 1e-5 + 5e-324, r"a \cdot 10^{-5} + 5 \cdot 10^{-324}", "a * 1e-05 + 5e-324"),
        (a + INF + NAN, r"a + \infty + \mathrm{NaN}", "a + Infinity + NaN"),
        (0.1 * a, r"0.1 \cdot a", "0.1 * a"),
    ]


def test_brackets_stand_only_where_needed() -> None:
    for formula, tex, js in brackets():
        assert (latex(formula), javascript(formula)) == (tex, js)
    product = Formula("a") * Formula("b")  # a power below the signs and roots of a form
    assert latex(op.gaussian(product)) == r"e^{-\left(a \cdot b\right)^2}"
    assert latex(op.cathetus(product)) == r"\sqrt{1 - \left(a \cdot b\right)^2}"


def test_a_long_formula_needs_no_stack() -> None:
    x = total = Formula("x")
    for _ in range(5000):
        total = total + x
    assert javascript(total).count("x") == latex(total).count("x") == 5001


def test_formulas_have_no_truth_value() -> None:
    with pytest.raises(TypeError, match="where"):
        bool(Formula("a") > 0.0)
    with pytest.raises(ValueError, match="how many"):
        rule(op.sum)
    gamma = Operation("gamma_function", math.gamma, lambda y, x: (y,))
    del TABLE["gamma_function"]
    with pytest.raises(ValueError, match=r"gamma.*Math lacks"):
        javascript(gamma(Formula("x")))
    assert repr(Formula("a") + 1.0) == "Formula(a + 1)"
    assert (Formula("a") > 0.0) & False is False


# -- formulas: JavaScript --------------------------------------------------------------------------


def in_javascript(x: float) -> str:
    return repr(x).replace("inf", "Infinity").replace("nan", "NaN")


def run(program: str) -> Any:
    """Return what a JavaScript program prints, numbers as strings."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; it runs the JavaScript")
    done = subprocess.run([node, "-"], input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


Points = list[tuple[str, Operands, list[str]]]  # row, operands, its functions in JavaScript


def translated() -> tuple[str, Points]:
    """Return all rows as JavaScript functions, and where to call which of them."""
    lines, calls = [PRELUDE], []
    known: dict[tuple[Any, ...], str] = {}
    for name, row in ROWS.items():
        for point in ordinary(name) + extreme(name):
            arguments = [f"x{i}" for i in range(len(point))]
            operands: list[Any] = list(arguments)
            if name in INDEXED:
                operands[-1] = point[-1]
            kind = (name, len(point), operands[-1])
            if kind not in known:
                known[kind] = f"f{len(known)}"
                value, slopes = rule(row, operands)
                arguments.insert(0, next(iter(signature(row.local).parameters)))
                results = [value, *slopes[: differentiable(name, point)]]
                lines.append(function(known[kind], arguments, *results))
                written = ", ".join(map(javascript, results))
                lines.append(
                    f"function {known[kind]}_({', '.join(arguments)}) {{ return [{written}]; }}"
                )
            calls.append((name, point, [known[kind], f"{known[kind]}_"]))
    return "\n".join(lines), calls


def test_javascript_gives_what_python_gives() -> None:
    """To 8 ulp, since V8's Math is not the C library's; nan, inf and signs of zeros exactly."""
    functions, calls = translated()
    expected = []
    lines = []
    for name, point, names in calls:
        row = ROWS[name]
        y = row.apply(point)
        slopes = list(row.local_gradients(y, point))[: differentiable(name, point)]
        for function_name in names:
            expected += [(name, point, number) for number in (y, *slopes)]
            arguments = ", ".join(in_javascript(x) for x in (y, *point))
            lines.append(f"...{function_name}({arguments}),")
    show = "x => Object.is(x, -0) ? '-0' : String(x)"
    program = f"{functions}\nconst all = [{' '.join(lines)}];\n"
    found = run(f"{program}console.log(JSON.stringify(all.map({show})));")
    for (name, point, number), text in zip(expected, found, strict=True):
        assert ulps(float(text), number) <= 8, (name, point, number, text)


def test_erf_in_javascript() -> None:
    numbers = [i / 97 for i in range(2700)] + [5e-324, 1e-300, 27.2]
    found = run(
        f"{PRELUDE}console.log(JSON.stringify({numbers}.flatMap("
        "x => [erf(x), erf(-x), erfc(x), erfc(-x)]).map(String)))"
    )
    for i, x in enumerate(numbers):
        expected = [math.erf(x), math.erf(-x), math.erfc(x), math.erfc(-x)]
        for text, number in zip(found[4 * i : 4 * i + 4], expected, strict=True):
            assert abs(float(text) - number) <= 6 * math.ulp(number), x


def test_functions_that_hide_pythons_own_speak_their_own_names() -> None:
    """After `from autograd import *`, sum, abs and pow are those of the table."""
    space: dict[str, Any] = {}
    exec("from autograd import *", space)
    assert space["sum"]([1, 2], 10) == 13.0
    assert space["abs"](-2) == 2.0
    assert space["pow"](2, 3) == 8.0
    for call in ("sum(5)", "sum([1], 2, 3)", "pow(2, 3, 5)", "pow(2)", "abs()"):
        with pytest.raises(TypeError) as caught:
            eval(call, space)
        assert not re.search("sum_of|raised|absolute|_$", str(caught.value)), caught.value
