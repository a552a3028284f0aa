# %% [markdown]
# # 2 · The chain rule, backwards
#
# After this lesson you can follow a gradient through any graph by hand, and you know why the
# backward pass needs an order, and why gradients add up.

# %%
import matplotlib.pyplot as plt

from autograd import Value, topological_order
from autograd.view import compare_orders, draw, explain, play
from deltarule.exercises import check
from nn.plots import course_style

course_style()

# %% [markdown]
# ## One path: multiply
#
# Let $u = 2x$, then $v = u^2$, then $y = 1/v$. A nudge of $x$ changes $u$ by twice the nudge; the
# change of $u$ is itself a nudge, which changes $v$, and so on. Exchange rates multiply:
#
# $$\frac{\mathrm dy}{\mathrm dx} = \frac{\mathrm du}{\mathrm dx} \cdot
# \frac{\mathrm dv}{\mathrm du} \cdot \frac{\mathrm dy}{\mathrm dv} .$$

# %%
x = Value(1.0, label="x")
u = 2 * x
v = u**2
y = 1 / v
u.label, v.label, y.label = "u", "v", "y"
y.backward()
draw(y, edges="both")

# %% [markdown]
# The first number on an arrow is the **local derivative**: that of one operation, with respect to
# one operand. Each operation knows it without knowing the rest of the graph. After the small
# arrow stands what **flowed back** there: local derivative times the grad of the node it came
# from. Start at $y$ with 1, go backwards, and multiply:

# %%
rate = 1.0
for node in (y, v, u):
    for parent, local in node.edges():
        rate *= local
        print(f"∂{node.label}/∂{parent.label} = {local:<7}  ∂y/∂{parent.label} = {rate}")
print("by hand: y = 1/(4x²), so dy/dx = -1/(2x³) =", -1 / (2 * 1.0**3))

# %% [markdown]
# ## Several paths: add
#
# The graph of this lesson is small, but it has everything that can go wrong. All starts from
# $a = 3$:
#
# $$b = 2a, \qquad c = b + a, \qquad d = c \cdot b + a .$$


# %%
def graph(a):
    b = 2 * a
    c = b + a
    d = c * b + a
    b.label, c.label, d.label = "b", "c", "d"
    return b, c, d


a = Value(3.0, label="a")
b, c, d = graph(a)
draw(d, edges="local")

# %% [markdown]
# A nudge of $a$ reaches $d$ on several paths at once. For small nudges their effects do not disturb
# each other, so they add up:
#
# > multiply along each path, and add over all paths.
#
# Which paths are there? Find them in the picture, multiply the local derivatives on each, and
# compare with this walk from $d$ back to $a$ in every possible way.


# %%
def paths(node, product=1.0, names=()):
    names = (node.label or "c·b", *names)
    if node is a:
        yield product, " → ".join(names)
    for parent, local in node.edges():
        yield from paths(parent, product * local, names)


for product, path in paths(d):
    print(f"{path:22}{product:5.0f}")
print(f"{'sum':22}{sum(product for product, _ in paths(d)):5.0f}")

d.backward()
print(f"{'a.grad':22}{a.grad:5.0f}")

# %% [markdown]
# By hand: $d = 3a \cdot 2a + a = 6a^2 + a$, and so $\mathrm dd/\mathrm da = 12a + 1 = 37$.
#
# The backward pass comes to the same sum, but it does not walk the paths one by one. Look at what
# flowed back. At $b$ two paths meet, and their rates are added *there*, $6 + 9 = 15$. Then the 15
# goes on to $a$ once, as $2 \cdot 15 = 30$, in place of $12 + 18$.

# %% tags=["thumbnail"]
draw(d, edges="flow", gradients=True)

# %% [markdown]
# In symbols, for any node $v$:
#
# $$\frac{\partial d}{\partial v} = \sum_{k} \frac{\partial k}{\partial v}\,
# \frac{\partial d}{\partial k}
# \qquad \text{over all nodes } k \text{ that } v \text{ feeds into.}$$
#
# This is the chain rule as you will use it all through the course. `explain` writes it down for any
# node:

# %%
explain(b, of=d)

# %% [markdown]
# Here $v_1$ is the node without a name, $c \cdot b$.

# %%
explain(a, of=d)

# %% [markdown]
# ## Step through it
#
# The player shows both passes of this graph: first the forward pass, number by number, then every
# single `+=` of the backward pass. Use the buttons or the arrow keys. Watch $b$ and $a$ collect
# their gradients; at the end click on $a$ to see its four paths, or give it another value.

# %%
play(d)

# %% [markdown]
# ## Why not walk all paths?
#
# Because there may be too many. Double a number $n$ times, $y \leftarrow y + y$: each doubling
# has two arrows, so the number of paths doubles, too. All local derivatives are 1, every path
# contributes 1, and the gradient *counts the paths*.

# %%
doublings = range(1, 31)
counts, arrows = [], []
for n in doublings:
    y = x = Value(1.0)
    for _ in range(n):
        y = y + y
    y.backward()
    counts.append(x.grad)
    arrows.append(sum(len(node.parents) for node in topological_order(y)))

plt.semilogy(doublings, counts, "o", label="paths")
plt.semilogy(doublings, arrows, "s", label="arrows: steps of backward()")
plt.xlabel("doublings")
plt.ylabel("number")
plt.legend()
plt.show()

