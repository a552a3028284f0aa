# %% [markdown]
# # 4 · One neuron
#
# You will compute what a single neuron does, read its error $\delta$ from the graph, train it with
# the delta rule that you write yourself, and see what no single neuron can learn.

# %%
from math import atan, cosh, exp, tanh

import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, dot
from autograd.view import draw, explain
from deltarule.exercises import check
from nn import SGD, Layer, Neuron, find_activation, fit, half_squared_error, predict
from nn.plots import (
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREEN,
    GREY,
    INK,
    VIOLET,
    course_style,
    decision_boundary,
)

course_style()

# %% [markdown]
# ## A weighted sum, then a bend
#
# A neuron multiplies each input $z_i$ by a weight and adds a bias: this is its **pre-activation**
# $a$. A function $h$ bends it into the **activation** $z$ (PRML, eqs. 5.48 and 5.49):
#
# $$a = \sum_i w_i z_i + b, \qquad z = h(a).$$
#
# Nielsen calls these two $z$ and $a$, the other way round. Wikipedia writes $\mathrm{net}$ and
# $o$.

# %%
neuron = Neuron(2, activation="sigmoid", rng=0)
neuron.w[0].data, neuron.w[1].data, neuron.b.data = 0.8, -0.5, 0.3
x = [Value(1.5, label="x1"), Value(2.0, label="x2")]

a = neuron.pre_activation(x)
z = neuron(x)
print(f"a   graph {a.data:.4f}   by hand {0.8 * 1.5 - 0.5 * 2.0 + 0.3:.4f}")
print(f"z   graph {z.data:.4f}   by hand {1 / (1 + exp(-0.5)):.4f}")

# %% [markdown]
# In the picture every edge carries its local derivative. The derivative of $a$ with respect to a
# weight is the input of that weight; with respect to an input it is the weight; with respect to
# the bias it is 1.

# %%
draw(z)

# %% [markdown]
# ## The bias is a weight, too
#
# Give the neuron one more input that is always 1, and call its weight $w_0$. Nothing changes:
# neither the output nor any gradient. So every formula for weights holds for the bias as well,
# with $z_0 = 1$.

# %%
w = [Value(number) for number in (0.3, 0.8, -0.5)]
z_dummy = dot(w, [1.0, 1.5, 2.0]).sigmoid()
z.backward()
z_dummy.backward()

print("             with bias   dummy input 1")
print(f"z           {z.data:10.5f}{z_dummy.data:16.5f}")
for name, one, other in zip(("b = w0", "w1", "w2"), (neuron.b, *neuron.w), w):
    print(f"∂z/∂{name:8}{one.grad:10.5f}{other.grad:16.5f}")

# %% [markdown]
# ## Five activation functions and their slopes
#
# | function | $h(a)$ | $h'(a)$ |
# |---|---|---|
# | logistic | $\sigma(a) = 1/(1 + e^{-a})$ | $\sigma(a)\,(1 - \sigma(a))$ |
# | tanh | $\tanh a$ | $1 - \tanh^2 a$ |
# | ReLU | $\max(0, a)$ | 0 for $a < 0$, 1 for $a > 0$ |
# | identity | $a$ | 1 |
# | Gudermannian | $\operatorname{gd}(a) = 2 \arctan(\tanh(a/2))$ | $1/\cosh a$ |
#
# Training needs the slope $h'$. In the figure the lines are the closed forms of the table; the
# dots come from `backward()`. At the kink of the ReLU, $a = 0$, there is no derivative; the graph
# takes 0 there.

# %%
closed_forms = {
    "sigmoid": (lambda a: 1 / (1 + exp(-a)), lambda a: exp(-a) / (1 + exp(-a)) ** 2),
    "tanh": (tanh, lambda a: 1 - tanh(a) ** 2),
    "relu": (lambda a: max(0.0, a), lambda a: float(a > 0)),
    "identity": (lambda a: a, lambda a: 1.0),
    "gudermannian": (lambda a: 2 * atan(tanh(a / 2)), lambda a: 1 / cosh(a)),
}


def from_graph(name, a):
    a = Value(a)
    z = find_activation(name)(a)
    z.backward()
    return z.data, a.grad


# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4))
fine, coarse = np.linspace(-4, 4, 401), np.linspace(-3.8, 3.8, 15)
for (name, forms), look in zip(closed_forms.items(), plt.rcParams["axes.prop_cycle"]):
    for panel, (ax, form) in enumerate(zip(axes, forms)):
        ax.plot(fine, [form(a) for a in fine], **look, label=name)
        ax.plot(
            coarse, [from_graph(name, a)[panel] for a in coarse], "o", color=look["color"], ms=5
        )
