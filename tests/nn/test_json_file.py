"""Saving and loading models: exact, atomic, and deaf to whatever a damaged file says."""

from __future__ import annotations

import copy
import json
import math
import os
import struct
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Operation, Value
from autograd.table import TABLE
from nn import MLP, Layer, ModelFileError, Module, Neuron, load, predict, save
from nn.export import json_file

SPECIAL = [
    5e-324, -5e-324, 2.2250738585072014e-308, 1e308, 1.7976931348623157e308, -0.0, 0.0,
    math.inf, -math.inf, math.nan, 0.1, 1 / 3, 1e16 + 2, -1e-7, math.pi, 123456789.0, 1e22,
]  # fmt: skip


def bits(model: Module) -> list[bytes]:
    """The exact numbers; nan counts as equal to nan."""
    numbers = [p.data for p in model.parameters()]
    return [b"nan" if x != x else struct.pack("<d", x) for x in numbers]


def document(**changes: Any) -> dict[str, Any]:
    """What `save` writes for a small network, with changes."""
    content = {
        "format": "deltarule model",
        "version": 1,
        "sizes": [2, 2, 1],
        "activation": "tanh",
        "output": "sigmoid",
        "elementary": False,
        "metadata": {"task": "demo"},
        "parameters": [0.5, -0.25, 0.0, 1.0, 2.0, -1.5, 0.75, 0.125, 3.0],
    }
    return {**content, **changes}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


# --- round trips --------------------------------------------------------------------------------


def test_every_bit_survives(tmp_path: Path) -> None:
    """Subnormal numbers, the sign of zero, the largest numbers, infinities and nan."""
    model = MLP(16, [1])
    for parameter, number in zip(model.parameters(), SPECIAL):
        parameter.data = number
    save(model, tmp_path / "model.json")
    assert bits(load(tmp_path / "model.json")) == bits(model)
    assert len(SPECIAL) == 17 == len(model.parameters())


@given(st.lists(st.floats(), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_floats_survive(numbers: list[float]) -> None:
    """Whatever 64 bits can hold."""
    model = MLP(2, [1])
    for parameter, number in zip(model.parameters(), numbers):
        parameter.data = number
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        save(model, path)
        assert bits(load(path)) == bits(model)


@pytest.mark.parametrize("elementary", [False, True])
def test_the_architecture_survives(tmp_path: Path, elementary: bool) -> None:
    """Sizes, activations and kind of graph; the copy predicts the same and can learn."""
    model = MLP(
        2, [4, 3], activation="gudermannian", output="softmax", rng=0, elementary=elementary
    )
    save(model, tmp_path / "model.json")
    loaded = load(tmp_path / "model.json")
    assert repr(loaded) == repr(model)
    assert loaded.elementary == elementary
    assert loaded.state_dict() == model.state_dict()
    assert predict(loaded, [[0.5, -1.0]]) == predict(model, [[0.5, -1.0]])
    sum(loaded([0.5, -1.0])[1:]).backward()  # type: ignore
    assert any(p.grad for p in loaded.parameters())


def test_saving_a_loaded_model_gives_the_same_file(tmp_path: Path) -> None:
    """Byte for byte, metadata and all."""
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    save(MLP(2, [3, 1], rng=0), first, {"note": "größer", "epochs": [1, 2], "ok": None})
    save(load(first), second)
    assert first.read_bytes() == second.read_bytes()
    assert "größer" in first.read_text(encoding="utf-8")  # legible, not escaped


def test_metadata(tmp_path: Path) -> None:
    """Anything JSON can hold; an empty dict if there is none."""
    path = tmp_path / "model.json"
    model = MLP(1, [1], rng=0)
    save(model, path)
    assert load(path).metadata == {}
    metadata = {"features": ["größe", "\U0001f9e0"], "nested": {"a": [1, 2.5, None, True]}}
    save(model, path, metadata)
    assert load(path).metadata == metadata
    model.metadata = {"by": "attribute"}
    save(model, path)
    assert load(path).metadata == {"by": "attribute"}
    save(model, path, {})
    assert load(path).metadata == {}


@pytest.mark.parametrize("metadata", [{"x": object()}, {"x": math.nan}, {"x": b"bytes"}])
def test_metadata_that_json_cannot_hold(tmp_path: Path, metadata: dict[str, Any]) -> None:
    """An error, and the older file stays."""
    path = tmp_path / "model.json"
    save(MLP(1, [1], rng=0), path)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError), match="JSON"):
        save(MLP(1, [1], rng=1), path, metadata)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_paths_may_be_text(tmp_path: Path) -> None:
    """str as well as Path."""
    save(MLP(1, [1], rng=0), str(tmp_path / "model.json"))
    assert load(str(tmp_path / "model.json")).sizes == [1, 1]


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    """It can be read without this package, and says what it is."""
    path = tmp_path / "model.json"
    model = MLP(2, [2, 1], activation="tanh", output="sigmoid")
    for parameter, number in zip(model.parameters(), document()["parameters"]):
        parameter.data = number
    save(model, path, {"task": "demo"})
    assert json.loads(path.read_text(encoding="utf-8")) == document()


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    """Not the private ones of a temporary file."""
    (tmp_path / "other").touch()
    mask = os.umask(0o027)
    try:
        save(MLP(1, [1], rng=0), tmp_path / "strict.json")
    finally:
        left = os.umask(mask)
    assert left == 0o027  # the mask of the process is left alone
    assert (tmp_path / "strict.json").stat().st_mode & 0o777 == 0o640
    save(MLP(1, [1], rng=0), tmp_path / "model.json")
    assert (tmp_path / "model.json").stat().st_mode == (tmp_path / "other").stat().st_mode


