"""A course participant's project with all types written down, for a strict type checker."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import autograd
from autograd import Operation, Value, detect_anomaly, dot, grad, gradcheck, no_grad, softmax, tanh
from autograd.compile import compile
from autograd.view import draw, explain, play
from nn import (
    MLP,
    SGD,
    Adam,
    CosineAnnealingLR,
    History,
    LambdaLR,
    Layer,
    Module,
    Neuron,
    Optimizer,
    StepLR,
    accuracy,
    cross_entropy_with_logits,
    fit,
    half_squared_error,
    l2_penalty,
    load,
    mean_loss,
    predict,
    predict_class,
    predict_proba,
    save,
    total,
)
from nn.data import Dataset, Standardizer, one_hot, split
from nn.data import load as load_data
from nn.plots import confusion_matrix, decision_boundary, learning_curves
from nn.train import Schedule

Row = list[float]


# ---- modules of one's own


class Line(Module):
    """The number of inputs and outputs is known: one of each."""

    slope: Value
    offset: Value

    def __init__(self, slope: float = 0.0) -> None:
        self.slope = Value(slope, label="slope")
        self.offset = Value(1.0)

    def __call__(self, x: float | Value) -> Value:
        return self.slope * x + self.offset


@dataclass(eq=False)
class Scale(Module):
    factor: Value = field(default_factory=lambda: Value(1.0))
    shift: list[Value] = field(default_factory=list)

    def __call__(self, x: float) -> Value:
        return self.factor * x


class Residual(Module):
    """A skip connection around a layer."""

    def __init__(self, width: int, rng: int | None = None) -> None:
        self.layer = Layer(width, width, activation="tanh", rng=rng)

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        return [z_i + x_i for z_i, x_i in zip(self.layer(x), x)]


class Classifier(Module):
    """Modules in lists and dicts, and layers of sizes that nobody can know."""

    output = "softmax"

    def __init__(self, sizes: Sequence[int], n_classes: int) -> None:
        self.hidden = [Layer(n, m, activation="tanh") for n, m in pairwise(sizes)]
        self.heads = {"class": Layer(sizes[-1], n_classes, activation="identity")}
        self.two = [Layer(2, 3), Layer(3, 1)]
        self.temperature = Value(1.0)

    def __call__(self, x: Sequence[float]) -> list[Value]:
        z: Sequence[Any] = x
        for layer in self.hidden:
            z = layer(z)
        return softmax([a / self.temperature for a in self.heads["class"](z)])

    def weights(self) -> Iterator[Value]:
        for layer in (*self.hidden, *self.two):
            for neuron in layer.neurons:
                yield from neuron.w


class Wide(Layer[list[Value]]):
    """A subclass of a building block."""

    def __init__(self, nin: int) -> None:
        super().__init__(nin, 8, activation=softplus_of_mine)


# ---- an operation, an optimiser, a schedule of one's own

softplus_of_mine = Operation(
    "softplus_of_mine",
    lambda x: autograd.log(1 + autograd.exp(x)),
    lambda y, x: (autograd.sigmoid(x),),
    tex=r"\ln(1 + e^{#1})",
)


class SignSGD(Optimizer):
    def __init__(self, params: Iterable[Value], lr: float = 0.1) -> None:
        super().__init__(params, lr)

    def update(
        self, w: float, g: float, state: tuple[float, ...], t: int
    ) -> tuple[float, tuple[float, ...]]:
        return w - self.lr * math.copysign(1.0, g), state


class HarmonicLR(Schedule):
    def learning_rate(self, epoch: int) -> float:
        return self.initial_lr / (1 + epoch)


# ---- numbers


def arithmetic() -> Value:
    a, b = Value(2.0, label="a"), Value(-3)
    c = 2 * a + b / 3 - 1.5 + (a - 1) ** 2 + 2**a - a**b + (-a) + abs(b) + (+a)
    c = c * np.float64(2.0) + np.float64(0.5) * c + True * c
    c += a.tanh() + b.exp().relu() + a.sigmoid().log() + a.maximum(b) + a.clamp(min=0.0)
    c = tanh(c) + autograd.sin(a) + autograd.maximum(a, 0.0) + autograd.where(a > b, a, b)
    assert_type(a + 1, Value)
    assert_type(1 - a, Value)
    assert_type(a**2, Value)
    assert_type(tanh(a), Value)
    assert_type(tanh(0.5), float)
    assert_type(autograd.maximum(a, 0.0), Value)
    if a > b and a >= 0 and not b < -5:
        a.data -= 0.1 * a.grad
        a.grad = 0.0
    b.grad = None
    number: float = c.data + float(c.item())
    print(f"{c:.3f} {number:.3f}", c.label, c.parents, round(c.data, 3), max([a, b]).data)
    return c


def sums(values: list[Value], numbers: npt.NDArray[np.float64]) -> Value:
    by_python = sum(values, Value(0.0))
    in_one_node = autograd.sum(values)
    assert_type(autograd.mean(values), Value)
    assert_type(autograd.mean([1.0, 2.0]), float)
    assert_type(dot(values, numbers), Value)
    assert_type(dot(values, [1.0, 2.0, 3.0], Value(1.0)), Value)
    assert_type(softmax(values), list[Value])
    assert_type(autograd.softmax([0.1, 0.2]), list[float])
    assert_type(autograd.prod(v + 1 for v in values), Value)
    assert_type(autograd.logsumexp(values), Value)
    assert_type(autograd.gelu(values[0]), Value)
    return by_python + in_one_node + total([v**2 for v in values], "mean") + l2_penalty(values, 0.1)


def derivatives() -> None:
    def f(x: Value) -> Value:
        return x.sin() * softplus_of_mine(x)

    slope: float = grad(f)(1.0)
    curvature: float = grad(grad(f))(1.0)
    assert gradcheck(f, 0.3)
    assert gradcheck(softplus_of_mine, (0.3,)).ok
    print(slope, curvature, autograd.hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0]))
    with no_grad(), detect_anomaly():
        f(Value(1.0))


@no_grad()
def without_graph(model: Line, x: float) -> float:
    return model(x).data


# ---- what a call gives


def calls(x: Row, n: int, array: npt.NDArray[np.float64]) -> Value:
    neuron, one, three = Neuron(2, activation="tanh", rng=0), Layer(2, 1), Layer(2, 3, rng=1)
    assert_type(neuron(x), Value)
    assert_type(one(x), Value)
    assert_type(three(x), list[Value])
    one(array).backward()
    chain = [Layer(2, 8), Layer(8, 1)]
    z: Any = x
    for layer in chain:
        z = layer(z)
        print(layer.neurons[0].w, layer.activation)
    for unit in Layer(2, n)(x):
        print(unit.data)
    Layer(2, n - 2)(x).backward()
    model = MLP(2, [3, 1], activation="tanh", output="sigmoid", init="he_normal", rng=0)
    y = model(x)
    y.backward()
    model([Value(1.0), 2.0]).backward()
    print(MLP(2, [3])(array)[0].data, len(MLP(2, (3, 2))(x)), model.layers[0].neurons[0].b.grad)
    loss = (y - 1.0) ** 2
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    return half_squared_error(Wide(2)(x), one_hot(2, 8)) + sum_of_squares(model(x), 1.0)


def sum_of_squares(y: Value, t: float) -> Value:
    return (y - t) ** 2


def hinge_of_mine(y: Value, t: int) -> Value:
    return (1 - t * y).relu()


def share_right(model: Module, inputs: Sequence[Row], targets: Sequence[int]) -> float:
    right = [int(model(x).data > 0) == t for x, t in zip(inputs, targets)]
    return sum(right) / len(right)


def share_of_anything(model: Any, inputs: Any, targets: Any) -> float:
    return accuracy(model, inputs, targets)


# ---- training


def optimisers(model: Module, leaves: tuple[Value, ...]) -> list[Optimizer]:
    adam = Adam(model.parameters(), lr=0.01, weight_decay=1e-4)
    schedules: list[Schedule] = [
        StepLR(adam, step_size=10),
        CosineAnnealingLR(adam, T_max=20),
        LambdaLR(adam, lambda epoch: 0.9**epoch),
        HarmonicLR(adam),
    ]
    for schedule in schedules:
        schedule.step()
        print(schedule.get_last_lr())
    named = SGD((p for name, p in model.named_parameters() if "b" not in name), momentum=0.9)
    return [adam, named, SGD(leaves, 0.1), SignSGD(iter(leaves)), Adam({*leaves}), SGD(leaves)]


def by_hand(model: Line, xs: Row, ts: Row) -> float:
    optimizer = Adam(model.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        losses = [(model(x) - t) ** 2 for x, t in zip(xs, ts)]
        loss = autograd.sum(losses) / len(losses)
        loss.backward()
        optimizer.step()
        print(loss.data)
    model.zero_grad()
    return sum(p.data for p in model.parameters())


def train(data: Dataset, folder: Path) -> History:
    training, test = split(data, test_size=0.25, seed=0)
    scale = Standardizer().fit(training.inputs)
    inputs = scale.transform(training.inputs)
    X, T = np.array(inputs), np.array(training.targets)
    model = MLP(2, [4, 2], activation="tanh", rng=0)
    seen: list[float] = []

    def note(history: History) -> None:
        seen.append(history[-1]["train_loss"])

    def enough(history: History) -> bool:
        return len(history) > 3

    def own_error(y: list[Value], t: int) -> Value:
        return cross_entropy_with_logits(y, t)

    adam = Adam(model.parameters(), lr=0.02)
    history = fit(
        model,
        inputs,
        training.targets,
        loss="cross_entropy_with_logits",
        optimizer=adam,
        schedule=StepLR(adam, 5),
        epochs=5,
        batch_size=16,
        penalty=lambda: l2_penalty(model.parameters(), 1e-3),
        validation=(scale.transform(test.inputs), test.targets),
        metric=accuracy,
        patience=3,
        callbacks=[note, enough, lambda history: None],
        progress=False,
    )
    fit(model, X, T, own_error, epochs=1, metric=share_of_anything, callbacks=(note,))
    one = MLP(2, [1], rng=0)
    plus_minus = [2 * int(t) - 1 for t in training.targets]
    fit(one, inputs, plus_minus, hinge_of_mine, epochs=1, metric=share_right, progress=False)
    fit(Line(), [1.0, 2.0], [1, 2], sum_of_squares, epochs=1, validation=([1.0], [2]))
    losses: list[float] = history.column("train_loss")
    print(min(losses), history.stopped, [record["epoch"] for record in history])
    save(model, folder / "model.json", {"mean": scale.mean})
    again = load(str(folder / "model.json"))
    print(predict_class(again, inputs), predict(again, X)[0][1], accuracy(again, X, T))
    print(mean_loss(again, X, T, own_error), again.metadata)
    again.load_state_dict(model.state_dict())
    assert_type(predict_proba(again, X), list[list[float]])
    decision_boundary(again, X, training.targets, resolution=5).savefig(folder / "plane.png")
    confusion_matrix(T, predict_class(again, X), data.class_names)
    learning_curves(history).axes[0].set_title("loss")
    return history


def views(loss: Value, folder: Path) -> None:
    draw(loss, detail="neuron", gradients=True).save(folder / "graph.svg")
    play(loss, quiz=True).save(str(folder / "page.html"))
    print(explain(loss.parents[0], of=loss), explain("tanh"), explain(softplus_of_mine))


def compiled(model: Line) -> float:
    step = compile(lambda x, t: (model(x) - t) ** 2, model.parameters(), predict=model)
    loss, gradient = step([1.0, 2.0], np.array([3.0, 4.0]))
    print(gradient.shape, step.source, step.predict([1.0]))
    MLP(2, [1]).compile("hinge", engine="numpy")([[1.0, 2.0]], [1])
    return loss


def main(folder: Path) -> None:
    functions: list[Callable[[], object]] = [arithmetic, derivatives]
    for function in functions:
        function()
    leaves = [Value(1.0), Value(2.0), Value(3.0)]
    sums(leaves, np.ones(3)).backward()
    loss = calls([0.5, -1.0], 3, np.array([0.5, -1.0]))
    loss.backward()
    views(loss, folder)
    model = Classifier([2, 3, 3], 2)
    print(without_graph(Line(2.0), 3.0), len(list(model.weights())), model([1.0, 2.0])[0].data)
    optimisers(model, tuple(leaves))
    print(by_hand(Line(), [1.0, 2.0], [2.0, 3.0]), Scale()(2.0).data, len(Scale().parameters()))
    compiled(Line())
    print(len(Residual(2, rng=0)([Value(1.0), 2.0])))
    train(load_data("spirals", n_samples=40), folder)
