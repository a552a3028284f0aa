"""Loading is linear and bounded: what a file can claim costs no more than its size allows."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deltarule.pipeline import Identity, Pipeline
from model_files import document, old
from nn import MLP, ModelFileError, documents, load, save, trace
from nn.export import json_file
from nn.export.layers import network_names, network_parameters
from nn.train import History

SLACK = 1_000_000  # here, so that files of a megabyte are large
MODEL = json.dumps(document(parameters="@", metadata="@@"))
GRAPH = json.dumps(document(graph={"inputs": 1, "steps": "@", "outputs": 0}, parameters={}))
GRAPH = GRAPH.replace('"sizes"', '"no sizes"')
PAST = {"format": "deltarule history", "version": 1, "stopped": "epochs", "checkpoints": []}
HISTORY = json.dumps({**PAST, "epochs": "@"})
CHECKPOINT = {"epoch": 0, "optimized": [], "parts": {"order": ["Order", "@"]}, "parameters": {}}
STATE = json.dumps({**PAST, "epochs": [], "checkpoints": [CHECKPOINT]})


def listed(item: str, template: str = MODEL) -> str:
    """A document of about a megabyte that has a list of so many items."""
    count = 1_000_000 // (len(item) + 1)
    return template.replace('"@"', "[" + ",".join([item] * count) + "]")


def numbered(item: str, template: str, brackets: str = "{}") -> str:
    text = ",".join([item.format(k) for k in range(1_000_000 // (len(item) + 5))])
    return template.replace('"@"', brackets[0] + text + brackets[1])


FILES: dict[str, tuple[Callable[[], str], Callable[[Path], Any]]] = {
    "braces": (lambda: listed("{}"), load),
    "brackets": (lambda: listed("[]"), load),
    "lists": (lambda: listed("[0]"), load),
    "lists of lists": (lambda: listed("[[[[0]]]]"), load),
    "objects": (lambda: listed('{"a":0}'), load),
    "integers": (lambda: listed("-9"), load),
    "texts": (lambda: listed('"ab"'), load),
    "texts of another width": (lambda: listed('"\u0101\u0102"'), load),
    "one character of four bytes": (lambda: listed('"abcdefg"') + "\U0001f600", load),
    "keys": (lambda: numbered('"{}":0', MODEL), load),
    "metadata": (lambda: listed("[0]").replace('"@@"', '{"a":' + "[0]," * 9 + "0]}"), load),
    "nested": (lambda: "[" * 1_000_000, load),
    "nested objects": (lambda: '{"a":' * 200_000, load),
    "a long number": (lambda: "9" * 1_000_000, load),
    "long numbers": (lambda: listed("9" * 4300), load),
    "steps": (lambda: numbered('["add",{},0]', GRAPH, "[]"), load),
    "operands": (lambda: listed("0", GRAPH.replace('"@"', '[["dot","@"]]')), load),
    "epochs": (lambda: listed('{"epoch":1,"train_loss":0.5}', HISTORY), History.load),
    "a state": (lambda: listed("[0]", STATE), History.load),
    "features": (lambda: listed("{}"), Pipeline.load),
}


def peak(function: Callable[[], Any]) -> int:
    """The most memory that a call had at a time, in bytes."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True)
def little_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SLACK", SLACK)


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_take_ten_times_their_size_or_are_refused(tmp_path: Path, name: str) -> None:
    make, read = FILES[name]
    path = tmp_path / "model.json"
    path.write_text(make(), encoding="utf-8")
    size = path.stat().st_size
    assert size > 800_000

    def refused() -> None:
        with pytest.raises(ValueError, match=r"model\.json"):
            read(path)

    assert peak(refused) < 10 * size + 2 * SLACK


@pytest.mark.parametrize("template", [old, document])
@pytest.mark.parametrize(
    "sizes",
    [[1, 20_000], [1] * 20_000, [1, 10**12], [10**4000] * 100],
    ids=["wide", "deep", "wider", "huge"],
)
def test_a_claim_of_many_neurons_is_refused_before_they_are_made(
    tmp_path: Path, template: Callable[..., dict[str, Any]], sizes: list[int]
) -> None:
    """A file of two bytes for each parameter has not the right to a kilobyte for each neuron."""
    count = min(sum([(a + 1) * b for a, b in pairwise(sizes)]), 40_000)
    numbers = [0] * count if template is old else {str(i): 0 for i in range(count)}
    path = tmp_path / "model.json"
    path.write_text(json.dumps(template(sizes=sizes, parameters=numbers)), encoding="utf-8")

    def refused() -> None:
        with pytest.raises(ModelFileError):
            load(path)

    assert peak(refused) < 10 * path.stat().st_size + 2 * SLACK


