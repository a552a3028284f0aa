# %% [markdown]
# # 5 · The δ-rule emerges
#
# You will read the error δ of every unit of a network from the graph, and find there every formula
# that textbooks derive for it. You will also run the five steps of backpropagation by hand, and
# see what they become in a network that has no layers.

# %%
# %config InlineBackend.figure_formats = ["png"]
import random

import matplotlib.pyplot as plt
import numpy as np

from autograd import Layers, Value, jacobian, topological_order
from autograd.view import draw, explain, play
from deltarule.exercises import check
from nn import MLP, SGD, Module, Neuron, deltas, half_squared_error, predict, total
from nn.initializers import normal
from nn.plots import BLUE, VERMILION

np.set_printoptions(precision=4, suppress=True)
plt.rcParams.update({"font.size": 12, "figure.dpi": 80, "figure.constrained_layout.use": True})

# %% [markdown]
# ## A network and its δ
#
# Two inputs, three hidden units with $h = \tanh$, two linear outputs:
# $y_k = \sum_j w_{kj} \tanh\bigl(\sum_i w_{ji} x_i + w_{j0}\bigr) + w_{k0}$. The biases start at
# 0; give them other numbers, so that nothing is hidden. Then compute the error of one sample and
# run `backward()`.


# %%
def network(*sizes, seed=1, **options):
    model, rng = MLP(sizes[0], sizes[1:], rng=seed, **options), random.Random(seed)
    for layer in model.layers:
        for unit in layer.neurons:
            unit.b.data = rng.uniform(-0.5, 0.5)
    return model


model = network(2, 3, 2, activation="tanh")
x, t = [0.8, -1.3], [1.0, -0.5]
y = model(x)
E = half_squared_error(y, t)
E.label = "E"
E.backward()

# %%
draw(E, detail="neuron", gradients=True, rankdir="TB")

# %% [markdown]
# Each circle shows the activation $z$ of a unit and its $\delta_j = \partial E/\partial a_j$
# (PRML, eq. 5.51). `deltas` collects them: for each layer a row for every sample. It computes
# nothing. δ *is* the gradient of the node $a_j$, and `backward()` has found it with nothing but
# the chain rule.

# %%
delta = deltas(E)
for layer, (row,) in delta.items():
    print(f"layer {layer}:", np.array(row))

# %% [markdown]
# To check this by hand, take the numbers out of the network: matrices $W$ with a row for each
# unit, and vectors $b$.


# %%
def numbers(layer):
    W = np.array([[weight.data for weight in unit.w] for unit in layer.neurons])
    return W, np.array([unit.b.data for unit in layer.neurons])


W1, b1 = numbers(model.layers[0])
W2, b2 = numbers(model.layers[1])
a1 = W1 @ x + b1
z1 = np.tanh(a1)
a2 = W2 @ z1 + b2
print("y   graph", np.array([y_k.data for y_k in y]), "  by hand", a2)

# %% [markdown]
# ## At the outputs
#
# In general $\delta_k = \dfrac{\partial E}{\partial y_k}\, h'(a_k)$. With the squared error
# $\partial E/\partial y_k$ is $y_k - t_k$; a linear output has $h' = 1$, so that
# $\delta_k = y_k - t_k$ (PRML, eq. 5.54). A logistic output has $h' = y_k (1 - y_k)$: the classic
# delta rule.

# %%
print("linear     graph", np.array(delta[2][0]), "  y - t            ", a2 - t)

logistic = network(2, 3, 2, activation="tanh", output="sigmoid")
E_logistic = half_squared_error(logistic(x), t)
E_logistic.backward()
o = 1 / (1 + np.exp(-a2))  # the same weights, so the same a
delta_logistic = (o - t) * o * (1 - o)
print("logistic   graph", np.array(deltas(E_logistic)[2][0]), "  (y - t) y (1 - y)", delta_logistic)

# %% [markdown]
# ## In the hidden layer
#
# A hidden unit $j$ acts on the error through every unit $k$ that it feeds. The chain rule adds up
# these paths; each passes $\partial a_k/\partial a_j = w_{kj}\, h'(a_j)$. This is the **δ-rule**
# (PRML, eq. 5.56):
#
# $$\delta_j = \sum_k \delta_k \frac{\partial a_k}{\partial a_j}
# = h'(a_j) \sum_k w_{kj}\, \delta_k .$$

