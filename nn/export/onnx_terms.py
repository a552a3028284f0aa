"""Names in an ONNX file as a number type: what rows of the table do becomes nodes of ONNX."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

from autograd import (
    Operation,
    abs,
    atan,
    cos,
    erf,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    maximum,
    minimum,
    sign,
    sin,
    sqrt,
    tanh,
    where,
)
from autograd.compile import Lifted, Places
from autograd.quoting import short

OPSET: Final = 17
DOMAIN: Final = "deltarule"


class Graph:
    """Nodes that are being collected: those of a file, or of a function in it.

    Attributes
    ----------
    kind : {"double", "float"}
    functions : dict
        Definitions of functions by their names.
    """

    def __init__(self, kind: str, functions: dict[str, Any] | None = None) -> None:
        self.onnx: Any = import_module("onnx")
        self.kind, self.functions = kind, functions
        self.element = getattr(self.onnx.TensorProto, kind.upper())
        self.dtype = "float64" if kind == "double" else "float32"
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []  # that are not written as nodes
        self.known: dict[Any, str] = {}  # numbers, and functions

    def name(self, x: Any, kind: str = "", name: str = "") -> str:
        """Return the name of a term, or of numbers, which are given one unless they have one."""
        x = x.array if isinstance(x, Term) else x
        if isinstance(x, str):
            return x
        numpy = import_module("numpy")
        array = numpy.array(x, kind or self.dtype)
        key = (array.shape, str(array.dtype), array.tobytes())
        if key not in self.known:
            self.known[key] = self.store(name or f"k{len(self.known) + 1}", array)
        return self.known[key]

    def store(self, name: str, array: Any) -> str:
        tensor = self.onnx.numpy_helper.from_array(array, name)
        if self.functions is None:  # functions have no numbers but those of nodes
            self.nodes.append(self.onnx.helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.numbers.append(tensor)
        return name

    def call(self, operator: str, operands: Sequence[Any], domain: str = "", **options: Any) -> str:
        """Add a node, and return the name of its result."""
        names = [self.name(x) for x in operands]
        result = f"v{len(self.nodes) + 1}"
        node = self.onnx.helper.make_node(operator, names, [result], domain=domain, **options)
        self.nodes.append(node)
        return result

    def function(self, row: Operation, operands: Sequence[Any]) -> str:
        """Return the name of a function that computes a row, with these numbers among them."""
        numbers = [None if isinstance(x, Term) else x for x in operands]
        key = (row, *map(repr, numbers))
        if key not in self.known:
            assert self.functions is not None
            plain = re.sub(r"\W", "_", row.name)
            others = [f"{plain}_{i}" for i in range(2, len(self.functions) + 3)]
            name = next(name for name in (plain, *others) if name not in self.functions)
            self.functions[name] = self._definition(name, row, numbers)
            self.known[key] = name
        return self.known[key]

    def _definition(self, name: str, row: Operation, numbers: Sequence[float | None]) -> Any:
        inner = Graph(self.kind)
        inputs = [f"x{i}" for i, x in enumerate(numbers, start=1) if x is None]
        names = iter(inputs)
        operands = [Term(next(names), inner) if x is None else x for x in numbers]
        result = inner.result(row.apply(tuple(operands)))
        imports = [self.onnx.helper.make_opsetid("", OPSET)]
        return self.onnx.helper.make_function(DOMAIN, name, inputs, [result], inner.nodes, imports)

    def result(self, x: Any, name: str = "y") -> str:
        """Let the result of the graph have this name."""
        last = self.name(x)
        if not self.nodes or last not in self.nodes[-1].output:
            self.call("Identity", [last])
        self.nodes[-1].output[0] = name
        return name


class Term(Lifted):
    """The name of a result in a graph, or numbers that have no name as yet."""

    __slots__ = ("graph", "is_batch", "size")

    def __init__(self, array: Any, graph: Graph, size: int = 1, is_batch: bool = False) -> None:
        self.array, self.graph = array, graph  # a name, or an array of NumPy
        self.size, self.is_batch = size, is_batch  # places, and whether there are samples

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        """Apply a row: an operator or a formula made of them; in a file, by a function of it."""
        given = next(x for x in operands if isinstance(x, cls))
        name = row.forward.__name__ if row.is_primitive else row.name  # nobody else may take those
        operator = OPERATORS[given.graph.kind].get(name)
        if operator is not None:
            return given.call(operator, *operands)
        if given.graph.functions is not None:
            terms = [x for x in operands if isinstance(x, cls)]
            function = given.graph.function(row, operands)
            return given.call(function, *terms, domain=DOMAIN)
        formula = FORMULAS[given.graph.kind].get(name)
        if formula is not None:
            return formula(*operands)
        if row.is_primitive:
            raise TypeError(
                f"ONNX has nothing for the function {short(name)} of the operation "
                f"{short(row.name)}; declare the operation by a formula"
            )
        return row.formula(operands)

    def call(self, operator: str, *operands: Any, domain: str = "", **options: Any) -> Term:
        """Apply an operator of ONNX to terms and numbers, whose places are as many."""
        terms = [x for x in operands if isinstance(x, Term)]
        result = self.graph.call(operator, operands, domain, **options)
        size, is_batch = max([x.size for x in terms]), any(x.is_batch for x in terms)
        return Term(result, self.graph, size, is_batch)

    def _resized(self, size: int, operator: str, *operands: Any, **options: Any) -> Term:
        result = self.graph.call(operator, [self, *operands], **options)
        return Term(result, self.graph, size, self.is_batch)

    def whole(self, *numbers: int) -> str:
        """Return the name of integers."""
        return self.graph.name(numbers, "int64")

    def constant(self, numbers: Sequence[float]) -> Term:
        array = import_module("numpy").array(numbers, self.graph.dtype)
        return Term(array, self.graph, len(numbers))

    def function(self, name: str, operands: Sequence[Any]) -> Term:
        raise NotImplementedError  # __operation__ has done it

    def compare(self, sign: str, other: Any) -> Term:
        return self.call(COMPARISONS[sign], self, other)

    def choice(self, a: Any, b: Any) -> Term:
        return self.call("Where", self, a, b)

    def take(self, places: Places) -> Term:
        if not isinstance(self.array, str):
            array = self.array[places]
            return Term(array, self.graph, len(array))
        if isinstance(places, list):
            return self._resized(len(places), "Gather", self.whole(*places), axis=-1)
        ends = [self.whole(end) for end in (places.start, places.stop, -1)]
        return self._resized(places.stop - places.start, "Slice", *ends)

    def join(self, others: Sequence[Any]) -> Term:
        parts = [self, *others]
        size = sum([part.size for part in parts])
        names = [self.graph.name(part) for part in parts]
        samples = [name for name, part in zip(names, parts) if part.is_batch]
        if samples and len(samples) < len(parts):
            count = self.graph.call("Shape", samples[:1], end=1)
            shape = self.graph.call("Concat", [count, self.whole(1)], axis=0)
            names = [
                name if part.is_batch else self.graph.call("Expand", [name, shape])
                for name, part in zip(names, parts)
            ]
        result = self.graph.call("Concat", names, axis=-1)
        return Term(result, self.graph, size, bool(samples))

    def sums(self, width: int) -> Term:
        table, size = self._table(width), self.size // width
        return table._resized(size, "ReduceSum", self.whole(-1), keepdims=int(size == 1))

    def softmax(self, width: int) -> Term:
        z = self._table(width)._resized(self.size, "Softmax", axis=-1)
        if self.size == width:
            return z
        return z._resized(self.size, "Reshape", self.whole(*[0][: self.is_batch], -1))

    def _table(self, width: int) -> Term:
        if self.size == width:
            return self
        return self._resized(self.size, "Reshape", self.whole(*[0][: self.is_batch], -1, width))

    def linear(self, weights: Any, bias: Any = None) -> Term:
        layer = 1 + sum([node.op_type == "Gemm" for node in self.graph.nodes])
        if isinstance(weights.array, str):
            names = [self.graph.call("Reshape", [weights, self.whole(-1, self.size)])]
        else:  # shared ones are written once
            table = weights.array.reshape(-1, self.size)
            names = [self.graph.name(table, name=f"w{layer}")]
        if bias is not None:
            is_name = isinstance(bias.array, str)
            names.append(bias.array if is_name else self.graph.store(f"b{layer}", bias.array))
        return self._resized(weights.size // self.size, "Gemm", *names, transB=1)


COMPARISONS: Final = {
    "<": "Less",
    "<=": "LessOrEqual",
    ">": "Greater",
    ">=": "GreaterOrEqual",
    "==": "Equal",
    "&": "And",
}

# Operators of ONNX for rows, and for functions of `math`, that ONNX Runtime has in double precision
IN_BOTH: Final = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "neg": "Neg",
    "identity": "Identity",
    "abs": "Abs",
    "sign": "Sign",
    "reciprocal": "Reciprocal",
    "maximum": "Max",
    "minimum": "Min",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "pow": "Pow",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "sin": "Sin",
    "cos": "Cos",
    "tanh": "Tanh",
}
IN_FLOAT: Final = ("tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf")
OPERATORS: Final[dict[str, dict[str, str]]] = {
    "double": IN_BOTH,
    "float": {**IN_BOTH, **{name: name.capitalize() for name in IN_FLOAT}, "softplus": "Softplus"},
}

# Formulas for what there is no operator for, or none in double precision; those of Φ and erfc have
# 16 digits after the point.
Formula = Callable[..., Any]
LN2: Final = math.log(2.0)


def _column(x: Term) -> Term:
    """Add an axis after the last, along which a list of numbers can lie."""
    return x.call("Unsqueeze", x, x.whole(-1))


def _expm1(x: Term) -> Any:
    return tanh(0.5 * x) * (exp(x) + 1.0)  # which keeps its digits near 0


def _log1p(x: Term) -> Any:
    u = 1.0 + x
    ratio = where((u <= 1.0) & (u >= 1.0), 1.0, log(u) / (u - 1.0))  # both rounded alike
    return where(u >= math.inf, u, x * ratio)


def _hypot(a: Term, b: Term) -> Any:
    longer, shorter = maximum(abs(a), abs(b)), minimum(abs(a), abs(b))
    ratio = shorter / longer
    is_plain = (longer > 0.0) & (longer < math.inf)
    return where(is_plain, longer * sqrt(1.0 + ratio * ratio), longer)


def _sinh(x: Term) -> Any:
    return 0.5 * (expm1(x) - expm1(-x))


def _asinh(x: Term) -> Any:
    a = abs(x)
    near = log1p(a + a * (a / (1.0 + hypot(1.0, a))))
    return sign(x) * where(a > 1e9, log(a) + LN2, near)


def _acosh(x: Term) -> Any:
    return where(x > 1e9, log(x) + LN2, log1p((x - 1.0) + sqrt(x - 1.0) * sqrt(x + 1.0)))


def _atanh(x: Term) -> Any:
    a = abs(x)
    return sign(x) * (0.5 * log1p(2.0 * a / (1.0 - a)))


def _atan2(y: Term, x: Term) -> Any:
    opposite = where(y < 0.0, -math.pi, math.pi)  # -0 is 0, whose sign Where() would lose
    longer = maximum(abs(x), abs(y))
    x, y = (where(abs(z) >= math.inf, sign(z), where(longer > 0.0, z / longer, z)) for z in (x, y))
    r = sqrt(x * x + y * y)
    on_axis = where(x < 0.0, opposite, where(x >= 0.0, y, x))
    left = where((y <= 0.0) & (y >= 0.0), on_axis, 2.0 * atan((r - x) / y))
    return where(x > 0.0, 2.0 * atan(y / (r + x)), left)


# atan(t) = 8 atan(s) where s comes from t by halving the angle three times. |s| < 0.2 then, so
# that eleven terms of Gregory's series give 16 digits.
ODD: Final = [float(n) for n in range(1, 23, 2)]
SERIES: Final = [8.0 * (-1.0) ** i / n for i, n in enumerate(ODD)]


def _atan(x: Term) -> Any:
    s = minimum(maximum(x, -1e17), 1e17)
    for _ in range(3):
        s = s / (1.0 + sqrt(1.0 + s * s))
    powers = x.call("Pow", _column(s), x.constant(ODD))
    return x.call("MatMul", powers, x.constant(SERIES))


# Φ(x) - 1/2 is a step smoothed by the normal density. Repeated with period 34 and alternating
# sign, it is a square wave smoothed, whose Fourier series is that of the square wave times the
# transform of the density, exp(-ω²/2). For |x| ≤ 8.5 the repetition is not felt, and beyond
# the 24th term nothing is left, both in 16 digits.
STEP: Final = 8.5
WAVES: Final = [math.pi * n / (2.0 * STEP) for n in range(1, 48, 2)]
AMPLITUDES: Final = [math.exp(-0.5 * w * w) / (STEP * w) for w in WAVES]


def _smooth_step(x: Term) -> Any:
    inside = _column(minimum(maximum(x, -STEP), STEP))
    return x.call("MatMul", sin(inside * x.constant(WAVES)), x.constant(AMPLITUDES))


IN_BOTH_FORMULAS: Final[dict[str, Formula]] = {
    "expm1": _expm1,
    "log1p": _log1p,
    "log2": lambda x: log(x) / LN2,
    "log10": lambda x: log(x) / math.log(10.0),
    "cbrt": lambda x: sign(x) * abs(x) ** (1.0 / 3.0),
    "hypot": _hypot,
    "atan2": _atan2,
}
FORMULAS: Final[dict[str, dict[str, Formula]]] = {
    "double": {
        **IN_BOTH_FORMULAS,
        "tan": lambda x: sin(x) / cos(x),
        "asin": lambda x: atan(x / sqrt((1.0 - x) * (1.0 + x))),
        "acos": lambda x: 2.0 * atan(sqrt((1.0 - x) / (1.0 + x))),
        "atan": _atan,
        "sinh": _sinh,
        "cosh": lambda x: 0.5 * (exp(x) + exp(-x)),
        "asinh": _asinh,
        "acosh": _acosh,
        "atanh": _atanh,
        "erf": lambda x: 2.0 * _smooth_step(math.sqrt(2.0) * x),
        "erfc": lambda x: 1.0 - 2.0 * _smooth_step(math.sqrt(2.0) * x),
        "normal_cdf": lambda x: 0.5 + _smooth_step(x),
    },
    "float": {
        **IN_BOTH_FORMULAS,
        "erfc": lambda x: 1.0 - erf(x),
        "normal_cdf": lambda x: 0.5 + 0.5 * erf(math.sqrt(0.5) * x),
    },
}
