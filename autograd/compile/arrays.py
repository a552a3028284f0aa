"""The program as operations on whole arrays, for NumPy and JAX, that a student can read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from autograd import operations as op
from autograd.arrays import SPECIAL
from autograd.printer import CALL, COMPARISON, PRODUCT, SUM, Text
from autograd.table import Operation

from .groups import SHORT, Array, matrix_rows
from .program import Program, Run, Writer, is_all_one, picked_from
from .terms import Name, Term, is_batch

LONGEST: Final = 70  # characters that are written where they are used
PIECES: Final = 16  # so many parts of arrays are put together; more are gathered from a pool
ROWS: Final = {op.absolute: "np.abs", op.square: "np.square"}  # that NumPy has functions for
LOSSES: Final = ("loss", "penalty")


class ArrayWriter(Writer):
    """Writes a statement for each array, whose rows are scalars and whose columns are samples."""

    def program(self) -> Program:
        self._blocks: dict[str, str] = {}  # names of views of the parameters
        self._names: dict[Array, str] = {}
        self._slopes: dict[Array, str] = {}  # names of gradients of weights and biases
        self._texts: dict[Array, Text] = {}  # of those written where they are used
        self._pool: dict[bool, dict[Array, int]] = {True: {}, False: {}}
        self._name_slopes()
        self._find_pools()
        body: list[str] = []
        for array in self._arrays:
            body += self._pooled_input(array) if array.kind == "input" else self._statement(array)
        body += self._result()
        head = self._head()
        about = (
            "Return the outputs for each sample."
            if self._wants_outputs
            else "Return the loss, with weight s for each sample, and its gradient."
            if len(self._passes.losses) == 1
            else "Return loss (weight s for each sample), penalty (weight r), and gradient."
        )
        rows = sum([array.rows for array in self._arrays if array.is_batch])
        return self._program([f'"""{about}"""', *head, *body], rows)

    def _head(self) -> list[str]:
        used = {term.head for term in self._position}
        lines = []
        if self._pool[True] or "n" in self._used:
            lines.append("n = len(X)")
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
                table, columns = ("V", "n") if are_batch else ("v", "1")
                lines.append(f"{table} = np.zeros(({rows}, {columns}), X.dtype)")
        return lines

    def _turned(self, name: str) -> str:
        """Return the text of samples side by side, copied if it is gone through row by row."""
        array = self._groups.inputs[name]
        slots = [x for a in self._arrays if a.kind not in ("matmul", "outer") for x in a.slots]
        is_read = array.rows > 1 and any(array in self._found(slot) for slot in slots)
        return f"{name}.T.copy()" if is_read else f"{name}.T"

    def _pooled_input(self, array: Array) -> list[str]:
        if array not in self._pool[array.is_batch]:
            return []
        text = "theta[:, None]" if array.head == "p" else array.head
        return [self._put(array, text)]

    def _put(self, array: Array, text: str) -> str:
        pool = "V" if array.is_batch else "v"
        text += ".reshape(-1, 1)" if array.shape is not None else ""
        if _is_scalar(array):
            text = f"np.full(({array.rows}, 1), {text}, theta.dtype)"
        return f"{pool} = {self._use('put')}({pool}, {self._pool[array.is_batch][array]}, {text})"

    def _statement(self, array: Array) -> list[str]:
        text: Text = getattr(self, f"_{array.kind}")(array)
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
        found: dict[Array, set[Name | None]] = defaultdict(set)
        for term, parameter in self._groups.parameter.items():
            name, array = self._passes.names[parameter], self._position[term][0]
            if array.kind in ("outer", "inner", "total"):
                found[array].add(_of_slope(name, term) if name else None)
        for array, names in found.items():
            first, *others = names
            if first is not None and not others:
                self._slopes[array] = f"d{self._quantity(first)}"

    def _result(self) -> list[str]:
        if self._wants_outputs:
            outputs = self._slot(self._passes.outputs).text
            shape = f"{len(self._passes.outputs)}, {self._use('n')}"
            return [f"return np.broadcast_to({outputs}, ({shape})).T"]
        parts = [self.within(text, CALL) for text in self._parts(self._gradient)]
        names = self._names_of(self._gradient)
        if len(parts) == 1:
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

    # -- rows of arrays --------------------------------------------------------------------

    def _find_pools(self) -> None:
        """Find the arrays whose rows are gathered together with those of others."""
        mixed: set[Array] = set()
        for slot in self._all_slots():
            if self._is_scattered(slot):
                mixed |= {self._where(x)[0] for x in slot}
        for are_batch, pool in self._pool.items():
            start = 0
            for array in self._arrays:
                if array in mixed and array.is_batch == are_batch:
                    pool[array] = start
                    start += array.rows

    def _is_scattered(self, terms: Sequence[Any]) -> bool:
        """Return whether rows are to be gathered from a pool of several arrays."""
        runs = self._runs(terms)
        arrays = {array for array, *_ in runs}
        kinds = {array.is_batch if isinstance(array, Array) else None for array in arrays}
        if len(runs) <= PIECES or len(arrays) == 1 or kinds not in ({True}, {False}):
            return False
        return kinds == {True} or len(list(_tables(runs))) > PIECES

    def _slot(self, terms: Sequence[Any], exact: bool = False) -> Text:
        """Return the text of rows: numbers, one array or a part of it, or rows gathered.

        Unless it must be exact, one row stands for several that are the same.
        """
        runs = self._runs(terms)
        arrays = {array for array, *_ in runs if isinstance(array, Array)}
        if not arrays and all(isinstance(x, (int, float)) for x in terms):
            if len(runs) == 1:
                return self.number(terms[0])
            return Text(self._constant([[float(x)] for x in terms]))
        if len(runs) == 1:
            return self._run(*runs[0], alone=not exact or len(terms) == 1)
        if len(arrays) == len({id(array) for array, *_ in runs}) == 1:
            (array,) = arrays
            rows = self._constant([self._where(x)[1] for x in terms])
            is_theta = array.head == "p" and array.kind == "input"
            return Text(f"theta[{rows}, None]" if is_theta else f"{self._column(array)}[{rows}]")
        parts = self._parts(terms)
        if len(parts) == 1:
            return parts[0]
        return Text(f"np.concatenate(({', '.join([part.text for part in parts])}))")

    def _parts(self, terms: Sequence[Any]) -> list[Text]:
        """Return texts that make up the rows one after the other."""
        if self._is_scattered(terms):
            where = [self._where(x) for x in terms]
            pool = self._pool[is_batch(terms[0])]
            rows = self._constant([pool[array] + row for array, row in where])
            return [Text(f"{'V' if is_batch(terms[0]) else 'v'}[{rows}]")]
        runs = self._runs(terms)
        are_batch = [isinstance(array, Array) and array.is_batch for array, *_ in runs]
        if not any(are_batch):
            return [
                self._run(*table[0], alone=False) if rows == 1 else self._joined(table, rows)
                for table, rows in _tables(runs)
            ]
        parts = [self._run(*run, alone=False) for run in runs]
        for i, (*_, count) in enumerate(runs):
            if not are_batch[i]:
                shape = f"{count}, {self._use('n')}"
                parts[i] = Text(f"np.broadcast_to({parts[i].text}, ({shape}))")
        return parts

    def _names_of(self, terms: Sequence[Any]) -> list[str]:
        """Return the names of the arrays that the rows make up, if all of them are whole."""
        names = []
        for array, first, step, count in self._runs(terms):
            is_whole = array in self._names and not _is_scalar(array)
            if not is_whole or first or not step or count != array.rows:
                return []
            names.append(self._names[array])
        return names

    def _joined(self, table: list[Run], rows: int) -> Text:
        """Return the text of a table whose parts are side by side in arrays of their own."""
        parts = []
        for array, first, _, width in table:
            if isinstance(array, Array) and array.shape == (rows, width) and not first:
                parts.append(self._names[array])
                continue
            count = rows * width
            text = self.within(self._run(array, first, 1, count, alone=False), CALL)
            parts.append(text if width == 1 else f"{text}.reshape({rows}, {width})")
        return Text(f"{self._use('join')}({', '.join(parts)})")

    def _run(self, array: Any, first: int, step: int, count: int, alone: bool) -> Text:
        """Return the text of a run; alone, one row stands for several that are the same."""
        if not isinstance(array, Array):
            is_name = isinstance(array, Term)
            text = Text(self._use(array.head)) if is_name else self.number(array)
            return text if alone else _filled(text, count)
        if array.head == "p" and array.kind == "input":
            text = Text(self._parameters(first, step, count))
            return text if step or alone else _filled(text, count)
        if not alone and array.rows == 1 and _is_scalar(array):
            return _filled(self._whole(array), count)
        if (first == 0 and count == array.rows and step) or (array.rows == 1 and alone):
            return self._whole(array)
        end = first + 1 if step == 0 else first + count
        part = f"{self._column(array)}[{first}:{end}]"
        return Text(part if alone or step else f"np.repeat({part}, {count}, axis=0)")

    def _parameters(self, first: int, step: int, count: int) -> str:
        if step == 0:
            return f"theta[{first}]"
        if step == 1 and count == self._count:
            return "theta[:, None]"
        stop, by = first + step * (count - 1) + 1, f":{step}" if step > 1 else ""
        return f"theta[{first}:{stop}{by}, None]"

    def _whole(self, array: Array) -> Text:
        return self._texts[array] if array in self._texts else Text(self._column(array))

    def _column(self, array: Array) -> str:
        """Return the name of an array with a row for each scalar."""
        if array.kind == "input":
            return str(array.head)
        if array in self._texts:
            return self.within(self._texts[array], CALL)
        if array not in self._names:
            start = self._pool[array.is_batch][array]
            return f"{'V' if array.is_batch else 'v'}[{start}:{start + array.rows}]"
        name = self._names[array]
        return f"{name}.reshape(-1, 1)" if array.shape is not None else name

    # -- expressions -----------------------------------------------------------------------

    # Each kind of array has a method for the text of what it is computed by.

    def _op(self, array: Array) -> Text:
        texts = [self._slot(slot) for slot in array.slots]
        if texts[0].level == COMPARISON and all(map(_is_larger, array.members)):
            return self.apply("max", texts[1:])
        return self.apply(array.head, texts)

    def _outer(self, array: Array) -> Text:
        left, right = (self.within(self._slot(slot), CALL) for slot in array.slots)
        return Text(f"{left} @ {right}.T", PRODUCT)

    def _inner(self, array: Array) -> Text:
        left, right = (self.within(self._slot(slot), PRODUCT) for slot in array.slots)
        return Text(f'np.einsum("ij,ij->i", {left}, {right})[:, None]')

    def _total(self, array: Array) -> Text:
        return Text(f"{self.within(self._slot(array.slots[0]), CALL)}.sum(axis=1, keepdims=True)")

    def _pick(self, array: Array) -> Text:
        *_, indices = array.slots
        tables = picked_from(array)
        count = len(dict.fromkeys(indices))
        units = tables[::count]
        if is_batch(tables[0][0]):
            table = self.within(self._slot([x for row in tables for x in row], exact=True), CALL)
            if array.rows == 1:
                return Text(f"np.take_along_axis({table}, {self._indices(indices)}, axis=0)")
            table = f"{table}.reshape({array.rows}, {len(tables[0])}, -1)"
            index = f"{self._indices(indices)}[:, None]"
            return Text(f"np.take_along_axis({table}, {index}, axis=1)[:, 0]")
        if tables != [unit for unit in units for _ in range(count)]:
            table, index = self._matrix(tables), self._indices(indices)
            return Text(f"np.take_along_axis({table}, {index}, axis=1)")
        table, index = self._matrix(units), self._indices(indices[:count])
        return Text(f"np.take({table}, {index}, axis=1).reshape({array.rows}, -1)")

    def _scatter(self, array: Array) -> Text:
        index, rows = (self.within(self._slot(slot, exact=True), CALL) for slot in array.slots)
        assert array.shape is not None
        count, width = array.shape
        if len(array.slots[0]) > 1:
            rows = f"{rows}.reshape({width}, -1)"
        return Text(f"{self._use('scatter')}({index}, {rows}, {count})")

    def _indices(self, terms: Sequence[Any]) -> str:
        return f"{self.within(self._slot(terms, exact=True), CALL)}.astype(int)"

    def _extreme(self, array: Array) -> Text:
        given = self.within(self._slot(array.slots[0], exact=True), CALL)
        method = array.head.symbol
        if array.rows == 1:
            return Text(f"{given}.{method}(axis=0, keepdims=True)")
        width = len(array.slots[0]) // array.rows
        return Text(f"{given}.reshape({array.rows}, {width}, -1).{method}(axis=1)")

    def _segments(self, array: Array) -> Text:
        left, right = array.slots
        are_ones, runs = is_all_one(left), self._runs(right)
        are_single = all(isinstance(x, Term) and not is_batch(x) for x in [*left, *right])
        if array.rows == 1 and are_single:
            a, b = (self.within(self._slot(slot, exact=True), CALL) for slot in array.slots)
            return Text(f"{a}.T @ {b}", PRODUCT)
        if array.rows == 1 and are_ones and 1 < len(runs) <= SHORT:
            return Text(" + ".join([self._added(*run) for run in runs]), SUM)
        factors = [self._slot(slot) for slot in array.slots]
        text = factors[1].text if are_ones else self.apply(op.mul, factors).text
        if array.rows == 1:
            return Text(f"({text}).sum(axis=0, keepdims=True)")
        return Text(f"{self._use('sums')}({text}, {self._constant(array.starts)})")

    def _added(self, array: Any, first: int, step: int, count: int) -> str:
        """Return the text of the sum of a run."""
        text = self._run(array, first, step, count, alone=count == 1)
        if count == 1:
            return self.within(text, SUM)
        return f"{self.within(text, CALL)}.sum(axis=0, keepdims=True)"

    def _sum(self, array: Array) -> Text:
        slots = [self._slot(slot) for slot in array.slots]
        pairs = [slots[2 * k : 2 * k + 2] for k in range(array.pairs)]
        texts = [self.apply(op.mul, pair) for pair in pairs] + slots[2 * array.pairs :]
        joined = " + ".join([self.within(text, SUM) for text in texts])
        return Text(joined, SUM) if len(texts) > 1 else texts[0]

    def _matmul(self, array: Array) -> Text:
        inputs = self.within(self._slot(array.slots[0], exact=True), CALL)
        product = Text(f"{self._matrix(matrix_rows(array))} @ {inputs}", PRODUCT)
        bias = array.slots[array.rows + 1 :]
        return self.infix("+", product, self._bias(bias[0])) if bias else product

    def _bias(self, terms: Sequence[Any]) -> Text:
        runs = self._runs(terms)
        array, first, step, count = runs[0]
        if len(runs) == 1 and isinstance(array, Array) and array.kind == "input" and step:
            place = _place(terms)
            if place is not None:
                return Text(self._block(self._parameters(first, step, count), f"b{place}"))
        return self._slot(terms)

    def _matrix(self, rows: Sequence[list[Any]]) -> str:
        """Return the coefficients: a view of the parameters, if they are one, or gathered."""
        flat = [x for row in rows for x in row]
        if not isinstance(flat[0], Term):
            return self._constant([*rows])
        if not all(isinstance(x, Term) and x.head == "p" for x in flat):
            parts = [part.text for part in self._parts(flat)]
            return f"np.concatenate(({', '.join(parts)},)).reshape({len(rows)}, {len(rows[0])})"
        at = [[self._where(x)[1] for x in row] for row in rows]
        views = [(self._view(at), ""), (self._view([*map(list, zip(*at))]), ".T")]
        found = [(view, flip) for view, flip in views if view is not None]
        for view, flip in sorted(found, key=lambda view: view[0] not in self._blocks)[:1]:
            return self._block(view, f"W{_place(rows[0]) or ''}") + flip
        return f"theta[{self._constant(at)}]"

    def _view(self, at: Sequence[Sequence[int]]) -> str | None:
        """Return a table of parameters as a view, if it is one: rows that are equally far apart."""
        start, height, width = at[0][0], len(at), len(at[0])
        down = at[1][0] - start if height > 1 else width
        begin = min(start, self._count - height * down)
        left = start - begin
        if begin < 0 or left + width > down:
            return None
        if any(
            row != [*range(start + i * down, start + i * down + width)] for i, row in enumerate(at)
        ):
            return None
        text = f"theta[{begin}:{begin + height * down}].reshape({height}, {down})"
        return text if down == width else f"{text}[:, {left or ''}:{left + width}]"

    def _block(self, view: str, name: str) -> str:
        if view not in self._blocks:
            self._blocks[view] = self._free(name, exact=True)
        return self._blocks[view]

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


def _filled(text: Text, count: int) -> Text:
    """Return a column of one number."""
    return Text(f"np.full(({count}, 1), {text.text}, theta.dtype)")


def _is_scalar(array: Array) -> bool:
    return array.kind != "input" and not array.members[0].is_array


def _tables(runs: Sequence[Run]) -> Iterator[tuple[list[Run], int]]:
    """Yield runs as the first row of a table, with the number of its rows; of other runs one.

    So the gradients of weights and biases lie, unit after unit: each row goes on where the one
    before it has ended.
    """
    at = 0
    while at < len(runs):
        width, rows = next(
            ((w, r) for w in range(2, PIECES) if (r := _rows(runs, at, w)) > 1), (1, 1)
        )
        yield list(runs[at : at + width]), rows
        at += width * rows


def _rows(runs: Sequence[Run], at: int, width: int) -> int:
    """Return how many rows of so many runs a table has that begins at a run."""
    if any(step != 1 for _, _, step, _ in runs[at : at + width]):
        return 1
    end = at + width
    while end < len(runs):
        (array, first, step, count), (above, begin, _, size) = runs[end], runs[end - width]
        expected = begin + size if isinstance(array, Array) else begin
        if above is not array or (first, step, count) != (expected, 1, size):
            break
        end += 1
    return (end - at) // width


def _of_slope(parameter: Name, slope: Term) -> Name:
    """Return the name of what a gradient is with respect to: a matrix, in one use of its layer."""
    names = [x.name for x in slope.operands if isinstance(x, Term)]
    time = sum([name.time for name in names if name is not None and name.letter == "δ"])
    return Name("W" if parameter.letter == "w" else "b", parameter.layer, 0, time)


def _place(terms: Sequence[Any]) -> int | None:
    """Return the layer of parameters if they all belong to it."""
    layers = {x.name.layer if isinstance(x, Term) and x.name else None for x in terms}
    return layers.pop() if len(layers) == 1 else None
