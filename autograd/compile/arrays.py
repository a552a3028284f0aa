"""The program as operations on whole arrays, for NumPy and JAX, that a student can read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from autograd import operations as op

from .groups import SHORT, Array, matrix_rows
from .program import (
    ADD,
    CALL,
    COMPARISON,
    INFIX,
    MULTIPLY,
    SIGN,
    Program,
    Run,
    Text,
    Writer,
    number,
    wrapped,
)
from .terms import Passes, Term

LONGEST: Final = 70  # characters that are written where they are used
PIECES: Final = 16  # so many parts of arrays are put together; more are gathered from a pool
LOSSES: Final = ("loss", "penalty")


class ArrayWriter(Writer):
    """Writes a statement for each array, whose rows are scalars and whose columns are samples."""

    def __init__(self, passes: Passes, sizes: dict[str, int], notation: str, name: str) -> None:
        super().__init__(passes, sizes, notation, name)
        self._blocks: dict[str, str] = {}  # names of views of the parameters
        self._names: dict[Array, str] = {}
        self._slopes: dict[Array, tuple[str, int]] = {}  # letter and layer of what it is ∂E/∂ of
        self._texts: dict[Array, Text] = {}  # of those written where they are used
        self._pool: dict[bool, dict[Array, int]] = {True: {}, False: {}}
        self._name_slopes()
        self._find_pools()

    # -- the program -----------------------------------------------------------------------

    def program(self) -> Program:
        body: list[str] = []
        for array in self._arrays:
            if array.kind == "input":
                body += self._pooled_input(array)
            else:
                body += self._statement(array)
        body += self._result()
        head = self._head(body)
        arguments = "theta, X" if self._wants_outputs else "theta, X, T, s, r"
        about = (
            "Return the outputs for each sample."
            if self._wants_outputs
            else "Return the loss, with weight s for each sample, and its gradient."
            if len(self._passes.losses) == 1
            else "Return loss (weight s for each sample), penalty (weight r), and gradient."
        )
        lines = [f"    {line}" for line in (f'"""{about}"""', *head, *body)]
        lines.insert(0, f"def {self._name_of_program}({arguments}):")
        source = "\n\n\n".join([*self.helpers.values(), "\n".join(lines)])
        rows = sum([array.rows for array in self._arrays if array.is_batch])
        return Program(self._name_of_program, f"{source}\n", self.constants, self.reached, rows)

    def _head(self, body: Sequence[str]) -> list[str]:
        used = {term.head for term in self._position}
        lines = []
        if self._pool[True] or any(re.search(r"\bn\b", line.split("#")[0]) for line in body):
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
        for is_batch, pool in self._pool.items():
            if pool:
                rows = sum([array.rows for array in pool])
                lines.append(
                    f"V = np.zeros(({rows}, n), X.dtype)"
                    if is_batch
                    else f"v = np.zeros(({rows}, 1), X.dtype)"
                )
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
        if array.kind != "input" and not array.members[0].is_array:
            text = f"np.full(({array.rows}, 1), {text}, theta.dtype)"
        return f"{pool} = put({pool}, {self._pool[array.is_batch][array]}, {text})"

    def _statement(self, array: Array) -> list[str]:
        text, level = self._expression(array)
        is_pooled = array in self._pool[array.is_batch]
        uses, name = self._uses[array], self._name(array)
        if is_pooled and uses == 0 and array.name is None:
            return [self._put(array, text)]
        is_inside = uses == 1 and array.shape is None and len(text) <= LONGEST
        if name is None and not is_pooled and is_inside:
            self._texts[array] = (text, level)
            return []
        self._names[array] = name = name or self._free("t")
        lines = [f"{name} = {text}"]
        if array.name is not None or array in self._slopes:
            rows, columns = array.shape or (array.rows, "n" if array.is_batch else 1)
            lines = [f"{lines[0]}  # ({rows}, {columns})"]
        return [*lines, self._put(array, name)] if is_pooled else lines

    def _name(self, array: Array) -> str | None:
        """Return the name of a quantity of a network, of its gradients, or None."""
        if array.name is not None:
            letter = self._letters.get(array.name.letter, array.name.letter)
            return self._free(f"{letter}{array.name.layer}", exact=True)
        if array in self._slopes:
            letter, layer = self._slopes[array]
            return self._free(f"d{letter}{layer}", exact=True)
        return None

    def _name_slopes(self) -> None:
        """Find the arrays that are the gradient of the weights or the biases of a layer."""
        found: dict[Array, set[tuple[str, int] | None]] = defaultdict(set)
        for term, parameter in self._groups.parameter.items():
            name = self._passes.names[parameter]
            of = ("W" if name.letter == "w" else "b", name.layer) if name is not None else None
            found[self._position[term][0]].add(of)
        for array, names in found.items():
            first = next(iter(names))
            is_slope = array.kind in ("outer", "inner", "total")
            if is_slope and len(names) == 1 and first is not None:
                self._slopes[array] = first

    def _result(self) -> list[str]:
        if self._wants_outputs:
            outputs = self._slot(self._passes.outputs)[0]
            return [f"return np.broadcast_to({outputs}, ({len(self._passes.outputs)}, n)).T"]
        parts = [wrapped(text, CALL) for text in self._parts(self._gradient)]
        names = [part.removesuffix(".reshape(-1, 1)") for part in parts]
        if parts[1:] and all(name.isidentifier() for name in names):
            gradient = f"np.concatenate([d.ravel() for d in ({', '.join(names)})])"
        elif parts[1:]:
            gradient = f"np.concatenate(({', '.join(parts)})).ravel()"
        else:
            gradient = f"{names[0]}.ravel()"
        lines = []
        for name, loss in zip(LOSSES, self._passes.losses):
            text = self._slot([loss])
            is_array = isinstance(loss, Term) and loss.is_array
            lines.append(
                f"{name} = {wrapped(text, CALL)}[0, 0]" if is_array else f"{name} = {text[0]}"
            )
        return [*lines, f"return {', '.join(LOSSES[: len(lines)])}, {gradient}"]

    # -- rows of arrays --------------------------------------------------------------------

    def _find_pools(self) -> None:
        """Find the arrays whose rows are gathered together with those of others."""
        mixed: set[Array] = set()
        for slot in self._all_slots():
            if self._is_scattered(slot):
                mixed |= {self._where(x)[0] for x in slot}
        for is_batch, pool in self._pool.items():
            start = 0
            for array in self._arrays:
                if array in mixed and array.is_batch == is_batch:
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
                return number(terms[0])
            return f"{self._constant([[float(x)] for x in terms])}", CALL
        if len(runs) == 1:
            return self._run(*runs[0], alone=not exact or len(terms) == 1)
        if len(arrays) == len({id(array) for array, *_ in runs}) == 1:
            (array,) = arrays
            rows = self._constant([self._where(x)[1] for x in terms])
            is_theta = array.head == "p" and array.kind == "input"
            return f"theta[{rows}, None]" if is_theta else f"{self._column(array)}[{rows}]", CALL
        parts = self._parts(terms)
        if len(parts) == 1:
            return parts[0]
        return f"np.concatenate(({', '.join([text for text, _ in parts])}))", CALL

    def _parts(self, terms: Sequence[Any]) -> list[Text]:
        """Return texts that make up the rows one after the other."""
        if self._is_scattered(terms):
            where = [self._where(x) for x in terms]
            is_batch = where[0][0].is_batch
            pool = self._pool[is_batch]
            rows = self._constant([pool[array] + row for array, row in where])
            return [(f"{'V' if is_batch else 'v'}[{rows}]", CALL)]
        runs = self._runs(terms)
        are_batch = [isinstance(array, Array) and array.is_batch for array, *_ in runs]
        if not any(are_batch):
            return [
                self._run(*table[0], alone=False) if rows == 1 else self._joined(table, rows)
                for table, rows in _tables(runs)
            ]
        parts = [self._run(*run, alone=False) for run in runs]
        if not all(are_batch):
            parts = [
                part if is_batch else (f"np.broadcast_to({part[0]}, ({run[3]}, n))", CALL)
                for part, is_batch, run in zip(parts, are_batch, runs)
            ]
        return parts

    def _joined(self, table: list[Run], rows: int) -> Text:
        """Return the text of a table whose parts are side by side in arrays of their own."""
        parts = []
        for array, first, _, width in table:
            if isinstance(array, Array) and array.shape == (rows, width) and not first:
                parts.append(self._whole(array)[0].removesuffix(".reshape(-1, 1)"))
                continue
            count = rows * width
            text = wrapped(self._run(array, first, 1, count, alone=False), CALL)
            parts.append(text if width == 1 else f"{text}.reshape({rows}, {width})")
        return f"join({', '.join(parts)})", CALL

    def _run(self, array: Any, first: int, step: int, count: int, alone: bool) -> Text:
        if not isinstance(array, Array):
            text, level = (array.head, CALL) if isinstance(array, Term) else number(array)
            return (text, level) if alone else (f"np.full(({count}, 1), {text}, theta.dtype)", CALL)
        if array.head == "p" and array.kind == "input":
            text = self._parameters(first, step, count)
            return (text if step or alone else f"np.full(({count}, 1), {text}, theta.dtype)"), CALL
        is_scalar = array.rows == 1 and array.kind != "input" and not array.members[0].is_array
        if is_scalar and not alone:
            return f"np.full(({count}, 1), {self._whole(array)[0]}, theta.dtype)", CALL
        if (first == 0 and count == array.rows and step) or (array.rows == 1 and alone):
            return self._whole(array)
        end = first + 1 if step == 0 else first + count
        part = f"{self._column(array)}[{first}:{end}]"
        return (part, CALL) if alone or step else (f"np.repeat({part}, {count}, axis=0)", CALL)

    def _parameters(self, first: int, step: int, count: int) -> str:
        if step == 0:
            return f"theta[{first}]"
        if step == 1 and count == self._count:
            return "theta[:, None]"
        stop, by = first + step * (count - 1) + 1, f":{step}" if step > 1 else ""
        return f"theta[{first}:{stop}{by}, None]"

    def _whole(self, array: Array) -> Text:
        if array.kind == "input":
            return array.head, CALL
        if array in self._texts:
            return self._texts[array]
        return self._column(array), CALL

    def _column(self, array: Array) -> str:
        """Return the name of an array with a row for each scalar."""
        if array.kind == "input":
            return str(array.head)
        if array in self._texts:
            return wrapped(self._texts[array], CALL)
        if array not in self._names:
            start = self._pool[array.is_batch][array]
            return f"{'V' if array.is_batch else 'v'}[{start}:{start + array.rows}]"
        name = self._names[array]
        return f"{name}.reshape(-1, 1)" if array.shape is not None else name

    # -- expressions -----------------------------------------------------------------------

    def _expression(self, array: Array) -> Text:
        if array.kind == "op":
            return self._apply(array.head, [self._slot(slot) for slot in array.slots])
        if array.kind == "matmul":
            return self._product(array)
        if array.kind == "sum":
            return self._short_sum(array)
        if array.kind == "outer":
            left, right = (wrapped(self._slot(slot), CALL) for slot in array.slots)
            return f"{left} @ {right}.T", MULTIPLY
        if array.kind == "inner":
            left, right = (wrapped(self._slot(slot), MULTIPLY) for slot in array.slots)
            return f'np.einsum("ij,ij->i", {left}, {right})[:, None]', CALL
        if array.kind == "total":
            return f"{wrapped(self._slot(array.slots[0]), CALL)}.sum(axis=1, keepdims=True)", CALL
        if array.kind == "extreme":
            given = wrapped(self._slot(array.slots[0], exact=True), CALL)
            method = {op.maximum: "max", op.minimum: "min"}[array.head]
            if array.rows == 1:
                return f"{given}.{method}(axis=0, keepdims=True)", CALL
            width = len(array.slots[0]) // array.rows
            return f"{given}.reshape({array.rows}, {width}, -1).{method}(axis=1)", CALL
        factors = [self._slot(slot) for slot in array.slots]
        text = f"{wrapped(factors[0], MULTIPLY)} * {wrapped(factors[1], SIGN)}"
        text = factors[1][0] if factors[0][0] == "1.0" else text
        if array.rows == 1:
            if all(isinstance(x, Term) and not x.is_batch for slot in array.slots for x in slot):
                left, right = (wrapped(self._slot(slot, exact=True), CALL) for slot in array.slots)
                return f"{left}.T @ {right}", MULTIPLY
            runs = self._runs(array.slots[1])
            if factors[0][0] == "1.0" and 1 < len(runs) <= SHORT:
                return " + ".join([self._added(*run) for run in runs]), ADD
            return f"({text}).sum(axis=0, keepdims=True)", CALL
        starts = self._constant(array.starts)
        return f"sums({text}, {starts})", CALL

    def _added(self, array: Any, first: int, step: int, count: int) -> str:
        """Return the text of the sum of a run."""
        text = self._run(array, first, step, count, alone=count == 1)
        if count == 1:
            return wrapped(text, ADD)
        return f"{wrapped(text, CALL)}.sum(axis=0, keepdims=True)"

    def _short_sum(self, array: Array) -> Text:
        texts: list[str] = []
        slots = [self._slot(slot) for slot in array.slots]
        for k in range(array.pairs):
            a, b = slots[2 * k : 2 * k + 2]
            texts.append(self._apply(op.mul, (a, b))[0])
        level = MULTIPLY if len(slots) == 2 * array.pairs == 2 else ADD
        texts += [wrapped(slot, ADD) for slot in slots[2 * array.pairs :]]
        return " + ".join(texts), level

    def _product(self, array: Array) -> Text:
        inputs = wrapped(self._slot(array.slots[0], exact=True), CALL)
        text = f"{self._matrix(array) or self._gathered(array)} @ {inputs}"
        bias = array.slots[array.rows + 1 :]
        if not bias:
            return text, MULTIPLY
        return f"{text} + {wrapped(self._bias(bias[0]), MULTIPLY)}", ADD

    def _bias(self, terms: Sequence[Any]) -> Text:
        runs = self._runs(terms)
        array, first, step, count = runs[0]
        if len(runs) == 1 and isinstance(array, Array) and array.kind == "input" and step:
            place = _place(terms)
            if place is not None:
                return self._block(self._parameters(first, step, count), f"b{place}"), CALL
        return self._slot(terms)

    def _matrix(self, array: Array) -> str | None:
        """Return the coefficients as a view of the parameters, if they are one."""
        rows = matrix_rows(array)
        if not all(isinstance(x, Term) and x.head == "p" for row in rows for x in row):
            return None
        at = [[self._where(x)[1] for x in row] for row in rows]
        views = [(self._view(at), ""), (self._view([*map(list, zip(*at))]), ".T")]
        found = [(view, flip) for view, flip in views if view is not None]
        for view, flip in sorted(found, key=lambda view: view[0] not in self._blocks)[:1]:
            return self._block(view, f"W{_place(rows[0]) or ''}") + flip
        return None

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

    def _gathered(self, array: Array) -> str:
        rows = matrix_rows(array)
        flat = [x for row in rows for x in row]
        if not isinstance(flat[0], Term):
            return self._constant([list(row) for row in rows])
        if all(isinstance(x, Term) and x.head == "p" for x in flat):
            return f"theta[{self._constant([[self._where(x)[1] for x in row] for row in rows])}]"
        parts = [text for text, _ in self._parts(flat)]
        return f"np.concatenate(({', '.join(parts)},)).reshape({len(rows)}, {len(rows[0])})"

    def _block(self, view: str, name: str) -> str:
        if view not in self._blocks:
            self._blocks[view] = self._free(name, exact=True)
        return self._blocks[view]

    def _apply(self, head: Any, operands: Sequence[Text]) -> Text:
        if head is op.mul:
            operands = [_factor(operands[0]), operands[1]]
        texts = [text for text, _ in operands]
        if head == "&&":
            return f"{wrapped(operands[0], CALL)} & {wrapped(operands[1], CALL)}", COMPARISON
        if head in ("?", "guard"):
            condition, a, b = texts
            if condition == f"{b} <= {a}":
                return f"np.maximum({a}, {b})", CALL
            return f"np.where({condition}, {a}, {b})", CALL
        if head in (op.absolute, op.square):
            return f"np.{head.name}({texts[0]})", CALL
        if head in INFIX or head is op.neg or not head.is_primitive:
            return super()._apply(head, operands)
        name = head.forward.__name__
        return f"{name if name in ('erf', 'erfc') else f'np.{name}'}({', '.join(texts)})", CALL


def _factor(text: Text) -> Text:
    """Return a factor that is 0 or 1 as a truth value, which is several times quicker."""
    mask = re.fullmatch(r"np\.where\((\w+ (?:<|<=|>|>=) [\w.]+), 0\.0, 1\.0\)", text[0])
    return (f"np.logical_not({mask[1]})", CALL) if mask is not None else text


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


def _place(terms: Sequence[Any]) -> int | None:
    """Return the layer of parameters if they all belong to it."""
    layers = {x.name.layer if isinstance(x, Term) and x.name else None for x in terms}
    return layers.pop() if len(layers) == 1 else None
