# %% [markdown]
# # 3 · Build the engine yourself
#
# In this lesson you write an engine for automatic differentiation: a class `Value` of about 70
# lines. At the end it computes the same gradients as the engine of this course and trains a
# neuron, and you know where such a small engine breaks and how a larger one avoids it.

# %%
# %config InlineBackend.figure_formats = ["png"]
import gc
import math
import random
import weakref

import matplotlib.pyplot as plt

import autograd
from autograd.view import draw, explain
from deltarule.exercises import check

plt.rcParams.update({"font.size": 12, "figure.figsize": (7, 4), "figure.dpi": 90})

# %% [markdown]
# From now on `Value` is *your* class, and `autograd.Value` is the one of the course. The design
# and the order of the steps follow A. Karpathy's *micrograd*.
#
# ## A number that remembers
#
# A node of the graph needs to know five things: its number, its gradient (the derivative of the
# final result with respect to the node, 0 until somebody computes it), the nodes it was computed
# from, by which operation, and how to hand its gradient on to these parents. A leaf has no parents
# and nothing to hand on.


# %%
class Value:
    def __init__(self, data, parents=(), operation="", label=""):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.operation = operation
        self.label = label
        self._backward = lambda: None

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"


a = Value(1.5, label="a")
a

# %% [markdown]
# ## Sums
#
# An operation does two things: it computes the result, and it leaves behind a function that will
# know, later, how to go back. For $c = a + b$ both local derivatives are 1, so each parent
# receives the gradient of $c$ unchanged. It is *added* to what the parent has already, because a
# node that is used several times receives a contribution through each use.


# %%
def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def add(self, other):
    other = as_value(other)
    out = Value(self.data + other.data, (self, other), "+")

    def _backward():
        self.grad += out.grad
        other.grad += out.grad

    out._backward = _backward
    return out


Value.__add__ = Value.__radd__ = add

# %% [markdown]
# The last line gives the class its method: Python calls `__add__` for `a + b`, and `__radd__` for
# `1 + a`, where the number on the left does not know what to do. The inner function `_backward` is
# a *closure*: it keeps `self`, `other` and `out` alive, because it will need them.
#
# Try it by hand: pretend that the gradient of the sum is 10, and go one step back.

# %%
b = Value(-2.2, label="b")
c = a + b
c.grad = 10.0
c._backward()
a, b, c

# %% [markdown]
# ## Products
#
# For $c = a \cdot b$ the local derivatives are $\partial c/\partial a = b$ and
# $\partial c/\partial b = a$. Each is multiplied by the gradient of $c$: that is the whole chain
# rule, "local times upstream".


# %%
def multiply(self, other):
    other = as_value(other)
    out = Value(self.data * other.data, (self, other), "*")

    def _backward():
        self.grad += other.data * out.grad
        other.grad += self.data * out.grad

    out._backward = _backward
    return out


Value.__mul__ = Value.__rmul__ = multiply

# %% [markdown]
# ## Functions of one number
#
# A power with a constant exponent, $x^n$, has the derivative $n x^{n-1}$. For $z = \tanh(a)$ the
# derivative is $1 - z^2$, and $z$ is known already. ReLU passes the gradient on where its result
# is positive.


# %%
def power(self, exponent):
    out = Value(self.data**exponent, (self,), f"**{exponent}")

    def _backward():
        self.grad += exponent * self.data ** (exponent - 1) * out.grad

    out._backward = _backward
    return out


def tanh(self):
    out = Value(math.tanh(self.data), (self,), "tanh")

    def _backward():
        self.grad += (1 - out.data**2) * out.grad

    out._backward = _backward
    return out


def relu(self):
    out = Value(max(self.data, 0.0), (self,), "ReLU")

    def _backward():
        self.grad += (out.data > 0) * out.grad

    out._backward = _backward
    return out


Value.__pow__, Value.tanh, Value.relu = power, tanh, relu

# %% [markdown]
# Negation and subtraction need no rule of their own. They are made of what is there, and so are
# their derivatives.

# %%
Value.__neg__ = lambda self: self * -1
Value.__sub__ = lambda self, other: self + (-as_value(other))
Value.__rsub__ = lambda self, other: as_value(other) - self

# %% [markdown]
# ## In which order?
#
# A node may hand its gradient on only when it is complete, that is, after every node that was
# computed *from* it. So list the graph with each node after its parents, which is called a
# *topological order*, and walk through the list from its end. The function below visits the
# parents of a node first and then appends the node: it calls itself, once for each level of the
# graph.


