# %% [markdown]
# # 11 · Why backpropagation
#
# After this lesson you can say why networks are trained by backpropagation and not by finite
# differences, find a wrong derivative with a gradient check, trace a `nan` to its source, see
# vanishing gradients, and explain why the Jacobian is never built.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, gradcheck, no_grad
from deltarule.exercises import check
from nn import MLP, deltas, half_squared_error
from nn.plots import course_style

course_style()

# %% [markdown]
# ## The obvious way
#
# A derivative is a ratio of small changes. So why not measure it? Change one weight a little, run
# the network again, and see what the error does (PRML 5.68):
#
# $$\frac{\partial E}{\partial w_{ji}} \approx
# \frac{E(w_{ji} + \varepsilon) - E(w_{ji})}{\varepsilon}.$$


# %%
def by_differences(model, x, t, epsilon=1e-6):
    with no_grad():  # numbers only, no graph
        start = half_squared_error(model(x), t).data
        gradient = []
        for w in model.parameters():
            old = w.data
            w.data = old + epsilon
            gradient.append((half_squared_error(model(x), t).data - start) / epsilon)
            w.data = old
    return gradient


def by_backpropagation(model, x, t):
    model.zero_grad()
    half_squared_error(model(x), t).backward()
    return [w.grad for w in model.parameters()]


model = MLP(2, [3, 1], activation="tanh", rng=0)
x, t = [0.5, -1.0], 1.0
both = zip(by_backpropagation(model, x, t), by_differences(model, x, t))
for exact, measured in list(both)[:4]:
    print(f"backpropagation {exact:10.6f}   differences {measured:10.6f}")

# %% [markdown]
# It works. But look at the loop: *one forward pass for every weight*.
#
# ## Counting operations
#
# A forward pass computes every node of the graph once. A backward pass makes one product for every
# edge, local derivative times upstream gradient. Both counts grow like the number $W$ of weights,
# since every weight is used in one product. So
#
# - backpropagation needs one forward and one backward pass, $O(W)$;
# - differences need $W + 1$ forward passes of $O(W)$ each, $O(W^2)$.

# %%
from autograd import topological_order

hidden = [2, 4, 8, 16, 32, 64, 100]
x, t = [0.1 * i for i in range(8)], [0.0] * 8
networks = [MLP(8, [n, 8], activation="tanh", rng=0) for n in hidden]
W = np.array([len(model.parameters()) for model in networks])

forward, backward = [], []
for n in hidden:
    model = MLP(8, [n, 8], activation="tanh", rng=0, elementary=True)  # a node for each + and ×
    edges = [len(node.edges()) for node in topological_order(half_squared_error(model(x), t))]
    forward.append(sum(count > 0 for count in edges))
    backward.append(sum(edges))
counted = {
    "backpropagation": np.add(forward, backward),
    "finite differences": (W + 1) * np.array(forward),
}


# %% tags=["thumbnail"]
def draw_costs(costs, label):
    for (name, cost), line in zip(costs.items(), ("o-", "s--")):
        slope = math.log(cost[-1] / cost[-4]) / math.log(W[-1] / W[-4])
        text = rf"{name}: $\propto W^{{{slope:.1f}}}$"
        plt.loglog(W, cost, line, label=text)
    plt.xlabel("number of weights $W$")
    plt.ylabel(label)
    plt.legend()
    plt.show()


draw_costs(counted, "operations for one gradient")

# %% [markdown]
# On logarithmic axes a power of $W$ is a straight line, and its exponent is the slope: about 1 and
# about 2. Now with a clock instead of a count. (These times differ from machine to machine.)

# %% tags=["varies"]
from time import perf_counter


def seconds(gradient_of, model):
    times = []
    for _ in range(3):
        start = perf_counter()
        gradient_of(model, x, t)
        times.append(perf_counter() - start)
    return min(times)


