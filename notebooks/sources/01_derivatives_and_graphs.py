# %% [markdown]
# # 1 · Derivatives and graphs
#
# After this lesson you can say in one sentence what a derivative is, let a graph compute it for
# you, read that graph, and check its numbers by experiment.

# %%
import matplotlib.pyplot as plt
import numpy as np

from autograd import Value, exp, gradcheck, sin
from autograd.view import draw
from deltarule.exercises import check
from nn.plots import FAINT, INK, VIOLET, course_style

course_style()

# %% [markdown]
# ## A nudge
#
# A derivative answers one question: *if I nudge $x$ by a little, how much does the result
# change?* Take $f(x) = x^2$ at $x = 3$, give $x$ smaller and smaller nudges $\Delta x$, and watch
# the change of $f$ in proportion to the nudge.


# %%
def f(x):
    return x**2


for nudge in (1, 0.1, 0.01, 0.001):
    change = f(3 + nudge) - f(3)
    print(f"nudge {nudge:<6} change {change:.6f}   change / nudge {change / nudge:.3f}")

# %% [markdown]
# The ratio settles at 6: that is the derivative, $f'(3) = 6$. It is an exchange rate between
# nudges,
#
# $$\Delta f \approx f'(x)\,\Delta x ,$$
#
# and it holds for small nudges only. In the picture, the straight line is what the exchange rate
# promises. The curve leaves it as the nudge grows.

# %%
nudges = np.linspace(-2, 2, 101)
plt.plot(nudges, f(3 + nudges) - f(3), label=r"$f(3 + \Delta x) - f(3)$")
plt.plot(nudges, 6 * nudges, label=r"$6\,\Delta x$")
plt.xlabel(r"nudge $\Delta x$")
plt.ylabel(r"change $\Delta f$")
plt.legend()
plt.show()

# %% [markdown]
# ## A number that remembers
#
# Now the same without any nudge. A `Value` is a number that remembers how it was computed. Its
# method `backward()` goes through that memory and leaves the derivative of the result with respect
# to `x` in `x.grad`.

# %%
x = Value(3.0, label="x")
y = f(x)
y.backward()
print("value", y.data, "  derivative", x.grad)

# %% [markdown]
# Exactly 6, and `f` is the same function as before: you write ordinary Python, and what you write
# is what is differentiated.
#
# ## The graph
#
# What a `Value` remembers is a *graph*. Here is an expression of two variables,
# $g(x, y) = x^2 y + \sin y$, at $x = 2$, $y = -1$.


# %%
def g(x, y):
    return x**2 * y + sin(y)


x = Value(2.0, label="x")
y = Value(-1.0, label="y")
result = g(x, y)
result.label = "g"
draw(result, edges="none")

# %% [markdown]
# Read it from left to right; that is the order of the computation, the *forward pass*.
#
# - A **leaf** is a number you chose, here $x$ and $y$: a filled box at which no arrow ends.
# - The round nodes name the **operation** they were computed by. The arrows come from the operands,
#   which are called *parents*.
# - The number in a node is its **value**, `data` in Python.
# - A dashed box is a constant, here the exponent. It is part of the operation, and no node.
#
# You can walk along the arrows in Python, too:

# %%
print(result.data, "=", " + ".join(str(parent.data) for parent in result.parents))

# %% [markdown]
# `backward()` adds one number to each node: its **grad**, the derivative of the *last* node with
# respect to this one. It answers the question of the nudge for every node at once.

# %% tags=["thumbnail"]
result.backward()
draw(result, edges="none", gradients=True)

# %% [markdown]
# The grad of $g$ is 1: a nudge of $g$ changes $g$ by just that nudge. The grad of $x$ is $-4$: if
# $x$ grows a little, $g$ falls four times as much. In the picture, blue stands for a positive
# gradient and orange for a negative one. Two lines leave $y$, because $y$ is used twice; lesson 2
# is about what flows along such lines.
#
# By hand, $\partial g/\partial x = 2xy$ and $\partial g/\partial y = x^2 + \cos y$:

# %%
print(f"graph    {x.grad:.6f}  {y.grad:.6f}")
print(f"by hand  {2 * 2 * -1:.6f}  {2**2 + np.cos(-1):.6f}")

