"""Every kind of edit of what a function reads: seen at once, or by a check within its pace."""

from __future__ import annotations

import abc
import array
import enum
import functools
import math
import os
import sys
import types
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from autograd import Operation, Value
from autograd.compile import agreement, compile
from autograd.compile import step as step_module
from nn import Module

K = 1.0
Function = Callable[[Any], Any]
Case = tuple[Function, Callable[[], Any]]
W = Value(2.0)


class Base:
    k: ClassVar[float] = 1.0

    def factor(self) -> float:
        return self.k

    def __call__(self, x: Any) -> Any:
        return W * x * self.factor()


class Child(Base):
    @property
    def of_property(self) -> float:
        return K

    @staticmethod
    def of_static() -> float:
        return K

    @classmethod
    def of_class(cls) -> float:
        return cls.k

    @functools.cached_property
    def cached(self) -> float:
        return 1.0


class Meta(type):
    k = 1.0


class Made(metaclass=Meta):
    pass


class Abstract(abc.ABC):
    scale = 1.0

    @abc.abstractmethod
    def factor(self) -> float: ...


class Concrete(Abstract):
    def factor(self) -> float:
        return self.scale


class Described:
    def __init__(self) -> None:
        self.k = 1.0

    def __get__(self, owner: Any, cls: Any) -> float:
        return self.k


class Holder:
    number = Described()


class Colour(enum.Enum):
    RED = 1.0

    @property
    def factor(self) -> float:
        return K


@dataclass
class Record:
    k: float = 1.0
    parts: list[float] = field(default_factory=lambda: [1.0])


class Private:
    __slots__ = ("__k",)

    def __init__(self) -> None:
        self.set(1.0)

    def set(self, k: float) -> None:
        self.__k = k

    def __call__(self, x: Any) -> Any:
        return W * x * self.__k


class Layered(Module):
    def __init__(self) -> None:
        self.scale = Child()

    def __call__(self, x: Any) -> Any:
        return W * x * self.scale.of_property


scaled = Operation("scaled by K", lambda x: K * x, lambda y, x: (K,))


def attributed(x: Any) -> Any:
    return W * x * attributed.k  # type: ignore[attr-defined]


def decorated(function: Function) -> Function:
    @functools.wraps(function)
    def call(x: Any) -> Any:
        return function(x)

    return call


@decorated
def wrapped(x: Any) -> Any:
    return W * x * K


@functools.cache
def remembered() -> Callable[[], float]:
    return lambda: K


@functools.singledispatch
def dispatched(x: Any) -> float:
    return K


def imported(x: Any) -> Any:
    import of_a_test.settings  # pyright: ignore

    return W * x * of_a_test.settings.k  # type: ignore[attr-defined]


def imported_from(x: Any) -> Any:
    from of_a_test.settings import k  # pyright: ignore

    return W * x * k


def other(name: str = "K", number: float = 3.0) -> Callable[[], None]:
    return lambda: globals().update({name: number})