# %%
def topological_order(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


a, b = Value(1.5, label="a"), Value(-2.2, label="b")
loss = (a * b + a * a).tanh()
[node.label or node.operation for node in topological_order(loss)]

# %% [markdown]
# ## The backward pass
#
# What remains is four lines. The gradient of the result with respect to itself is 1; then every
# node goes one step back.


# %%
def backward(self):
    self.grad = 1.0
    for node in reversed(topological_order(self)):
        node._backward()


Value.backward = backward

loss.backward()
a, b, loss

# %% [markdown]
# That is the whole engine. Does it agree with the one of the course? The same expression there:

# %%
a_there, b_there = autograd.Value(1.5), autograd.Value(-2.2)
loss_there = (a_there * b_there + a_there * a_there).tanh()
loss_there.backward()

print("             yours   autograd")
print(f"L        {loss.data:9.6f}  {loss_there.data:9.6f}")
print(f"∂L/∂a    {a.grad:9.6f}  {a_there.grad:9.6f}")
print(f"∂L/∂b    {b.grad:9.6f}  {b_there.grad:9.6f}")

# %% [markdown]
# ## See your graph
#
# `draw` of the course draws nodes of the course. Your nodes know their parents and their
# operation, so a translation is a walk in topological order: make a twin of each node from the
# twins of its parents. The numbers in the picture are those that your class has computed.


# %%
def translated(root):
    twin = {}
    for node in topological_order(root):
        parents = [twin[parent] for parent in node.parents]
        twin[node] = autograd.Value(node.data, parents, node.operation, label=node.label)
        twin[node].grad = node.grad
    return twin[root]


# %% tags=["thumbnail"]
loss.label = "L"
draw(translated(loss), edges="local", digits=2)

# %% [markdown]
# ## A harder test: random expressions
#
# One example proves little. The next function grows a random expression from two numbers. It only
# uses `+`, `-`, `*`, `**`, `tanh` and `relu`, so it runs with either class, and a node is often
# used several times.


# %%
def random_expression(seed, x, y):
    rng = random.Random(seed)
    nodes = [x, y]
    for _ in range(8):
        p, q = rng.choice(nodes), rng.choice(nodes)
        kind = rng.randrange(6)
        new = [p + q, p - q, p * q, (p * 0.5) ** 2, (p + q).tanh(), (p - q).relu()][kind]
        nodes.append(new)
    return sum(nodes[2:], x * y).tanh()


def value_and_slopes(kind, seed):
    rng = random.Random(1000 + seed)
    x, y = kind(rng.uniform(-1, 1)), kind(rng.uniform(-1, 1))
    result = random_expression(seed, x, y)
    result.backward()
    return result.data, x.grad, y.grad


# %%
print("       value                 ∂/∂x                  ∂/∂y")
print("  ".join([f"{'yours':>9} {'autograd':>9}"] * 3))
for seed in range(6):
    yours, there = value_and_slopes(Value, seed), value_and_slopes(autograd.Value, seed)
    print("  ".join([f"{mine:9.5f} {other:9.5f}" for mine, other in zip(yours, there)]))

# %% [markdown]
# And 500 of them at once: each point is one derivative, computed by both. If the engines agree,
# all points are on the diagonal.

# %%
pairs = []
for seed in range(500):
    yours, there = value_and_slopes(Value, seed), value_and_slopes(autograd.Value, seed)
    pairs += list(zip(yours[1:], there[1:]))
yours, there = zip(*pairs)

figure, ax = plt.subplots(figsize=(5, 4.2), layout="constrained")
ax.axline((0, 0), slope=1, color="0.7", zorder=0)
ax.scatter(there, yours, s=12, color="#0072B2", alpha=0.5)
ax.set(xlabel="derivative by autograd", ylabel="derivative by your class", aspect="equal")
plt.show()
print("all 1000 agree:", all(math.isclose(p, q, rel_tol=1e-9, abs_tol=1e-12) for p, q in pairs))

# %% [markdown]
# ## Train a neuron with it
#
# One neuron with two inputs: pre-activation $a = w_1 x_1 + w_2 x_2 + b$ and activation
# $z = \tanh(a)$. It shall learn the logical OR, with targets $-1$ and $+1$ and the error
# $E = \frac12 \sum_n (z_n - t_n)^2$.

# %%
samples = [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), 1)]
w1, w2, bias = Value(0.1), Value(-0.2), Value(0.0)


def neuron(x):
    pre_activation = w1 * x[0] + w2 * x[1] + bias
    return pre_activation, pre_activation.tanh()


# %% [markdown]
# First one sample, to look inside. The textbook says:
# $\delta = \partial E/\partial a = (z - t)\,h'(a)$ for an output unit, and
# $\partial E/\partial w_i = \delta\,x_i$, $\partial E/\partial b = \delta$ (PRML, eq. 5.53; in
# Nielsen's book BP1, BP4 and BP3). Your engine has never heard of it. On the left is what it found,
# on the right the formula.