# %% [markdown]
# ## The gradient
#
# The two derivatives together are the **gradient**
# $\nabla g = (\partial g/\partial x,\ \partial g/\partial y)$: an arrow in the plane of $x$ and
# $y$. It points in the direction in which $g$ grows fastest. So it stands at right angles to the
# lines on which $g$ is constant, and it is long where they are dense. Every arrow below was
# computed by a graph of its own; the dot marks the point $(2, -1)$ from above.


# %%
def gradient(x, y):
    x, y = Value(x), Value(y)
    g(x, y).backward()
    return x.grad, y.grad


X, Y = np.meshgrid(np.linspace(0, 3, 101), np.linspace(-2, 1.5, 101))
plt.figure(figsize=(6, 5.2))
lines = plt.contour(X, Y, X**2 * Y + np.sin(Y), levels=np.arange(-18, 15), colors=FAINT)
plt.clabel(lines, levels=np.arange(-12, 10, 4), fontsize=12, colors=INK)
for i in (0.5, 1.0, 1.5, 2.0, 2.5):
    for j in (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0):
        plt.quiver(i, j, *gradient(i, j), color=VIOLET, angles="xy", scale=60, width=0.008)
plt.plot(2, -1, "o", color=INK, ms=9)
plt.xlabel("x")
plt.ylabel("y")
plt.gca().set_aspect("equal")
plt.show()

# %% [markdown]
# ## The check: finite differences
#
# How do you know that the graph is right? Do the experiment: nudge, and measure. With a small
# *step* $h$ there are two ways,
#
# $$\text{forward:}\quad \frac{f(x+h) - f(x)}{h} \qquad\qquad
# \text{central:}\quad \frac{f(x+h) - f(x-h)}{2h} .$$
#
# Let the function be $f(x) = e^{\sin x}$ at $x = 1$.


# %%
def f(x):
    return exp(sin(x))


x = Value(1.0)
f(x).backward()
h = 0.01
print(f"graph    {x.grad:.6f}")
print(f"forward  {(f(1 + h) - f(1)) / h:.6f}")
print(f"central  {(f(1 + h) - f(1 - h)) / (2 * h):.6f}")

# %% [markdown]
# With the same step, the central difference is far closer. Is a smaller step always better? Plot
# the error of both against the step, on logarithmic axes.

# %%
steps = np.logspace(-15, 0, 91)
forward = [abs((f(1 + h) - f(1)) / h - x.grad) for h in steps]
central = [abs((f(1 + h) - f(1 - h)) / (2 * h) - x.grad) for h in steps]

plt.loglog(steps, forward, label="forward")
plt.loglog(steps, central, label="central")
plt.text(1e-13, 3e-9, "too small:\nrounding", ha="center")
plt.text(6e-2, 3e-9, "too large:\ncurvature", ha="center")
plt.xlabel("step h")
plt.ylabel("error of the derivative")
plt.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Too large**: the curve bends within the step. This error shrinks with $h$ for the forward
# difference, and with $h^2$ for the central one, hence the steeper line.
#
# **Too small**: $f(x+h)$ and $f(x)$ agree in nearly all of their 16 digits, and the subtraction
# leaves only what was lost in rounding. Divided by a tiny $h$, that grows as $1/h$. The best step
# lies between, near $10^{-8}$ for the forward and $10^{-5}$ for the central difference. The graph
# has no step at all, and so no such error.
#
# `gradcheck` does this experiment with care, for every node of a graph. When you doubt a gradient,
# ask it. (The operands are `x0` and `x1` here, our $x$ and $y$.)

# %% tags=["varies"]
gradcheck(g, (2.0, -1.0))

# %% [markdown]
# ## The demon
#
# A first look at where we are going. One neuron takes an input $x$, computes the *pre-activation*
# $a = wx + b$ and the *activation* $z = \tanh a$; the error compares $z$ with a target $t$:
# $E = \tfrac12 (z - t)^2$. The derivative $\partial E/\partial a$ is so important that it has a
# name of its own, $\delta$.
#
# Nielsen (*Neural Networks and Deep Learning*, chapter 2) imagines a demon that sits at the neuron
# and adds a little $\Delta a$ to its pre-activation. We give it a leaf of its own. Let $w = 0.8$,
# $b = -0.5$, $x = 1.5$ and $t = 1$.