# %%
for j in range(3):
    slope = 1 - z1[j] ** 2
    arrived = sum(W2[k, j] * delta[2][0][k] for k in range(2))
    by_hand = f"{slope:.4f} · {arrived:7.4f} = {slope * arrived:7.4f}"
    print(f"unit {j + 1}   graph {delta[1][0][j]:7.4f}   h′ Σ w δ = {by_hand}")

# %% [markdown]
# `explain` reads the same from the graph, for one unit. It knows nothing of layers: it follows the
# paths that leave the node.


# %%
def unit(error, layer, number):
    """Return the pre-activation node of a unit."""
    (use,) = Layers(topological_order(error)).uses[layer]
    return use.units[number]


explain(unit(E, 1, 2), of=E)

# %% [markdown]
# ## From δ to the gradients
#
# A weight $w_{ji}$ acts on the error only through $a_j$, and $\partial a_j/\partial w_{ji} = z_i$.
# So the gradient is δ at the end of the connection times $z$ at its beginning, and for a bias it
# is δ itself (PRML, eq. 5.53):
#
# $$\frac{\partial E}{\partial w_{ji}} = \delta_j z_i, \qquad
# \frac{\partial E}{\partial w_{j0}} = \delta_j .$$


# %%
def gradients(layer):
    W = np.array([[weight.grad for weight in unit.w] for unit in layer.neurons])
    return W, np.array([unit.b.grad for unit in layer.neurons])


dW1, db1 = gradients(model.layers[0])
for found, formula in zip(dW1, np.outer(delta[1][0], x)):
    print("∂E/∂W  graph", found, "  δ x", formula)
print("∂E/∂b  graph", db1, "  δ", np.array(delta[1][0]))

# %% [markdown]
# **A batch.** The error of several samples is the sum $E = \sum_n E_n$, so gradients add up too:
# $\partial E/\partial b_j = \sum_n \delta_{nj}$, a sum over the rows of `deltas`. Nielsen divides
# by the number of samples, which makes the mean of it.

# %%
X = [[0.8, -1.3], [0.2, 0.4], [-1.0, 0.5], [1.5, 1.0]]
T = [[1.0, -0.5], [0.0, 0.5], [1.0, 1.0], [-0.5, 0.0]]


def bias_gradient(reduction):
    model.zero_grad()
    errors = [half_squared_error(model(x_n), t_n) for x_n, t_n in zip(X, T)]
    batch = total(errors, reduction)
    batch.backward()
    return gradients(model.layers[0])[1], np.array(deltas(batch)[1])


of_sum, rows = bias_gradient("sum")
of_mean, _ = bias_gradient("mean")
print("δ, a row for each sample", *rows, sep="\n      ")
print("sum   δ", rows.sum(axis=0), "  ∂E/∂b graph", of_sum)
print("mean  δ", rows.mean(axis=0), "  ∂E/∂b graph", of_mean)

# %% [markdown]
# ## The four equations in matrix form
#
# Nielsen writes the same for whole layers, with $z^l = W^l a^{l-1} + b^l$ and $a^l = \sigma(z^l)$;
# $\odot$ multiplies entry by entry.
#
# $$\begin{aligned}
# \text{(BP1)} \quad & \delta^L = \nabla_{\!a} C \odot \sigma'(z^L) & \qquad \text{(BP2)} \quad &
# \delta^l = \bigl((W^{l+1})^{\mathsf T} \delta^{l+1}\bigr) \odot \sigma'(z^l) \\ \text{(BP3)}
# \quad & \frac{\partial C}{\partial b^l_j} = \delta^l_j & \text{(BP4)} \quad & \frac{\partial
# C}{\partial w^l_{jk}} = \delta^l_j\, a^{l-1}_k \end{aligned}$$


# %%
def sigma(z):
    return 1 / (1 + np.exp(-z))


