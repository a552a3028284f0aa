"""Statements that repeat are a loop: over time, backwards, and over equal blocks."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import Value, dot, exp, log, maximum, sigmoid, softmax, tanh, where
from autograd import operations as op
from autograd.compile import compile, rolling
from autograd.compile.rolling import Loop, Repeat, Rolled, Statement, _move, repeats
from autograd.compile.statements import Array, Elementwise, Input, Moved, Stack
from autograd.compile.terms import Term, new_terms
from autograd.table import Operation
from eager import Error, agree, samples, squeezed
from engines import MANY
from models import numbers, times
from nn import Layer

pytestmark = pytest.mark.filterwarnings("error")
Model = tuple[Error, list[Value], int, int | None]


def flat(*tables: Any) -> list[Value]:
    """All parameters in lists within lists."""
    return [w for x in tables for w in ([x] if isinstance(x, Value) else flat(*x))]


def recurrent(rng: random.Random, count: int = 7) -> Model:
    W, b, V = numbers(3, 5, rng=rng), numbers(3, rng=rng), numbers(3, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h: list[Any] = [0.0] * 3
        for k in range(0, 2 * count, 2):
            z = [*x[k : k + 2], *h]
            h = [tanh(dot(w, z, bias)) for w, bias in zip(W, b)]
        return (dot(V, h) - t) ** 2

    return error, flat(W, b, V), 2 * count, None


def answering(rng: random.Random) -> Model:
    """An answer at each step, from a state of two steps ago, too."""
    W, V = numbers(2, 5, rng=rng), numbers(2, rng=rng)

    def error(x: Any, t: Any) -> Any:
        before, h = x[:2], x[:2]
        total: Any = 0.0
        for k in range(8):
            before, h = h, [maximum(y, -0.5) for y in times(W, [x[k], *h, *before])]
            total = total + (dot(V, h) - t[k]) ** 2
        return total

    return error, flat(W, V), 8, 8


def long_short_term_memory(rng: random.Random) -> Model:
    gates, V = numbers(4, 2, 3, rng=rng), numbers(2, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h, c = [0.0] * 2, [0.0] * 2
        for x_k in x[:8]:
            i, f, o, u = [times(W, [x_k, *h]) for W in gates]
            new = zip(i, f, u, c)
            c = [sigmoid(f_k) * c_k + sigmoid(i_k) * tanh(u_k) for i_k, f_k, u_k, c_k in new]
            h = [sigmoid(o_k) * tanh(c_k) for o_k, c_k in zip(o, c)]
        return (dot(V, h) - t) ** 2

    return error, flat(gates, V), 8, None


def both_ways(rng: random.Random) -> Model:
    W, U, V = numbers(2, 3, rng=rng), numbers(2, 3, rng=rng), numbers(4, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h, g = [1.0] * 2, [1.0] * 2
        for k in range(7):
            h = [tanh(y) for y in times(W, [x[k], *h])]
            g = [tanh(y) for y in times(U, [x[6 - k], *g])]
        return (dot(V, [*h, *g]) - t) ** 2

    return error, flat(W, U, V), 7, None


def hidden_markov(rng: random.Random) -> Model:
    A, B, start = numbers(2, 2, rng=rng), numbers(2, rng=rng), numbers(2, rng=rng)

    def error(x: Any, t: Any) -> Any:
        rows, p = [softmax(row) for row in A], softmax(start)
        total: Any = 0.0
        for x_k in x:
            p = [y * exp(-((x_k - b) ** 2)) for y, b in zip(p, B)]
            norm = autograd.sum(p)
            total = total - log(norm)
            p = [dot(column, [y / norm for y in p]) for column in zip(*rows)]
        return total

    return error, flat(A, B, start), 9, None


def runge_kutta(rng: random.Random) -> Model:
    W, V = numbers(3, 2, rng=rng), numbers(2, 3, rng=rng)

    def slope(y: Any) -> Any:
        return times(V, [tanh(a) for a in times(W, y)])

    def error(x: Any, t: Any) -> Any:
        y = x
        for _ in range(6):
            k1 = slope(y)
            k2 = slope([a + 0.1 * b for a, b in zip(y, k1)])
            y = [a + 0.1 * (b + c) for a, b, c in zip(y, k1, k2)]
        return (y[0] - t) ** 2

    return error, flat(W, V), 2, None


def blocks(rng: random.Random) -> Model:
    """Equal blocks, each with weights of its own, and so many that gradients are of many parts."""
    layers, V = numbers(18, 3, 4, rng=rng), numbers(3, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h = x
        for rows in layers:
            h = [a + tanh(dot(w, h, bias)) for a, (*w, bias) in zip(h, rows)]
        return (dot(V, h) - t) ** 2

    return error, flat(layers, V), 3, None


def filtered(rng: random.Random) -> Model:
    """A Kalman filter of one number: sums of single numbers, which no sample is in."""
    q = numbers(3, rng=rng)

    def error(x: Any, t: Any) -> Any:
        mean, variance, total = 0.0, 1.0, 0.0
        for x_k in x:
            variance = variance * q[0] ** 2 + exp(q[1])
            gain = variance / (variance + exp(q[2]))
            off = x_k - mean * q[0]
            total = total + off**2 / (variance + exp(q[2]))
            mean, variance = mean * q[0] + gain * off, (1.0 - gain) * variance
        return total

    return error, q, 9, None


def beside(rng: random.Random) -> Model:
    """States, and a vector computed while they are, which is multiplied by the same matrix."""
    W, V = numbers(2, 3, rng=rng), numbers(2, 2, rng=rng)

    def error(x: Any, t: Any) -> Any:
        h, states = [1.0] * 2, []
        for k in range(8):
            h = [tanh(y) for y in times(W, [x[k], *h])]
            states.append(h)
        aside = [tanh(tanh(y) + x[2]) for y in x[:2]]
        return (autograd.sum([tanh(y) for h in (*states, aside) for y in times(V, h)]) - t) ** 2

    return error, flat(W, V), 8, None


def discounted(rng: random.Random) -> Model:
    """Whose weights of steps are numbers that no sample and no parameter is in."""
    w = numbers(2, rng=rng)

    def error(x: Any, t: Any) -> Any:
        total: Any = 0.0
        for x_k in x:
            total = 0.9 * total + (w[0] * x_k + w[1] - t) ** 2
        return total

    return error, w, 9, None


# With the lines that a program has at most, of which loops leave few.
MODELS: dict[Callable[..., Model], int] = {
    recurrent: 30,
    answering: 69,
    long_short_term_memory: 60,
    both_ways: 36,
    hidden_markov: 60,
    runge_kutta: 72,
    blocks: 31,
    filtered: 130,
    beside: 45,
    discounted: 25,
}
by_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@by_model
def test_what_repeats_is_a_loop(model: Callable[..., Model]) -> None:
    error, params, inputs, answers = model(random.Random(0))
    source = agree(error, params, *samples(4, inputs, answers)).source
    program = squeezed(source.partition("def step")[2])
    assert len(program) <= MODELS[model], source
    assert any(line.startswith("for k in range(") for line in program), source


@MANY
@by_model
def test_loops_of_all_engines(model: Callable[..., Model], engine: str) -> None:
    error, params, inputs, answers = model(random.Random(0))
    agree(error, params, *samples(2, inputs, answers), engine=engine)


def test_more_steps_take_no_more_lines() -> None:
    counts = set()
    for count in (6, 19):
        error, params, inputs, _ = recurrent(random.Random(0), count)
        counts.add(len(squeezed(compile_of(error, params, inputs))))
    assert len(counts) == 1


def compile_of(error: Error, params: list[Value], inputs: int) -> str:
    step = compile(error, params)
    step(*samples(2, inputs, None))
    return step.source


def test_backpropagation_through_time() -> None:
    """Nobody wrote it."""
    cell, out = (
        Layer(5, 3, activation="tanh", rng=random.Random(0)),
        Layer(3, 1, activation="linear"),
    )

    def error(x: Any, t: Any) -> Any:
        h: Any = [0.0] * 3
        for k in range(0, 12, 2):
            h = cell([*x[k : k + 2], *h])
        return (out(h) - t) ** 2

    params = [*cell.parameters(), *out.parameters()]
    source = agree(error, params, *samples(4, 12, None)).source
    lines = [
        "for k in range(5):",
        "    A1[k + 1] = W1 @ np.concatenate((X[2 * k + 2:2 * k + 4], Z1[k])) + b1",
        "    δ1[k] = A[5 - k] * B[k]",
        "    B[k + 1] = W1_2.T @ δ1[k]",
        "dW1 = δ1[0:5].swapaxes(0, 1).reshape(3, -1) @ Z1[::-1].swapaxes(0, 1).reshape(3, -1).T",
    ]
    for line in lines:
        assert line in source, f"{line}\n{source}"


def test_layers_keep_their_names() -> None:
    """Layers with names of their own are no loop, in which W1 would stand for W2."""
    layers = [Layer(3, 3, rng=random.Random(i)) for i in range(9)]

    def error(x: Any, t: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return (x[0] - t) ** 2

    params = [p for layer in layers for p in layer.parameters()]
    source = agree(error, params, *samples(2, 3, None)).source
    assert "for k" not in source
    assert "A9 = W9 @ Z8 + b9" in source


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
@pytest.mark.parametrize("seed", range(8))
def test_random_recurrences(seed: int, engine: str) -> None:
    rng = random.Random(seed)
    size, width, count = rng.randint(1, 3), rng.randint(0, 2), rng.randint(4, 7)
    W, b, V = numbers(size, size + width, rng=rng), numbers(size, rng=rng), numbers(size, rng=rng)
    start = rng.choice([[0.0] * size, numbers(size, rng=rng)])
    order = rng.choice([range(count), [*reversed(range(count))]])
    lag, answers = rng.choice([1, 1, 2]), rng.choice([None, count])
    changes = [
        lambda y, g: y * g,
        lambda y, g: sigmoid(y) * g + 0.3 * y,
        lambda y, g: maximum(y, g),
        lambda y, g: where(y > 0.0, y, 0.1 * y),
        lambda y, g: y / (1.5 + g**2),
        lambda y, g: y + 2.0 * g,
    ]
    change = rng.choice(changes)

    def error(x: Any, t: Any) -> Any:
        states: list[Any] = [start] * lag
        total: Any = 0.0
        for k in order:
            z = times(W, [*x[width * k : width * k + width], *states[-1]])
            y = [change(a + bias, g) for a, bias, g in zip(z, b, states[-lag])]
            states.append([tanh(a) for a in y])
            if answers:
                total = total + (dot(V, states[-1]) - t[k]) ** 2
        return total if answers else (dot(V, states[-1]) - t) ** 2

    params = flat(W, b, V, [w for w in start if isinstance(w, Value)])
    agree(error, params, *samples(2, max(width * count, 1), answers), engine=engine)


def statements(*kinds_and_places: tuple[str, int, int]) -> list[Statement]:
    return [Statement(kind, (number, row)) for kind, number, row in kinds_and_places]


def test_repeats() -> None:
    """A loop is as long as the operands move by the same numbers."""
    pairs = [(("a", i, 0), ("b", 0, 2 * i)) for i in range(6)]
    steps = statements(*[one for pair in pairs for one in pair])
    assert [*repeats(steps)] == [Repeat(0, 2, 6)]
    assert [*repeats(statements(("c", 0, 0)) + steps)] == [Repeat(1, 2, 6)]
    steps[7] = Statement("b", (0, 7))  # elsewhere in the fourth
    assert [*repeats(steps)] == [Repeat(0, 2, 3)]
    steps[7] = Statement("d", (0, 6))
    assert [*repeats(steps)] == [Repeat(0, 2, 3)]
    both = statements(*[("a", i, i) for i in range(6)])  # another array, and another row
    assert [*repeats(both)] == []


def test_many_repeats_are_found_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One behind the other, and more than Python functions may be nested."""
    compared = 0

    def move(a: Statement, b: Statement) -> Any:
        nonlocal compared
        compared += 1
        return _move(a, b)

    monkeypatch.setattr(rolling, "_move", move)
    count, times = 1500, 5
    kinds = [str(i) for i in range(count) for _ in range(times)]
    found = [*repeats(statements(*[(kind, i, 0) for i, kind in enumerate(kinds)]))]
    assert sorted(found) == [Repeat(times * i, 1, times) for i in range(count)]
    assert compared < 100 * len(kinds)


