"""Every exercise: a right answer passes, a blank and typical mistakes get the right message."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deltarule.exercises import EXERCISES, LESSONS, verdict

SOLUTIONS = sorted((Path(__file__).parent / "solutions").glob("lesson_*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"solutions_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = [load(path) for path in SOLUTIONS]
RIGHT = [(name, answer) for module in MODULES for name, answer in module.RIGHT.items()]
WRONG = [
    (name, answer, words)
    for module in MODULES
    for name, answers in module.WRONG.items()
    for answer, words in answers
]


def test_every_lesson_has_exercises_and_solutions() -> None:
    assert [path.stem for path in SOLUTIONS] == [f"lesson_{i:02}" for i in range(1, LESSONS + 1)]
    for lesson in range(1, LESSONS + 1):
        verdict(f"{lesson}.1", ...)
    assert {name for name, _ in RIGHT} == set(EXERCISES)
    assert {name for name, *_ in WRONG} == set(EXERCISES)


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=[name for name, _ in RIGHT])
def test_a_right_answer_passes(name: str, answer: Any) -> None:
    assert verdict(name, answer) == f"✓ {name}: right."


@pytest.mark.parametrize("name", [name for name, _ in RIGHT])
@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_is_told_from_a_mistake(name: str, blank: Any) -> None:
    assert verdict(name, blank).startswith(f"✎ {name}: nothing to check yet")


@pytest.mark.parametrize(
    ("name", "answer", "words"), WRONG, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(WRONG)]
)
def test_a_mistake_is_named(name: str, answer: Any, words: str) -> None:
    told = verdict(name, answer)
    assert told.startswith(f"✗ {name}: ")
    assert words in told


@pytest.mark.parametrize("answer", ["text", object(), [], {}, float("nan"), print])
@pytest.mark.parametrize("name", [name for name, _ in RIGHT])
def test_nonsense_is_judged_without_an_exception(name: str, answer: Any) -> None:
    assert verdict(name, answer).startswith(f"✗ {name}: ")


def test_an_unknown_exercise_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no exercise '1\.99'; lesson 1 has 1\.1, 1\.2"):
        verdict("1.99", 1.0)
    with pytest.raises(ValueError, match="there are 13 lessons"):
        verdict("99.1", 1.0)