def cases(path: Path) -> dict[str, Case]:
    """What a function of x computes, 2 x, and an edit that makes it 6 x."""
    child, record, layered, holder, private = Child(), Record(), Layered(), Holder(), Private()
    package, settings = PACKAGE, SETTINGS
    attributed.k = 1.0  # type: ignore[attr-defined]
    space = SimpleNamespace(module=settings)
    table, items, bytes_ = {"k": 1.0}, [1.0], bytearray([1])
    get, item = table.get, items.__getitem__
    counter, ordered = Counter({"k": 1}), OrderedDict(k=1.0)
    default, user = defaultdict(float, k=1.0), UserDict({"k": 1.0})
    chain = ChainMap({}, {"k": 1.0})
    frozen = Value(0.0, label="1.0")
    frozen.grad = 1.0
    numbers = array.array("d", [1.0])
    method = functools.partialmethod(lambda self, k: k, 1.0)
    bound = types.MethodType(lambda self: self.k, record)
    return {
        "attribute of a base class": (child, lambda: setattr(Base, "k", 3.0)),
        "attribute that hides it": (child, lambda: setattr(Child, "k", 3.0)),
        "method of a base class": (child, lambda: setattr(Base, "factor", lambda self: 3.0)),
        "call of a base class": (child, lambda: setattr(Base, "__call__", lambda s, x: 3 * W * x)),
        "global in a property": (lambda x: W * x * child.of_property, other()),
        "property": (
            lambda x: W * x * child.of_property,
            lambda: setattr(Child, "of_property", property(lambda self: 3.0)),
        ),
        "global in a static method": (lambda x: W * x * Child.of_static(), other()),
        "static method": (
            lambda x: W * x * child.of_static(),
            lambda: setattr(Child, "of_static", staticmethod(lambda: 3.0)),
        ),
        "class method": (lambda x: W * x * Child.of_class(), lambda: setattr(Base, "k", 3.0)),
        "metaclass": (lambda x: W * x * Made.k, lambda: setattr(Meta, "k", 3.0)),
        "abstract class": (
            lambda x: W * x * concrete.factor(),
            lambda: setattr(Abstract, "scale", 3.0),
        ),
        "descriptor": (
            lambda x: W * x * holder.number,
            lambda: setattr(vars(Holder)["number"], "k", 3.0),
        ),
        "class of an object": (child, lambda: setattr(child, "__class__", Three)),
        "member of an enumeration": (lambda x: W * x * Colour.RED.factor, other()),
        "private slot": (private, lambda: private.set(3.0)),
        "data class": (lambda x: W * x * record.parts[0], lambda: setattr(record, "parts", [3.0])),
        "property below a module": (layered, other()),
        "operation of one's own": (lambda x: scaled(W * x), other()),
        "attribute of a function": (attributed, lambda: setattr(attributed, "k", 3.0)),
        "decorated": (wrapped, other()),
        "remembered": (lambda x: W * x * remembered()(), other()),
        "dispatched": (
            lambda x: W * x * dispatched(1.0),
            lambda: dispatched.register(float, lambda x: 3.0),
        ),
        "module in a package": (
            lambda x: W * x * package.settings.k,
            lambda: setattr(settings, "k", 3.0),
        ),
        "module in an object": (
            lambda x: W * x * space.module.k,
            lambda: setattr(settings, "k", 3.0),
        ),
        "import": (imported, lambda: setattr(settings, "k", 3.0)),
        "import of a name": (imported_from, lambda: setattr(settings, "k", 3.0)),
        "bound method of a dict": (lambda x: W * x * get("k"), lambda: table.update(k=3.0)),
        "bound method of a list": (lambda x: W * x * item(0), lambda: items.__setitem__(0, 3.0)),
        "bound method": (lambda x: W * x * bound(), lambda: setattr(record, "k", 3.0)),
        "label": (lambda x: W * x * float(frozen.label), lambda: setattr(frozen, "label", "3.0")),
        "gradient": (lambda x: W * x * frozen.grad, lambda: setattr(frozen, "grad", 3.0)),
        "counter": (lambda x: W * x * counter["k"], lambda: counter.update(k=2)),
        "ordered dict": (lambda x: W * x * ordered["k"], lambda: ordered.update(k=3.0)),
        "dict with a default": (lambda x: W * x * default["k"], lambda: default.update(k=3.0)),
        "dict of a user": (lambda x: W * x * user["k"], lambda: user.update(k=3.0)),
        "chain of dicts": (lambda x: W * x * chain["k"], lambda: chain.update(k=3.0)),
        "array of the library": (lambda x: W * x * numbers[0], lambda: numbers.__setitem__(0, 3.0)),
        "bytes": (lambda x: W * x * bytes_[0], lambda: bytes_.__setitem__(0, 3)),
        "method with an argument": (
            lambda x: W * x * method.args[0],
            lambda: setattr(method, "args", (3.0,)),
        ),
        "environment": (
            lambda x: W * x * float(os.environ["K_OF_A_TEST"]),
            lambda: os.environ.update(K_OF_A_TEST="3.0"),
        ),
        "library": (lambda x: W * x * math.tau / TAU, lambda: setattr(math, "tau", 3.0 * TAU)),
        # by a check
        "file": (lambda x: W * x * float(path.read_text()), lambda: path.write_text("3.0")),
        "name made up": (lambda x: W * x * globals()["k".upper()], other()),
    }


BY_A_CHECK = ("file", "name made up", "class of an object")
TAU = math.tau
concrete = Concrete()
PACKAGE, SETTINGS = ModuleType("of_a_test"), ModuleType("of_a_test.settings")


class Three(Child):
    def factor(self) -> float:
        return 3.0


@pytest.fixture(autouse=True)
def _put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    PACKAGE.settings, SETTINGS.k = SETTINGS, 1.0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "of_a_test", PACKAGE)
    monkeypatch.setitem(sys.modules, "of_a_test.settings", SETTINGS)
    monkeypatch.setenv("K_OF_A_TEST", "1.0")
    classes = {cls: dict(vars(cls)) for cls in (Base, Child, Meta, Abstract)}
    yield
    math.tau = TAU  # type: ignore[misc]
    globals()["K"] = vars(Holder)["number"].k = 1.0
    for cls, attributes in classes.items():
        for name in [name for name in {*vars(cls)} if name not in attributes]:
            delattr(cls, name)
        for name, attribute in attributes.items():
            if vars(cls)[name] is not attribute:
                setattr(cls, name, attribute)


@pytest.mark.parametrize("name", cases(Path(os.devnull)))
def test_an_edit_is_followed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "k.txt"
    path.write_text("1.0")
    function, edit = cases(path)[name]
    seconds = count()  # a step takes one, and a check as long
    for module in (agreement, step_module):
        monkeypatch.setattr(module, "perf_counter", lambda: float(next(seconds)))
    is_left_to_checks = name in BY_A_CHECK
    step = compile(lambda x, t: function(x), [W], check_trace=is_left_to_checks)
    for _ in range(2):
        assert step([5.0], [0.0])[0] == 10.0
    edit()
    if is_left_to_checks:
        with pytest.warns(UserWarning, match="traced anew.*3.0 instead of 1.0"):
            [step([5.0], [0.0]) for _ in range(101)]
    assert step([5.0], [0.0])[0] == pytest.approx(30.0)
    assert function(Value(5.0)).data == pytest.approx(30.0)  # the edit itself
