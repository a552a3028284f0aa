"""What all languages have in common that a program of loops is printed in, and Python."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar, Final

from autograd import operations as op
from autograd.printer import CHOICE, NAME, PRECEDENCE, Printer, Text
from autograd.symbol import Symbol
from autograd.table import BUILT_IN, Operation

from .loop_program import (
    AddTo,
    Assign,
    Choose,
    Comment,
    Expression,
    For,
    Let,
    LoopProgram,
    OuterProduct,
    Place,
    Product,
    Row,
    Statement,
)
from .program import in_single
from .terms import new_terms

MATH: Final = """acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp expm1 hypot log log10
log1p log2 pow sin sinh sqrt tan tanh"""
INDENT: Final = "    "


class LoopPrinter(Printer):
    """What prints a program of loops in one language.

    Rows of the table that the language has no function for become functions of the program, by
    their own declaration.
    """

    operators: ClassVar = {sign: sign for sign in PRECEDENCE if sign != "**"}
    end: ClassVar[str] = ";"  # of a statement
    comment: ClassVar[str] = "// "

    def __init__(self, program: LoopProgram) -> None:
        super().__init__()
        self.program = program
        self.helpers: dict[str, str] = {}  # definitions of functions
        self._known: dict[Operation, str] = {}  # their names
        self._numbers = count(1)

    # -- statements ------------------------------------------------------------------------

    def lines(self, statements: Iterable[Statement]) -> Iterator[str]:
        """Yield statements as lines."""
        for statement in statements:
            match statement:
                case For():
                    yield from self.loop(statement)
                case Product() | OuterProduct():
                    yield from self.product(statement)
                case Comment(text):
                    yield f"{self.comment}{text}"
                case Let(name, value):
                    yield f"{self.variable(name)} = {self.text(value)}{self.end}"
                case Choose(counter, value):
                    yield f"{self.chosen(counter, self.text(value))}{self.end}"
                case Assign(target, value):
                    yield f"{self.place(target)} = {self.text(value)}{self.end}"
                case AddTo(target, value):
                    place = target if isinstance(target, str) else self.place(target)
                    yield f"{place} += {self.text(value)}{self.end}"

    def block(self, head: str, body: Iterable[str]) -> Iterator[str]:
        """Yield what is within a loop or function, in braces."""
        yield f"{head} {{"
        yield from [f"{INDENT}{line}" for line in body]
        yield "}"

    def loop(self, loop: For) -> Iterator[str]:
        """Yield a loop, in whatever form is best."""
        yield from self.plain(loop)

    def plain(self, loop: For) -> Iterator[str]:
        x, start, stop = loop.counter, loop.start, loop.stop
        by = f"{x}++" if loop.step == 1 else f"{x} += {loop.step}"
        head = f"for ({self.counter} {x} = {start}; {x} < {stop}; {by})"
        yield from self.block(head, self.lines(loop.body))

    def product(self, product: Product | OuterProduct) -> Iterator[str]:
        """Yield a product, by default as loops."""
        yield from self.lines(product.loops())

    counter: ClassVar[str] = ""  # how the counter of a loop is declared

    @abstractmethod
    def variable(self, name: str) -> str:
        """Return how a new variable is declared."""

    @abstractmethod
    def chosen(self, counter: str, text: str) -> str:
        """Return how a counter is declared that is one of the numbers."""

    @abstractmethod
    def place(self, place: Place) -> str:
        """Return the text of a number in a table."""

    # -- expressions -----------------------------------------------------------------------

    def text(self, expression: Expression) -> str:
        return self.print(expression)[0].text

    def number(self, x: float) -> Text:
        return super().number(in_single(x) if self.program.is_single else x)

    def unknown(self, head: Any) -> Text:
        return Text(self.place(head)) if isinstance(head, Place) else Text(head)

    def call(self, row: Operation, operands: Sequence[Text]) -> Text:
        name = self.function(row) or self._helper(row)
        return Text(f"{name}({', '.join([x.text for x in operands])})")

    @abstractmethod
    def function(self, row: Operation) -> str | None:
        """Return the name of what computes a row here, if it is not the row's own declaration."""

    @abstractmethod
    def definition(
        self, name: str, arguments: Sequence[str], shared: Sequence[tuple[str, str]], result: str
    ) -> Iterator[str]:
        """Yield the lines of a function."""

    def helper_name(self, row: Operation) -> str:
        """Return a name for the function of a row; those of a user's rows only have a number."""
        return row.name if row.name in BUILT_IN else f"f{next(self._numbers)}"

    def _helper(self, row: Operation) -> str:
        if row not in self._known:
            self._known[row] = name = self.helper_name(row)
            size = row.forward.__code__.co_argcount
            arguments = [f"x{i}" for i in range(1, size + 1)] if size > 1 else ["x"]
            terms = new_terms()
            formula = row.formula([terms.make(name) for name in arguments])
            around = self.shares, self.shared
            self.shares, self.shared = "t", []
            (result,) = self.print(formula)
            lines = self.definition(name, arguments, self.shared, result.text)
            self.helpers[name] = "\n".join(lines)
            self.shares, self.shared = around
        return self._known[row]