# --- what can be saved --------------------------------------------------------------------------


class Own(Module):
    """A module whose wiring the file format cannot describe."""

    def __init__(self) -> None:
        self.w = Value(1.0)


class Derived(MLP):
    """A subclass may compute something else."""


@pytest.mark.parametrize(
    "model", [Own(), Layer(1, 1), Neuron(1), Derived(1, [1]), None, {"w": 1.0}]
)
def test_only_an_mlp_can_be_saved(tmp_path: Path, model: Any) -> None:
    """The message says what to do instead, and no file appears."""
    with pytest.raises(TypeError, match=rf"{type(model).__name__}.*state_dict"):
        save(model, tmp_path / "model.json")
    assert os.listdir(tmp_path) == []


def test_activations_without_a_name_cannot_be_saved(tmp_path: Path) -> None:
    """A file holds no code, so a lambda cannot come back."""
    with pytest.raises(ValueError, match="<lambda>"):
        save(MLP(1, [2, 1], activation=lambda a: a * 2), tmp_path / "model.json")
    with pytest.raises(ValueError, match="<lambda>"):
        save(MLP(1, [1], activation=lambda a: a * 2), tmp_path / "model.json")
    assert os.listdir(tmp_path) == []


def test_a_function_that_is_only_called_like_a_known_one_cannot_be_saved(tmp_path: Path) -> None:
    """It would come back as the other one, and predict something else."""

    def tanh(a: Value) -> Value:
        return 3 * a

    with pytest.raises(ValueError, match="'tanh'"):
        save(MLP(1, [2, 1], activation=tanh), tmp_path / "model.json")
    with pytest.raises(ValueError, match="'tanh'"):
        save(MLP(1, [2, 1], output=tanh), tmp_path / "model.json")


def test_a_unit_that_was_exchanged_is_noticed_whichever_it_is(tmp_path: Path) -> None:
    """The layer still has the name of its old activation."""
    for j in (0, 1):
        model = MLP(1, [2, 1], activation="tanh")
        model.layers[0].neurons[j] = Neuron(1, activation="relu")
        with pytest.raises(ValueError, match="'tanh' is not the one"):
            save(model, tmp_path / "model.json")


