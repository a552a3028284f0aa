"""What data choose, by `take` and `pick`: an index is looked at before it chooses anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from autograd import operations as op
from autograd.core import sort
from autograd.value import Value

from .trace import TraceError


class LookUps:
    """The look-ups by data of a traced function.

    Parameters
    ----------
    roots : iterable
        What the function gives.
    unknown : mapping
        For each input its array, "X" or "T", and its place among the numbers of a sample.
    params : sequence of Value

    Raises
    ------
    TraceError
        If an index depends on a parameter.
    """

    def __init__(
        self,
        roots: Iterable[Any],
        unknown: Mapping[Value, tuple[str, int]],
        params: Sequence[Value],
    ) -> None:
        self._unknown = unknown
        self._given: dict[tuple[str, int], list[int]] = defaultdict(list)  # inputs themselves
        self._computed: list[tuple[Value, int]] = []  # from inputs
        graphs = [sort(root)[1] for root in roots if isinstance(root, Value)]
        picks = [node.operands for nodes in graphs for node in nodes if node.operation is op.pick]
        found = {(index, len(values)) for *values, index in picks if isinstance(index, Value)}
        for index, count in sorted(found, key=lambda x: (x[1], unknown.get(x[0], ("", 0)))):
            if index in unknown:
                name, place = unknown[index]
                self._given[name, count].append(place)
                continue
            leaves = {*sort(index)[0]}
            if not leaves.isdisjoint(params):
                raise TraceError(
                    "the index of a look-up, by take() or pick(), depends on parameters, to which "
                    "no gradient flows: compute it from the inputs alone"
                )
            if not leaves.isdisjoint(unknown):
                self._computed.append((index, count))

    def check(self, samples: Mapping[str, Any]) -> None:
        """Refuse samples with an index that is out of range.

        Parameters
        ----------
        samples : mapping
            The arrays by what a message calls them: X, and then T where there are targets.

        Raises
        ------
        ValueError
            If one is; the message has the number, and its place.
        """
        if not self._given and not self._computed:
            return
        np = import_module("numpy")
        names = dict(zip("XT", samples))
        given = {array: np.asarray(samples[name]) for array, name in names.items()}
        flat = {array: x.reshape(len(x), -1) for array, x in given.items()}
        for (array, count), columns in self._given.items():
            numbers = flat[array][:, columns]
            for i, k in _wrong(np, numbers, count)[:1]:
                place = np.unravel_index(i * flat[array].shape[1] + columns[k], given[array].shape)
                where = "".join([f"[{x}]" for x in place])
                raise ValueError(_message(f"{names[array]}{where} is", numbers[i, k], count))
        for index, count in self._computed:
            numbers = self._on_arrays(index, flat)[:, None]
            for i, _ in _wrong(np, numbers, count)[:1]:
                about = f"of sample {i}, {' and '.join(names.values())} give"
                raise ValueError(_message(about, numbers[i, 0], count))

    def _on_arrays(self, index: Value, flat: Mapping[str, Any]) -> Any:
        """Return the index of each sample."""
        leaves, computed = sort(index)
        numbers: dict[Any, Any] = {}
        for leaf in leaves:
            array, place = self._unknown.get(leaf, ("", 0))
            numbers[leaf] = flat[array][:, place] if array else leaf.data
        for node in computed:
            operands = [numbers[x] if isinstance(x, Value) else x for x in node.operands]
            numbers[node] = node.operation.apply(tuple(operands))
        return numbers[index]


def _wrong(np: Any, numbers: Any, count: int) -> Any:
    """Return the places of numbers that are no index of so many."""
    is_right = (numbers >= 0) & (numbers < count) & (numbers == np.floor(numbers))
    return () if is_right.all() else np.argwhere(~is_right)


def _message(found: str, number: float, count: int) -> str:
    return (
        f"{found} {float(number)!r} as the index of a look-up by take() or pick() of {count}; it "
        f"must be an integer from 0 to {count - 1}"
    )