def test_inputs_that_are_only_claimed(tmp_path: Path) -> None:
    """A file of 200 bytes may say that a graph has a million inputs; they are not made."""
    path = tmp_path / "model.json"
    path.write_text(GRAPH.replace('"inputs": 1', '"inputs": 1000000').replace('"@"', "[]"))
    assert peak(lambda: load(path)) < 10_000_000


@pytest.mark.parametrize(
    "sizes", [[100, 200, 5], [1, 5000, 1], [1] * 501], ids=["a", "wide", "deep"]
)
def test_what_was_saved_is_loaded_within_the_same_bounds(tmp_path: Path, sizes: list[int]) -> None:
    model = MLP(sizes[0], sizes[1:], rng=0)
    save(model, tmp_path / "model.json")
    size = (tmp_path / "model.json").stat().st_size
    copies: list[MLP] = []
    used = peak(lambda: copies.append(load(tmp_path / "model.json")))
    assert copies[0].state_dict() == model.state_dict()
    assert used < 10 * size + SLACK


def test_the_names_of_a_network_are_those_that_are_found() -> None:
    model = MLP(3, [4, 1, 2], rng=0)
    named = list(model.named_parameters())
    assert [*zip(network_names(model.sizes), network_parameters(model))] == named


def test_the_order_of_names_in_a_file_does_not_matter(tmp_path: Path) -> None:
    model = MLP(2, [2, 1], rng=0)
    save(model, tmp_path / "model.json")
    content = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    content["parameters"] = dict(reversed(content["parameters"].items()))
    (tmp_path / "model.json").write_text(json.dumps(content), encoding="utf-8")
    assert load(tmp_path / "model.json").state_dict() == model.state_dict()


def test_a_model_that_could_not_be_loaded_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by its parameters nor by what stands beside them; an older file stays."""
    model, path = MLP(2, [2, 1], rng=0), tmp_path / "model.json"
    save(model, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="could not be read again"):
        save(model, path, {"a": [[]] * 100_000})
    for name, most in (("LARGEST_MODEL", 8), ("MOST_NEURONS", 2)):
        with monkeypatch.context() as changed:
            changed.setattr(json_file, name, most)
            with pytest.raises(ValueError, match="has 9 parameters and 3 neurons"):
                save(model, path)
            with pytest.raises(ModelFileError, match=f"more than {most}"):
                load(path)
    monkeypatch.setattr(documents, "LARGEST_FILE", len(before) - 1)
    with pytest.raises(ValueError, match="could not be read again"):
        save(model, path)
    with pytest.raises(ValueError, match="could not be read again"):
        History([{"epoch": k, "train_loss": 0.5} for k in range(99)]).save(path)
    assert path.read_bytes() == before


def test_a_graph_that_was_saved_is_loaded(tmp_path: Path) -> None:
    """Two thousand operations on two thousand parameters."""
    model = MLP(40, [45, 3], activation="tanh", elementary=True, rng=0)
    graph, path = trace(model, [0.0] * 40), tmp_path / "model.json"
    save(graph, path)
    copies: list[Any] = []
    used = peak(lambda: copies.append(load(path)))
    assert copies[0]([0.25] * 40)[1].data == model([0.25] * 40)[1].data
    assert used < 10 * path.stat().st_size + SLACK


def test_a_pipeline_that_is_none(tmp_path: Path) -> None:
    """A hundred thousand names for two features: one short message."""
    path = tmp_path / "model.json"
    Pipeline(MLP(2, [1], rng=0), ["a", "b"], None, Identity(), Identity()).save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["metadata"]["features"] = [f"{k:09}" for k in range(100_000)]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="was not written by") as caught:
        Pipeline.load(path)
    assert len(str(caught.value)) < 400


@pytest.mark.slow
def test_many_parameters(tmp_path: Path) -> None:
    """A hundred thousand, to which the slack is nothing."""
    model = MLP(400, [245, 10], rng=0)
    save(model, tmp_path / "model.json")
    used = peak(lambda: load(tmp_path / "model.json"))
    assert used < 10 * (tmp_path / "model.json").stat().st_size
