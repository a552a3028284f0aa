# %% [markdown]
# # 6 · Errors from maximum likelihood
#
# After this lesson you can derive the error that fits a task from a probability, choose the output
# activation that goes with it, and say why $\delta = y - t$ comes out every time, except once.

# %%
import math

import matplotlib.pyplot as plt

from autograd import Value, gradients, log, logsumexp, sigmoid, softmax, softplus
from autograd.view import draw
from deltarule.exercises import check
from nn import (
    MLP,
    SGD,
    Neuron,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    fit,
    half_squared_error,
    total,
)
from nn.data import Standardizer, load, one_hot
from nn.plots import BLUE, CLASS_COLOURS, GREEN, GREY, INK, ORANGE, VIOLET, course_style, text_on

course_style()

# %% [markdown]
# ## How probable are the data?
#
# A coin shows 1 with an unknown probability $y$. A single toss $t \in \{0, 1\}$ has the
# probability $p(t \mid y) = y^t (1-y)^{1-t}$, the Bernoulli distribution. The probability of all
# tosses together, seen as a function of $y$, is the **likelihood**; the best $y$ is the one that
# makes it largest.
#
# We do not work with this product. It gets tiny with many factors, and sums are easier to
# differentiate. So we take the logarithm and turn the sign, and *minimise*
#
# $$E(y) = -\ln \prod_n p(t_n \mid y) = -\sum_n \left[ t_n \ln y + (1-t_n) \ln (1-y) \right].$$
#
# This is the sum of the **binary cross-entropies** of the tosses.

# %% tags=["thumbnail"]
tosses = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1]
ys = [k / 100 for k in range(1, 100)]
likelihood = [math.prod(y if t == 1 else 1 - y for t in tosses) for y in ys]
error = [total(binary_cross_entropy(y, t) for t in tosses) for y in ys]

figure, (left, right) = plt.subplots(1, 2)
left.plot(ys, likelihood)
left.set(title="likelihood", xlabel="$y$")
right.plot(ys, error, label="binary cross-entropy")
right.plot(ys[4::9], [-math.log(p) for p in likelihood[4::9]], "o", label="−ln L")
right.set(title="error", xlabel="$y$")
right.legend()
for axes in (left, right):
    axes.axvline(0.7, ymax=0.6, color=GREY, linestyle="--")
plt.show()

# %% [markdown]
# Seven of ten tosses are 1, and both curves say $y = 0.7$: the logarithm changes the shape of the
# curve, but not the place of its extremum. The graph agrees that the slope vanishes there.

# %%
for guess in (0.5, 0.7, 0.9):
    y = Value(guess)
    total(binary_cross_entropy(y, t) for t in tosses).backward()
    print(f"y = {guess}   ∂E/∂y = {y.grad:z7.3f}")

# %% [markdown]
# ## Measurements: the Gaussian
#
# In regression the target is a real number, and we assume that it is the network's output $y$ plus
# Gaussian noise: $p(t \mid y) \propto e^{-\frac{1}{2}(y-t)^2}$ for noise of variance 1. The minus
# logarithm is $\frac{1}{2}(y-t)^2$ and a constant which has no slope; another variance only scales
# it. The squared error is not an arbitrary choice: it *is* maximum likelihood for Gaussian noise.
# Here are five measurements; the best $y$ is their mean, 1.2.

# %%
measured = [1.2, 0.7, 1.9, 1.4, 0.8]
ys = [k / 50 for k in range(0, 121)]
gauss = [[math.exp(-0.5 * (y - t) ** 2) / math.sqrt(2 * math.pi) for t in measured] for y in ys]
likelihood = [math.prod(factors) for factors in gauss]
error = [total(half_squared_error(y, t) for t in measured) for y in ys]

figure, (left, right) = plt.subplots(1, 2)
left.plot(ys, likelihood)
left.plot(measured, [0.0] * 5, "|", color=INK, markersize=18, markeredgewidth=2, label="measured")
left.set(title="likelihood", xlabel="$y$", ylim=(-0.0005, 0.0085))
left.legend(loc="upper left")
right.plot(ys, [-math.log(p) for p in likelihood], label="−ln L")
right.plot(ys, error, label="half squared error")
right.set(title="error", xlabel="$y$", ylim=(0, 11))
right.legend(loc="upper center")
for axes in (left, right):
    axes.axvline(1.2, ymax=0.6, color=GREY, linestyle="--")
