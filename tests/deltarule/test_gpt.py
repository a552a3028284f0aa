"""The GPT of scalars: that it learns as the original does, and what it refuses."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from deltarule.gpt import GPT, compiled, invent, samples, train, train_compiled
from deltarule.names import NAMES

# What microgpt.py itself gives for these names, with 5 in place of 1000 steps.
FEW_NAMES = ["ed", "bo", "ada", "eve", "bob"]
ERRORS = [
    1.8706884918525262,
    2.126785327331428,
    1.9778214512644605,
    1.9789405533621398,
    1.9987241801090132,
]
INVENTED = ["eee", "avob", "eve", "aveev", "evvbvavvbvevvbee", "evav"]


def tiny() -> GPT:
    return GPT("abn", width=4, heads=2, context=4, rng=0)


@pytest.mark.parametrize("learn", [train, train_compiled])
def test_it_learns_and_invents_as_the_original(learn: Callable[..., list[float]]) -> None:
    """With the same seed, and draws in the same order."""
    rng, names = random.Random(42), [*FEW_NAMES]
    rng.shuffle(names)
    model = GPT("".join(sorted(set("".join(names)))), rng=rng)
    assert learn(model, names, 5) == pytest.approx(ERRORS, abs=1e-12)
    assert [invent(model, rng=rng) for _ in INVENTED] == INVENTED


@pytest.mark.parametrize("engine", ["numpy", pytest.param("c", marks=pytest.mark.slow)])
def test_programs_learn_from_batches_as_the_scalars(engine: str) -> None:
    """Names of one length together, and half of the way of the learning rate."""
    names, told = ["nab", "an", "ban", "na"], []
    options: Any = {"batch": 2, "decay_steps": 12}
    errors = train(tiny(), names, 6, **options)
    options |= {"engine": engine, "callback": lambda *x: told.append(x)}
    programs = train_compiled(tiny(), names, 6, **options)
    assert programs == pytest.approx(errors, abs=1e-12)
    assert told == [*enumerate(programs, start=1)]


def test_an_interruption_leaves_the_model_after_its_last_update() -> None:
    def interrupt(step: int, error: float) -> None:
        if step == 2:
            raise KeyboardInterrupt

    model, other = tiny(), tiny()
    with pytest.raises(KeyboardInterrupt):
        train_compiled(model, ["ann", "nab"], 9, callback=interrupt)
    train(other, ["ann", "nab"], 2, decay_steps=9)
    assert model.state_dict() == pytest.approx(other.state_dict(), abs=1e-12)


@pytest.mark.slow
def test_the_program_of_a_text_can_be_read() -> None:
    """Tables of indices are the rules that they follow, and make the same numbers."""
    model = GPT("abcdefghijklmnopqrstuvwxyz", rng=0)
    step, given = compiled(model), samples(model, ["charlie"])
    error, gradient = step.evaluate(step.vector(), *given)
    source = step.source
    assert len(source) < 20_000
    space: dict[str, Any] = {}
    exec(source, space)
    alone = space["step"](step.vector(), *[x.astype(float) for x in given], 1.0, 1.0)
    assert (alone[0], alone[1].tolist()) == (error, gradient.tolist())


def test_no_position_sees_a_later_one() -> None:
    model = GPT("abn", width=4, heads=2, depth=2, rng=0)
    first, second = ([[a.data for a in x] for x in model([3, 0, k, k])] for k in (1, 2))
    assert first[:2] == second[:2]
    assert first[2] != second[2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: GPT("aba"), "a letter of 'aba' is there twice: give each once"),
        (lambda: GPT("ab", width=6, heads=4), "4 heads cannot share a width of 6"),
        (lambda: tiny().pair("bond"), "'bond' has 'd', which is not in the alphabet 'abn'"),
        (lambda: train(tiny(), [], 3), "there are no texts: give at least one"),
        (lambda: train_compiled(tiny(), ["ann"], 3, batch=0), "batch must be at least 1, got 0"),
        (lambda: train(tiny(), ["ann"], 0), "steps must be at least 1, got 0"),
        (lambda: invent(tiny(), temperature=0.0), "the temperature is 0.0: choose a number above"),
        (lambda: invent(tiny(), temperature=float("nan")), "the temperature is nan"),
    ],
)
def test_what_does_not_fit_is_refused(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_the_names_fit_the_model() -> None:
    """Each once, in small letters, and short enough to be read whole."""
    assert len(set(NAMES)) == len(NAMES) == 1000
    assert sorted(set("".join(NAMES))) == list("abcdefghijklmnopqrstuvwxyz")
    assert max(map(len, NAMES)) < 16