# %%
w = Value(0.8, label="w")
b = Value(-0.5, label="b")
demon = Value(0.0, label="Δa")
a = w * 1.5 + b + demon
a.label = "a"
E = 0.5 * (a.tanh() - 1.0) ** 2
E.label = "E"
E.backward()
delta = a.grad
print(f"a = {a.data:.3f}   E = {E.data:.3f}   δ = {delta:.3f}")

# %% [markdown]
# What does the demon's nudge do to the error? Edit the leaf, let `refresh()` run the forward pass
# again, and read $E$.

# %%
before = E.data
nudges = np.linspace(-1, 1, 41)
changes = []
for nudge in nudges:
    demon.data = nudge
    changes.append(E.refresh().data - before)

plt.plot(nudges, changes, label=r"measured change $\Delta E$")
plt.plot(nudges, delta * nudges, "--", color=VIOLET, label=r"promised: $\delta\,\Delta a$")
plt.xlabel(r"the demon's nudge $\Delta a$")
plt.ylabel(r"change of the error $\Delta E$")
plt.legend()
plt.show()

# %% [markdown]
# For small nudges $\Delta E \approx \delta\,\Delta a$: this is the demon of the textbook, where
# $\Delta C \approx \frac{\partial C}{\partial z}\,\Delta z$, because Nielsen writes $z$ for the
# pre-activation and $C$ for the error. Here $\delta$ is negative, so a demon that wants to help
# must *raise* $a$. Where $\delta$ is close to 0, it can hardly help at all.
#
# | | PRML, and this course | Nielsen | Wikipedia |
# |:--|:-:|:-:|:-:|
# | pre-activation | $a$ | $z$ | $\mathrm{net}$ |
# | activation | $z$ | $a$ | $o$ |
# | error | $E$ | $C$ | $E$ |
# | δ | $\partial E/\partial a$ | $\partial C/\partial z$ | $\partial E/\partial\mathrm{net}$ |

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the dots and run the cell.
#
# **1.1** Of a function $f$ you know only $f(10) = 7$ and $f'(10) = -3$. About what is $f(10.2)$?

# %%
estimate = ...
check("1.1", estimate)

# %% [markdown]
# **1.2** Let a graph compute the slope of $f(x) = \dfrac{x^3}{1 + x^2}$ at $x = 2$.

# %%
slope = ...
check("1.2", slope)

# %% [markdown]
# **1.3** Write the central difference as a function of $f$, $x$ and the step $h$. Give the function
# itself to `check`.

# %%
central_difference = ...  # def central_difference(f, x, h): and so on
check("1.3", central_difference)

# %% [markdown]
# **1.4** With pencil and paper: what is the gradient of $f(x, y) = x\,(x + 2y)$ at $x = 3$,
# $y = -1$? Answer with a list $[\partial f/\partial x,\ \partial f/\partial y]$. Then let a graph
# confirm it.

# %%
gradient_by_hand = ...
check("1.4", gradient_by_hand)

# %% [markdown]
# **1.5** At some neuron $\delta = -0.4$. By what $\Delta a$ does a demon lower the error by about
# $0.02$?

# %%
nudge_of_the_demon = ...
check("1.5", nudge_of_the_demon)

# %% [markdown]
# ## Summary
#
# - A derivative is an exchange rate for small nudges: $\Delta f \approx f'(x)\,\Delta x$.
# - A `Value` remembers how it was computed. The memory is a graph of leaves and operations.
# - After `backward()` each node holds its grad, the derivative of the last node with respect to it.
# - The gradient points where the function grows fastest.
# - Finite differences are the check, not the method: too large a step meets the bend of the curve,
#   too small a step the rounding.
# - $\delta = \partial E/\partial a$ says what a nudge of a neuron's pre-activation does to the
#   error.
#
# Next: [2 · The chain rule, backwards](02_chain_rule_backwards.ipynb) · back to the
# [index](index.ipynb)
