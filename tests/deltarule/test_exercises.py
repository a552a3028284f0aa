"""Every exercise: a right answer passes, a blank and typical mistakes get the right message."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deltarule.exercises import EXERCISES, LESSONS, verdict

SOLUTIONS = sorted((Path(__file__).parent / "solutions").glob("lesson_*.py"))
for lesson in range(1, LESSONS + 1):
    verdict(f"{lesson}.1", ...)  # makes the exercises of the lesson known
NAMES = sorted(EXERCISES)
each_lesson = pytest.mark.parametrize("path", SOLUTIONS, ids=[path.stem for path in SOLUTIONS])


@cache
def load(path: Path) -> ModuleType:
    """Some train networks: only where they are asked for."""
    spec = importlib.util.spec_from_file_location(f"solutions_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lesson_has_exercises_and_solutions() -> None:
    assert [path.stem for path in SOLUTIONS] == [f"lesson_{i:02}" for i in range(1, LESSONS + 1)]
    for answers in ("RIGHT", "WRONG"):
        assert {name for path in SOLUTIONS for name in getattr(load(path), answers)} == {*NAMES}


@each_lesson
def test_a_right_answer_passes(path: Path) -> None:
    for name, answer in load(path).RIGHT.items():
        assert verdict(name, answer) == f"✓ {name}: right."


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_is_told_from_a_mistake(name: str, blank: Any) -> None:
    assert verdict(name, blank).startswith(f"✎ {name}: nothing to check yet")


@each_lesson
def test_a_mistake_is_named(path: Path) -> None:
    for name, answers in load(path).WRONG.items():
        assert answers
        for answer, words in answers:
            told = verdict(name, answer)
            assert told.startswith(f"✗ {name}: "), answer
            assert words in told, answer


@pytest.mark.parametrize("answer", ["text", object(), [], {}, float("nan"), print])
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_judged_without_an_exception(name: str, answer: Any) -> None:
    assert verdict(name, answer).startswith(f"✗ {name}: ")


def test_an_unknown_exercise_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no exercise '1\.99'; lesson 1 has 1\.1, 1\.2"):
        verdict("1.99", 1.0)
    with pytest.raises(ValueError, match="there are 13 lessons"):
        verdict("99.1", 1.0)