plt.show()

# %% [markdown]
# The two curves on the right differ by a constant, so they have the same slope and the same
# minimum.
#
# ## From pre-activation to error
#
# A probability must lie between 0 and 1, so a network that predicts one ends in a logistic unit,
# $y = \sigma(a)$. Look at what flows back for one sample with $t = 1$, where $E = -\ln y$.

# %%
a = Value(0.8, label="a")
y = sigmoid(a)
y.label = "y"
E = -log(y)
E.label = "E"
E.backward()
draw(E, edges="both")

# %% [markdown]
# The error sends back $-1/y$, and the logistic unit multiplies by its slope $y(1-y)$. The $y$
# cancels, and $\delta = \partial E/\partial a = -(1-y) = y - 1$ is left. The same happens for
# $t = 0$ and at every $a$: circles are gradients from the graph, lines are the formula $y - t$.

# %%
positions = [k / 2 for k in range(-10, 11)]


def delta(a: float, output, error, t: float) -> float:
    a = Value(a)
    error(output(a), t).backward()
    return a.grad


for t, marker, look in ((0, "o", {"color": INK}), (1, "s", {"color": GREEN, "linestyle": "--"})):
    graph = [delta(a, sigmoid, binary_cross_entropy, t) for a in positions]
    formula = [sigmoid(a) - t for a in positions]
    plt.plot(positions, graph, marker, color=VIOLET, fillstyle="none", label=f"graph, $t = {t}$")
    plt.plot(positions, formula, **look, label=f"$y - {t}$")
plt.xlabel("pre-activation $a$")
plt.ylabel("$δ$")
plt.legend()
plt.show()

# %% [markdown]
# ## One of K classes: softmax
#
# For $K$ classes the network has $K$ outputs, and they must be probabilities that sum to 1.
# **Softmax** does this: $y_k = e^{a_k} / \sum_j e^{a_j}$. The target is a 1-of-$K$ vector, and the
# categorical distribution $p(t \mid y) = \prod_k y_k^{t_k}$ gives the **cross-entropy**
# $E = -\sum_k t_k \ln y_k$: only the true class $c$ counts, $E = -\ln y_c$.

# %%
a = [Value(2.0), Value(1.0), Value(-1.0)]
y = softmax(a)
cross_entropy(y, 0).backward()
target = [1, 0, 0]

panels = {"$y$": [y_k.data for y_k in y], "$t$": target, "$δ$ from the graph": [k.grad for k in a]}
figure, row = plt.subplots(1, 3, sharey=True, figsize=(8, 3.4))
for axes, (title, heights) in zip(row, panels.items()):
    axes.bar(range(3), heights, color=[BLUE if h >= 0 else ORANGE for h in heights])
    axes.bar_label(axes.containers[0], fmt="%.2f", padding=2)
    axes.axhline(0, color=INK, linewidth=1.5)
    axes.set(title=title, xlabel="class $k$", xticks=range(3), ylim=(-0.5, 1.2))
plt.show()
print("sum of the outputs:", round(sum(y).data, 12))

# %% [markdown]
# The bars on the right are those on the left minus those in the middle: $\delta_k = y_k - t_k$.
# Since both $y$ and $t$ sum to 1, the $\delta_k$ sum to 0: what the true class is to gain, the
# others lose.
#
# Here is a worked example with four samples. The true class is outlined; the error is $-\ln$ of
# the probability that it got, whatever the others share.

# %%
predictions = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.6, 0.2, 0.2]]
true_classes = [0, 1, 2, 0]
errors = [cross_entropy(y, c) for y, c in zip(predictions, true_classes)]

figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(9, 3.6), width_ratios=(3, 2))
for n, (y, c) in enumerate(zip(predictions, true_classes)):
    for k, shade in enumerate(CLASS_COLOURS[:3]):
        left.barh(n, y[k], left=sum(y[:k]), color=shade)
        middle = sum(y[:k]) + y[k] / 2
        left.text(middle, n, f"{y[k]}", color=text_on(shade), ha="center", va="center")
    left.barh(n, y[c], left=sum(y[:c]), fill=False, edgecolor=INK, linewidth=3)
    right.barh(n, errors[n], color=GREY)
    right.text(errors[n] + 0.02, n, f"{errors[n]:.3f} = −ln {y[c]}", va="center")