def backpropagation(Ws, bs, x, t):
    a, zs = [np.array(x)], []
    for W, b in zip(Ws, bs):
        zs.append(W @ a[-1] + b)
        a.append(sigma(zs[-1]))
    slopes = [sigma(z) * (1 - sigma(z)) for z in zs]
    delta = (a[-1] - t) * slopes[-1]  # BP1
    found = []
    for layer in reversed(range(len(Ws))):
        found.insert(0, (np.outer(delta, a[layer]), delta))  # BP4 and BP3
        if layer > 0:
            delta = (Ws[layer].T @ delta) * slopes[layer - 1]  # BP2
    return found


# %% [markdown]
# Try it on a network with three layers of logistic units. Every dot is a parameter: across, what
# the graph says; upwards, what the four equations say. All lie on the diagonal.

# %%
deep = network(4, 6, 5, 3, seed=3, activation="sigmoid", output="sigmoid", init="xavier_normal")
x_deep, t_deep = [0.5, -1.0, 2.0, 0.3], [1.0, 0.0, 0.5]
half_squared_error(deep(x_deep), t_deep).backward()
by_equations = backpropagation(*zip(*map(numbers, deep.layers)), x_deep, t_deep)

figure, axes = plt.subplots(1, 3, figsize=(10, 3.5))
for number, (ax, layer, by_bp) in enumerate(zip(axes, deep.layers, by_equations), start=1):
    for found, formula, marker, colour, name in zip(
        gradients(layer), by_bp, "os", (BLUE, VERMILION), ("weights, BP4", "biases, BP3")
    ):
        ax.plot(found.ravel(), formula.ravel(), marker, color=colour, ms=6, alpha=0.7, label=name)
    ax.axline((0, 0), slope=1, color="black", lw=0.8, zorder=0)
    ax.set(title=f"layer {number}", xlabel="gradient in the graph")
axes[0].set_ylabel("BP1 to BP4")
axes[0].legend(frameon=False, loc="upper left")
plt.show()

# %% [markdown]
# ## Three books, one calculation
#
# The derivations in PRML, in Nielsen's book and in Wikipedia are the same one. Only the names
# differ, and some of them are traps: $a$ and $z$ change places, and Wikipedia's $w_{ij}$ goes from
# $i$ to $j$.
#
# | | PRML, chapter 5 | Nielsen, chapter 2 | Wikipedia |
# |---|---|---|---|
# | pre-activation | $a_j$ | $z^l_j$ | $\mathrm{net}_j$ |
# | it is | $\sum_i w_{ji} z_i$ | $\sum_k w^l_{jk} a^{l-1}_k + b^l_j$ | $\sum_i w_{ij} o_i$ |
# | activation | $z_j = h(a_j)$ | $a^l_j = \sigma(z^l_j)$ | $o_j = \varphi(\mathrm{net}_j)$ |
# |δ|$\partial E_n/\partial a_j$|$\partial C/\partial z^l_j$|$\partial E/\partial\mathrm{net}_j$|
# | at the output | $y_k - t_k$ | BP1 | $(o_j - t_j)\, o_j (1 - o_j)$ |
# | hidden | $h'(a_j) \sum_k w_{kj} \delta_k$ | BP2 | $o_j (1 - o_j) \sum_l w_{jl} \delta_l$ |
# | gradient | $\delta_j z_i$ | BP3, BP4 | $o_i \delta_j$ |
# | samples | $\sum_n E_n$ | $\frac1n \sum_x C_x$ | one sample, $E$ |
#
# At the output PRML has linear units, Wikipedia logistic ones, both with the squared error.
# Here is the same δ of the same unit under three names. The numbers do not change.

# %%
for book in ("prml", "nielsen", "wikipedia"):
    first_lines = str(explain(unit(E, 1, 2), of=E, notation=book)).split("\n")[2:5]
    print(f"{book}:", *first_lines, "", sep="\n")

# %% [markdown]
# Pictures speak the three languages, too. Here is the first output with all that it depends on, in
# Nielsen's: the circles show $a$.

# %%
draw(y[0], detail="neuron", notation="nielsen")

