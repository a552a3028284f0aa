# %% [markdown]
# # 12 · From scalars to matrices
#
# You will let a scalar graph turn itself into a NumPy program, read that program line by line, and
# find in it the matrix form of backpropagation that textbooks print. You can then say where each
# transpose comes from, and what large libraries do differently.

# %%
import random
import tempfile
import textwrap
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, jacobian, sin, tanh, topological_order
from autograd.compile import TraceError, compile
from autograd.view import draw
from deltarule.exercises import check
from nn import MLP, Module, Neuron, accuracy, fit, half_squared_error, total
from nn.data import load
from nn.export import to_jax, to_onnx, to_torch
from nn.plots import BLUE, GREY, INK, ORANGE, course_style, text_on

np.set_printoptions(precision=4, suppress=True)
course_style()

# %% [markdown]
# ## The same graph, again and again
#
# A network with two inputs, three tanh units and a linear output, and the 100 points of the two
# moons. The error of the batch is the mean over the samples. For each of them, Python builds the
# same graph once more, only with other numbers.

# %%
moons = load("moons")
X, T = np.array(moons.inputs), np.array(moons.targets, float)
model = MLP(2, [3, 1], activation="tanh", rng=0)


def batch_error(model):
    return total([half_squared_error(model(x), t) for x, t in zip(X, T)], "mean")


E = batch_error(model)
E.backward()
by_graph = [parameter.grad for parameter in model.parameters()]
print("nodes for one sample", len(topological_order(half_squared_error(model(X[0]), T[0]))))
print("nodes for the batch ", len(topological_order(E)))

# %% [markdown]
# `compile` does the work on the graph only once. It calls the network on *unknown* inputs, runs
# the chain rule on the expressions that this leaves behind, and then looks for operations that are
# the same and at the same depth: these become one array. The result is called a step: it takes a
# whole batch and returns the error and its gradient.

# %%
step = model.compile("half_squared_error")
error, gradient = step(X, T)
print(f"E  graph {E.data:.6f}   program {error:.6f}")

# %% [markdown]
# The gradients of the 13 parameters, from the graph (bars) and from the program (dots):

# %%
plt.figure(figsize=(8, 3.6))
signs = [BLUE if slope > 0 else ORANGE for slope in by_graph]
plt.bar(range(1, 14), by_graph, color=signs)
plt.plot(range(1, 14), gradient, "o", color=INK)
plt.axhline(0, color=INK, lw=1.5)
plt.xticks(range(1, 14))
plt.xlabel("parameter")
plt.ylabel("∂E/∂w")
plt.title("bars: graph, dots: program")
plt.show()

# %% [markdown]
# ## Read the program
#
# What the step runs is a text. Here it is.


# %%
def body(step):
    """Return the lines of the program, without its helpers."""
    return step.source.partition("    X, T = inputs.T, targets.T\n")[2].rstrip().split("\n")


print(*body(step), sep="\n")

# %% [markdown]
# You know every line of it. The program first transposes what it is given
# (`X, T = inputs.T, targets.T`), so that each **column** of `X` is a sample; `@` is the matrix
# product, and `*` multiplies entry by entry, as $\odot$ does. Then it cuts up `parameters`, a row
# of numbers. They lie there unit after unit, each with its bias last: a table with a row for each
# unit, whose last column is $b$ and whose other columns are $W$. At the end `join` puts the gradients side by
# side in the same way.
#
# | the program | the textbook |
# |:--|:--|
# | `A1 = W1 @ X + b1` | $A_1 = W_1 X + b_1$: forward, all units and samples at once |
# | `Z1 = np.tanh(A1)` | $Z_1 = h(A_1)$ |
# | `δ2 = …` | BP1: $\delta_2 = (A_2 - T)\, s$. The output is linear, $h' = 1$ |
# | `δ1 = tanh_prime(A1) * (W2.T @ δ2)` | BP2: $h'(A_1) \odot (W_2^{\mathsf T} \delta_2)$ |
# | `db2 = δ2.sum(axis=1, …)` | BP3: δ, summed over the samples |
# | `dW2 = δ2 @ Z1.T` | BP4: $\delta_2 Z_1^{\mathsf T}$, which is $\sum_n \delta_{kn} z_{jn}$ |
#
# The number $s$ is the weight of one sample, $1/n$ for a mean. That the factors 2 and 0.5 are
# both there shows that nobody tidied up: 2 is the derivative of the square.
#
# The sum over samples has no loop and no `sum` in BP4. It is hidden in the matrix product: the
# inner index of $\delta_2 Z_1^{\mathsf T}$ is the sample.