left.set(title="predictions of classes 0, 1, 2", xlabel="$y_k$", ylabel="sample", yticks=range(4))
right.set(title="cross-entropy", xlabel="$E_n$", xlim=(0, 1.15))
left.invert_yaxis()
plt.show()
print(f"total error {total(errors):.3f}, mean {total(errors, 'mean'):.3f}")

# %% [markdown]
# ## The whole table
#
# Several questions with yes or no, which do not exclude each other, are $K$ independent logistic
# outputs. With them the table of PRML, section 5.2, is complete. The last row is a pair that does
# *not* belong together: squared error with a logistic unit, the classic delta rule.
#
# | task | output | error $E_n$ | $\delta_k$ at the output |
# |---|---|---|---|
# | regression | identity | $\frac{1}{2}\sum_k (y_k - t_k)^2$ | $y_k - t_k$ |
# | binary classification | logistic | $-[t \ln y + (1-t) \ln (1-y)]$ | $y - t$ |
# | $K$ independent binary labels | $K$ logistics | $-\sum_k [t_k \ln y_k + (1-t_k) \ln(1-y_k)]$ | $y_k-t_k$ |
# | one of $K$ classes | softmax | $-\sum_k t_k \ln y_k$ | $y_k - t_k$ |
# | classic delta rule | logistic | $\frac{1}{2}\sum_k (y_k - t_k)^2$ | $(y_k-t_k)\,y_k(1-y_k)$ |


#
# Nielsen calls the output $a$ and the target $y$, so in his book you read $a - y$.


# %%
def logistics(a):
    return [sigmoid(a_k) for a_k in a]


rows = [
    ("regression", list, half_squared_error, [0.0, 1.0, -2.0]),
    ("binary", logistics, binary_cross_entropy, [1]),
    ("K independent", logistics, binary_cross_entropy, [1, 0, 1]),
    ("one of K", softmax, cross_entropy, [0, 0, 1]),
    ("classic delta rule", logistics, half_squared_error, [1, 0, 1]),
]
for task, output, error, targets in rows:
    a = [Value(a_k) for a_k in (0.5, -1.2, 2.0)[: len(targets)]]
    y = output(a)
    error(y, targets).backward()
    formula = [y_k.data - t_k for y_k, t_k in zip(y, targets)]
    if task == "classic delta rule":
        formula = [d * y_k.data * (1 - y_k.data) for d, y_k in zip(formula, y)]
    print(f"{task:18}  graph  ", *[f"{a_k.grad:8.4f}" for a_k in a])
    print(f"{'':18}  formula", *[f"{d:8.4f}" for d in formula])

# %% [markdown]
# ## Why it is y − t each time
#
# Written as a function of the pre-activation, each of the matching errors has the same form:
#
# $$E(a) = A(a) - t\,a + \text{const}, \qquad \delta = \frac{\partial E}{\partial a} = A'(a) - t.$$
#
# So $\delta = y - t$ holds if the output activation is $y = A'(a)$. For the Gaussian,
# $A = \frac{1}{2}a^2$ and $A' = a$: the identity. For the Bernoulli distribution,
# $A = \ln(1 + e^a)$, called softplus, and $A'$ is the logistic function. For the categorical one,
# $A = \ln \sum_j e^{a_j}$, and its gradient is softmax. Circles are slopes of $A$, taken by the
# graph.


# %%
def slope(function, at: float) -> float:
    x = Value(at)
    return gradients(function(x), [x])[0]


finer = [k / 20 for k in range(-60, 61)]
figure, (left, right) = plt.subplots(1, 2)
for name, A, output, output_name in (
    ("$a^2/2$", lambda a: 0.5 * a**2, lambda a: a, "identity"),
    (r"$\ln(1+e^a)$", softplus, sigmoid, "logistic"),
):
    left.plot(finer, [A(a) for a in finer], label=name)
    right.plot(finer, [output(a) for a in finer], label=output_name)
    right.plot(positions, [slope(A, a) for a in positions], "o", color=VIOLET, fillstyle="none")
