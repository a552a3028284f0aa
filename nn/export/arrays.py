"""Arrays of nodes: what other libraries do with arrays, done element by element.

The elements of these NumPy arrays are `Value` nodes, and floats where nothing is differentiated.
Three questions to the other library say which elements go where, whatever the operation is:
asked with the numbers of the elements in their place, it says what it moves; with a single 1
among zeros, by what a linear operation multiplies; with both, what a bilinear one multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd import Value, dot, mean
from autograd import sum as total
from autograd.numbers import number_of

Array = NDArray[Any]

LIMIT: Final = 6000  # nodes; more can neither be looked at nor read
AGREED: Final = 1e-9  # how far a number may be from that of the other library, relatively


def check_size(function: str, before: int, more: int, what: str) -> None:
    """Refuse to make more nodes than `LIMIT` in all."""
    if before + more > LIMIT:
        raise ValueError(
            f"{function}() unrolls up to {LIMIT} nodes; {what} needs {more} after {before} before; "
            "give it fewer samples, a shorter sequence or a smaller image, make the layers "
            "narrower, or freeze parameters"
        )


def enlarge(graph: set[Value], elements: Array) -> None:
    """Add to the nodes of a graph those elements, and what they were computed from."""
    waiting = [x for x in elements.flat if isinstance(x, Value)]
    while waiting:
        node = waiting.pop()
        if node not in graph:
            graph.add(node)
            waiting += node.parents


def indexed(name: str, index: Iterable[int]) -> str:
    """Return the name of an element, such as "weight[0,1]"; of a single number, the name.

    Examples
    --------
    >>> indexed("weight", (0, 1)), indexed("x", ())
    ('weight[0,1]', 'x')
    """
    places = ",".join(map(str, index))
    return f"{name}[{places}]" if places else name


def leaves(name: str, given: Array) -> Array:
    """Return a labelled leaf for each number of an array."""
    made = np.empty(given.shape, dtype=object)
    for index, number in np.ndenumerate(given):
        made[index] = Value(number, label=indexed(name, index))
    return made


def numbers(array: Array) -> Array:
    """Return the numbers of nodes and floats."""
    return np.array([number_of(x) for x in array.flat], dtype=float).reshape(array.shape)


def check(what: str, ours: Array, theirs: Array, scale: float) -> None:
    """Refuse numbers that are not those of the other library, but for rounding."""
    found = numbers(ours)
    if found.shape != theirs.shape:
        raise ValueError(f"{what} gives the shape {theirs.shape}, but unrolled {found.shape}")
    if not np.allclose(found, theirs, rtol=AGREED, atol=AGREED * scale, equal_nan=True):
        worst = np.nanargmax(np.abs(np.where(found == theirs, 0.0, found - theirs)))
        raise ValueError(
            f"{what} gives {theirs.flat[worst]:.9g}, but unrolled {found.flat[worst]:.9g}; a graph "
            "of other numbers than those of the original is not made"
        )


def each(f: Callable[..., Any], *operands: Any) -> Array:
    """Apply a function of numbers to arrays and numbers, which are broadcast."""

    def number(*numbers: Any) -> Any:
        y = f(*numbers)
        return y if isinstance(y, Value) else float(y)

    arrays = [x if isinstance(x, np.ndarray) else np.array(x, dtype=object) for x in operands]
    shape = np.broadcast_shapes(*[array.shape for array in arrays])
    made = np.empty(shape, dtype=object)
    made[...] = np.frompyfunc(number, len(arrays), 1)(*arrays)
    return made


def reduced(f: Callable[..., Any], array: Array, axes: Sequence[int] | None = None) -> Array:
    """Apply a function of lists of numbers along axes (None or none: all), which vanish."""
    axes = tuple(axes or range(array.ndim))
    moved = np.moveaxis(array, axes, range(-len(axes), 0))
    kept = moved.shape[: array.ndim - len(axes)]
    rows = moved.reshape(int(np.prod(kept)), -1)
    return objects([f(row.tolist()) for row in rows]).reshape(kept)


def extreme(choose: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    """Return the function for max or min; several that are equal share the gradient evenly."""

    def best_of(row: list[Any]) -> Any:
        best = choose(row, key=number_of)
        ties = [x for x in row if number_of(x) == number_of(best)]
        return best if len(ties) == 1 else mean(ties)

    return best_of


def along(f: Callable[[list[Any]], list[Any]], array: Array, axis: int) -> Array:
    """Apply a function from lists to lists of the same length along an axis."""
    if not array.ndim:
        return along(f, array.reshape(1), 0).reshape(())
    made = np.empty(array.shape, dtype=object)
    sources, places = np.moveaxis(array, axis, -1), np.moveaxis(made, axis, -1)
    for index in np.ndindex(sources.shape[:-1]):
        places[index] = objects(f(sources[index].tolist()))
    return made


def objects(items: Sequence[Any]) -> Array:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def weighted(w: Iterable[Any], x: Iterable[Any], bias: Any = 0.0) -> Any:
    """Return Σ w x + bias; constant zeros, as those of a padding, are left out.

    Examples
    --------
    >>> weighted([2.0, 0.0], [3.0, 5.0], 1.0), weighted([1.0], [Value(7.0)]).data
    (7.0, 7.0)
    """
    # a node, whatever its number, is not equal to 0.0: == goes by identity
    pairs = [(a, b) for a, b in zip(w, x) if not (a == 0.0 or b == 0.0)]
    bias = None if bias == 0.0 else bias
    factors, others = [a for a, _ in pairs], [b for _, b in pairs]
    if all(a == 1.0 for a in factors):
        terms = [*others] if bias is None else [*others, bias]
        return terms[0] if len(terms) == 1 else total(terms)
    if len(pairs) == 1 and bias is None:
        return factors[0] * others[0]
    return dot(factors, others, bias)


def matmul(x: Array, w: Array, bias: Array | float = 0.0) -> Array:
    """Return x w + bias for matrices x, as one `dot` for each element, or a stack of them."""
    made = np.empty((*x.shape[:-1], w.shape[-1]), dtype=object)
    biases = np.broadcast_to(np.asarray(bias, dtype=object), made.shape)
    for index in np.ndindex(made.shape):
        *stack, i, j = index
        row, column = x[(*stack, i)], w[(*stack, slice(None), j)]
        made[index] = weighted(column.tolist(), row.tolist(), biases[index])
    return made


def moved(apply: Callable[..., Array], arrays: Sequence[Array], filler: float = 0.0) -> Array:
    """Return what an operation makes of arrays whose elements it moves, and fills up with 0."""
    positions, elements = [], [filler]
    for array in arrays:
        places = np.arange(len(elements), len(elements) + array.size, dtype=float)
        positions.append(places.reshape(array.shape))
        elements += array.flatten().tolist()
    taken = apply(*positions).astype(int)
    return objects([elements[i] for i in taken.flat]).reshape(taken.shape)


def linear(apply: Callable[..., Array], arrays: Sequence[Array]) -> Array:
    """Return what a linear operation makes of arrays, as sums of multiples."""
    elements = [x for array in arrays for x in array.flatten().tolist()]
    columns = [apply(*probe) for probe in _probes([array.shape for array in arrays])]
    factors = np.stack(columns, axis=-1)
    sums = [weighted(row, elements) for row in factors.reshape(-1, len(elements)).tolist()]
    return objects(sums).reshape(factors.shape[:-1])


def bilinear(apply: Callable[..., Array], x: Array, w: Array) -> Array:
    """Return what an operation makes of x and w that adds up products of their elements.

    In each of its sums an element of w is taken once at most, as in products of matrices and in
    convolutions.
    """
    positions = np.arange(1, x.size + 1, dtype=float).reshape(x.shape)
    columns = [apply(positions, probe) for (probe,) in _probes([w.shape])]
    taken = np.rint(np.stack(columns, axis=-1)).astype(int)
    elements, factors = objects([0.0, *x.flatten().tolist()]), w.flatten().tolist()
    sums = [weighted(factors, elements[row].tolist()) for row in taken.reshape(-1, w.size)]
    return objects(sums).reshape(taken.shape[:-1])


def _probes(shapes: Sequence[tuple[int, ...]]) -> Iterable[list[Array]]:
    """Yield arrays of these shapes, all 0 but for one element that is 1, for each element."""
    for i, shape in enumerate(shapes):
        for index in np.ndindex(shape):
            probe = [np.zeros(other) for other in shapes]
            probe[i][index] = 1.0
            yield probe