# %%
x, t = (0.5, -2.0), 1
pre, z = neuron(x)
E = (z - t) ** 2 * 0.5
E.backward()

delta = (z.data - t) * (1 - z.data**2)
print(f"∂E/∂a   {pre.grad:9.6f}   (z - t) h'(a)  {delta:9.6f}")
print(f"∂E/∂w1  {w1.grad:9.6f}   δ x1           {delta * x[0]:9.6f}")
print(f"∂E/∂w2  {w2.grad:9.6f}   δ x2           {delta * x[1]:9.6f}")
print(f"∂E/∂b   {bias.grad:9.6f}   δ              {delta:9.6f}")

# %% [markdown]
# Now gradient descent: forget the old gradients, go forward, go back, take a step.

# %%
errors = []
for _ in range(60):
    for parameter in (w1, w2, bias):
        parameter.grad = 0.0
    E = sum([(neuron(x)[1] - t) ** 2 * 0.5 for x, t in samples], Value(0.0))
    E.backward()
    for parameter in (w1, w2, bias):
        parameter.data -= 0.2 * parameter.grad
    errors.append(E.data)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
left.plot(errors, color="#0072B2")
left.set(xlabel="step", ylabel="error $E$", ylim=(0, None))
for (x1, x2), t in samples:
    marker, color = ("o", "#0072B2") if t > 0 else ("s", "#D55E00")
    right.plot(x1, x2, marker, color=color, markersize=11)
line = [-0.5, 1.5]
right.plot(line, [-(w1.data * x + bias.data) / w2.data for x in line], "k--")
right.annotate("$a = 0$", (0.45, 0.15), fontsize=13)
right.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
right.set(xticks=[0, 1], yticks=[0, 1], aspect="equal")
plt.show()

# %% [markdown]
# The error falls, and the line $a = 0$ separates the one point with target $-1$ (square) from the
# others (circles). This is all that training a large network does, with more neurons.
#
# ## What the engine of the course does differently
#
# `autograd.Value` has the same idea: number, gradient, parents, rule. It was built with six
# things in mind that go wrong in small engines: five of them in your class, one in micrograd. You
# can see each of them in a few lines.
#
# ### 1 · The rule does not hold its own result
#
# Your `_backward` needs `out`, and `out` holds `_backward`: a circle. Python frees an object when
# nothing refers to it any more, but in a circle there is always something that does. Only the
# garbage collector finds it, which has to search all living objects for circles, again and again.
# A weak reference tells whether a node still exists after its last name is gone (the collector is
# switched off for a moment, so that chance plays no part).


# %%
def is_freed_at_once(kind):
    gc.disable()
    node = kind(2.0) * kind(3.0)
    probe = weakref.ref(node)
    del node
    freed = probe() is None
    gc.enable()
    return freed


print(f"yours: {is_freed_at_once(Value)}, autograd: {is_freed_at_once(autograd.Value)}")

# %% [markdown]
# There, a node stores only its operation and operands. The operation's rule gets the numbers when
# it is asked and returns the local derivatives; it does not touch any gradient itself:

# %%
product = autograd.Value(2.0) * autograd.Value(5.0)
print(product.operation, product.local_gradients())

# %% [markdown]
# ### 2 · The chain rule is written once
#
# In your class every operation contains "`+= local * out.grad`", and each is a place for a
# mistake. Where the operations give local derivatives only, one loop serves all of them. This is
# the complete backward pass, by hand:

# %%
gradient = {loss_there: 1.0}
for node in reversed(autograd.topological_order(loss_there)):
    for parent, local in node.edges():
        gradient[parent] = gradient.get(parent, 0.0) + local * gradient[node]

print(f"∂L/∂a = {gradient[a_there]:.6f}, ∂L/∂b = {gradient[b_there]:.6f}")

# %% [markdown]
# ### 3 · Parents have an order and may be there twice
#
# Here your class does as the course does: `parents` is a tuple. micrograd keeps a *set*, in which
# $a \cdot a$ has one parent, and nobody can tell $a^b$ from $b^a$. Backpropagation survives this,
# pictures and explanations do not: there are two paths from $a$ to $a \cdot a$, and a derivative
# is a sum over paths.

# %%
a_there = autograd.Value(3.0, label="a")
square = a_there * a_there
square.label = "s"
square.backward()
print(f"parents in a tuple: {len(square.parents)}, in a set: {len(set(square.parents))}")
explain(a_there, of=square)

# %% [markdown]
# ### 4 · Any depth
#
# `topological_order` calls itself, and Python limits how deep calls may be nested. Add 10 000
# numbers one after the other, as in a loop over data, and the graph is 10 000 levels deep.