@pytest.mark.parametrize("steps", [(2, 3), (3, 2), (1, 3), (4, 6), (5, 1)])
@pytest.mark.parametrize("seed", range(6))
def test_rolled_statements_are_what_they_were(seed: int, steps: tuple[int, int]) -> None:
    """Whatever reads them: arrays of which each second is read, and each third, or the last first.

    Not all of that can be loops, since a stack has one order.
    """
    rng, cls = random.Random(seed), new_terms()
    given = Input(letter="X", size=40)
    terms = [cls.given("X", i) for i in range(given.size)]
    position: dict[Term, tuple[Array, int]] = {x: (given, i) for i, x in enumerate(terms)}
    arrays: list[Array] = [given]

    def add(head: Operation, *operands: Term) -> Term:
        term: Term = cls.make(head, *operands)
        slots: list[list[Any]] = [[x] for x in operands]
        arrays.append(Elementwise(members=[term], head=head, operands=slots, number=len(arrays)))
        position[term] = arrays[-1], 0
        return term

    heads = [op.tanh, op.sin, op.cos] if seed % 2 else [op.tanh]
    states = [add(rng.choice(heads), x) for x in terms[:18]]
    for apart in steps:
        order = states[::apart] if rng.random() < 0.5 else states[::-apart]
        total = terms[0]
        for k, state in enumerate(order):
            total = add(op.mul, add(op.add, state, terms[20 + k]), total)
    number = {array.members[0]: array.number for array in arrays[1:]}
    operands = [[x for (x,) in array.slots()] for array in arrays]
    rolled = Rolled(arrays, position, [[total]], finds_loops=True)

    def resolved(x: Term, time: int, period: int) -> Term:
        """What an operand was before, the given time round."""
        array, row = position[x]
        if isinstance(array, Moved):
            array, row = array.source, row + array.by * time
        if isinstance(array, Stack):
            return array.members[row]  # type: ignore[no-any-return]
        if array is given:
            return terms[row]
        return arrays[number[array.members[0]] + time * period].members[0]  # type: ignore[no-any-return]

    at, loops = 1, 0

    for item in rolled.items():
        block, times = (item.block, item.times) if isinstance(item, Loop) else ([item], 1)
        loops += times > 1
        for time in range(times):
            for array in block if item is not given else ():
                found = [resolved(x, time, len(block)) for (x,) in array.slots()]
                assert found == operands[at]
                if array in rolled.stacked:
                    stack, part, by = rolled.stacked[array]
                    assert stack.members[part + by * time] is arrays[at].members[0]
                at += 1
    assert at == len(arrays)
    assert loops > 0


@pytest.mark.parametrize("engine", ["numpy", "loops"], indirect=True)
def test_two_loops_over_the_same_inputs(engine: str) -> None:
    """What one of them has put in order is no longer that when the other one begins."""
    rng = random.Random(0)
    W = [[[Value(rng.uniform(-1, 1)) for _ in range(2)] for _ in range(2)] for _ in range(12)]

    def error(x: Any, t: Any) -> Any:
        total = Value(0.0)
        for k in range(6):
            for z in (x[4 * k : 4 * k + 2], x[4 * k + 2 : 4 * k + 4]):
                a = [tanh(dot(w, z)) for w in W[k]]
                b = [tanh(dot([tanh(v) for v in w], z)) for w in W[6 + k]]
                total = total + (dot(a, b) - t) ** 2
        return total

    params = [v for matrix in W for row in matrix for v in row]
    agree(error, params, *samples(3, 24, None), engine=engine)