left.set(title="$A(a)$", xlabel="$a$", xlim=(-3, 3), ylim=(0, 4.5))
right.set(title="$A'(a)$", xlabel="$a$", xlim=(-3, 3), ylim=(-3, 3))
left.legend(loc="upper center")
right.legend()
plt.show()

a = [Value(2.0), Value(1.0), Value(-1.0)]
print("slopes of ln Σ exp a:", *[f"{d:.4f}" for d in gradients(logsumexp(a), a)])
print("softmax:             ", *[f"{y_k:.4f}" for y_k in softmax([2.0, 1.0, -1.0])])

# %% [markdown]
# ## What goes wrong without the matching error
#
# In the last row of the table the factor $y(1-y)$ stays. Take a unit that should say 0. The
# further it is on the wrong side, the more it has to learn; but there the logistic function is
# flat, the factor is nearly 0, and so is $\delta$.

# %%
for name, error, line in (
    ("cross-entropy", binary_cross_entropy, "o-"),
    ("squared error", half_squared_error, "s--"),
):
    slopes = [delta(a, sigmoid, error, 0) for a in positions]
    plt.plot(positions, slopes, line, label=name)
plt.axvspan(2, 5, color=GREY, alpha=0.15, linewidth=0)
plt.text(3.5, 0.45, "confident\nand wrong", ha="center")
plt.xlabel("pre-activation $a$, target $t = 0$")
plt.ylabel("$δ$")
plt.legend()
plt.show()

# %% [markdown]
# Nielsen's example shows what this costs (chapter 3 of his book): one unit with one input $x = 1$
# and target 0 starts at $w = b = 2$, where it says 0.98. Same start, same learning rate
# $\eta = 0.15$.


# %%
def outputs(loss: str) -> list[float]:
    """Return the output of Nielsen's unit before and after each of 300 updates."""
    model = MLP(1, [1], output="sigmoid")
    for parameter in model.parameters():
        parameter.data = 2.0
    seen = [model([1.0]).data]

    def look(history):
        seen.append(model([1.0]).data)

    options = {"optimizer": SGD(model.parameters(), lr=0.15), "epochs": 300, "progress": False}
    fit(model, [[1.0]], [0.0], loss, callbacks=[look], **options)
    return seen


plt.plot(outputs("half_squared_error"), label="squared error")
plt.plot(outputs("binary_cross_entropy"), label="cross-entropy")
plt.xlabel("epoch")
plt.ylabel("output $y$, target 0")
plt.ylim(0, 1.05)
plt.legend()
plt.show()

# %% [markdown]
# With the squared error the unit learns slowly *because* it is badly wrong; with cross-entropy it
# learns fastest then.
#
# A network on real data shows the same. Three kinds of iris flowers, five hidden units, softmax
# outputs; for each error the same five starts (thin lines), the same $\eta = 0.5$, and the mean of
# the five (thick).

# %%
iris = load("iris")
inputs = Standardizer().fit(iris.inputs).transform(iris.inputs)  # all: nothing is tested here
targets = one_hot(iris.targets, 3)

for loss, colour, line in (("half_squared_error", INK, "-"), ("cross_entropy", GREEN, "--")):
    curves = []
    for seed in range(5):
        model = MLP(4, [5, 3], activation="tanh", output="softmax", rng=seed)
        optimizer = SGD(model.parameters(), lr=0.5)
        options = {"epochs": 100, "metric": accuracy, "compiled": True, "progress": False}
        history = fit(model, inputs, targets, loss, optimizer=optimizer, **options)
        curves.append(history.column("train_accuracy"))
        plt.plot(curves[-1], line, color=colour, linewidth=1.5, alpha=0.3)
    plt.plot([sum(c) / 5 for c in zip(*curves)], line, color=colour, linewidth=3, label=loss)
plt.xlabel("epoch")
plt.ylabel("accuracy")
plt.legend()
plt.show()

# %% [markdown]
# Be fair to the squared error: it gets there too, and with a larger learning rate it gets there
# sooner. Change `lr` to 2.0 and see. What no learning rate mends is a unit that is saturated on
# the wrong side while others are not.
#
# ## Sum or mean
#
# The points are independent, so their probabilities multiply and their errors add:
# $E = \sum_n E_n$, and the gradient of the sum is the sum of the gradients. Nielsen's cost is the
# mean, $C = \frac{1}{n}\sum_x C_x$. Its gradient is smaller by the factor $1/n$, and its minimum
# is the same.

