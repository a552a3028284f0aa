"""Files that are damaged, forged or of another kind: loaded or refused, and never executed."""

from __future__ import annotations

import copy
import functools
import json
import random
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.table import TABLE
from model_files import NUMBERS, document, old, write
from nn import (
    MLP,
    GraphModule,
    Layer,
    ModelFileError,
    Sequential,
    documents,
    load,
    predict,
    save,
    trace,
)
from nn.export import json_file

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
    "version 3": ({"version": 3}, "version 3, this program reads 1 and 2"),
    "version true": ({"version": True}, "version True"),
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
    "too many": ({"sizes": [10**6, 10**6]}, "more than 1,500,000 parameters"),
    "many layers": ({"sizes": [1000] * 1000}, "more than"),
    "huge": ({"sizes": [HUGE, 1]}, "more than"),
    "huge product": ({"sizes": [HUGE, HUGE]}, "more than"),
    "no parameters": ({"parameters": []}, "0 parameters"),
    "parameters text": ({"parameters": "000000000"}, "parameters"),
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
WRONG_NAMES = {
    "no names": ({"parameters": [0.0] * 9}, "'parameters' is missing or not a dict"),
    "another name": (
        {"parameters": {**dict(list(NUMBERS.items())[1:]), "layers.0.w": 1.0}},
        r"2 names of parameters .* \['layers.0.neurons.0.w.0', 'layers.0.w'\]",
    ),
    "frozen": ({"frozen": ["layers.0.w"]}, r"'frozen' has other names: \['layers.0.w'\]"),
    "frozen number": ({"frozen": [0]}, "'frozen' has other names"),
    "frozen list": ({"frozen": [[]]}, "'frozen' has other names"),
    "frozen text": ({"frozen": "layers.0.neurons.0.b"}, "'frozen' is missing or not a list"),
    "activations": ({"activation": ["tanh", "relu"]}, "activation lists 2 functions"),
    "activations code": ({"activation": [["tanh"]]}, "no name or list of names"),
}


@pytest.mark.parametrize("name", [*WRONG, *WRONG_NAMES])
@pytest.mark.parametrize("version", [1, 2])
def test_documents_that_contradict_themselves(tmp_path: Path, name: str, version: int) -> None:
    """The message says what is wrong and in which file."""
    if name in WRONG_NAMES and version == 1:
        return
    changes, message = (WRONG | WRONG_NAMES)[name]
    if version == 2 and name in WRONG and isinstance(changes.get("parameters"), list):
        changes = {"parameters": dict(zip(NUMBERS, changes["parameters"]))}
    path = write(tmp_path / "model.json", (old if version == 1 else document)(**changes))
    with pytest.raises(ModelFileError, match=rf"(?s)model\.json.*{message}") as caught:
        load(path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("key", [*old(), "frozen"])
@pytest.mark.parametrize("make", [old, document])
def test_missing_entries(tmp_path: Path, key: str, make: Callable[[], dict[str, Any]]) -> None:
    """Each of them is needed; a network without sizes is a module that cannot be rebuilt."""
    content = make()
    if content.pop(key, None) is None:
        return
    message = "nn.layers.MLP" if make is document and key == "sizes" else key
    with pytest.raises(ModelFileError, match=message):
        load(write(tmp_path / "model.json", content))


@pytest.mark.parametrize("sizes", [[10**12, 1], [1, 10**12], [10**6, 10**6, 10**6]])
def test_a_claim_of_a_trillion_parameters_allocates_nothing(
    tmp_path: Path, sizes: list[int]
) -> None:
    """It is refused by arithmetic."""
    path = write(tmp_path / "model.json", document(sizes=sizes))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="more than 1,500,000 parameters"):
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
    monkeypatch.setattr(documents, "LARGEST_FILE", size)
    assert load(path).sizes == [2, 2, 1]
    monkeypatch.setattr(documents, "LARGEST_FILE", size - 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with pytest.raises(ModelFileError, match=f"has {size} bytes; files of more than {size - 1} "):
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


def net() -> Sequential:
    """A model of modules, which a file cannot bring back by itself."""
    return Sequential(Layer(2, 2, activation="tanh", rng=0), Layer(2, 1, rng=1))


@functools.cache
def kinds() -> list[Any]:
    """Files of every kind that `save` writes, and of the first version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        contents = [old(), document()]
        for model in (net(), trace(net(), [0.0, 0.0])):
            save(model, path, {"note": "x"})
            contents.append(json.loads(path.read_text(encoding="utf-8")))
    return contents


def loads_or_is_refused(path: Path) -> bool:
    """The only two outcomes; a model that loads can be used, one that is refused is as it was."""
    model = net()
    before = model.state_dict()
    try:
        load(path, model)
    except ModelFileError:
        assert model.state_dict() == before
    try:
        loaded = load(path)
    except ModelFileError:
        return False
    assert isinstance(loaded, MLP | GraphModule)
    assert isinstance(loaded.metadata, dict)
    inputs = loaded.sizes[0] if isinstance(loaded, MLP) else loaded.inputs
    predict(loaded, [0.0 if inputs is None else [0.0] * inputs])
    return True


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_document_changed_anywhere_loads_or_is_refused(data: st.DataObject) -> None:
    """One to three entries replaced by anything: never another exception."""
    content: Any = data.draw(st.sampled_from(kinds()))
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
    content = bytearray(json.dumps(data.draw(st.sampled_from(kinds()))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        removed = data.draw(st.integers(0, 5))
        content[start : start + removed] = data.draw(st.binary(max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        path.write_bytes(content)
        loads_or_is_refused(path)


FORBIDDEN = {
    *("import", "exec", "compile", "os.system", "os.exec", "os.remove", "os.rename"),
    *("subprocess.Popen", "socket.connect", "pickle.find_class", "ctypes.dlopen"),
}
watched: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if watched is not None and event in FORBIDDEN:
        watched.append(f"{event}{arguments}")


@pytest.mark.parametrize("count", [500, pytest.param(2_000, marks=pytest.mark.slow)])
def test_nothing_is_executed_whatever_a_file_says(tmp_path: Path, count: int) -> None:
    """Python's own audit hook sees neither an import nor an execution in any of them."""
    global watched
    generator = random.Random(count)
    poison = ["os.system", "__import__('os').system('true')", "subprocess:Popen", "os:_exit",
              "builtins.eval", "antigravity", "this", "../../x", -1, 0, 10**9, 1e308, "nan", None,
              True, [], {}, [["eval", 0]], [["add", 0, 1]], [["dot", 0]], [["softmax", 0, 7.0]],
              {"": "eval"}, "__class__", "__init__"]  # fmt: skip
    path = tmp_path / "model.json"
    for content in kinds():
        loads_or_is_refused(write(path, content))  # what has to be imported once
    sys.addaudithook(_watch)
    loaded = 0
    for _ in range(count):
        content = generator.choice(kinds())
        for _ in range(generator.randint(1, 3)):
            way = generator.choice(places(content))
            if way and isinstance(way[-1], str) and generator.random() < 0.2:
                new = {generator.choice(["class", "graph", "sizes", "structure"]): content}
                content = replaced(content, way[:-1], new)
            else:
                content = replaced(content, way, copy.deepcopy(generator.choice(poison)))
        write(path, content)
        watched = []
        try:
            loaded += loads_or_is_refused(path)
            assert watched == [], content
        finally:
            watched = None
    assert 0 < loaded < count / 2


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