# %% [markdown]
# Do not take the table for granted. Here are the formulas, written by hand, for the numbers of
# our network.

# %%
numbers = [np.array([[w.data for w in unit.w] for unit in layer.neurons]) for layer in model.layers]
biases = [np.array([[unit.b.data] for unit in layer.neurons]) for layer in model.layers]
(W1, W2), (b1, b2), n = numbers, biases, len(X)

A1 = W1 @ X.T + b1
Z1 = np.tanh(A1)
δ2 = (W2 @ Z1 + b2 - T) / n  # BP1
δ1 = (1 - Z1**2) * (W2.T @ δ2)  # BP2

output, hidden = model.layers[1].neurons, model.layers[0].neurons
print("dW2  by hand", (δ2 @ Z1.T)[0], "  graph", np.array([w.grad for w in output[0].w]))  # BP4
print("db1  by hand", δ1.sum(axis=1), "  graph", np.array([unit.b.grad for unit in hidden]))  # BP3

# %% [markdown]
# The text is a program of its own. `exec` runs it, with nothing but NumPy; it wants the parameters
# in one row, as the model lists them, and gives the gradient in that order: entries 9 to 11 belong to
# $W_2$. The last two arguments are the weight of each sample, $1/n$ for a mean, and that of a
# penalty, which there is not.

# %%
program = {}
exec(step.source, program)
theta = np.array([parameter.data for parameter in model.parameters()])
again, slopes = program["step"](theta, X, T[:, None], 1 / n, 1.0)
print(f"E {again:.6f}   dW2 {slopes[9:12]}")

# %% [markdown]
# **In Nielsen's words.** The option `notation` changes the names, and nothing else. Compare the
# lines with BP2 and BP4 in his book: $z$ is the pre-activation now, $a$ the activation.

# %%
for notation in ("prml", "nielsen", "wikipedia"):
    translated = model.compile("half_squared_error", notation=notation)
    translated(X, T)
    shown = [line for line in body(translated) if line.split()[0] in ("δ1", "dW2")]
    print(f"{notation}:", *shown, "", sep="\n")

# %% [markdown]
# ## Nobody wrote it
#
# No matrix was put in. To convince yourself, build the same network of single sums and products
# (`elementary=True`): its graph has more nodes, but the program is the same, letter by letter.

# %%
scalars = MLP(2, [3, 1], activation="tanh", rng=0, elementary=True)
found = scalars.compile("half_squared_error")
found(X, T)
print("nodes for one sample", len(topological_order(half_squared_error(scalars(X[0]), T[0]))))
print("the same program?   ", found.source == step.source)

# %% [markdown]
# Or leave the package `nn` aside and write the units yourself, with `+` and `*`. The function is
# given one sample, and there is no array in it.

# %%
w = [Value(0.1 * k, label=f"w{k}") for k in range(1, 14)]


def my_error(x, t):
    z1 = tanh(w[0] * x[0] + w[1] * x[1] + w[2])
    z2 = tanh(w[3] * x[0] + w[4] * x[1] + w[5])
    z3 = tanh(w[6] * x[0] + w[7] * x[1] + w[8])
    y = w[9] * z1 + w[10] * z2 + w[11] * z3 + w[12]
    return half_squared_error(y, t)


