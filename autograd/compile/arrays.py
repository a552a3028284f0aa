"""The program as operations on whole arrays, for NumPy and JAX, that a student can read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import singledispatchmethod
from itertools import chain, repeat
from string import ascii_uppercase
from typing import Any, Final

from autograd import operations as op
from autograd.arrays import SPECIAL
from autograd.printer import CALL, COMPARISON, PRODUCT, SUM, Text
from autograd.table import Operation

from .collected import SHORT
from .loop_program import GIVEN
from .matrices import MatrixWriter
from .program import Program, in_single, is_all_one
from .rolling import Loop
from .rows import is_scalar
from .statements import (
    Array,
    Elementwise,
    Extreme,
    Inner,
    Input,
    MatMul,
    Outer,
    Pick,
    Scatter,
    Segments,
    Slot,
    Stack,
    Sum,
    Total,
)
from .tables import moving
from .terms import Name, Term, is_batch

LONGEST: Final = 70  # characters that are written where they are used
ROWS: Final = {op.absolute: "np.abs", op.square: "np.square"}  # that NumPy has functions for
EXTREMES: Final = {op.maximum: "largest", op.minimum: "smallest"}  # of segments
LOSSES: Final = ("loss", "penalty")


class ArrayWriter(MatrixWriter):
    """Writes a statement for each array, whose rows are scalars and whose columns are samples."""

    def program(self) -> Program:
        self._slopes: dict[Array, str] = {}  # names of gradients of weights and biases
        stacks = self._name_stacks()
        self._name_slopes()
        body: list[str] = []
        for item in self._items:
            if isinstance(item, Loop):
                body.append(f"for k in range({item.times}):")
                lines = [line for array in item.block for line in self._statement(array)]
                body += [f"    {line}" for line in lines]
            elif isinstance(item, Input):
                body += self._pooled_input(item)
            else:
                body += self._statement(item)
        body += self._result()
        head = self._head()
        about = (
            "Return the outputs for each sample."
            if self._wants_outputs
            else "Return the loss, with the weight of each sample, and its gradient."
            if len(self._passes.losses) == 1
            else "Return loss (with the weight of each sample), penalty, and gradient."
        )
        for (count, height, are_batch), same in stacks.items():
            names = ", ".join([self._names[stack] for stack in same])
            number, columns = f"{len(same)}, " if len(same) > 1 else "", "n" if are_batch else "1"
            head.append(
                f"{names} = np.empty(({number}{count}, {height}, {columns}), parameters.dtype)"
            )
        alone = [array for array in self._arrays if array not in self._stacked]
        stored = [*alone, *{place.stack for place in self._stacked.values()}]
        rows = sum([array.rows for array in stored if array.is_batch])
        return self._program([f'"""{about}"""', *head, *body], rows)

    def _head(self) -> list[str]:
        used = {term.head for term in self._position}
        lines = []
        if self._pool[True] or self._stacked or "n" in self._used:
            lines.append("n = len(inputs)")
        given = [x for x in ("X", "T") if x in used]
        if given:
            lines.append(f"{', '.join(given)} = {', '.join(map(self._turned, given))}")
        layers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for view, name in self._blocks.items():
            layers[name.lstrip("Wb")].append((name, view))
        for views in layers.values():
            names, texts = zip(*views)
            lines.append(f"{', '.join(names)} = {', '.join(texts)}")
        for are_batch, pool in self._pool.items():
            if pool:
                rows = sum([array.rows for array in pool])
                table, columns = ("table", "n") if are_batch else ("column", "1")
                lines.append(f"{table} = np.zeros(({rows}, {columns}), parameters.dtype)")
        return lines

    def _turned(self, name: str) -> str:
        """Return the text of samples side by side, copied if it is gone through row by row."""
        array = self._groups.inputs[name]
        products = MatMul, Outer
        slots = [x for a in self._arrays if not isinstance(a, products) for x in a.slots()]
        is_read = array.rows > 1 and any(array in self._found(slot) for slot in slots)
        return f"{GIVEN[name]}.T.copy()" if is_read else f"{GIVEN[name]}.T"

    def _pooled_input(self, array: Input) -> list[str]:
        if array not in self._pool[array.is_batch]:
            return []
        text = "parameters[:, None]" if array is self._theta else array.letter
        return [self._put(array, text)]

    def _put(self, array: Array, text: str) -> str:
        pool = "table" if array.is_batch else "column"
        text += ".reshape(-1, 1)" if array.shape is not None else ""
        if is_scalar(array):
            text = f"np.full(({array.rows}, 1), {text}, parameters.dtype)"
        return f"{pool} = {self._use('put')}({pool}, {self._pool[array.is_batch][array]}, {text})"

    def _name_stacks(self) -> dict[tuple[int, int, bool], list[Stack]]:
        """Give stacks their names, and return them by their shapes."""
        free = [letter for letter in ascii_uppercase if letter not in self._taken]
        letters = chain(free, repeat(free[-1]))
        stacks: dict[tuple[int, int, bool], list[Stack]] = defaultdict(list)
        for stack in dict.fromkeys([place.stack for place in self._stacked.values()]):
            name = next(letters) if stack.name is None else self._quantity(stack.name)
            self._names[stack] = self._free(name, exact=True)
            stacks[stack.rows // stack.height, stack.height, stack.is_batch].append(stack)
        return stacks

    def _statement(self, array: Array) -> list[str]:
        text = self._text(array)
        if array in self._stacked:
            stack, part, by = self._stacked[array]
            column = f"{self.within(text, CALL)}.reshape(-1, 1)" if array.shape else text.text
            return [f"{self._names[stack]}[{moving(part, by)}] = {column}"]
        is_pooled = array in self._pool[array.is_batch]
        uses, name = self._uses[array], self._name(array)
        if is_pooled and uses == 0 and array.name is None:
            return [self._put(array, text.text)]
        is_inside = uses == 1 and array.shape is None and len(text.text) <= LONGEST
        if name is None and not is_pooled and is_inside:
            self._texts[array] = text
            return []
        self._names[array] = name = name or self._free("t")
        lines = [f"{name} = {text.text}"]
        if array.name is not None or array in self._slopes:
            rows, columns = array.shape or (array.rows, "n" if array.is_batch else 1)
            lines = [f"{lines[0]}  # ({rows}, {columns})"]
        return [*lines, self._put(array, name)] if is_pooled else lines

    def _name(self, array: Array) -> str | None:
        """Return the name of a quantity of a network, of its gradients, or None."""
        name = self._slopes.get(array) if array.name is None else self._quantity(array.name)
        return self._free(name, exact=True) if name is not None else None

    def _name_slopes(self) -> None:
        """Find the arrays that are the gradient of the weights or the biases of a layer."""
        found: dict[Array, set[Any]] = defaultdict(set)
        for term, parameter in self._groups.parameter.items():
            name, array = self._passes.names[parameter], self._position[term][0]
            if isinstance(array, (Outer, Inner, Total)):
                found[array].add((name.letter, name.layer, _time(term)) if name else None)
        for array, names in found.items():
            first, *others = names
            if first is not None and not others:
                letter, layer, time = first
                name = Name("W" if letter == "w" else "b", layer, 0, time)
                self._slopes[array] = f"d{self._quantity(name)}"

    def _result(self) -> list[str]:
        if self._wants_outputs:
            outputs = self._slot(self._passes.outputs).text
            shape = f"{len(self._passes.outputs)}, {self._use('n')}"
            return [f"return np.broadcast_to({outputs}, ({shape})).T"]
        parts = [self.within(text, CALL) for text in self._parts(self._gradient)]
        names = self._names_of(self._gradient)
        if len(names) == 1 or (len(parts) == 1 and not names):
            gradient = f"{names[0] if names else parts[0]}.ravel()"
        elif names:
            gradient = f"np.concatenate([d.ravel() for d in ({', '.join(names)})])"
        else:
            gradient = f"np.concatenate(({', '.join(parts)})).ravel()"
        lines = []
        for name, loss in zip(LOSSES, self._passes.losses):
            text = self._slot([loss])
            is_array = isinstance(loss, Term) and loss.is_array
            lines.append(
                f"{name} = {self.within(text, CALL)}[0, 0]" if is_array else f"{name} = {text.text}"
            )
        return [*lines, f"return {', '.join(LOSSES[: len(lines)])}, {gradient}"]

    # -- expressions -----------------------------------------------------------------------

    @singledispatchmethod
    def _text(self, array: Array) -> Text:
        """Return the text of what an array is computed by."""
        raise NotImplementedError

    @_text.register
    def _elementwise(self, array: Elementwise) -> Text:
        texts = [self._slot(slot) for slot in array.operands]
        if texts[0].level == COMPARISON and all(map(_is_larger, array.members)):
            return self.apply("max", texts[1:])
        return self.apply(array.head, texts)

    @_text.register
    def _pick(self, array: Pick) -> Text:
        tables, index = array.tables, array.index
        count = len(dict.fromkeys(index))
        units = tables[::count]
        if is_batch(tables[0][0]):
            table = self.within(self._slot(array.entries, exact=True), CALL)
            if array.rows == 1:
                return Text(f"np.take_along_axis({table}, {self._indices(index)}, axis=0)")
            table = f"{table}.reshape({array.rows}, {len(tables[0])}, -1)"
            at = f"{self._indices(index)}[:, None]"
            return Text(f"np.take_along_axis({table}, {at}, axis=1)[:, 0]")
        if tables != [unit for unit in units for _ in range(count)]:
            at = self._indices(index)
            return Text(f"np.take_along_axis({self._matrix(tables)}, {at}, axis=1)")
        at = self._indices(index[:count])
        return Text(f"np.take({self._matrix(units)}, {at}, axis=1).reshape({array.rows}, -1)")

    def _indices(self, terms: Slot) -> str:
        return f"{self.within(self._slot(terms, exact=True), CALL)}.astype(int)"

    @_text.register
    def _scatter(self, array: Scatter) -> Text:
        index, rows = (self.within(self._slot(x, exact=True), CALL) for x in array.slots())
        if len(array.index) > 1:
            rows = f"{rows}.reshape({array.shape[1]}, -1)"
        return Text(f"{self._use('scatter')}({index}, {rows}, {array.count})")

    @_text.register
    def _outer(self, array: Outer) -> Text:
        left, right = (self._copies(x, array.copies, n) for x, n in zip(array.slots(), array.shape))
        return Text(f"{left} @ {right}.T", PRODUCT)

    @_text.register
    def _inner(self, array: Inner) -> Text:
        left, right = (self._copies(x, array.copies, array.rows, PRODUCT) for x in array.slots())
        return Text(f'np.einsum("ij,ij->i", {left}, {right})[:, None]')

    @_text.register
    def _total(self, array: Total) -> Text:
        given = self._copies(array.operands, array.copies, array.rows)
        return Text(f"{given}.sum(axis=1, keepdims=True)")

    def _copies(self, slot: Slot, copies: int, rows: int, level: int = CALL) -> str:
        """Return the text of a slot with the samples of several rows side by side."""
        if copies == 1:
            return self.within(self._slot(slot), level)
        if len(self._runs(slot)) > 1 and (tables := self._beside(slot, copies)) is not None:
            return tables
        return f"{self.within(self._slot(slot, exact=True), CALL)}.reshape({rows}, -1)"

    @_text.register
    def _extreme(self, array: Extreme) -> Text:
        given = self.within(self._slot(array.operands, exact=True), CALL)
        method = array.head.symbol
        if array.rows == 1:
            return Text(f"{given}.{method}(axis=0, keepdims=True)")
        if array.width:
            return Text(f"{given}.reshape({array.rows}, {array.width}, -1).{method}(axis=1)")
        function = self._use(EXTREMES[array.head])
        return Text(f"{function}({given}, {self._constant(array.starts)})")

    @_text.register
    def _segments(self, array: Segments) -> Text:
        left, right = array.lefts, array.rights
        are_ones, runs = is_all_one(left), self._runs(right)
        are_single = all(isinstance(x, Term) and not is_batch(x) for x in [*left, *right])
        if array.rows == 1 and are_single:
            a, b = (self.within(self._slot(slot, exact=True), CALL) for slot in (left, right))
            return Text(f"{a}.T @ {b}", PRODUCT)
        if array.rows == 1 and are_ones and 1 < len(runs) <= SHORT:
            return Text(" + ".join([self._added(*run) for run in runs]), SUM)
        factors = [self._slot(slot) for slot in (left, right)]
        product = factors[1] if are_ones else self.apply(op.mul, factors)
        text = self.within(product, CALL)
        if array.rows == 1:
            return Text(f"{text}.sum(axis=0, keepdims=True)")
        if array.width:
            return Text(f"{text}.reshape({array.rows}, {array.width}, -1).sum(axis=1)")
        return Text(f"{self._use('sums')}({product.text}, {self._constant(array.starts)})")

    def _added(self, array: Any, first: int, step: int, count: int) -> str:
        """Return the text of the sum of a run."""
        text = self._run(array, first, step, count, alone=count == 1)
        if count == 1:
            return self.within(text, SUM)
        return f"{self.within(text, CALL)}.sum(axis=0, keepdims=True)"

    @_text.register
    def _sum(self, array: Sum) -> Text:
        texts = [self.apply(op.mul, [self._slot(x) for x in pair]) for pair in array.pairs]
        texts += [self._slot(slot) for slot in array.singles]
        joined = " + ".join([self.within(text, SUM) for text in texts])
        return Text(joined, SUM) if len(texts) > 1 else texts[0]

    @_text.register
    def _matmul(self, array: MatMul) -> Text:
        rows, copies = array.coefficients, array.copies
        if copies == 1:
            inputs = self.within(self._slot(array.inputs, exact=True), CALL)
            product = Text(f"{self._matrix(rows)} @ {inputs}", PRODUCT)
        else:
            inputs = self._copies(array.inputs, copies, len(rows[0]))
            product = Text(f"({self._matrix(rows)} @ {inputs}).reshape({array.rows}, -1)")
        return product if array.bias is None else self.infix("+", product, self._bias(array))

    # -- the language ----------------------------------------------------------------------

    def rewritten(self, node: Any) -> Any:
        return node.make("max", *node.operands[1:]) if _is_larger(node) else node

    def apply(self, head: str | Operation, operands: Sequence[Text]) -> Text:
        if head == "max":
            return Text(f"np.maximum({', '.join([x.text for x in operands])})", CALL)
        return super().apply(head, operands)

    def infix(self, sign: str, a: Text, b: Text) -> Text:
        if sign == "&&":
            return Text(f"{self.within(a, CALL)} & {self.within(b, CALL)}", COMPARISON)
        return super().infix(sign, a, b)

    def number(self, x: float) -> Text:
        return super().number(in_single(x) if self._is_single else x)

    def choice(self, *operands: Text) -> Text:
        where = self._use("where") if self._is_single else "np.where"
        return Text(f"{where}({', '.join([x.text for x in operands])})", CALL)

    def function(self, row: Operation) -> str | None:
        if row.is_primitive:
            name = row.forward.__name__
            if name not in SPECIAL:
                return f"np.{name}"
            self._use("math")
            return self._use(name)
        return ROWS.get(row)


def _is_larger(term: Any) -> bool:
    """Return whether a term is where(b <= a, a, b), the larger of two."""
    if not isinstance(term, Term) or term.head not in ("?", "guard"):
        return False
    condition, a, b = term.operands
    return bool(condition.head == "<=" and condition.operands == (b, a))


def _time(slope: Term) -> int:
    """Return in which use of its layer a gradient comes about; 0 if that is not one."""
    names = [x.name for x in slope.operands if isinstance(x, Term)]
    times = {name.time for name in names if name is not None and name.letter == "δ"}
    return times.pop() if len(times) == 1 else 0


class FlatWriter(ArrayWriter):
    """Writes one statement after the other, for JAX, whose arrays are not changed in place."""

    finds_loops = False