# %%
points, labels = [-1.0, 0.5, 2.0, 3.0], [0, 0, 1, 1]
neuron = Neuron(1, activation="sigmoid", rng=1)
w = neuron.w[0]


def errors():
    return [binary_cross_entropy(neuron([x]), t) for x, t in zip(points, labels)]


each = [gradients(E_n, [w])[0] for E_n in errors()]
print("∂E_n/∂w of each point:", *[f"{g:.4f}" for g in each])
print(f"their sum             {sum(each):.4f}")
print(f"gradient of the sum   {gradients(total(errors()), [w])[0]:.4f}")
print(f"gradient of the mean  {gradients(total(errors(), 'mean'), [w])[0]:.4f} = sum / 4")

# %% [markdown]
# ## One family
#
# The distributions of classification are special cases of one, the multinomial: $n$ draws, each
# from $K$ classes, with $m_k$ draws of class $k$:
#
# $$p(m \mid y) = \frac{n!}{m_1! \cdots m_K!} \prod_k y_k^{m_k}.$$
#
# | | $K = 2$ | $K > 2$ |
# |---|---|---|
# | $n = 1$ | Bernoulli: one logistic output | categorical: softmax |
# | $n > 1$ | binomial: a coin tossed $n$ times | multinomial |


# %%
def multinomial(m, y):
    ways = math.factorial(sum(m)) // math.prod(map(math.factorial, m))
    return ways * math.prod(y_k**m_k for y_k, m_k in zip(y, m))


print(f"Bernoulli    {multinomial([1, 0], [0.7, 0.3]):.4f} = y")
print(f"binomial     {multinomial([7, 3], [0.7, 0.3]):.4f} = {math.comb(10, 7)} · 0.7⁷ · 0.3³")
print(f"categorical  {multinomial([0, 1, 0], [0.2, 0.7, 0.1]):.4f} = y of the true class")

# %% [markdown]
# The number of ways does not depend on $y$. In the logarithm it is a constant, so it has no
# influence on the gradient: cross-entropy serves the whole family.
#
# ## Exercises
#
# **6.1** A network predicts the probabilities $(0.05, 0.15, 0.80)$ for three classes. The true
# class is 1 (the first class is 0). What is the cross-entropy?

# %%
error_of_sample = ...
check("6.1", error_of_sample)

# %% [markdown]
# **6.2** A softmax layer has the pre-activations $a = (1, 2, 0)$, and the true class is 0. Give
# the three $\delta_k$ for the cross-entropy.

# %%
softmax_deltas = ...
check("6.2", softmax_deltas)

# %% [markdown]
# **6.3** A program descends the *mean* error of 150 samples with $\eta = 0.3$. You rewrite it with
# the *sum* of the errors. With which learning rate does it make the same steps?

# %%
learning_rate = ...
check("6.3", learning_rate)

# %% [markdown]
# **6.4** A logistic unit has $a = 4$, but its target is 0. By what factor is $\delta$ larger with
# cross-entropy than with the half squared error?

# %%
factor = ...
check("6.4", factor)

# %% [markdown]
# **6.5** A network is to predict *counts* $t = 0, 1, 2, \dots$ with the Poisson distribution
# $p(t \mid y) = y^t e^{-y} / t!$. Write its error as a function `poisson_error(y, t)` of a `Value`
# y and a number t, so that it can be differentiated. The check uses the output activation
# $y = e^a$ and looks whether $\delta = y - t$ emerges once more.

# %%
poisson_error = ...
check("6.5", poisson_error)

# %% [markdown]
# ## Summary
#
# - An error is minus the logarithm of a likelihood: the smaller it is, the more probable are the
#   data.
# - Gaussian noise gives the squared error, Bernoulli the binary cross-entropy, a categorical
#   target the cross-entropy.
# - With the output activation that belongs to it, $\delta = y - t$: the slope of the error cancels
#   the slope of the activation.
# - Squared error with a logistic unit keeps the factor $y(1-y)$ and learns slowly when it is badly
#   wrong.
# - Errors of independent points add up; the mean differs by the factor $1/n$ only.

# %% [markdown]
# Next: [7 · Training](07_training.ipynb). Back to the [index](index.ipynb).