mine = compile(my_error, params=w)
mine(X, T)
print(*[line for line in body(mine) if "@" in line and "return" not in line], sep="\n")

# %% [markdown]
# All five matrix products are there again: $W_1 X$ and $W_2 Z_1$ forward, then
# $W_2^{\mathsf T} \delta_2$, $\delta_2 Z_1^{\mathsf T}$ and $\delta_1 X^{\mathsf T}$. Only the
# names are gone: `A1` or `δ1` stand in the program of a network because `nn` marks its
# pre-activations, and here nothing is marked.
#
# ### No layers, no matrices
#
# The hand-wired network of lesson 5: the input feeds all three units, and unit 1 feeds unit 2
# *and*, past it, the output.


# %%
class Skipping(Module):
    def __init__(self):
        rng = random.Random(5)
        self.one = Neuron(1, activation="tanh", rng=rng)
        self.two = Neuron(2, activation="tanh", rng=rng)
        self.out = Neuron(3, activation="identity", rng=rng)

    def __call__(self, x):
        z1 = self.one([x])
        z2 = self.two([x, z1])
        return self.out([x, z1, z2])


net = Skipping()
draw(net(Value(1.2, label="x")), detail="neuron")

# %%
skipping = net.compile("half_squared_error")
skipping([1.2, 0.3, -0.8], [0.3, 0.5, 0.0])
print(*[line for line in body(skipping) if line.split()[0] in ("δ1", "δ2", "δ3")], sep="\n")

# %% [markdown]
# Read the line of δ1. Unit 1 feeds two units, so two terms are added, each a weight times the δ
# behind it: $\delta_j = h'(a_j) \sum_k w_{kj} \delta_k$ over *all* units $k$ that $j$ feeds. The
# weights stand there as places in the row `parameters`. The matrix form is a special case that
# appears when the wiring has layers; the δ-rule is the general one.

# %% [markdown]
# ## Where the transposes come from
#
# Now look at a single layer, entry by entry. Here the rows are samples, as in most libraries:
# $Y = XW + B$. Make every entry a `Value`, and some number $L$ of all the $Y_{nj}$.

# %%
rng = random.Random(3)


def matrix(rows, columns, name):
    return [
        [Value(rng.uniform(-1, 1), label=f"{name}{i}{j}") for j in range(columns)]
        for i in range(rows)
    ]


def affine(X, W, B):
    return [
        [total(x[i] * W[i][j] for i in range(len(W))) + b[j] for j in range(len(W[0]))]
        for x, b in zip(X, B)
    ]


Xs, Ws, Bs = matrix(4, 3, "x"), matrix(3, 2, "w"), matrix(4, 2, "b")
Ys = affine(Xs, Ws, Bs)
L = total(sin(2 * y) for row in Ys for y in row)
L.backward()

# %% [markdown]
# The textbook says, for every such $L$,
#
# $$\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Y}\, W^{\mathsf T}, \qquad
# \frac{\partial L}{\partial W} = X^{\mathsf T}\, \frac{\partial L}{\partial Y}, \qquad
# \frac{\partial L}{\partial B} = \frac{\partial L}{\partial Y} .$$
#
# Above what the graph found for each entry, below the formulas.


# %% tags=["thumbnail"]
def data(nodes):
    return np.array([[node.data for node in row] for row in nodes])


def grad(nodes):
    return np.array([[node.grad for node in row] for row in nodes])


dY = grad(Ys)
by_entries = [grad(Xs), grad(Ws), grad(Bs)]
by_formula = [dY @ data(Ws).T, data(Xs).T @ dY, dY]
names = ["∂L/∂X", "∂L/∂W", "∂L/∂B"]
formulas = ["(∂L/∂Y) Wᵀ", "Xᵀ (∂L/∂Y)", "∂L/∂Y"]