axes[0].set(xlabel="$a$", ylabel="$h(a)$", ylim=(-2, 2.5), title="activation")
axes[1].set(xlabel="$a$", ylabel="$h'(a)$", ylim=(-0.05, 1.1), title="slope")
axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Two slopes can be read off the output itself, without looking at $a$ again: $\sigma' = z(1 - z)$
# and $\tanh' = 1 - z^2$ (PRML, eqs. 4.88 and 5.60). That is why you meet the factors $y(1 - y)$
# and $1 - z^2$ so often. The logistic slope is never more than ¼.

# %%
for a in (-2.0, 0.0, 1.0):
    z, slope = from_graph("sigmoid", a)
    u, slope_u = from_graph("tanh", a)
    print(f"a = {a:4}   σ′ {slope:.4f} = {z * (1 - z):.4f}   tanh′ {slope_u:.4f} = {1 - u**2:.4f}")

# %% [markdown]
# ## The linear model
#
# Without a bend, $h(a) = a$, a layer is the linear model $y_j = \sum_i w_{ji} x_i$. With the error
# $E_n = \frac12 \sum_j (y_j - t_j)^2$ its gradient is error times input (PRML, eq. 5.46):
#
# $$\frac{\partial E_n}{\partial w_{ji}} = (y_{nj} - t_{nj})\, x_{ni}.$$
#
# Two outputs and three inputs make a matrix of 2 × 3 gradients: an outer product.

# %%
layer = Layer(3, 2, activation="identity", rng=1)
x, t = [1.0, -2.0, 0.5], [0.5, 1.0]
y = layer(x)
half_squared_error(y, t).backward()

graph = np.array([[weight.grad for weight in unit.w] for unit in layer.neurons])
formula = np.outer([y_j.data - t_j for y_j, t_j in zip(y, t)], x)
for left, right in zip(graph, formula):
    print("graph", np.round(left, 3), "  (y - t) x", np.round(right, 3))

# %% [markdown]
# ## The classic delta rule
#
# Now bend the output with the logistic function and keep the squared error. The chain rule puts
# one more factor between error and input, the slope $y(1 - y)$. The **delta** of the unit is the
# derivative of the error with respect to its pre-activation:
#
# $$\delta = \frac{\partial E}{\partial a} = (y - t)\, y\, (1 - y), \qquad
# \frac{\partial E}{\partial w_i} = \delta\, x_i .$$

# %%
x, t = [1.5, 2.0], 1.0
neuron.zero_grad()
y = neuron(x)
E = half_squared_error(y, t)
E.label = "E"
E.backward()

a = y.parents[0]  # the node from which y was computed
delta = (y.data - t) * y.data * (1 - y.data)
print(f"δ       graph {a.grad:.6f}   formula {delta:.6f}")
for i in range(2):
    print(f"∂E/∂w{i + 1}  graph {neuron.w[i].grad:.6f}   formula {delta * x[i]:.6f}")

# %% [markdown]
# Nobody told the graph this formula. `explain` shows which local derivatives it multiplied;
# $v_1 = y - t$ is a node on the way:

# %%
print(explain(a, of=E))

# %% [markdown]
# The slope in δ has a price. For the target 1, look at δ as a function of $a$: where the neuron is
# most wrong, far on the left, δ is almost 0 and learning hardly moves. Lesson 6 finds an error
# function without this flaw.

# %%
a_values = np.linspace(-8, 4, 25)
from_backward = []
for number in a_values:
    a = Value(number)
    half_squared_error(a.sigmoid(), 1.0).backward()
    from_backward.append(a.grad)

fine = np.linspace(-8, 4, 300)
y_fine = 1 / (1 + np.exp(-fine))
plt.figure(figsize=(8, 3.8))
plt.plot(fine, (y_fine - 1) * y_fine * (1 - y_fine), label="$(y-t)\\,y\\,(1-y)$")
plt.plot(a_values, from_backward, "o", color=VIOLET, ms=5, label="backward()")
arrow = {"arrowstyle": "->"}
plt.annotate("very wrong, hardly learns", (-6.8, -0.004), (-7.8, -0.06), arrowprops=arrow)
plt.xlabel("$a$")
plt.ylabel("$\\delta$ for $t = 1$")
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# ## Two signs, one update
#
# Books do not agree on the sign of δ. PRML, Nielsen and Wikipedia take
# $\delta = \partial E/\partial a$ and **subtract**: $w \leftarrow w - \eta\,\delta\,x$. Others
# define $\delta = y(1 - y)(t - y)$ and **add**: $w \leftarrow w + \eta\,\delta\,x$. Here are both,
# and what the optimiser makes of the graph's gradients.