# %%
def long_chain(kind):
    x = kind(1.0)
    total = x
    for _ in range(10_000):
        total = total + 1.0
    total.backward()
    return x.grad


try:
    yours = long_chain(Value)
except RecursionError as error:
    yours = type(error).__name__
print(f"yours: {yours}, autograd: {long_chain(autograd.Value)}")

# %% [markdown]
# There, the sort is a loop that keeps its own list of nodes to come back to. You will write one in
# the last exercise.
#
# ### 5 · Inner gradients do not leak
#
# Call `backward` twice, and the gradients of leaves shall add up: that is how the gradient of a
# batch is collected. But what is left in the *inner* nodes from the first pass must not travel
# down again in the second. With $y = 2x^2$ at $x = 3$ each pass should add 12:

# %%
for name, kind in (("yours:   ", Value), ("autograd:", autograd.Value)):
    x = kind(3.0)
    y = x**2 * 2
    y.backward()
    first = x.grad
    y.backward()
    print(name, first, "then", x.grad)

# %% [markdown]
# Your class adds 24 in the second pass: the node $x^2$ had kept its gradient 2, received 2 more,
# and handed on 4.
#
# ### 6 · Operations on many numbers, from one table
#
# A pre-activation $a = \sum_i w_i x_i + b$ is one thing to a reader, but to your class it is a
# chain of `*` and `+`. The engine of the course has a node for it, `dot`: the graph becomes
# smaller to run and to look at.

# %%
w = [autograd.Value(v) for v in (0.1, -0.2, 0.3, 0.4)]
x = [autograd.Value(v) for v in (1.0, 2.0, 3.0, 4.0)]
b = autograd.Value(0.5)
small_steps = b
for w_i, x_i in zip(w, x):
    small_steps = small_steps + w_i * x_i
one_node = autograd.dot(w, x, b)

for name, node in (("+ and *", small_steps), ("dot    ", one_node)):
    print(f"{name}  {node.data:.6f}  {len(autograd.topological_order(node))} nodes")

# %% [markdown]
# Every operation is one row of a table: how it is computed, and its local derivatives. You can ask
# to see the row, and the same row runs on floats and on nodes (in [lesson
# 13](13_second_derivatives.ipynb) you add a row of your own).

# %%
print(autograd.tanh(0.5), autograd.tanh(autograd.Value(0.5)).data)
explain("tanh")

# %% [markdown]
# ## Exercises
#
# **3.1** Suppose the closure in `multiply` said `=` in place of `+=`, in both lines. What would
# `a.grad` be after `(a * a).backward()` with $a = 3$?

# %%
wrong_gradient = ...
check("3.1", wrong_gradient)

# %% [markdown]
# **3.2** Give your class the method `exp`, with $\frac{d}{dx} e^x = e^x$. Write a function like
# `tanh` above, attach it with `Value.exp = ...`, then replace the dots below by `Value`.

# %%
class_with_exp = ...
check("3.2", class_with_exp)

# %% [markdown]
# **3.3** Give your class division: `a / b`, `a / 2` and `1 / a`, with `__truediv__` and
# `__rtruediv__`. There is a solution without a new closure.

# %%
class_with_division = ...
check("3.3", class_with_division)

# %% [markdown]
# **3.4** Add the logistic function $\sigma(a) = 1/(1 + e^{-a})$ as the method `sigmoid` that makes
# *one* node; the local derivative follows from the result, $\sigma' = \sigma(1 - \sigma)$. It
# shall also work at $a = -1000$ and $a = 1000$, where $e^{1000}$ is too large for a float.

# %%
class_with_sigmoid = ...
check("3.4", class_with_sigmoid)

# %% [markdown]
# **3.5** Write `topological_order` without recursion: a function that takes the root and returns
# the list of its nodes, each once and after all of its parents, also for a chain of 10 000 nodes.
# It needs nothing of a node but `parents`. Hint: keep a list of nodes to do; a node is looked at
# twice, before and after its parents.

# %%
order_without_recursion = ...
check("3.5", order_without_recursion)

# %% [markdown]
# ## Summary
#
# - A node is a number with parents, a gradient, and a rule that hands the gradient on.
# - The rule is always the same: parent's gradient `+=` local derivative times own gradient.
# - The backward pass walks through a topological order from its end, so that a gradient is
#   complete before it is handed on.
# - Nothing in it knows of neurons, and yet $\delta$ and $\partial E/\partial w_i = \delta x_i$
#   come out.
# - An engine for daily use also avoids circles of references and recursion, keeps passes apart,
#   and writes the chain rule and every derivative once.
#
# Next: [4 · One neuron](04_one_neuron.ipynb). Back to the [index](index.ipynb).