methods = {"backpropagation": by_backpropagation, "finite differences": by_differences}
measured = {name: [seconds(f, model) for model in networks] for name, f in methods.items()}
draw_costs(measured, "seconds for one gradient")

# %% [markdown]
# (In small networks the fixed cost of a pass weighs more, so the measured exponents are somewhat
# smaller than the counted ones.) In the long run, ten times as many weights make differences a
# hundred times as expensive. If a forward pass takes a millisecond and there are a million
# weights, differences need a quarter of an hour for *one* update; backpropagation needs some
# milliseconds. Nielsen discusses this in chapter 2 ("In what sense is backpropagation a fast
# algorithm?"), PRML in section 5.3.3.
#
# ## What differences are good for
#
# They know nothing of the chain rule, which makes them a good **check**. For this use *central*
# differences (PRML 5.69),
#
# $$\frac{\partial E}{\partial w_{ji}} \approx
# \frac{E(w_{ji} + \varepsilon) - E(w_{ji} - \varepsilon)}{2 \varepsilon},$$
#
# whose error shrinks like $\varepsilon^2$ instead of $\varepsilon$ (lesson 1 has the picture, and
# what rounding does).


# %%
def f(x):
    return math.sin(x)


for epsilon in (1e-1, 1e-2, 1e-3):
    one_sided = (f(1 + epsilon) - f(1)) / epsilon - math.cos(1)
    central = (f(1 + epsilon) - f(1 - epsilon)) / (2 * epsilon) - math.cos(1)
    print(f"ε = {epsilon:5}   error one-sided {one_sided:8.1e}   central {central:8.1e}")

# %% [markdown]
# `gradcheck` compares every operand and every node of a graph with central differences. Here is
# one tanh unit with two weights and a bias.


# %%
def unit_error(w):
    z = (w[0] * 0.5 + w[1] * -1.0 + w[2]).tanh()
    return half_squared_error(z, 1.0)


gradcheck(unit_error, [0.8, 0.3, 0.1])

# %% [markdown]
# ## A wrong rule
#
# Suppose you add an operation and mistake $\tanh' = 1 - y^2$ for $1 - y$. A wrong rule raises no
# error. The network even learns for a while: at first its steps still lead downhill.

# %%
from autograd import Operation, tanh
from nn import SGD, fit
from nn.data import load

wrong_tanh = Operation("wrong_tanh", lambda x: tanh(x), lambda y, x: (1 - y,))

moons = load("moons", noise=0.15)
rules = {"1 - y²": "tanh", "1 - y": wrong_tanh}
for name, activation in rules.items():
    model = MLP(2, [8, 1], activation=activation, output="sigmoid", rng=1)
    options = {"optimizer": SGD(model.parameters(), lr=0.5), "epochs": 300}
    options |= {"compiled": True, "progress": False}
    history = fit(model, moons.inputs, moons.targets, "binary_cross_entropy", **options)
    curve = history.column("train_loss")
    plt.plot(range(1, 301), curve, label=f"rule {name}")
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.ylim(0)
plt.legend()
plt.show()

# %% [markdown]
# It learns, then it gets stuck, and you might look for the reason for weeks. The check finds it at
# once: the gradient is right behind the wrong operation and wrong at everything before it, so the
# culprit is where "ok" turns into "wrong".

# %%
gradcheck(lambda x: wrong_tanh(2 * x + 1) ** 2, 0.3)

# %% [markdown]
# ## Where does the `nan` come from?
#
# Another fault: somewhere a number becomes infinite, and soon every weight is `nan`. Inside of
# `detect_anomaly` the first operation that makes a `nan` or `inf` out of finite numbers raises an
# error, which names the operation and your line.

# %%
from autograd import AnomalyError, detect_anomaly, log, sigmoid


def first_and_last_line(error):
    lines = str(error).splitlines()
    print(lines[0], lines[-1].strip(), sep="\n    ")


a = Value(-800.0, label="a")
try:
    with detect_anomaly():
        y = sigmoid(a)  # so small that it is rounded to 0
        error = -log(y)