# %%
eta, y = 0.5, y.data
delta_minus = (y - t) * y * (1 - y)
delta_plus = y * (1 - y) * (t - y)
before = [weight.data for weight in neuron.w]
SGD(neuron.parameters(), lr=eta).step()

print(f"δ = ∂E/∂a = {delta_minus:.5f}, opposite sign {delta_plus:.5f}")
print("      before   w - η δ x   w + η δ x      graph")
for i, w in enumerate(before):
    subtract, add = w - eta * delta_minus * x[i], w + eta * delta_plus * x[i]
    print(f"w{i + 1}  {w:8.5f}    {subtract:8.5f}    {add:8.5f}   {neuron.w[i].data:8.5f}")

# %% [markdown]
# ## Learning AND and OR
#
# The delta rule is short enough to write out. Show the four inputs one after the other, and after
# each take a step. The targets of AND are 0, 0, 0, 1.

# %%
inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def delta_rule(targets, epochs=2000, eta=1.0):
    w1, w2, b = 0.1, -0.1, 0.0
    for _ in range(epochs):
        for (x1, x2), t in zip(inputs, targets):
            y = 1 / (1 + exp(-(w1 * x1 + w2 * x2 + b)))
            delta = (y - t) * y * (1 - y)
            w1, w2, b = w1 - eta * delta * x1, w2 - eta * delta * x2, b - eta * delta
    return w1, w2, b


# %% [markdown]
# The same with the graph: `fit` computes the error, calls `backward()` and takes a step. With one
# sample in each update and in a fixed order it must arrive at the same weights.


# %%
def learn(targets, start=(0.1, -0.1, 0.0), epochs=2000, batch_size=1):
    neuron = Neuron(2, activation="sigmoid")
    for parameter, number in zip(neuron.parameters(), start):
        parameter.data = number
    fit(
        neuron,
        inputs,
        targets,
        "half_squared_error",
        optimizer=SGD(neuron.parameters(), lr=1.0),
        epochs=epochs,
        batch_size=batch_size,
        reduction="sum",
        shuffle=False,
        compiled=True,
        progress=False,
    )
    return neuron


and_neuron, or_neuron = learn(AND), learn(OR)
for name, targets, trained in (("AND", AND, and_neuron), ("OR", OR, or_neuron)):
    w1, w2, b = (parameter.data for parameter in trained.parameters())
    print(f"{name:3}  graph    w1 {w1:7.4f}  w2 {w2:7.4f}  b {b:8.4f}")
    print("     by hand  w1 {:7.4f}  w2 {:7.4f}  b {:8.4f}".format(*delta_rule(targets)))

# %% [markdown]
# The neuron says 1 where $y > \frac12$, which is where $a > 0$. The boundary
# $w_1 x_1 + w_2 x_2 + b = 0$ is a straight line, whatever the activation function. Learning has
# moved the line between the two classes; the colour fades where $y$ is close to ½.

# %% tags=["thumbnail"]
figure, axes = plt.subplots(1, 2, figsize=(8.4, 4))
for ax, name, targets, trained in zip(axes, ("AND", "OR"), (AND, OR), (and_neuron, or_neuron)):
    decision_boundary(lambda rows, trained=trained: predict(trained, rows), inputs, targets, ax=ax)
    ax.set(title=name, xticks=(0, 1), yticks=(0, 1))
axes[0].get_legend().remove()
plt.show()

# %% [markdown]
# ## Why not XOR
#
# XOR wants 1 where exactly one input is 1. A line would have to put (0, 1) and (1, 0) on one side,
# (0, 0) and (1, 1) on the other. In symbols:
#
# $$b \le 0,\qquad w_1 + b > 0,\qquad w_2 + b > 0,\qquad w_1 + w_2 + b \le 0 .$$
#
# The two in the middle add up to $w_1 + w_2 + 2b > 0$, the two outer ones to
# $w_1 + w_2 + 2b \le 0$. Both cannot hold, so there is no such neuron. Here are the four points,
# and two lines that get three of them right.

# %%
plt.figure(figsize=(5, 4))
for t in (0, 1):
    points = np.array([x for x, target in zip(inputs, XOR) if target == t])
    look = {"color": CLASS_COLOURS[t], "marker": CLASS_MARKERS[t], "edgecolors": INK}
    plt.scatter(*points.T, s=120, linewidths=1.5, label=f"t = {t}", **look)
line = np.array([-0.4, 1.4])
plt.plot(line, 0.5 - line, "--", color=INK, label="misses (1, 1)")
plt.plot(line, 1.5 - line, ":", color=INK, label="misses (0, 0)")
plt.xlim(-0.4, 1.4)
plt.ylim(-0.4, 1.4)
plt.xlabel("$x_1$")
plt.ylabel("$x_2$")
plt.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Do not take the proof alone for it: try 100 000 random neurons, and count how many of the four
# points each gets right. Four of four happens for AND and for OR, but never for XOR.