class PythonLoops(LoopPrinter):
    """Python, for Numba to compile."""

    infinity, nan = "np.inf", "np.nan"
    end, comment = "", "# "

    def source(self) -> str:
        return "\n\n\n".join(self.functions()) + "\n"

    def functions(self) -> list[str]:
        """Return all functions of the program, the last one of which is the program itself."""
        program = self.program
        body = [*self._tables(), *self.lines(program.statements), *self._result()]
        arguments = "theta, X, T, s, r" if program.losses else "theta, X"
        main = "\n".join(self.block(f"def {program.name}({arguments})", body))
        return [*self.helpers.values(), main]

    def _tables(self) -> Iterator[str]:
        program = self.program
        yield "n = len(X)"
        yield f"V = np.empty(({program.rows}, n), theta.dtype)"
        yield f"v = np.empty({program.singles}, theta.dtype)"
        if program.losses:
            yield f"g = np.empty({program.sizes['p']}, theta.dtype)"
        else:
            yield f"Y = np.empty((n, {program.outputs}), theta.dtype)"

    def _result(self) -> Iterator[str]:
        losses = [self.text(loss) for loss in self.program.losses]
        if self.program.is_single:  # so that their type is always the same
            losses = [f"np.float64({loss})" for loss in losses]
        yield f"return {', '.join([*losses, 'g'])}" if losses else "return Y"

    def block(self, head: str, body: Iterable[str]) -> Iterator[str]:
        yield f"{head}:"
        yield from [f"{INDENT}{line}" for line in body]

    def plain(self, loop: For) -> Iterator[str]:
        bounds = [str(x) for x in (loop.start, loop.stop, loop.step)]
        bounds = bounds[: 3 if loop.step > 1 else 2][loop.start == 0 and loop.step == 1 :]
        head = f"for {loop.counter} in range({', '.join(bounds)})"
        yield from self.block(head, self.lines(loop.body))

    def variable(self, name: str) -> str:
        return name

    def chosen(self, counter: str, text: str) -> str:
        return f"{counter} = int({text})"

    def place(self, place: Place) -> str:
        if place.table == "V":
            return f"V[{place.row}, j]"
        return f"{place.table}[j, {place.row}]" if place.is_batch else f"{place.table}[{place.row}]"

    def infix(self, sign: str, a: Text, b: Text) -> Text:
        if sign == "&&":
            return Text(f"({a.text}) and ({b.text})", CHOICE)
        return super().infix(sign, a, b)

    def choice(self, *operands: Text) -> Text:
        condition, a, b = (self.within(operand, CHOICE + 1) for operand in operands)
        return Text(f"{a} if {condition} else {b}", CHOICE)

    def function(self, row: Operation) -> str | None:
        if not row.is_primitive:
            return "abs" if row is op.absolute else None
        name = row.forward.__name__
        return f"{'math' if name in MATH.split() else 'np'}.{name}"

    def definition(
        self, name: str, arguments: Sequence[str], shared: Sequence[tuple[str, str]], result: str
    ) -> Iterator[str]:
        lines = [*[f"{part} = {text}" for part, text in shared], f"return {result}"]
        yield from self.block(f"def {name}({', '.join(arguments)})", lines)


class BracedLoops(LoopPrinter):
    """C or JavaScript, where tables are flat: the number of sample j in row r is V[r * n + j]."""

    def loop(self, loop: For) -> Iterator[str]:
        """Yield a loop; rows of samples that follow one another are gone through as one."""
        rows, inner = loop.stop, loop.body[0]
        if isinstance(inner, For) and len(loop.body) == 1 and inner.counter == "j":
            if loop.counter == "i" and all(map(_is_flat, inner.body)):
                body = [*map(_flattened, inner.body)]
                loop = For("j", 0, "n" if rows == 1 else f"{rows} * n", body)
        yield from self.plain(loop)

    def place(self, place: Place) -> str:
        row = str(place.row)
        if place.table == "V":
            row = f"({row})" if " + " in row else row
            return f"V[{row} * n + j]" if row != "0" else "V[j]"
        if place.is_batch:
            program = self.program
            width = program.outputs if place.table == "Y" else program.sizes[place.table]
            return f"{place.table}[{width} * j + {row}]"
        return f"{place.table}[{row}]"

    def choice(self, *operands: Text) -> Text:
        condition, a, b = (self.within(operand, CHOICE + 1) for operand in operands)
        return Text(f"{condition} ? {a} : {b}", CHOICE)

    def negative(self, x: Text) -> Text:
        return super().negative(x if x.level == NAME else Text(f"({x.text})"))  # not --x


def _is_flat(part: Statement | Expression) -> bool:
    """Return whether rows i of V are all that something names, or what all rows have in common."""
    match part:
        case Assign(target, value) | AddTo(Place() as target, value):
            return _is_flat(Symbol(target)) and _is_flat(value)
        case Symbol(head=Place("V", Row() as row)):
            return row.i == 1
        case Symbol(head=Place() as place):
            return not place.is_batch and isinstance(place.row, Row) and not place.row.i
        case Symbol():
            return all(map(_is_flat, part.operands))
    return isinstance(part, float)


def _flattened(part: Any) -> Any:
    """Return something for row 0, of which the others are a continuation."""
    match part:
        case Assign(target, value) | AddTo(Place() as target, value):
            return type(part)(_flattened(Symbol(target)).head, _flattened(value))
        case Symbol(head=Place("V", Row() as row)):
            return Symbol(Place("V", replace(row, i=0)))
        case Symbol():
            return Symbol(part.head, *map(_flattened, part.operands))
    return part
