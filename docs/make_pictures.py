"""Draw the pictures of the README: run it in this folder."""

from autograd import Value
from autograd.view import draw
from nn import MLP, half_squared_error

a, b = Value(2.0, label="a"), Value(-3.0, label="b")
loss = (a * b + a**2).tanh()
loss.label = "L"
loss.backward()
draw(loss, edges="both", gradients=True, engine="builtin").save("graph.svg")

model = MLP(2, [3, 1], activation="tanh", rng=0)
error = half_squared_error(model([0.5, -1.0]), 1.0)
error.label = "E"
error.backward()
draw(error, detail="neuron", gradients=True, engine="builtin").save("network.svg")
