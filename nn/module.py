"""`Module`: the base class of everything that has parameters."""

from __future__ import annotations

import copy
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from itertools import repeat
from types import FunctionType, ModuleType
from typing import Any, Final, Self

from autograd import Place, Value
from autograd.collector import paused
from autograd.compile import Step, compile
from autograd.leaves import freezing, gradients, numbers
from autograd.quoting import clipped, short
from autograd.writing import at_once, written

from .losses import Loss, find_loss
from .summary import Part, recorded, table

_NOTHING_INSIDE: Final = frozenset({bool, int, float, str, bytes, type(None), FunctionType, Place})


class Module:
    """Base class of everything that has parameters.

    A subclass stores `Value` leaves, other modules, or collections of them as attributes and
    computes with them in plain Python, in `__call__` or, as in PyTorch, in `forward`: any acyclic
    wiring works, skip connections too.

    Attributes
    ----------
    training : bool
        Whether the module is being trained, which some compute differently; see `train`.

    Notes
    -----
    Parameters are all leaves that are found in the attributes, slots among them, and there in
    modules, dataclasses, lists, tuples, deques, dicts and NumPy arrays of objects, to any depth.
    Leaves in sets, which have no order, or in objects of other classes are refused. What is
    computed, and an input that an `MLP` has made of a number, is no parameter; any other leaf is,
    also an input that a call has stored. Store its number, ``x.data``, instead; `print` shows what
    was found.

    Examples
    --------
    >>> from autograd import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data, dict(line.named_parameters())["slope"].data
    (7.0, 2.0)
    >>> print(line)
    Line(
      (slope): 1 parameter
      (offset): 1 parameter
    )
    """

    training = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, x in vars(cls).items():
            if isinstance(x, (Value, Module)) and not is_dataclass(cls):
                raise TypeError(
                    f"{cls.__name__}.{name} is an attribute of the class, which all its objects "
                    f"would share: write self.{name} = ... in __init__"
                )

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        forward = getattr(self, "forward", None)
        if forward is None:
            name = type(self).__name__
            raise TypeError(
                f"{name} does not say what it computes: define __call__(self, x), or "
                "forward(self, x), in its class"
            )
        return forward(*inputs, **options)

    def parameters(self) -> list[Value]:
        """Return the parameters in the order of the attributes, shared ones once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (name, parameter) pairs, with names such as ``layers.0.neurons.1.w.2``.

        Raises
        ------
        TypeError
            If there are leaves in a set, or in an object that is not looked into.
        ValueError
            If two parameters have the same name, as under the keys 1 and "1" of a dict.
        """
        named = [(name, x) for name, x in _inside(self) if isinstance(x, Value)]
        names = Counter([name for name, _ in named])
        if len(names) < len(named):
            twice = [name for name, count in names.items() if count > 1]
            raise ValueError(
                f"{len(twice)} names stand for two parameters: {_listed(twice)}; choose attributes "
                "without dots and keys that differ as text"
            )
        return iter(named)

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) pairs: this one, by the name "", and all inside it."""
        yield "", self
        for name, x in _inside(self, {Value, *_NOTHING_INSIDE}):
            if isinstance(x, Module):
                yield name, x

    def train(self, mode: bool = True) -> Self:
        """Put the module and all inside it in training mode, or evaluation mode; return self.

        `Dropout` is one that computes differently. Whether a module is in training mode is its
        attribute `training`.
        """
        others = [module for _, module in self.named_modules() if module.training != mode]
        at_once(written("training", others, repeat(mode)))
        return self

    def eval(self) -> Self:
        """Put the module and all inside it in evaluation mode; return self."""
        return self.train(False)

    def requires_grad_(self, flag: bool = True) -> Self:
        """Freeze all parameters, with False, or set them free again; return self.

        Frozen ones stay in `parameters` and `state_dict`; see `Value.requires_grad_`.

        Examples
        --------
        >>> from nn import MLP
        >>> model = MLP(2, [3, 1], activation="tanh", rng=0)
        >>> _ = model.layers[0].requires_grad_(False)
        >>> model([0.5, -1.0]).backward()
        >>> sum([p.has_grad for p in model.parameters()])
        4
        """
        at_once(freezing(self.parameters(), not flag))
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        at_once(gradients(self.parameters(), repeat(None)))

    def compile(self, loss: str | Loss, **options: Any) -> Step:
        """Return a program that computes a loss and its gradient for whole batches.

        Parameters
        ----------
        loss : str or callable
            ``loss(output, target)`` of one sample, or its name in `nn.LOSSES`. Targets of
            several classes are 1-of-K vectors. They are not checked; `fit` does that.
        **options
            Passed on to `autograd.compile.compile`.

        Examples
        --------
        >>> from nn import MLP
        >>> step = MLP(2, [3, 1], rng=0).compile("half_squared_error")
        >>> loss, gradient = step([[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0])
        >>> gradient.shape, step.predict([[0.0, 1.0]]).shape
        ((13,), (1,))
        """
        loss_of = find_loss(loss)
        options = {"predict": self, **options}
        return compile(lambda x, t: loss_of(self(x), t), self.parameters(), **options)

    def state_dict(self) -> dict[str, float]:
        """Return the number of every parameter by its name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the number that `state_dict` had returned for it.

        Raises
        ------
        KeyError
            If names are missing or unknown. Nothing is changed then.
        """
        own = dict(self.named_parameters())
        missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unknown:
            raise KeyError(
                f"the state does not fit this module: {len(missing)} names missing "
                f"{_listed(sorted(missing))}, {len(unknown)} unknown {_listed(sorted(unknown))}; "
                "every leaf that a module stores counts, also one that was stored by a call"
            )
        new = [Value(state[name]).data for name in own]
        at_once(numbers([*own.values()], new))

    def summary(self, *sample: Any) -> str:
        """Return a table of the parts of the module, to be printed.

        Parameters
        ----------
        *sample : optional
            What the module is called with. The table then has for each part the numbers that went
            in and came out, and how many nodes and multiplications (of `*` and `dot`) it made. A
            copy is called; the module is left as it is.

        Examples
        --------
        >>> from nn import MLP
        >>> print(MLP(2, [16, 1], activation="tanh", rng=0).summary([0.5, -1.0]))
        layer     module                  parameters  frozen  in → out  nodes  multiplications
        layers.0  Layer(2, 16, tanh)              48       0    2 → 16     32               32
        layers.1  Layer(16, 1, identity)          17       0    16 → 1      1               16
        total     MLP                             65       0     2 → 1     33               48
        """
        module = copy.deepcopy(self)
        seen: dict[int, Any] = {id(module): module}
        parts = []
        for name, x in _parts(module, "", seen):
            own = x.parameters() if isinstance(x, Module) else x
            parts.append(Part(name, repr(x) if isinstance(x, Module) else "", own))
            if isinstance(x, Module) and sample:
                parts[-1].cost = recorded(x)
        total = Part("total", type(self).__name__, module.parameters())
        if sample:
            total.cost = recorded(module)
            module(*sample)
        return table([*parts, total])

    def __repr__(self) -> str:
        refusal = _search(self).refusal()
        return _tree(self, {id(self): self}) + (f"\nTypeError: {refusal}" if refusal else "")


# -- what a module holds -------------------------------------------------------------------------


class _Search:
    """What is found in a module: modules and parameters with their names, each once.

    Attributes
    ----------
    found : list of (name, module or parameter)
    strays : list of (name, module or parameter, holder)
        What is where nothing is looked for.
    """

    def __init__(self, is_deep: bool = True, ignored: Collection[object] = _NOTHING_INSIDE) -> None:
        self.is_deep = is_deep  # whether to look into inner modules
        self.ignored = ignored
        self.seen: dict[int, Any] = {}  # objects, so that no id is used again
        self.found: list[tuple[str, Value | Module]] = []
        self.strays: list[tuple[str, Value | Module, Any]] = []

    def look_into(self, holder: Any, prefix: str = "", is_stray: bool = False) -> None:
        for key, x in _items(holder):
            if x.__class__ in self.ignored or id(x) in self.seen:
                continue
            self.seen[id(x)] = x
            name = f"{prefix}{key}"
            if isinstance(x, Value):
                if x.operation is None and (x.place is None or x.place.quantity != "x"):
                    self.found.append((name, x))
            elif isinstance(x, Module):
                self.found.append((name, x))
                if self.is_deep:
                    self.look_into(x, f"{name}.")
            elif isinstance(x, (list, tuple, deque, Mapping)) or _is_array(x):
                self.look_into(x, f"{name}.", is_stray)
            elif not isinstance(x, (type, ModuleType)) and not is_stray:
                if is_dataclass(x):
                    self.look_into(x, f"{name}.")
                else:
                    inner = _Search(is_deep=False, ignored=self.ignored)
                    inner.look_into(x, f"{name}.", is_stray=True)
                    self.strays += [(*stray, x) for stray in inner.found]

    def refusal(self) -> str:
        """Return what is wrong with the first parameter that is where nothing is looked for."""
        for name, x, holder in self.strays:
            if id(x) not in self.seen:
                kind = type(holder).__name__
                remedy = f"which is not looked into: let {kind} be a Module or a dataclass"
                if isinstance(holder, (set, frozenset)):
                    remedy = "which has no order: use a list"
                return f"{clipped(name)} is a {type(x).__name__} in a {kind}, {remedy}"
        return ""


def _search(module: Module, ignored: Collection[object] = _NOTHING_INSIDE) -> _Search:
    """Return what is at any depth in a module."""
    search = _Search(ignored=ignored)
    search.seen[id(module)] = module
    with paused():
        search.look_into(module)
    return search


def _inside(
    module: Module, ignored: Collection[object] = _NOTHING_INSIDE
) -> list[tuple[str, Value | Module]]:
    """Return the modules and parameters at any depth in a module; raise TypeError if some stray."""
    search = _search(module, ignored)
    if search.refusal():
        raise TypeError(search.refusal())
    return search.found


def _items(holder: Any) -> Iterable[tuple[Any, Any]]:
    """Return what is in a collection, or the attributes of another object, by key or name."""
    if isinstance(holder, (list, tuple, deque, set, frozenset)):
        return enumerate(holder)
    if _is_array(holder):
        return enumerate(holder if holder.ndim else [holder.item()])
    if isinstance(holder, Mapping):
        return list(holder.items())
    state: Any = object.__getstate__(holder)  # attributes, or a pair of them and slots
    parts = state if isinstance(state, tuple) else (state,)
    return [item for part in parts if part for item in part.items()]


def _is_array(x: Any) -> bool:
    """Return whether x is an array of objects."""
    return hasattr(x, "ndim") and getattr(getattr(x, "dtype", None), "kind", "") == "O"


def _direct(module: Module, seen: dict[int, Any]) -> dict[str, Module | list[Value]]:
    """Return what a module holds itself: inner modules, and the parameters of each attribute."""
    search = _Search(is_deep=False)
    search.seen = seen
    search.look_into(module)
    held: dict[str, Any] = {}
    for name, x in search.found:
        if isinstance(x, Module):
            held[name] = x
        else:
            held.setdefault(name.split(".")[0], []).append(x)
    return held


def _is_tree(x: Module | list[Value]) -> bool:
    """Return whether x is shown by what it holds, and has no text of its own."""
    return type(x).__repr__ is Module.__repr__


def _parts(
    module: Module, prefix: str, seen: dict[int, Any]
) -> Iterator[tuple[str, Module | list[Value]]]:
    """Yield what is shown of a module in one line each."""
    for name, x in _direct(module, seen).items():
        if isinstance(x, Module) and _is_tree(x):
            yield from _parts(x, f"{prefix}{name}.", seen)
        else:
            yield prefix + name, x


def _tree(x: Module | list[Value], seen: dict[int, Any]) -> str:
    """Return what `print` shows of a module: a line for each thing it holds."""
    if isinstance(x, list):
        return _counted(x)
    if not _is_tree(x):
        return repr(x)
    lines = {name: _tree(y, seen).replace("\n", "\n  ") for name, y in _direct(x, seen).items()}
    inner = "".join([f"  ({clipped(name)}): {text}\n" for name, text in lines.items()])
    return f"{type(x).__name__}(\n{inner})" if inner else f"{type(x).__name__}()"


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(map(short, names[:3]))}]"


def _counted(parameters: Sequence[Value]) -> str:
    """Return how many parameters there are, and how many of them are frozen."""
    count, frozen = len(parameters), sum([not p.requires_grad for p in parameters])
    text = "1 parameter" if count == 1 else f"{count} parameters"
    return text if not frozen else f"{text}, {'frozen' if frozen == count else f'{frozen} frozen'}"
