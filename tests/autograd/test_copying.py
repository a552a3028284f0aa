"""Copies and pickles of graphs keep what is shared, and differentiate like the original."""

import copy
import gc
import io
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd import Operation, Place, StaleGraphError, Value
from autograd.table import TABLE

PROTOCOLS = [2, 3, 4, 5]


@pytest.fixture(autouse=True)
def _table_unchanged() -> Iterator[None]:
    """Forget the operations that a test declares."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


def through_pickle(protocol: int, in_python: bool = False) -> Callable[[Any], Any]:
    def twin(thing: Any) -> Any:
        if not in_python:
            return pickle.loads(pickle.dumps(thing, protocol))
        stream = io.BytesIO()
        pickle._Pickler(stream, protocol).dump(thing)  # type: ignore[attr-defined]
        return pickle._loads(stream.getvalue())  # type: ignore[attr-defined]

    return twin


WAYS = [copy.deepcopy, *map(through_pickle, PROTOCOLS), through_pickle(2, in_python=True)]
WAY_IDS = ["deepcopy", *(f"protocol {n}" for n in PROTOCOLS), "pickle in Python"]
each_way = pytest.mark.parametrize("twin_of", WAYS, ids=WAY_IDS)


class Model:
    """Parameters in the attributes of an object, as in `nn`."""

    def __init__(self) -> None:
        self.w = [Value(2.0, label="w0"), Value(-1.0, label="w1")]
        self.b = Value(0.5, label="b")

    def __call__(self, x: float) -> Value:
        return ag.dot(self.w, [x, x * x], self.b)


# ---- sharing


@each_way
def test_a_node_used_twice_stays_one_node(twin_of: Callable[[Any], Any]) -> None:
    """The copy of a*a has one leaf with two edges, of its own."""
    a = Value(3.0, label="a")
    twin = twin_of(a * a)
    first, second = twin.parents
    assert first is second
    assert first is not a
    twin.backward()
    assert (first.grad, first.label, a.grad) == (6.0, "a", 0.0)


@each_way
def test_a_loss_and_its_parameters_stay_connected(twin_of: Callable[[Any], Any]) -> None:
    """Copied together, the parameters are the leaves of the copied loss, in either order."""
    w = [Value(2.0), Value(5.0)]
    loss = w[0] * w[1] * w[1]
    for new_loss, new_w in (twin_of((loss, w)), reversed(twin_of((w, loss)))):
        new_loss.backward()
        assert [v.grad for v in new_w] == [25.0, 20.0]
        assert [v.grad for v in w] == [0.0, 0.0]


@each_way
def test_nodes_copied_one_after_another_share_one_graph(twin_of: Callable[[Any], Any]) -> None:
    """A list of roots, growing upwards and downwards, over the same leaves."""
    x = Value(2.0)
    y = x * x
    z = y * x
    a, b, c, d, e = twin_of([y, z, x, y, z + y])
    assert a is d
    assert a.parents == (c, c)
    assert b.parents == (a, c)
    assert e.parents == (b, a)
    e.backward()
    assert c.grad == 16.0
    assert x.grad == 0.0


@each_way
def test_a_model_and_its_loss(twin_of: Callable[[Any], Any]) -> None:
    """Objects that hold nodes need nothing of their own to be copied."""
    model = Model()
    loss = model(3.0)
    new_model, new_loss = twin_of((model, loss))
    new_loss.backward()
    assert [v.grad for v in (*new_model.w, new_model.b)] == [3.0, 9.0, 1.0]
    assert new_model.w[0].label == "w0"
    new_model.b.data = 1.5
    assert new_loss.refresh().data == -1.5
    assert (model.b.data, loss.data) == (0.5, -2.5)


def test_a_shallow_copy_shares_the_parents() -> None:
    """copy.copy gives a second root over the same graph."""
    x = Value(3.0)
    y = x * x
    y.label = "y"
    twin = copy.copy(y)
    assert twin is not y
    assert twin.parents == (x, x)
    twin.backward()
    assert (twin.label, x.grad, twin.grad, y.grad) == ("y", 6.0, 1.0, 0.0)
    leaf = copy.copy(x)
    leaf.data = 10.0
    assert (x.data, leaf.label, leaf.parents) == (3.0, "", ())


# ---- everything else that a node holds


@each_way
def test_numbers_gradients_labels_and_places_survive(twin_of: Callable[[Any], Any]) -> None:
    """Whatever repr shows, and whether there is a gradient at all."""
    x, w = Value(0.1, label="x"), Value(float("inf"))
    w.place = Place("w", 1, 2, 3)
    y = ag.relu(2 * x**2 + w)
    y.label = "y"
    y.backward(seed=0.3)
    untouched = Value(-0.0)
    new_y, new_w, new_untouched = twin_of((y, w, untouched))
    assert repr(new_y) == repr(y) == "Value(data=inf, grad=0.3, op='ReLU', label='y')"
    for old, new in zip(ag.topological_order(y), ag.topological_order(new_y), strict=True):
        assert new is not old
        assert (new.data, new.grad, new.label) == (old.data, old.grad, old.label)
        assert new.operation is old.operation
        assert [type(x) for x in new.operands] == [type(x) for x in old.operands]
    assert (new_w.place, new_w.label) == (Place("w", 1, 2, 3), "w1[2,3]")
    assert str(new_untouched.data) == "-0.0"
    assert not new_untouched.has_grad
    assert new_y.has_grad


@each_way
def test_copies_differentiate_like_the_original(twin_of: Callable[[Any], Any]) -> None:
    """Backward, refresh, and higher derivatives, over every shape of node."""
    x, y = Value(0.7), Value(-1.3)
    (affine,) = ag.affine([[x, y]], [y, 2.0], [x])
    z = ag.sum([affine, x**2, 2**x, 3 - y, x.clamp(0.0, 0.5), ag.softmax([x, y])[1]]) * affine
    new_z, new_x, new_y = twin_of((z, x, y))
    exact = [float(slope) for slope in ag.gradients(z, [x, y])]
    assert ag.gradients(new_z, [new_x, new_y]) == exact
    new_x.data = 0.25
    x.data = 0.25
    new_z.refresh().backward()
    z.refresh().backward()
    assert (new_z.data, new_x.grad, new_y.grad) == (z.data, x.grad, y.grad)
    first = ag.gradients(z, [x], create_graph=True)[0]
    new_first = ag.gradients(new_z, [new_x], create_graph=True)[0]
    assert ag.gradients(new_first, [new_y]) == ag.gradients(first, [y])


@each_way
def test_the_gradients_of_a_copy_are_its_own(twin_of: Callable[[Any], Any]) -> None:
    """Edits and passes on either side do not reach the other."""
    x = Value(3.0)
    y = x * x
    y.backward()
    new_y, new_x = twin_of((y, x))
    new_y.backward()
    assert (x.grad, new_x.grad) == (6.0, 12.0)
    x.data = 100.0
    new_y.backward()
    assert (new_x.data, new_x.grad) == (3.0, 18.0)


# ---- operations of one's own


@each_way
def test_own_operations_are_found_again_by_name(twin_of: Callable[[Any], Any]) -> None:
    """A pickle holds the name of an operation, not its code."""
    cube = Operation("copying_test_cube", lambda x: x * x * x, lambda y, x: (3 * x * x,))
    x = Value(2.0)
    new_y, new_x = twin_of((cube(x), x))
    assert new_y.operation is cube
    new_y.backward()
    assert new_x.grad == 12.0


def test_a_redefined_operation_is_the_new_one_after_loading() -> None:
    """As when a notebook cell is run again before the pickle is read."""
    name = "copying_test_redefined"
    pickled = pickle.dumps(Operation(name, lambda x: x, lambda y, x: (1.0,))(Value(2.0)))
    Operation(name, lambda x: 10 * x, lambda y, x: (10.0,))
    assert pickle.loads(pickled).refresh().data == 20.0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_operation_gives_a_clear_error(protocol: int) -> None:
    """Loading says which operation is missing and how to declare it."""
    name = "copying_test_forgotten"
    pickled = pickle.dumps(Operation(name, lambda x: x, lambda y, x: (1.0,))(Value(2.0)), protocol)
    del TABLE[name]
    with pytest.raises(ValueError, match=rf"no operation '{name}' .* define it with Operation\("):
        pickle.loads(pickled)


LOADER = """
import pickle, sys
from autograd import StaleGraphError
for node in pickle.load(sys.stdin.buffer):
    try:
        node.backward()
        print(node.data, [parent.grad for parent in node.parents])
    except StaleGraphError as error:
        print("stale:", error)
        node.refresh().backward()
        print(node.data, [parent.grad for parent in node.parents])
