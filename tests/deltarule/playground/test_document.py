"""Models as files: from the page to nn and back, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import nn
from nn.export import load, save
from playground import on_page
from scripts import needs_node

pytestmark = needs_node


def content(tmp_path: Path, **options: Any) -> dict[str, Any]:
    """Return what nn writes for a small network, of which one weight is frozen."""
    model = nn.MLP(2, [3, 2], **{"activation": "tanh", "output": "softmax", "rng": 3, **options})
    model.parameters()[4].requires_grad_(False)
    model.parameters()[0].data = -0.0
    save(model, tmp_path / "model.json", {"note": "</script>"})
    read: dict[str, Any] = json.loads((tmp_path / "model.json").read_text())
    return read


def test_nn_reads_what_the_page_writes(tmp_path: Path) -> None:
    numbers = [
        0.1,
        1e21,
        1e-7,
        5e-324,
        3.0,
        -2.5,
        1.7976931348623157e308,
        0.2,
        12345678901234567890.0,
    ]
    text = on_page(
        """p[7] = -0; p[5] = NaN; p[4] = -Infinity;
        return modelDocument({inputs: 1, hidden: [2], outputs: 2, activation: "tanh",
          output: "softmax", p, frozen: [0, 1], metadata: {note: "π"}});""",
        p=[*numbers, 4.0],
    )
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    model = load(tmp_path / "model.json")
    assert isinstance(model, nn.MLP)
    assert (model.sizes, model.activation, model.output) == ([1, 2, 2], "tanh", "softmax")
    assert model.metadata == {"note": "π"}
    found = [parameter.data for parameter in model.parameters()]
    assert math.copysign(1, found[7]) == -1
    assert math.isnan(found[5])
    assert found[4] == -math.inf
    kept = [0, 1, 2, 3, 6, 8]
    assert [found[k] for k in kept] == [numbers[k] for k in kept]
    assert [k for k, x in enumerate(model.parameters()) if not x.requires_grad] == [1]


def test_the_page_reads_what_nn_writes(tmp_path: Path) -> None:
    given = content(tmp_path)
    text = (tmp_path / "model.json").read_text()
    found = on_page(
        """const read = readModel(text);
        return {...read, p: [...read.p], negative: Object.is(read.p[0], -0)};""",
        text=text,
    )
    assert found.pop("negative")
    assert found == {
        "sizes": [2, 3, 2], "activation": "tanh", "output": "softmax", "frozen": [4],
        "p": [*given["parameters"].values()], "metadata": {"note": "</script>"},
    }  # fmt: skip


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    good = content(tmp_path)
    first, *others = good["parameters"]
    weights = good["parameters"]
    wrong: dict[str, list[Any]] = {
        "not valid JSON": ["", "{", "[" * 100_000, "NaN"],
        'no entry "format"': [
            "[]",
            "null",
            "3",
            '"x"',
            '{"__proto__": {"format": "deltarule model"}}',
        ],
        "characters": [" " * 10_000_000],
        "another version": [{**good, "version": 1}],
        "no MLP": [{k: x for k, x in good.items() if k != "sizes"}],
        "two or more positive integers": [
            {**good, "sizes": x} for x in ([], [2], [2, 0], [2, 1.5], "2,3", [1e9, 1], [None, 2])
        ],
        "its sizes need": [
            {**good, "sizes": [2, 3, 3]},
            {**good, "sizes": [999_999, 999_999]},
            {**good, "parameters": []},
            {**good, "parameters": {k: weights[k] for k in others}},
        ],
        f"the parameter {first} is missing": [
            {**good, "parameters": {"x": 1.0, **{k: weights[k] for k in others}}}
        ],
        f"the parameter {first} is nan": [{**good, "parameters": {**weights, first: "nan"}}],
        f"the parameter {first} is no number": [
            {**good, "parameters": {**weights, first: x}}
            for x in ("1", None, True, [1], "toString")
        ],
        "frozen": [{**good, "frozen": x} for x in [None, "x", ["x"], [0]]],
        "its activation": [{**good, "activation": x} for x in (None, "toString", [], ["a"], 3)],
        "different activations": [{**good, "activation": ["tanh", "relu"]}],
        "its output": [{**good, "output": x} for x in [None, "__proto__", {"a": 1}, ["nope"]]],
        "elementary=True": [{**good, "elementary": True}],
    }
    cases = [(said, case) for said, several in wrong.items() for case in several]
    texts = [case if isinstance(case, str) else json.dumps(case) for _, case in cases]
    found = on_page("return texts.map((text) => readModel(text).wrong ?? text);", texts=texts)
    for (said, _), sentence in zip(cases, found, strict=True):
        assert said in sentence
        assert sentence.startswith("This is no model that the page can show: ")


def test_synonyms_and_one_activation_for_all_layers_are_known(tmp_path: Path) -> None:
    text = json.dumps({**content(tmp_path), "activation": ["logistic"], "output": "linear"})
    found = on_page("return readModel(text);", text=text)
    assert (found["activation"], found["output"]) == ("sigmoid", "identity")