# %% [markdown]
# After 30 doublings there are more than a thousand million paths, but only 60 arrows. The
# backward pass takes one multiplication and one addition for each *arrow*: this is why it is
# fast, and lesson 11 measures it.
#
# ## The order matters
#
# The backward pass saves that work by adding up before it goes on. So a node must pass on its
# gradient *once*, and not before everything has arrived. What happens if you just follow the
# arrows back? This function passes on what a node has whenever it comes there:


# %%
def pass_on_at_once(node):
    for parent, local in node.edges():
        parent.grad += local * node.grad
    for parent in node.parents:
        pass_on_at_once(parent)


d.zero_grad()
d.grad = 1.0
pass_on_at_once(d)
print("a.grad =", a.grad, "  but it should be 37")

# %% [markdown]
# The mistake happens at $b$. Two arrows lead back to it, one from $c$ and one from the product
# $c \cdot b$, so the function comes there twice. Each time, $b$ passes on all of its 15. The
# second time is one too many, and $a$ gets $2 \cdot 15 = 30$ too much.
#
# The cure is to sort. In a **topological order** every node stands after its parents. Go through it
# backwards, and each node comes after everything that it feeds into: its gradient is complete.

# %%
order = topological_order(d)
print(" → ".join(node.label or "c·b" for node in order))

d.zero_grad()
d.grad = 1.0
for node in reversed(order):
    for parent, local in node.edges():
        parent.grad += local * node.grad
print("a.grad =", a.grad)

# %% [markdown]
# The last four lines before `print` are the whole backward pass. `compare_orders` runs other
# orders on the same graph and marks what goes wrong in each; "recursion" is the function above.

# %%
compare_orders(d)

# %% [markdown]
# Breadth first is right here, but only by luck. In exercise 2.5 you take its luck away.
#
# ## Why gradients accumulate
#
# Within one pass, `+=` is the sum over paths. It also acts *between* passes: a leaf keeps what it
# has, and the next pass adds to it.

# %%
a = Value(3.0, label="a")
b, c, d = graph(a)
for _ in range(3):
    d.backward()
    print(f"a.grad = {a.grad:<5}  b.grad = {b.grad}")
d.zero_grad()
print(f"a.grad = {a.grad}, after zero_grad()")

# %% [markdown]
# This is on purpose. The gradient of a sum is the sum of the gradients, so the gradient of the
# error of many examples can be collected example by example. In training, one calls `zero_grad()`
# before each new collection; to forget it is a famous bug. Computed nodes such as $b$ belong to
# one pass, and start anew with the next.

# %%
a = Value(2.0)
first, second = a**2, 3 * a
first.backward()
second.backward()
print("one after the other ", a.grad)

a = Value(2.0)
(a**2 + 3 * a).backward()
print("the sum at once     ", a.grad)

# %% [markdown]
# ## Now you
#
# With `quiz=True` the player hides the gradients and asks you for each of them. All of them are
# whole numbers here. Mind that $p$ is used twice.

# %%
p = Value(3.0, label="p")
q = Value(-2.0, label="q")
E = (p * q + 3) ** 2 * p
E.label = "E"
play(E, quiz=True)

# %% [markdown]
# Now the other way round. In this pass through the graph of the lesson one `+=` has gone wrong, as
# it does in many a first engine. Find the first wrong arrow, repair its number, and see what the
# slip would do to training. "Another slip" plants the next one.

# %%
play(d, slip="random")

# %% [markdown]
# ## Exercises
#
# **2.1** Let $u = x - 4$, $v = u^3$, $y = 2v$. What is $\mathrm dy/\mathrm dx$ at $x = 6$?
# Multiply along the path.

# %%
derivative = ...
check("2.1", derivative)

# %% [markdown]
# **2.2** Let $b = a + 4$, $c = a \cdot b$, $d = c + 5a$, at $a = 2$. For each path from $d$ back
# to $a$, give the product of its local derivatives, in any order.

# %%
products = ...  # a list with one number for each path
check("2.2", products)

# %% [markdown]
# **2.3** What does this print? Predict it, and run it only afterwards.
#
# ```python
# x = Value(3.0)
# y = x * x
# z = 5 * x
# y.backward()
# y.backward()
# z.backward()
# print(x.grad)
# ```

# %%
prediction = ...
check("2.3", prediction)

# %% [markdown]
# **2.4** Write a function of two nodes, `root` and `leaf`, that returns the *number* of paths
# between them. Every node knows its `parents`; a node that was used twice in one operation stands
# there twice.

# %%
number_of_paths = ...  # def number_of_paths(root, leaf): and so on
check("2.4", number_of_paths)

# %% [markdown]
# **2.5** Build a graph in which the order "breadth first" gets a gradient wrong, and give its last
# node to `check`. A very small change of the graph of this lesson will do. Look at the result with
# `compare_orders` to see why.

# %%
last_node = ...
check("2.5", last_node)

# %% [markdown]
# ## Summary
#
# - Local derivatives multiply along a path; the paths add up.
# - The backward pass adds where paths meet, and so takes one step per arrow, not one per path.
# - A node may pass on its gradient only when it is complete: hence the topological order.
# - `+=` within a pass is the sum over paths. Between passes it collects gradients of a sum.
# - Call `zero_grad()` before you collect anew.
#
# Next: [3 · Build the engine yourself](03_build_the_engine.ipynb) · back to the [index](index.ipynb)
