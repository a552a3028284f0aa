"""Mistakes that a type checker must find: each line is refused, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd
from autograd import Value, dot, tanh
from autograd.view import draw
from nn import MLP, SGD, Adam, History, Layer, Module, Optimizer, accuracy, fit, load, total
from nn.train import Schedule

X, T = [[0.0, 1.0], [1.0, 0.0]], [0, 1]
MODEL = MLP(2, [3, 1], rng=0)


def numbers(a: Value, xs: list[Value]) -> None:
    Value("2")  # type: ignore[arg-type]
    Value([1.0, 2.0])  # type: ignore[arg-type]
    Value(None)  # type: ignore[arg-type]
    a + "1"  # type: ignore[call-overload]
    a * [1.0]  # type: ignore[call-overload]
    "1" + a  # type: ignore[operator]
    a * None  # type: ignore[call-overload]
    a ** "2"  # type: ignore[operator]
    print(a < "2")  # type: ignore[operator]
    a @ a  # type: ignore[operator]
    a.tahn()  # type: ignore[attr-defined]
    (a + 1).bakward()  # type: ignore[attr-defined]
    tanh(a).backwards()  # type: ignore[attr-defined]
    print(autograd.sum(xs).datum)  # type: ignore[attr-defined]
    print(dot(xs, [1.0]).datum)  # type: ignore[attr-defined]
    a.maximum("2")  # type: ignore[arg-type]
    a.data = "2"  # type: ignore[assignment]
    a.grad = [1.0]  # type: ignore[assignment]
    a.label = 3  # type: ignore[assignment]
    label: int = xs[0].label  # type: ignore[assignment]
    number: float = a * 2  # type: ignore[assignment]
    draw([a])  # type: ignore[arg-type]
    print(label, number)


def networks() -> None:
    Layer("2", 1)  # type: ignore[call-overload]
    Layer(2, 3.0)  # type: ignore[call-overload]
    Layer(2, 3, activaton="tanh")  # type: ignore[call-overload]
    Layer(2, 3, activation=3)  # type: ignore[call-overload]
    Layer(2, 1)([1.0, 2.0])[0]  # type: ignore[index]
    Layer(2, 3)([1.0, 2.0]).backward()  # type: ignore[attr-defined]
    Layer(1, 1)(0.5)  # type: ignore[call-overload]
    MLP(2, 3)  # type: ignore[arg-type]
    MLP(2, [3, 1], hidden="tanh")  # type: ignore[call-arg]
    MLP(2, [3, "1"])  # type: ignore[list-item]
    MODEL(0.5)  # type: ignore[arg-type]


def training(history: History, inputs: Sequence[Any]) -> None:
    Adam(MODEL)  # type: ignore[arg-type]
    Adam(MODEL.parameters)  # type: ignore[arg-type]
    Adam(MODEL.parameters(), lr="0.1")  # type: ignore[arg-type]
    Adam(MODEL.named_parameters())  # type: ignore[arg-type]
    SGD([1.0, 2.0])  # type: ignore[list-item]
    fit(MODEL, X, T, loss=3)  # type: ignore[arg-type]
    fit(MODEL, X, T, "hinge", optimizer=Adam)  # type: ignore[arg-type]
    fit(MODEL, X, T, "hinge", optimizer=0.1)  # type: ignore[arg-type]
    fit(MODEL, X, T, "hinge", epoch=3)  # type: ignore[call-arg]
    fit(MODEL, X, T, "hinge", callbacks=[lambda: None])  # type: ignore[list-item, misc]
    fit(MODEL, X, T, "hinge", metric=0.9)  # type: ignore[arg-type]
    fit(MODEL, X, T, "hinge", validation=X)  # type: ignore[arg-type]
    fit(MODEL, 3, T, "hinge")  # type: ignore[arg-type]
    fit("model", X, T, "hinge")  # type: ignore[arg-type]
    accuracy(X, MODEL, T)  # type: ignore[arg-type]
    total(3.0)  # type: ignore[arg-type]
    load(3)  # type: ignore[call-overload]
    history.colum("train_loss")  # type: ignore[attr-defined]
    losses: list[str] = history.column("train_loss")  # type: ignore[assignment]
    print(losses, inputs)


class Halving(Schedule):
    def learning_rate(self, epoch: str) -> float:  # type: ignore[override]
        return 0.5


class NoUpdate(Optimizer):
    pass


class Line(Module):
    def __call__(self, x: float) -> Value:
        return 2.0 * x  # type: ignore[return-value]

    def halve(self) -> Optimizer:
        return NoUpdate(self.parameters(), 0.5)  # type: ignore[abstract]