except AnomalyError as anomaly:
    first_and_last_line(anomaly)

# %% [markdown]
# The remedy is an error that takes $a$ itself, `binary_cross_entropy_with_logits`. Sometimes the
# forward pass is harmless, and only the backward pass fails: a root has an infinite slope at 0.

# %%
x = Value(0.0, label="x")
try:
    with detect_anomaly():
        length = (x * x).sqrt()
        length.backward()
except AnomalyError as anomaly:
    first_and_last_line(anomaly)

# %% [markdown]
# ## Vanishing gradients
#
# Cheap and correct gradients can still be useless. Every layer on the way back multiplies $\delta$
# by weights and by a slope, $\delta_j = h'(a_j) \sum_k w_{kj} \delta_k$ (PRML 5.56). In a chain of
# single units these factors simply multiply:
#
# $$\delta^{(1)} = \delta^{(L)} \prod_{l=1}^{L-1} w^{(l+1)} h'(a^{(l)}).$$
#
# For the logistic function $h' = z(1 - z) \le \frac14$. Here is a chain with all weights 1.

# %%
chain = MLP(1, [1] * 6, activation="sigmoid", init=lambda *_: 1.0)
error = half_squared_error(chain([0.0]), 0.0)
error.backward()
delta = {layer: rows[0][0] for layer, rows in deltas(error).items()}

z, by_hand = 0.0, delta[6]
for layer in chain.layers[:-1]:
    z = layer([z]).data  # a layer of one unit answers with one node
    by_hand *= z * (1 - z)
print(f"δ at the output {delta[6]:.4f}")
print(f"δ in layer 1    {delta[1]:.3e}   product {by_hand:.3e}   0.25⁵ {0.25**5:.3e}")

# %% [markdown]
# Five layers, and a thousandth is left at best. Now wider networks: seven hidden layers of 16
# units with the usual random weights, and the root mean square of $\delta$ in each layer.

# %%
from nn import total

activations = {
    "sigmoid": ("xavier_normal", "s-"),
    "tanh": ("xavier_normal", "^--"),
    "relu": ("he_normal", "o-."),
}
samples = list(zip(moons.inputs[:8], moons.targets))
errors = {}
for name, (init, line) in activations.items():
    deep = MLP(2, [16] * 7 + [1], activation=name, init=init, rng=0)
    errors[name] = total(half_squared_error(deep(x), t) for x, t in samples)
    errors[name].backward()
    sizes = [np.sqrt(np.mean(np.square(rows))) for rows in deltas(errors[name]).values()]
    plt.semilogy(range(1, 9), sizes, line, label=name)
plt.xlabel("layer (8 is the output)")
plt.ylabel(r"typical $|\delta|$")
plt.legend()
plt.show()

# %% [markdown]
# With logistic units $\delta$ loses most of its size in every layer; with tanh and ReLU, whose
# slopes reach 1, it survives. You need not draw this each time: `diagnose` looks for it.

# %%
from autograd.view import diagnose

diagnose(errors["sigmoid"])

# %% [markdown]
# What does it mean for training? The gradient of a weight is $\delta_j z_i$, so the first layers
# hardly move. The same three networks, 200 epochs:

# %%
for name, (init, line) in activations.items():
    deep = MLP(2, [16] * 7 + [1], activation=name, output="sigmoid", init=init, rng=0)
    options = {"optimizer": SGD(deep.parameters(), lr=0.03), "epochs": 200, "batch_size": 10}
    options |= {"compiled": True, "progress": False}
    history = fit(deep, moons.inputs, moons.targets, "binary_cross_entropy", **options)
    curve = history.column("train_loss")
    plt.plot(range(1, 201), curve, line[1:], label=name)
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.ylim(0)
plt.legend()
plt.show()

