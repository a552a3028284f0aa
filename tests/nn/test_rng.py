"""What may be given as `rng`."""

from __future__ import annotations

import random

import pytest

from nn import MLP, Dropout, Embedding
from nn.data import load, split
from nn.rng import generator


def test_a_seed_a_generator_or_the_global_one() -> None:
    """A generator is itself and goes on; a seed makes a new one."""
    own = random.Random(3)
    assert generator(own) is own
    assert generator(3).random() == random.Random(3).random()
    random.seed(5)
    expected = random.random()
    random.seed(5)
    assert generator().random() == expected
    random.seed(5)
    assert generator(random).random() == expected  # type: ignore[arg-type]


def test_generators_of_numpy_wherever_random_numbers_are_drawn() -> None:
    """Repeatable, and another one each time: the generator goes on."""
    np = pytest.importorskip("numpy")
    data = load("spirals", n_samples=20)
    for draw in (
        lambda rng: MLP(2, [3], rng=rng).state_dict(),
        lambda rng: Embedding(3, 2, rng=rng).state_dict(),
        lambda rng: Dropout(0.5, rng=rng)([1.0] * 50),
        lambda rng: split(data, seed=rng),
    ):
        first, second = np.random.default_rng(0), np.random.default_rng(0)
        one = draw(first)
        assert draw(second) == one
        assert draw(second) != one
        assert draw(np.int64(7)) == draw(7)


@pytest.mark.parametrize("wrong", ["42", 4.2, [1]])
def test_other_things_are_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"rng must be an integer.*numpy\.random\.Generator.*got"):
        generator(wrong)  # type: ignore[arg-type]
