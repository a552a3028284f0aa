"""A course participant's first project, without any types."""

import random
from itertools import pairwise

import numpy as np

from autograd import Value
from autograd.view import draw
from nn import MLP, SGD, Adam, Layer, Module, Neuron, accuracy, fit, predict
from nn.data import load, split
from nn.plots import decision_boundary


class Line(Module):
    def __init__(self):
        self.w = Value(random.uniform(-1, 1))
        self.b = Value(0.0)

    def __call__(self, x):
        return self.w * x + self.b


class Attributes(Module):
    def __init__(self):
        self.w = Value(0.5)
        self.layer = Layer(2, 2, activation="tanh")
        self.own = [self.w * 1.0, Value(2.0)]
        self.out = Neuron(2)
        self.best = None

    def __call__(self, x):
        h = self.layer(x)
        return self.out([h[0] + x[0], h[1] + x[1]])

    def remember(self, loss):
        if self.best is None or loss.data < self.best:
            self.best = loss.data
        return self.best


class Net(Module):
    def __init__(self, sizes):
        self.layers = [Layer(a, b) for a, b in pairwise(sizes)]
        self.last = Layer(sizes[-1], 1, activation="sigmoid")

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)


def train_line():
    model = Line()
    optimizer = SGD(model.parameters(), lr=0.1)
    for epoch in range(10):
        optimizer.zero_grad()
        y = model(2.0)
        loss = (y - 5.0) ** 2
        loss.backward()
        optimizer.step()
        print(epoch, loss.data)


def train_net(path):
    x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = Net([2, 4, 4])
    fit(model, x, t, "binary_cross_entropy", optimizer=Adam(model.parameters()), epochs=2)
    print(predict(model, x), accuracy(model, np.array(x), np.array(t)))
    loss = (model(x[0]) - t[0]) ** 2
    loss.backward()
    draw(loss).save(path / "loss.svg")


def two_layers(x):
    layers = [Layer(2, 3), Layer(3, 1)]
    for layer in layers:
        x = layer(x)
    x.backward()
    total = 0
    for x in ([1.0, 2.0], [3.0, 4.0]):
        y = MLP(2, [3, 1])(x)
        total += (y - 1) ** 2
    total.backward()


def main(path):
    train_line()
    train_net(path)
    two_layers([1.0, 2.0])
    model = Attributes()
    print(model.remember(model([1.0, 2.0])), model.parameters())
    training, _ = split(load("spirals"))
    big = MLP(2, [3, 1])
    fit(big, training.inputs, training.targets, "mean_squared_error", epochs=1, seed=3)
    decision_boundary(big, training.inputs, training.targets, resolution=9)