figure, axes = plt.subplots(2, 3, figsize=(8, 5.6))
for row, matrices, titles in zip(axes, (by_entries, by_formula), (names, formulas)):
    for ax, entries, title in zip(row, matrices, titles):
        image = ax.imshow(entries, cmap="signed", vmin=-3, vmax=3)
        for (i, j), entry in np.ndenumerate(entries):
            colour = text_on(image.to_rgba(entry))
            ax.text(j, i, f"{entry:.2f}", ha="center", va="center", color=colour)
        ax.set(title=title, xticks=[], yticks=[], frame_on=False)
axes[0, 0].set_ylabel("graph")
axes[1, 0].set_ylabel("NumPy")
plt.show()

# %% [markdown]
# The same entries. The reason is the sum over paths:
#
# - $X_{ni}$ feeds every $Y_{nj}$ of its row, through $W_{ij}$. The paths add up to
#   $\sum_j (\partial L/\partial Y)_{nj} W_{ij}$. The sum runs over the *second* index of $W$: that
#   is what $W^{\mathsf T}$ says.
# - $W_{ij}$ is used by every sample $n$, with the factor $X_{ni}$:
#   $\sum_n X_{ni}\, (\partial L/\partial Y)_{nj}$. The sum runs over the *first* index of $X$, so
#   $X^{\mathsf T}$.
# - $B_{nj}$ feeds $Y_{nj}$ only, with the factor 1.
#
# A layer has one bias for each unit, not for each sample: all rows of $B$ are the same nodes. Then
# the paths from all samples meet, and $\partial L/\partial b$ is the sum of the rows of
# $\partial L/\partial Y$.

# %%
shared = [Value(0.5), Value(-0.2)]
Ys_shared = affine(Xs, Ws, [shared] * 4)
total(sin(2 * y) for row in Ys_shared for y in row).backward()
print("graph        ", np.array([b.grad for b in shared]))
print("sum of rows  ", grad(Ys_shared).sum(axis=0))

# %% [markdown]
# ## The matrix that is never built
#
# Lesson 11 used the **Jacobian** of a layer, for one sample. Here is that of the whole batch: all
# derivatives $\partial Y_{nj}/\partial X_{mi}$. The chain rule says
# $\partial L/\partial X = (\partial L/\partial Y)\, J$, with $X$ and $Y$ written as long rows.


# %%
def flat(xs):
    X = [xs[k : k + 3] for k in range(0, 12, 3)]
    return [y for row in affine(X, data(Ws), data(Bs)) for y in row]


J = np.array(jacobian(flat)(data(Xs).ravel().tolist()))
print("J has the shape", J.shape, "and", np.count_nonzero(J), "entries that are not 0")
print("(∂L/∂Y) J ", (dY.ravel() @ J)[:6])
print("∂L/∂X     ", by_entries[0].ravel()[:6])

# %%
plt.figure(figsize=(7, 4))
plt.imshow(J, cmap="signed", vmin=-1, vmax=1)
plt.xticks([1, 4, 7, 10], ["sample 1", "sample 2", "sample 3", "sample 4"])
plt.yticks(range(8), [f"Y{n}{j}" for n in range(1, 5) for j in (1, 2)])
plt.xlabel("the entries of X")
plt.colorbar(label="∂Y/∂X")
plt.show()

# %% [markdown]
# Four copies of $W^{\mathsf T}$, and zeros elsewhere: no sample acts on another. For 256 samples
# and layers of 784 and 128 units, $J$ would have more than six thousand million entries. Reverse
# mode never builds it. It needs only the product with one row, and for that
# $(\partial L/\partial Y)\, W^{\mathsf T}$ is enough.

# %% [markdown]
# ## How much faster
#
# Time one step, error and gradient, of a network 2-16-16-1 on the 100 points: the engine with its
# graph, the program that was made of it, and PyTorch if you have installed it. All three compute
# the same gradient.