# %% [markdown]
# The logistic network stays at $\ln 2 \approx 0.69$, the error of guessing. Remedies are ReLU or
# tanh, starting weights scaled to the size of the layer, and skip connections. (Weights that are
# too large do the opposite: $\delta$ *explodes*.)
#
# ## Jacobians
#
# A layer has many outputs, and each depends on many inputs. All these derivatives form the
# **Jacobian** $J_{ij} = \partial y_i / \partial x_j$, with a row for each output (PRML 5.3.4). For
# a layer of tanh units it is a product of two: that of the pre-activations, which is the weight
# matrix, and that of tanh, which is diagonal.

# %%
from autograd import jacobian

[layer] = MLP(6, [8], activation="tanh", output="tanh", rng=4).layers
x = [0.9, -0.4, 0.3, 0.8, -0.7, 0.2]
a = [a_j.data for a_j in layer.pre_activations(x)]

J_a = np.array([[slope.data for slope in row] for row in jacobian(layer.pre_activations)(x)])
J_tanh = np.array(jacobian(lambda a: [tanh(a_j) for a_j in a])(a))
J = np.array([[slope.data for slope in row] for row in jacobian(layer)(x)])

W_matrix = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
print("largest |J_a - W|        ", f"{abs(J_a - W_matrix).max():.0e}")
print("largest |J - J_tanh J_a| ", f"{abs(J - J_tanh @ J_a).max():.0e}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), width_ratios=[6, 8, 6])
titles = [
    r"$\partial a / \partial x = W$",
    r"$\partial z / \partial a$",
    r"$\partial z / \partial x$",
]
for ax, matrix, title in zip(axes, (J_a, J_tanh, J), titles):
    picture = ax.imshow(matrix, cmap="signed", vmin=-1, vmax=1)
    ax.set(title=title, xticks=[], yticks=[], frame_on=False)
figure.colorbar(picture, ax=axes, shrink=0.8)
plt.show()

# %% [markdown]
# The matrix in the middle shows the waste: $n^2$ numbers, of which $n$ are not 0.
#
# The error needs only one combination of the rows, $\frac{\partial L}{\partial x} = \frac{\partial
# L}{\partial y} J$, a **vector–Jacobian product**. Backpropagation passes a vector from layer to
# layer and never builds a $J$: for tanh it multiplies number by number with $h'(a_j)$, for the
# weights it computes $\sum_k w_{kj} \delta_k$. Take the reader of digits from lesson 10: 64
# inputs, 10 outputs.

# %%
from nn import Adam, cross_entropy_with_logits

digits = load("digits")
reader = MLP(64, [16, 10], activation="tanh", rng=0)
optimizer = Adam(reader.parameters(), lr=0.01, weight_decay=1e-3)
options = {"epochs": 15, "batch_size": 32, "compiled": True, "progress": False}
loss = "cross_entropy_with_logits"
fit(reader, digits.inputs, digits.targets, loss, optimizer=optimizer, **options)

image, digit = digits.inputs[0], digits.targets[0]
J = np.array([[slope.data for slope in row] for row in jacobian(reader)(image)])
print("the Jacobian:", J.shape, "numbers from 10 backward passes")

# %% [markdown]
# Each row of $J$ has a number for each pixel, so it can be drawn as an image. Blue pixels speak
# for the digit of the row: more ink there would raise its output. Orange ones speak against it.

# %%
figure, axes = plt.subplots(2, 6, figsize=(8.4, 3.1))
for ax in axes[:, 0]:
    ax.axis("off")
axes[0, 0].imshow(np.reshape(image, (8, 8)), cmap="gray_r")
axes[0, 0].set_title(f"image: {digit}")
for k, ax in enumerate(axes[:, 1:].flat):
    ax.imshow(J[k].reshape(8, 8), cmap="signed", vmin=-2, vmax=2)
    ax.set_title(f"row {k}")
    ax.axis("off")
plt.show()

# %% [markdown]
# Now the gradient of the error with respect to the pixels, in three ways: $\frac{\partial
# L}{\partial y}$ times the whole $J$; `vjp`, one backward pass from $v = \frac{\partial
# L}{\partial y}$; and `backward()` on the error itself. For softmax with cross-entropy $v = y - t$
# (lesson 6).

# %%
from autograd import vjp

logits, pull_back = vjp(reader, image)
powers = np.exp([a.data for a in logits])
v = powers / powers.sum() - np.eye(10)[digit]  # y - t

with_J = v @ J
without_J = [slope.data for slope in pull_back(v.tolist())]

pixels = [Value(p) for p in image]
cross_entropy_with_logits(reader(pixels), digit).backward()
for i in (10, 20, 30, 43):
    print(f"pixel {i}   v J {with_J[i]:.4e}   vjp {without_J[i]:.4e}   graph {pixels[i].grad:.4e}")

# %% [markdown]
# Three times the same, but the first way needed 640 numbers and ten passes, the others 64 numbers
# and one. The order of the products makes the difference. With two layers, $v\,(J_2 J_1)$
# multiplies matrices, $(v\,J_2)\,J_1$ only a vector and a matrix, twice.

# %%
n = 200
rng = np.random.default_rng(0)
J_1, J_2, v = rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.normal(size=n)
print("same result:", np.allclose(v @ (J_2 @ J_1), (v @ J_2) @ J_1))
print(f"products of numbers: {n**3 + n**2:,} from the right, {2 * n**2:,} from the left")

# %% [markdown]
# Starting from the left, from the one error, is what "back" in backpropagation means.
#
# ## Exercises
#
# **11.1** A network has 50 000 weights; one forward pass takes 2 ms. How many seconds do *central*
# differences take for one gradient?

# %%
seconds_for_a_gradient = ...
check("11.1", seconds_for_a_gradient)

# %% [markdown]
# **11.2** A chain of single logistic units has six layers. All its weights are 2, the biases are
# as you like. At the output $\delta^{(6)} = 1$. What is the largest value that $\delta^{(1)}$ can
# have?

# %%
largest_delta = ...
check("11.2", largest_delta)

# %% [markdown]
# **11.3** A function of three inputs has, at some point, the Jacobian
#
# $$J = \begin{pmatrix} 1 & 2 & 0 \\ 0 & -1 & 3 \end{pmatrix}, \qquad
# \frac{\partial L}{\partial y} = (2, -1).$$
#
# Give $\frac{\partial L}{\partial x}$ as a list.

# %%
gradient_of_inputs = ...
check("11.3", gradient_of_inputs)

# %% [markdown]
# **11.4** Write `central_differences(f, w)`: for a function `f` of a list of numbers `w` it
# returns the list of all $\partial f / \partial w_i$, by central differences. Afterwards `w` is to
# hold the same numbers as before.

# %%
central_differences = ...
check("11.4", central_differences)

# %% [markdown]
# **11.5** Add the *softsign* function $h(a) = \frac{a}{1 + |a|}$ as an `Operation` with its
# derivative, such that it passes a gradient check. (`abs` works on nodes; the section on the wrong
# rule shows the form.)

# %%
softsign = ...
check("11.5", softsign)

# %% [markdown]
# ## Summary
#
# - Finite differences need a forward pass for each weight, $O(W^2)$ in all; backpropagation gets
#   all derivatives for about the cost of one more pass, $O(W)$.
# - Central differences are the check, not the method: `gradcheck` finds a wrong rule that training
#   would hide.
# - `detect_anomaly` names the first operation that makes a `nan` or `inf`.
# - Every layer multiplies $\delta$ by weights and $h'(a)$; with logistic units it vanishes, since
#   $h' \le \frac14$.
# - Backpropagation is a chain of vector–Jacobian products, from the error backwards; no Jacobian
#   is ever built.
#
# Next: [12 · From scalars to matrices](12_scalars_to_matrices.ipynb). Back to the
# [index](index.ipynb).
