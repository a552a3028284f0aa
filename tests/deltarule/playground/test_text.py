"""A line of text as a graph: Python's graph for the same line, and what is refused."""

import contextlib
import io
import math
import re
from typing import Any

import pytest

import autograd
from autograd import Value, topological_order
from autograd.view.html import source
from autograd.view.player import play
from playground import PURE, in_page, on_page
from scripts import needs_node

pytestmark = needs_node

GOOD = (
    """tanh(a*b + a^2)|-a^2|2^a^2|a^2^1.5|(-a)^2|a**b|a^-1|2/a - a/2|2*3*a|-2*a|a - -b|+a*b|-a*-b
max(a, b) - min(a, 2)|(a*b).tanh()|leaky_relu(b)|elu(b, 0.5)|clamp(b, -1, 1)|clamp(a)|sqrt(2)*a
gelu(a) + silu(b)|softplus(b) - log_sigmoid(a)|ln(a) + exp(b/2)|hypot(a, b)|atan2(a, b)|a*a*a + a
relu(a*b) + abs(b)|cbrt(a) - gudermannian(b)|sech(a)*normal_cdf(b)|identity(a)*erf(b)|pow(a, b + 5)
square(a) + reciprocal(b) + cathetus(a/4)|(a + b)/(a - b)|a − b·2|σ(a)|1e-3*a + .5*b|a/b/a|a-(b-a)
sigmoid_prime(b) + gelu_tanh(a)|share(a, 5) + cosine(a, b)
normal_pdf(a) - gaussian(b) + tanh_prime(a)
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
WRONG = {
    "": "There is nothing to differentiate",
    "1 + 2": "There is nothing to differentiate",
    "a = 2": "There is nothing to differentiate",
    "tanhh(a)": "There is no function “tanhh” at character 1: write tanh.",
    "2*sqare(a)": "There is no function “sqare” at character 3: write square.",
    "constructor(1)": "There is no function “constructor”",
    "toString(a)": "There is no function “toString”",
    "dot(a, b, c)": "There is no function “dot”",
    "eval(a)": "There is no function “eval”",
    "a(b) + a": "“a” at character 1 is a name, not a function: write a*(…)",
    "__proto__": "“__proto__” at character 1 is no name",
    "a_ + 1": "“a_” at character 1 is no name",
    "lambda*2": "“lambda” at character 1 is a word of Python",
    "tanh": "“tanh” at character 1 is a function: write tanh(…)",
    "max = 2; max*a": "“max” at character 1 is a function",
    "a" * 30 + "*b": "is longer than 20 characters",
    "tanh(a": "There is no ) for the ( at character 5",
    "a*(b": "There is no ) for the ( at character 3",
    "a)": "There is no ( for the ) at character 2",
    "[a]": "“[” at character 1 is no bracket here",
    "()": "A number or a name is missing before “)” at character 2",
    "a b": "Between “a” and “b” at character 3 a sign is missing: write a*b",
    "2a": "Between “2” and “a” at character 2 a sign is missing: write 2*a",
    "a+": "A number or a name is missing before the end of the line at character 3",
    "*a": "A number or a name is missing before “*” at character 1",
    "a +\n* b": "A number or a name is missing before the end of the line at character 4",
    "0,5*a": "The comma at character 2 is not between operands",
    "max(a,)": "A number or a name is missing before “)” at character 7",
    "a–b": "“–” at character 2 is a dash: type a minus, -.",
    "a²": "“²” at character 2 is no power here: write ^2.",
    "a % b": "“%” at character 3 is not known",
    "<script>alert(1)</script>": "“<” at character 1 is not known",
    "a..b": "After the point at character 2",
    "a.tanh": "There are no brackets after “tanh” at character 3",
    "a*b = 3": "The = at character 5 does not follow a single name",
    "a = b = 2": "The = at character 7 does not follow a single name",
    "1/0*a": "1 / 0 is no finite number",
    "(-8)^0.5*a": "(-8) ** 0.5 is no finite number",
    "log(0)*a": "log(0) is no finite number",
    "a*1e999": "The number at character 3 is too large",
    "max(a)": "“max” at character 1 has 1 operand and takes 2: write max(a, b).",
    "tanh()": "“tanh” at character 1 has 0 operands and takes 1",
    "elu(a, b)": "Operand 2 of “elu” at character 1 is no number",
    "a*b; c*d": "There are two results, a * b and c * d",
    "a*b; c = 3": "c is not used",
    "a = 2; a = 3; a*a": "a is given twice, again at character 8",
    "L = a": "L is nothing but a",
    "a": "a alone has no operation: write one, such as a^2.",
    "a = b + 1; b = a + 1": "a is computed from itself, a → b → a",
    "y = a*b; c = d + 1; d = c*2": "is computed from itself, c → d → c",
    "a = a + 1": "a is computed from itself, a → a",
    "x" * 100_000: "The line has 100000 characters: at most 1000",
    "(" * 10_000: "The line has 10000 characters: at most 1000",
    "(" * 400 + "a" + ")" * 400: "nested more than 100 deep at character 101",
    "-" * 900 + "a": "nested more than 100 deep at character 101",
    "^".join("a" * 400): "nested more than 100 deep at character 201",
}


def python(text: str) -> Value:
    """Return Python's graph of a line, with a = 2 and b = -3."""
    names = {name: getattr(autograd, name) for name in autograd.__all__}
    hidden = (
        "normal_cdf normal_pdf cathetus sigmoid_prime gelu_tanh share cosine gaussian tanh_prime"
    )
    names |= {name: autograd.operation(name) for name in hidden.split()}
    names |= {"max": autograd.maximum, "min": autograd.minimum, "ln": autograd.log}
    names |= {"σ": autograd.sigmoid, "a": Value(2.0, label="a"), "b": Value(-3.0, label="b")}
    plain = text.replace("^", "**").replace("−", "-").replace("·", "*")
    root: Value = eval(plain, names)
    root.backward()
    return root


def with_numbers(text: str) -> str:
    """Return a line with what its names stand for."""
    used = {*re.findall(r"\b[ab]\b", text)}
    return "; ".join([text, *[f"{x} = {n}" for x, n in (("a", 2), ("b", -3)) if x in used]])


@pytest.fixture(scope="module")
def good() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = on_page(
        """const rules = rulesOf();
        return texts.map((text) => {
          const result = graphOfText(text), {graph, numbers} = result;
          if (result.wrong) return result;
          const {nodes} = graph, p = numbers, g = numbers.map(() => 0), at = ({at}) => p[at];
          const values = [];
          nodes.forEach((node, i) => (values[i] = node.o ? rules[node.f].value(
            ...node.o.map((o) => (Array.isArray(o) ? o[0] : values[o])))[0] : p[node.at]));
          const E = programOf(graph).gradient(p, [], [], g);
          return {E, g, values, names: nodes.map(({t}) => t), operands: nodes.map(({o}) =>
              (o ?? []).map((x) => (Math.abs(x[0]) === Infinity ? [String(x[0])] : x))),
            rows: nodes.map(({f}) =>
              Object.keys(ROWS).find((key) => ROWS[key] === f)?.split("/")[0])};
        });""",
        texts=[*map(with_numbers, GOOD)],
    )
    return found


@pytest.mark.parametrize("k", range(len(GOOD)), ids=GOOD)
def test_a_line_is_the_graph_that_python_makes(k: int, good: list[dict[str, Any]]) -> None:
    found, root = good[k], python(GOOD[k])
    assert "wrong" not in found, found
    order = topological_order(root)
    data = play(root).data["nodes"]
    assert found["names"] == [node["t"] for node in data]
    assert found["rows"] == [node.operation and node.operation.name for node in order]
    index = {node: i for i, node in enumerate(order)}
    operands = [[index[x] if isinstance(x, Value) else [x] for x in v.operands] for v in order]
    for read, expected in zip(found["operands"], operands, strict=True):
        for x, y in zip(read, expected, strict=True):
            if isinstance(x, list):
                x = [float(str(x[0]).replace("Infinity", "inf"))]
            assert x == (y if isinstance(y, int) else pytest.approx(y, rel=1e-15))
    assert found["values"] == pytest.approx([node.data for node in order], rel=1e-12, abs=1e-14)
    leaves = [node.grad for node in order if node.operation is None]
    assert found["g"] == pytest.approx(leaves, rel=1e-12, abs=1e-14)


def test_what_is_wrong_is_refused_with_the_place() -> None:
    found = on_page("return texts.map((text) => graphOfText(text).wrong ?? text);", texts=[*WRONG])
    for text, said, expected in zip(WRONG, found, WRONG.values()):
        assert expected in said, text
        assert said.endswith("."), said


def test_names_have_values_and_results_in_any_order() -> None:
    first, second = on_page(
        "return texts.map(graphOfText);",
        texts=["L = d*f; d = a*b + c; a = 2; b = -3", "d = a*b + c\nL = d*f; a = 1/4"],
    )
    assert first["names"] == ["a", "b", "c", "f"]
    assert first["numbers"] == [2, -3, 10, -2]
    assert [node["t"] for node in first["graph"]["nodes"]] == ["a", "b", "c", "f", "v₁", "d", "L"]
    assert second["numbers"] == [0.25, 2, -3, 10]
    assert [node["t"] for node in second["graph"]["nodes"]] == ["a", "b", "c", "f", "v₁", "d", "L"]


def printed(script: str) -> dict[str, float]:
    """Return the numbers that a script prints, by their names."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(script, {})
    lines = [line.split(" = ") for line in out.getvalue().splitlines()]
    return {name: float(number) for name, number in lines}


def test_both_scripts_of_a_line_print_its_gradients() -> None:
    torch = pytest.importorskip("torch")
    plain = {with_numbers(text): text for text in GOOD}
    texts = [
        *plain,
        "d = a*b + c; L = d * f; a = 2; b = -3",
        "y = tanh(L + E); L = E^2; E = 1e21*x; x = -1e-21",
        "(y - t)^2 / pi; y = w*x; x = 2; t = 3; w = 0.5; given x, t",
    ]
    scripts = on_page(
        "return texts.map(graphOfText).map((x) => [pythonOfText(x), torchOfText(x)]);", texts=texts
    )
    before = torch.get_default_dtype()
    try:
        for text, (ours, theirs) in zip(texts, scripts):
            numbers = printed(ours)
            if text in plain:  # with its brackets
                assert numbers["y"] == pytest.approx(python(plain[text]).data, rel=1e-12), text
            assert printed(theirs) == pytest.approx(numbers, rel=1e-12, abs=1e-13), text
    finally:
        torch.set_default_dtype(before)
    micrograd = printed(scripts[-3][0])
    assert micrograd == {"L": -8, "dL/da": 6, "dL/db": -4, "dL/dc": -2, "dL/df": 4, "dL/dd": -2}


def test_what_is_given_is_an_input_that_no_update_moves() -> None:
    text = "(y - t)^2 / 2; y = w*x; x = 2; t = 3; given x, t; w = 0.5"
    leaves, grads, *wrong = on_page(
        """const {graph, numbers, names} = graphOfText(texts[0]), g = numbers.map(() => 0);
        programOf(graph).gradient(numbers, numbers, [], g);
        return [graph.nodes.filter(({o}) => !o).map(({t, from}) => [t, from]),
          Object.fromEntries(names.map((name, k) => [name, g[k]])),
          ...texts.slice(1).map((text) => graphOfText(text).wrong)];""",
        texts=[text, "given b; a^2", "given a; a = b*2; a^2", "given a,; a^2", "given tanh; a*b"],
    )
    assert dict(leaves) == {"w": "p", "x": "x", "t": "x"}
    assert grads == {"w": -4, "x": 0, "t": 0}  # (0.5 * 2 - 3) * 2
    assert wrong == [
        "b is not used: use it in the formula, or leave it out.",
        "a is computed: only what stands for a number can be given.",
        "A number or a name is missing before the ; at character 9, after “,”: "
        "write one there, or take “,” away.",
        "“tanh” at character 7 is a function: write tanh(…), or choose another name.",
    ]


def test_e_and_pi_are_numbers_until_they_are_given_others() -> None:
    names, numbers, value = on_page(
        """const value = graphOfText(texts[1]);
        return [texts.map((text) => graphOfText(text).names), value.numbers,
          programOf(value.graph).loss(value.numbers, [], [])];""",
        texts=["e*a; e = 3", "e^a + sin(pi/2)*a; a = 2", "π*pi*a", "given e; e*a"],
    )
    assert names == [["e", "a"], ["a"], ["a"], ["e", "a"]]
    assert numbers == [2]
    assert value == pytest.approx(math.e**2 + 2, rel=1e-15)


def test_what_the_numbers_of_a_line_need_said() -> None:
    said = {
        "tanh(a*b); a = 1; b = 2": "",
        "x^2": "x has no value: 2 is taken.",
        "x*w*b; b = 2": "x has no value: −3 is taken. w has no value: 10 is taken.",
        "exp(log(x)); x = -1": "nan: log is not defined at −1.",
        "1/(x - 1); x = 1": "inf: div has no finite value at 1, 0.",
        "-exp(x) + y; x = 1000": "y has no value: 2 is taken. "
        "inf: exp has no finite value at 1000.",
    }
    code = source("autograd.view", "page", "numbers.js") + (
        "console.log(JSON.stringify(texts.map((text) => remarksOn(graphOfText(text)))));"
    )
    assert in_page(f"{PURE} line", code, texts=[*said]) == [*said.values()]