# %% tags=["varies"]
def milliseconds(function, calls):
    function()
    turns = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        turns.append((time.perf_counter() - start) / calls)
    return 1000 * min(turns)


larger = MLP(2, [16, 16, 1], activation="tanh", rng=0)
larger_step = larger.compile("half_squared_error")


def engine():
    larger.zero_grad()
    batch_error(larger).backward()


steps = {"engine": (engine, 1), "compiled": (lambda: larger_step(X, T), 200)}
try:
    import torch
except ImportError:
    print("PyTorch is not installed; the chart does without it.")
else:
    torch.set_num_threads(1)
    network, inputs, targets = to_torch(larger), torch.tensor(X), torch.tensor(T)

    def pytorch():
        network.zero_grad()
        (0.5 * (network(inputs)[:, 0] - targets) ** 2).mean().backward()

    steps["PyTorch"] = (pytorch, 50)

# %% tags=["varies"]
times = {name: milliseconds(function, calls) for name, (function, calls) in steps.items()}

plt.figure(figsize=(8, 3.2))
bars = plt.barh(list(times), list(times.values()), color=GREY)
plt.bar_label(bars, labels=[f"{t:.2g} ms" for t in times.values()], padding=4)
plt.xscale("log")
plt.xlim(0.01, 30 * max(times.values()))
plt.gca().invert_yaxis()
plt.xlabel("time for one step, ms (logarithmic)")
plt.show()

# %% [markdown]
# The axis is logarithmic: each labelled tick is a factor of ten. The engine spends its time on Python
# objects, one for every number; the program makes a few dozen calls of NumPy, and each works
# on all samples. For small networks it can even be faster than PyTorch, which builds a graph of
# arrays at every call. That advantage goes away with wide layers, where all the time is spent in
# the matrix products.
#
# The price was paid before: tracing this network takes some hundredths of a second, and a network
# with 100 000 weights takes seconds. It is worth it where the same step is made many times.
#
# ## Train with it
#
# `fit` takes an option, `compiled=True`. Here are two trainings of the same network from the same
# start: every tenth error of the engine (dots) lies on the curve of the compiled one.

# %%
curves = {}
for compiled, epochs in ((False, 60), (True, 600)):
    pupil = MLP(2, [8, 1], activation="tanh", rng=0)
    history = fit(pupil, X.tolist(), T.tolist(), "binary_cross_entropy_with_logits", epochs=epochs,
                  batch_size=20, compiled=compiled, progress=False)  # fmt: skip
    curves[compiled] = history.column("train_loss")

plt.plot(range(1, 601), curves[True], label="compiled, 600 epochs")
plt.plot(range(1, 61, 10), curves[False][::10], "o", label="engine, 60 epochs")
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.legend()
plt.show()
print(f"accuracy {accuracy(pupil, X.tolist(), moons.targets):.2f}")

# %% [markdown]
# ## What a trace cannot see
#
# The trace runs with unknown numbers, once for all samples. So it cannot answer a question about a
# number: it would see only one of the two branches. It tells you so, and where.


# %%
def with_a_question(x, t):
    y = w[0] * x[0] if x[0] > 0 else w[1] * x[0]
    return (y - t) ** 2


try:
    compile(with_a_question, params=w)(X, T)
except TraceError as fault:
    message, _, line = str(fault).splitlines()
    print(textwrap.fill(message, 90), line, sep="\n")

# %% [markdown]
# The engine itself has no such limit: it builds a graph for each sample anyway. This is the choice
# between *eager* execution, flexible and easy to follow, and *tracing*, fast. PyTorch began with
# the first, JAX with the second.
#
# ## Where to go next
#
# Your network can leave the course. `to_torch` gives the same one in PyTorch, with the same
# weights, and `to_jax` a pure function for JAX. `to_onnx` writes a file that many programs can
# run. What is not installed here says how to install it. JAX computes with 32 bits unless told
# otherwise, so that its last digits differ.