# %%
rng = np.random.default_rng(0)
w1, w2, b = rng.uniform(-1, 1, (3, 100_000))
said = np.array([w1 * x1 + w2 * x2 + b > 0 for x1, x2 in inputs])

figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True)
for ax, name, targets in zip(axes, ("AND", "OR", "XOR"), (AND, OR, XOR)):
    right = (said == np.array(targets)[:, None]).sum(axis=0)
    share = 100 * np.bincount(right, minlength=5) / len(right)
    bars = ax.bar(range(5), share, color=[GREY] * 4 + [GREEN])
    ax.bar_label(bars, fmt="%.1f")
    ax.set(title=name, xlabel="points right", xticks=range(5), ylim=(0, 82))
axes[0].set_ylabel("% of neurons")
plt.show()

# %% [markdown]
# What does the delta rule do with XOR? From small weights, and with all four samples in each
# update, it ends undecided: every weight 0 and every output ½. The error is then
# $4 \cdot \frac12 \cdot (\frac12)^2 = \frac12$. From a start that gets three points right it ends
# with one point entirely wrong, and cannot do better than $\frac12$ either.

# %%
for start in ((0.1, -0.1, 0.0), (5.0, 5.0, -2.0)):
    trained = learn(XOR, start, batch_size=4)
    outputs = predict(trained, inputs)
    error = sum(half_squared_error(y, t) for y, t in zip(outputs, XOR))
    print(f"start {start!s:17}  outputs {np.round(outputs, 2)}  E = {error:.4f}")

# %% [markdown]
# A search over a grid of nearly a million neurons says the same: none has an error below ½.

# %%
grid = np.linspace(-12, 12, 97)
w1, w2, b = np.meshgrid(grid, grid, grid)
E = 0.0
for (x1, x2), t in zip(inputs, XOR):
    y = 1 / (1 + np.exp(-(w1 * x1 + w2 * x2 + b)))
    E = E + (y - t) ** 2 / 2
best = [parameter.flat[E.argmin()] for parameter in (w1, w2, b)]
print(f"{E.size} neurons, smallest E = {E.min():.4f} at w1, w2, b =", *best)

# %% [markdown]
# The way out is a second layer. Its δ is the subject of the next lesson.

# %% [markdown]
# ## Exercises
#
# **4.1** A neuron has the weights 2 and −1 and the bias 0.5. Its inputs are 1.5 and 2. What is its
# pre-activation?

# %%
pre_activation = ...
check("4.1", pre_activation)

# %% [markdown]
# **4.2** The output of a logistic unit is $y = 0.8$. What is its slope $h'(a)$ there?

# %%
slope = ...
check("4.2", slope)

# %% [markdown]
# **4.3** The same unit ($y = 0.8$) has the target $t = 1$ and the error $\frac12(y - t)^2$. One of
# its weights is 0.4; the input of this weight is 3. What is the weight after one step of gradient
# descent with $\eta = 0.5$?

# %%
new_weight = ...
check("4.3", new_weight)

# %% [markdown]
# **4.4** Now the output unit has $y = \tanh(a)$ in place of the logistic function, still with
# $E = \frac12(y - t)^2$. Write $\delta = \partial E/\partial a$ as a function of $y$ and $t$.

# %%
delta_of_tanh = ...  # lambda y, t: and so on
check("4.4", delta_of_tanh)

# %% [markdown]
# **4.5** One neuron cannot compute XOR, but three can. The first two compute OR and AND, with
# outputs 0 or 1. Find the weights and the bias of a third,
# $a = w_1 \cdot \mathrm{OR} + w_2 \cdot \mathrm{AND} + b$, such that $a > 0$ where XOR is 1 and
# $a < 0$ where it is 0.

# %%
weights_and_bias = ...  # [w1, w2, b]
check("4.5", weights_and_bias)

# %% [markdown]
# ## Summary
#
# - A neuron computes $a = \sum_i w_i z_i + b$ and $z = h(a)$; the bias is a weight on an input of
#   1.
# - Training needs the slopes: $\sigma' = z(1 - z)$, $\tanh' = 1 - z^2$.
# - δ is $\partial E/\partial a$, and the gradient of a weight is δ times its input.
# - Logistic output with squared error: $\delta = (y - t)\,y\,(1 - y)$. With the opposite sign you
#   add instead of subtracting; the update is the same.
# - The boundary of one neuron is a straight line: it learns AND and OR. For XOR the best error is
#   ½ and at most three points are right.
#
# Next: [5 · The δ-rule emerges](05_delta_rule_emerges.ipynb). Back to the [index](index.ipynb).