# %% [markdown]
# ## Five steps by hand
#
# The procedure of backpropagation for one sample, with nothing but NumPy: (1) forward, keeping
# every $a$ and $z$; (2) δ at the outputs; (3) δ backwards; (4) the gradients; (5) the update.

# %%
eta = 0.1
a1 = W1 @ x + b1  # 1. forward
z1 = np.tanh(a1)
a2 = W2 @ z1 + b2
delta2 = a2 - t  # 2. δ at the outputs
delta1 = (1 - z1**2) * (W2.T @ delta2)  # 3. δ of the hidden units
dW1, dW2 = np.outer(delta1, x), np.outer(delta2, z1)  # 4. gradients; of the biases they are δ
W1_new, b1_new = W1 - eta * dW1, b1 - eta * delta1  # 5. update
W2_new, b2_new = W2 - eta * dW2, b2 - eta * delta2

# %% [markdown]
# The player shows steps 1 to 4 one number at a time. Go forward with the arrow keys, and watch δ
# arrive in the output units first, then in the hidden ones.

# %%
play(E, detail="neuron")

# %% [markdown]
# The same by the graph: steps 2 to 4 are the one line `backward()`.

# %%
model.zero_grad()
half_squared_error(model(x), t).backward()
SGD(model.parameters(), lr=eta).step()

for layer, W, b in ((1, W1_new, b1_new), (2, W2_new, b2_new)):
    W_graph, b_graph = numbers(model.layers[layer - 1])
    print(f"layer {layer}")
    for found, by_hand in zip(W_graph, W):
        print("   W  graph", found, "  by hand", by_hand)
    print("   b  graph", b_graph, "  by hand", b)
after = half_squared_error(predict(model, [x])[0], t)
print(f"E before {E.data:.4f}, after {after:.4f}")

# %% [markdown]
# ## No layers needed
#
# The chain rule does not ask for layers. Wire a network by hand: unit 1 feeds unit 2 *and*, past
# it, the output; the input feeds all three. Such shortcuts are called **skip connections**.


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
y_skip = net(Value(1.2, label="x"))
E_skip = half_squared_error(y_skip, 0.4)
E_skip.backward()

# %% tags=["thumbnail"]
draw(y_skip, detail="neuron", gradients=True)

# %% [markdown]
# The rule stays, with the sum over **all** units that $j$ feeds, in whatever layer they are. Each
# unit has a layer of its own here, and $z_1$ is the second input of both units that it feeds:
#
# $$\delta^{(1)}
# = h'(a^{(1)})\,\bigl(w^{(2)}_{12}\,\delta^{(2)} + w^{(3)}_{12}\,\delta^{(3)}\bigr).$$

# %%
u, v = [w.data for w in net.two.w], [w.data for w in net.out.w]
z1 = np.tanh(net.one.w[0].data * 1.2)
z2 = np.tanh(u[0] * 1.2 + u[1] * z1)
delta_y = v[0] * 1.2 + v[1] * z1 + v[2] * z2 - 0.4
delta_2 = (1 - z2**2) * v[2] * delta_y
delta_1 = (1 - z1**2) * (u[1] * delta_2 + v[1] * delta_y)
for layer, by_hand in ((3, delta_y), (2, delta_2), (1, delta_1)):
    print(f"layer {layer}   graph {deltas(E_skip)[layer][0][0]:8.5f}   by hand {by_hand:8.5f}")

# %% [markdown]
# The two terms of the sum, found in the graph:

# %%
print(explain(unit(E_skip, 1, 1), of=E_skip))

# %% [markdown]
# ## Why the bend is needed
#
# What if the hidden units are linear? Then
# $y = W_2 (W_1 x + b_1) + b_2 = (W_2 W_1)\, x + (W_2 b_1 + b_2)$: one layer without hidden units
# does the same. The derivatives $\partial y_k/\partial x_i$ of the deep network are the entries of
# $W_2 W_1$.

# %%
linear = network(2, 3, 2, activation="identity")
(V1, c1), (V2, c2) = map(numbers, linear.layers)
J = np.array([[slope.data for slope in row] for row in jacobian(linear)(x)])
print("∂y/∂x of the graph", *J, sep="\n   ")
print("W2 W1", *(V2 @ V1), sep="\n   ")