# %%
def in_torch():
    network = to_torch(larger)
    print("PyTorch", network(torch.tensor(X[:1]))[0, 0].item())


def in_jax():
    function, parameters = to_jax(larger)
    print("JAX    ", float(function(parameters, X[:1])[0, 0]))


def in_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        to_onnx(larger, path)
        print("ONNX   ", path.name, path.stat().st_size, "bytes")


# %% tags=["varies"]
print("here   ", larger(X[0]).data)
for leave in (in_torch, in_jax, in_a_file):
    try:
        leave()
    except ImportError as missing:
        print("not now:", missing)

# %% [markdown]
# In any of them you will meet what you know from here: a graph, a `backward` that sorts it, and
# `grad`. Their nodes hold arrays instead of numbers, and the rule of each operation is a line of
# matrix algebra like those above. The chain rule is the same.

# %% [markdown]
# ## Exercises
#
# **12.1** A network 4-6-3 is compiled and given a batch of 8 samples. What shape does
# `W2.T @ δ2` have in its program? Answer with a pair of numbers (rows, columns).

# %%
shape = ...
check("12.1", shape)

# %% [markdown]
# **12.2** With pencil and paper. For two samples (the columns), a linear output and two hidden
# units, $\delta_2 = \begin{pmatrix} 1 & -2 \end{pmatrix}$ and
# $Z_1 = \begin{pmatrix} 0.5 & 1 \\ -1 & 0 \end{pmatrix}$. What are the two entries of
# $\partial E/\partial W_2$?

# %%
gradient_of_W2 = ...
check("12.2", gradient_of_W2)

# %% [markdown]
# **12.3** Now the rows are samples, $Y = XW + B$. One sample has
# $\partial L/\partial Y = \begin{pmatrix} 2 & -1 \end{pmatrix}$, and
# $W = \begin{pmatrix} 1 & 2 \\ 0 & 3 \\ -1 & 1 \end{pmatrix}$. What is
# $\partial L/\partial X$?

# %%
gradient_of_X = ...
check("12.3", gradient_of_X)

# %% [markdown]
# **12.4** A network with a shared weight: $y = w \tanh(w x)$, with $w = 0.5$ in both places and
# $E_n = \frac12 (y - t)^2$. Compile it and give the gradient $\partial E/\partial w$ of the
# **mean** error over the samples $x = 0, 1, 2$ with the targets $t = 1, 0, 1$.

# %%
gradient_of_w = ...
check("12.4", gradient_of_w)

# %% [markdown]
# **12.5** Write the backward pass of a layer $Y = XW + b$ with NumPy: a function of the arrays
# $X$, $W$ and $G = \partial L/\partial Y$ (rows are samples) that returns
# $\partial L/\partial X$, $\partial L/\partial W$ and $\partial L/\partial b$, where all samples
# share the row $b$.

# %%
layer_backward = ...  # def layer_backward(X, W, G): ... return dX, dW, db
check("12.5", layer_backward)

# %% [markdown]
# ## Summary
#
# - The graph of every sample is the same. Trace it once, make one array of equal operations, and
#   you have a program for whole batches.
# - For a network with layers that program is BP1 to BP4:
#   $\delta_1 = h'(A_1) \odot (W_2^{\mathsf T} \delta_2)$ and
#   $\partial E/\partial W_2 = \delta_2 Z_1^{\mathsf T}$. With skip connections it is the general
#   δ-rule.
# - A transpose says over which index the paths add up; the sum over samples hides in the matrix
#   product.
# - $\partial L/\partial X = (\partial L/\partial Y) J$ is computed without ever building the
#   Jacobian $J$.
# - Arrays are fast because a few calls do the work of thousands of Python objects. The chain rule
#   does not change.
#
# Next: [13 · Second derivatives and your own operation](13_second_derivatives.ipynb). Back to the [index](index.ipynb).