@pytest.mark.parametrize(
    "activation",
    [Value.tanh, autograd.tanh, autograd.relu, autograd.gelu, autograd.leaky_relu, Value.elu],
)
def test_functions_of_the_engine_are_saved_by_name(tmp_path: Path, activation: Any) -> None:
    """Given as methods, rows of the table or functions."""
    model = MLP(1, [3, 1], activation=activation, rng=0)
    save(model, tmp_path / "model.json")
    assert predict(load(tmp_path / "model.json"), [[0.7]]) == predict(model, [[0.7]])


def test_an_operation_of_ones_own(tmp_path: Path) -> None:
    """It is found by name where it has been declared, and missed elsewhere."""
    bump = Operation("bump", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    try:
        model = MLP(1, [2, 1], activation=bump, rng=0)
        save(model, tmp_path / "model.json")
        assert predict(load(tmp_path / "model.json"), [[0.7]]) == predict(model, [[0.7]])
    finally:
        TABLE.pop("bump")
    with pytest.raises(ModelFileError, match="'bump'"):
        load(tmp_path / "model.json")


# --- interrupted writing ------------------------------------------------------------------------


class Crash(Exception):
    """The power fails."""


@pytest.mark.parametrize("function", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [Crash(), KeyboardInterrupt(), OSError("disk full")])
def test_a_crash_while_writing_keeps_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException
) -> None:
    """And leaves nothing else behind."""
    path = tmp_path / "model.json"
    save(MLP(2, [3, 1], rng=0), path)
    before = path.read_bytes()

    def crash(*arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, crash)
        with pytest.raises(type(error)):
            save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]
    save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() != before


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error from write itself, after half of the text."""
    path = tmp_path / "model.json"
    save(MLP(2, [3, 1], rng=0), path)
    before = path.read_bytes()
    write_bytes = Path.write_bytes

    def half(self: Path, content: bytes) -> int:
        write_bytes(self, content[: len(content) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        save(MLP(2, [3, 1], rng=1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_saving_where_there_is_no_folder(tmp_path: Path) -> None:
    """The error names the folder, not a temporary file."""
    with pytest.raises(FileNotFoundError, match=r"no folder '.*missing'"):
        save(MLP(1, [1]), tmp_path / "missing" / "model.json")


def test_saving_over_a_folder(tmp_path: Path) -> None:
    """Refused; the folder and its content stay."""
    (tmp_path / "model.json").mkdir()
    with pytest.raises(OSError, match=r"model\.json"):
        save(MLP(1, [1]), tmp_path / "model.json")
    assert os.listdir(tmp_path) == ["model.json"]


# --- files that are no models -------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    """FileNotFoundError with the name."""
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        load(tmp_path / "missing.json")


def test_a_folder(tmp_path: Path) -> None:
    """Is not a file."""
    with pytest.raises(ModelFileError, match="not a file"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"\x00\x01\x02\xff\xfe",
        b"\xff\xfe\x00\x00",
        b"\x89PNG\r\n\x1a\n",
        b"\x80\x04\x95 pickle",
        "größe".encode("latin-1"),
        b"{'format': 'deltarule model'}",
        b"import os",
        b"[" * 10**5,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 10**5,
        b"9" * 10**6,
        b"null",
        b"[]",
        b'"deltarule model"',
        b"{}",
        b'{"format": "something else"}',
        b'{"format": ["deltarule model"]}',
    ],
    ids=lambda content: repr(content[:20]),
)
def test_foreign_and_damaged_files(tmp_path: Path, content: bytes) -> None:
    """ModelFileError, a ValueError, with the name of the file, in one short message."""
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.json") as caught:
        load(path)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 400


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    """However few bytes are missing."""
    path = tmp_path / "model.json"
    save(MLP(2, [2, 1], rng=0), path, {"a": [1]})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            load(path)


HUGE = 10**4000
WRONG = {
    "version 2": ({"version": 2}, "version 2"),
    "version text": ({"version": "1"}, "version '1'"),
    "no sizes": ({"sizes": []}, "sizes"),
    "one size": ({"sizes": [2]}, "sizes"),
    "zero": ({"sizes": [2, 0, 1]}, "positive"),
    "negative": ({"sizes": [2, -2, 1]}, "positive"),
    "float": ({"sizes": [2, 2.0, 1]}, "positive"),
    "bool": ({"sizes": [2, True, 1]}, "positive"),
    "text": ({"sizes": "221"}, "sizes"),
    "nested": ({"sizes": [[2], [2], [1]]}, "positive"),
    "another size": ({"sizes": [2, 3, 1]}, "9 parameters, but its sizes need 13"),
    "too many": ({"sizes": [10**6, 10**6]}, "more than 5,000,000 parameters"),
    "many layers": ({"sizes": [1000] * 1000}, "more than"),
    "huge": ({"sizes": [HUGE, 1]}, "more than"),
    "huge product": ({"sizes": [HUGE, HUGE]}, "more than"),
    "no parameters": ({"parameters": []}, "0 parameters"),
    "parameters text": ({"parameters": "000000000"}, "parameters"),
    "parameters dict": ({"parameters": {}}, "parameters"),
    "null": ({"parameters": [None] * 9}, "None is not a weight"),
    "true": ({"parameters": [True] * 9}, "True is not a weight"),
    "weight text": ({"parameters": ["1.0"] * 9}, "'1.0' is not a weight"),
    "infinity": ({"parameters": ["infinity"] * 9}, "not a weight"),
    "weight list": ({"parameters": [[1.0]] * 9}, "not a weight"),
    "weight too large": ({"parameters": [10**400] * 9}, "not a weight"),
    "activation": ({"activation": "rleu"}, "did you mean 'relu'"),
    "activation null": ({"activation": None}, "activation"),
    "activation code": ({"activation": "__import__('os')"}, "no activation function"),
    "two operands": ({"activation": "add"}, "one operand"),
    "output": ({"output": "nothing"}, "no activation function"),
    "elementary": ({"elementary": 1}, "elementary"),
    "metadata": ({"metadata": []}, "metadata"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_documents_that_contradict_themselves(tmp_path: Path, name: str) -> None:
    """The message says what is wrong and in which file."""
    changes, message = WRONG[name]
    path = write(tmp_path / "model.json", document(**changes))
    with pytest.raises(ModelFileError, match=rf"(?s)model\.json.*{message}") as caught:
        load(path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("key", list(document()))
def test_missing_entries(tmp_path: Path, key: str) -> None:
    """Each of them is needed."""
    content = document()
    del content[key]
    with pytest.raises(ModelFileError, match=key):
        load(write(tmp_path / "model.json", content))


@pytest.mark.parametrize("sizes", [[10**12, 1], [1, 10**12], [10**6, 10**6, 10**6]])
def test_a_claim_of_a_trillion_parameters_allocates_nothing(
    tmp_path: Path, sizes: list[int]
) -> None:
    """It is refused by arithmetic."""
    path = write(tmp_path / "model.json", document(sizes=sizes))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="more than 5,000,000 parameters"):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its size alone."""
    path = write(tmp_path / "model.json", document())
    size = path.stat().st_size
    monkeypatch.setattr(json_file, "LARGEST_FILE", size)
    assert load(path).sizes == [2, 2, 1]
    monkeypatch.setattr(json_file, "LARGEST_FILE", size - 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with pytest.raises(ModelFileError, match=f"has {size} bytes; models of more than {size - 1} "):
        load(path)


def test_the_largest_number_of_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is allowed; one more is not."""
    path = write(tmp_path / "model.json", document())
    monkeypatch.setattr(json_file, "LARGEST_MODEL", 9)
    assert len(load(path).parameters()) == 9
    monkeypatch.setattr(json_file, "LARGEST_MODEL", 8)
    with pytest.raises(ModelFileError, match="more than 8 parameters"):
        load(path)


def test_nothing_is_drawn_and_nothing_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading neither evaluates text nor imports what a file names, and leaves `random` alone."""
    import builtins
    import random

    for name in ("eval", "exec", "compile", "__import__"):
        monkeypatch.setattr(builtins, name, lambda *a, **k: pytest.fail("something was executed"))
    state = random.getstate()
    assert load(write(tmp_path / "a.json", document())).sizes == [2, 2, 1]
    for text in ("__import__('os').system('true')", "os.system", "../../x", "!!python/object"):
        for key in ("activation", "output"):
            with pytest.raises(ModelFileError):
                load(write(tmp_path / "b.json", document(**{key: text})))
    assert random.getstate() == state


def test_deep_nesting_around_the_limit_of_python(tmp_path: Path) -> None:
    """Deep enough for the message to fail, but not the parser, must not matter."""
    path = tmp_path / "model.json"
    for depth in range(800, 1100, 3):
        deep = "[" * depth + "]" * depth
        for entry in ('"version": {}', '"version": 1, "sizes": {}'):
            path.write_text('{"format": "deltarule model", ' + entry.format(deep) + "}")
            with pytest.raises(ModelFileError):
                load(path)
        path.write_text(json.dumps(document(parameters=[0.0] * 8 + ["@"])).replace('"@"', deep))
        with pytest.raises(ModelFileError):
            load(path)


# --- anything at all ----------------------------------------------------------------------------

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=10**300, max_value=10**400),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["tanh", "softmax", "add", "dot", "nan", "inf", "deltarule model"]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def places(x: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every entry within nested lists and dicts."""
    items = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ()
    return [path, *[way for key, item in items for way in places(item, (*path, key))]]


def replaced(content: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    content = copy.copy(content)
    content[way[0]] = replaced(content[way[0]], way[1:], new)
    return content


def loads_or_is_refused(path: Path) -> None:
    """The only two outcomes; a model that loads can be used."""
    try:
        model = load(path)
    except ModelFileError:
        return
    assert isinstance(model, MLP)
    assert isinstance(model.metadata, dict)
    predict(model, [[0.0] * model.sizes[0]])


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_document_changed_anywhere_loads_or_is_refused(data: st.DataObject) -> None:
    """One to three entries replaced by anything: never another exception."""
    content: Any = document()
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(places(content)))
        content = replaced(content, way, data.draw(JSON))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
        loads_or_is_refused(path)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_bytes_changed_anywhere_load_or_are_refused(data: st.DataObject) -> None:
    """A few bytes overwritten, removed or inserted."""
    content = bytearray(json.dumps(document()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        removed = data.draw(st.integers(0, 5))
        content[start : start + removed] = data.draw(st.binary(max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        path.write_bytes(content)
        loads_or_is_refused(path)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_operation_by_name_loads_or_is_refused(tmp_path: Path, name: str) -> None:
    """A file may name any row of the table as its activation."""
    for key in ("activation", "output"):
        loads_or_is_refused(write(tmp_path / "model.json", document(**{key: name})))


@pytest.mark.parametrize(
    "edit", [lambda text: text, lambda text: text.replace("\n", "\r\n"), lambda t: "\ufeff" + t]
)
def test_a_file_edited_by_hand(tmp_path: Path, edit: Callable[[str], str]) -> None:
    """Indented, with the line ends and the mark that editors under Windows write."""
    path = tmp_path / "model.json"
    path.write_bytes(edit(json.dumps(document(), indent=2)).encode("utf-8"))
    assert predict(load(path), [[1.0, 2.0]]) == predict(
        load(write(tmp_path / "plain.json", document())), [[1.0, 2.0]]
    )


def test_a_network_whose_layers_were_exchanged_is_refused(tmp_path: Path) -> None:
    """What is saved is the architecture it was made with; the older file stays."""
    model = MLP(2, [3, 3], rng=0)
    path = tmp_path / "model.json"
    save(model, path)
    before = path.read_bytes()
    model.layers[1] = Layer(3, 3, activation="sigmoid", rng=0)
    with pytest.raises(ValueError, match=r"layer 2 is Layer\(3, 3, sigmoid\)"):
        save(model, path)
    shared = MLP(2, [3, 3], rng=0)
    shared.layers[1].neurons[0].b = shared.layers[0].neurons[0].b
    with pytest.raises(ValueError, match="20 parameters in 2 layers instead of 21"):
        save(shared, path)
    assert path.read_bytes() == before