"""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_is_read_by_another_process(protocol: int) -> None:
    """Fresh and stale graphs alike; editing counts of this process mean nothing there."""
    a, b, c = Value(1.0, label="a"), Value(2.0, label="b"), Value(3.0)
    for number in range(10):
        a.data = number
    fresh, stale, overwritten = a * b, b * b, c + 1
    b.data = 5.0
    fresh.refresh()
    overwritten.data = -1.0
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), PYTHONIOENCODING="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOADER],
        input=pickle.dumps([fresh, stale, overwritten], protocol),
        capture_output=True,
        check=True,
        env=environment,
    )
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "45.0 [5.0, 9.0]"
    assert lines[1].startswith("stale: the leaf Value(data=5.0, grad=9.0, label='b') was edited")
    assert lines[2] == "25.0 [19.0, 19.0]"
    assert lines[3].startswith("stale: the computed node Value(data=-1.0, ")
    assert lines[4] == "4.0 [1.0]"


# ---- stale graphs


@each_way
def test_a_stale_graph_stays_stale(twin_of: Callable[[Any], Any]) -> None:
    """A copy cannot launder numbers that do not belong together."""
    x = Value(3.0, label="x")
    square = x * x
    y = 2 * square
    x.data = 5.0
    twin = twin_of(y)
    assert twin.data == 18.0
    with pytest.raises(StaleGraphError, match="label='x'"):
        twin.backward()
    with pytest.raises(StaleGraphError, match="label='x'"):
        twin_of(twin).backward()
    twin.refresh().backward()
    leaf = ag.topological_order(twin)[0]
    assert (twin.data, leaf.grad) == (50.0, 20.0)
    assert y.data == 18.0


@each_way
def test_an_overwritten_node_stays_refused(twin_of: Callable[[Any], Any]) -> None:
    """Its copy says so, too."""
    x = Value(3.0)
    y = x * x
    y.data = 10.0
    twin = twin_of(y + 1)
    with pytest.raises(StaleGraphError, match="overwritten by hand"):
        twin.backward()
    assert twin.refresh().data == 10.0


@each_way
def test_editing_a_copy_makes_the_copy_stale(twin_of: Callable[[Any], Any]) -> None:
    """The copied nodes keep watch over their own leaves."""
    x = Value(3.0)
    new_y, new_x = twin_of((x * x, x))
    new_x.data = 4.0
    with pytest.raises(StaleGraphError):
        new_y.backward()
    new_z = new_x * 2
    new_z.backward()
    assert new_x.grad == 2.0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pickling_again_after_an_edit_writes_the_new_numbers(protocol: int) -> None:
    """Nothing is kept from the first pickle to the second."""
    x = Value(3.0)
    y = x * x
    first = pickle.dumps([y, x], protocol)
    x.data = 5.0
    y.refresh()
    x.label = "x"
    z = y + x
    second = pickle.dumps([z, y, x], protocol)
    old_y, old_x = pickle.loads(first)
    new_z, new_y, new_x = pickle.loads(second)
    assert (old_y.data, old_x.data, old_x.label) == (9.0, 3.0, "")
    assert (new_z.data, new_y.data, new_x.data, new_x.label) == (30.0, 25.0, 5.0, "x")
    assert new_z.parents == (new_y, new_x)


def test_one_pickler_for_several_dumps_keeps_sharing() -> None:
    """Parts of a growing graph, written one after another to the same stream."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream)
    x = Value(2.0)
    y = x * x
    pickler.dump(x)
    pickler.dump(y)
    z = y * x
    other = pickle.loads(pickle.dumps(z))  # another pickler in between
    pickler.dump(z)
    stream.seek(0)
    unpickler = pickle.Unpickler(stream)
    new_x, new_y, new_z = (unpickler.load() for _ in range(3))
    assert new_y.parents == (new_x, new_x)
    assert new_z.parents == (new_y, new_x)
    assert (other.data, other.parents[0].data) == (8.0, 4.0)