# %% [markdown]
# To see it, plot the output over one input. Eight tanh units make a curve; eight linear units make
# a straight line, exactly that of the collapsed layer (dots).

# %%
grid = np.linspace(-3, 3, 121)
curves = {}
for activation in ("tanh", "identity"):
    model_1d = network(1, 8, 1, seed=7, activation=activation, init=normal(1.5))
    curves[activation] = predict(model_1d, [[x_n] for x_n in grid])
(V1, c1), (V2, c2) = map(numbers, model_1d.layers)

plt.figure(figsize=(7, 3.8))
plt.plot(grid, curves["tanh"], color=BLUE, lw=2, label="8 tanh units")
plt.plot(grid, curves["identity"], "--", color=VERMILION, lw=2, label="8 linear units")
collapsed = (V2 @ V1)[0, 0] * grid + (V2 @ c1 + c2)[0]
plt.plot(grid[::12], collapsed[::12], "o", color="black", ms=5, label="one layer, $W_2 W_1$")
plt.xlabel("$x$")
plt.ylabel("$y$")
plt.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Exercises
#
# **5.1** A hidden unit has $h'(a) = 0.5$. It feeds two units, with weights 2 and −1; their δ are
# 0.3 and 0.4. What is its δ?

# %%
delta_hidden = ...
check("5.1", delta_hidden)

# %% [markdown]
# **5.2** A layer of two units has δ = (0.5, −2). Its three inputs are $z$ = (3, 1, −1). Give the
# matrix $\partial E/\partial W$ as a list of rows, one row for each unit.

# %%
gradient_of_W = ...
check("5.2", gradient_of_W)

# %% [markdown]
# **5.3** Unit 1, with $z_1 = 0.5 = \tanh(a_1)$, feeds the linear output with the weight 2. It also
# feeds unit 2 with the weight −1. Unit 2, with $z_2 = 0 = \tanh(a_2)$, feeds the output with the
# weight 4. The output is $y = 1$ and the target 0.5, with $E = \frac12 (y - t)^2$. What is
# $\delta_1$?

# %%
delta_1 = ...
check("5.3", delta_1)

# %% [markdown]
# **5.4** A network with linear hidden units has
# $W_1 = \begin{pmatrix} 1 & 2 \\ 0 & -1 \end{pmatrix}$,
# $b_1 = \begin{pmatrix} 1 \\ 2 \end{pmatrix}$, $W_2 = \begin{pmatrix} 3 & 1 \end{pmatrix}$ and
# $b_2 = -1$. Which weights and bias does the equivalent layer without hidden units have?

# %%
weights_and_bias = ...  # [w1, w2, b]
check("5.4", weights_and_bias)

# %% [markdown]
# **5.5** Write step 3 for a hidden layer of **logistic** units: a function of $W_2$ (a list of
# rows, one for each output), of the list $\delta_k$ of the outputs and of the list $z_j$ of the
# hidden activations, that returns the list of the $\delta_j$.

# %%
hidden_deltas = ...  # def hidden_deltas(W2, delta2, z1): ...
check("5.5", hidden_deltas)

# %% [markdown]
# ## Summary
#
# - δ of a unit is the gradient of its pre-activation, $\delta_j = \partial E/\partial a_j$.
#   `backward()` finds it with the chain rule alone.
# - Outputs: $\delta_k = \partial E/\partial y_k \cdot h'(a_k)$. Hidden units:
#   $\delta_j = h'(a_j) \sum_k w_{kj} \delta_k$, over all units that $j$ feeds, skip connections
#   included.
# - Gradients: $\partial E/\partial w_{ji} = \delta_j z_i$ and
#   $\partial E/\partial b_j = \delta_j$; over a batch they add up.
# - BP1 to BP4 are the same in matrices; PRML, Nielsen and Wikipedia differ in names only.
# - Linear hidden units add nothing: $W_2 W_1$ is one layer.
#
# Next: [6 · Errors from maximum likelihood](06_errors_from_maximum_likelihood.ipynb). Back to the
# [index](index.ipynb).