def test_no_graph_is_kept_alive_by_pickling() -> None:
    """What was pickled can be freed, and its identity used again."""
    gc.disable()
    try:
        for number in range(50):
            node = Value(float(number)) + 1
            assert pickle.loads(pickle.dumps(node)).data == number + 1
            watcher = weakref.ref(node)
            del node
            assert watcher() is None  # at once, without the collector
    finally:
        gc.enable()


def test_a_pickle_can_be_saved_to_a_file(tmp_path: Path) -> None:
    """The everyday use: store parameters, read them back."""
    path = tmp_path / "model.pickle"
    model = Model()
    with path.open("wb") as file:
        pickle.dump(model, file)
    with path.open("rb") as file:
        loaded = pickle.load(file)
    assert loaded(3.0).data == -2.5


# ---- subclasses


class Tagged(Value):
    """A node with attributes of its own."""

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data)
        self.unit = unit
        self.partner: Value | None = None


class SlottedValue(Value):
    """A node with a slot of its own, whose name is a private one."""

    __slots__ = ("__unit",)

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data)
        self.__unit = unit

    @property
    def unit(self) -> str:
        return self.__unit


@pytest.mark.parametrize("twin_of", [copy.copy, *WAYS], ids=["copy", *WAY_IDS])
@pytest.mark.parametrize("kind", [Tagged, SlottedValue])
def test_what_a_subclass_adds_is_kept(kind: Any, twin_of: Callable[[Any], Any]) -> None:
    """Of the node that is copied, and of those below it."""
    x = kind(2.0, "cm")
    twin = twin_of(x)
    assert (type(twin), twin.unit, twin.data) == (kind, "cm", 2.0)
    assert twin_of(x * 3.0).parents[0].unit == "cm"


@each_way
def test_attributes_may_refer_to_nodes_of_the_graph(twin_of: Callable[[Any], Any]) -> None:
    """Above or below, and of other graphs: the copy has the copies of them."""
    x, other = Tagged(2.0, "cm"), Value(7.0)
    y = x * x
    x.partner = y
    twin = twin_of(y)
    assert twin.parents[0].partner is twin
    assert x.partner is y
    x.partner = other
    new_y, new_other = twin_of((y, other))
    assert new_y.parents[0].partner is new_other
