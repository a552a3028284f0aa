# %% [markdown]
# # 13 · Second derivatives and your own operation
#
# A derivative is again a function, so it has derivatives too. In this lesson you differentiate
# twice, use second derivatives to walk to a minimum in a few steps (Newton's method) and to find
# the largest learning rate that works. Then you add an operation of your own to the engine, in one
# row.

# %%
import matplotlib.pyplot as plt
import numpy as np

from autograd import Operation, Value, atan, cosh, exp, grad, gradcheck, gradients, hessian, tanh
from autograd.view import draw, explain
from deltarule.exercises import check
from nn import MLP, Adam, deltas, fit, half_squared_error, predict
from nn.plots import FAINT, GREEN, GREY, INK, ROSE, course_style, text_on

course_style()

# %% [markdown]
# ## The derivative of a derivative
#
# `grad(f)` is the function $f'$, so `grad(grad(f))` is $f''$. For $\tanh$ the textbook has
# $\tanh' = 1 - \tanh^2$ (PRML, eq. 5.60), and once more by the chain rule
# $\tanh'' = -2 \tanh\,(1 - \tanh^2)$. The lines below are computed by the graph, the dots by these
# formulas.

# %%
xs = np.linspace(-3, 3, 121)
slope, curvature = grad(tanh), grad(grad(tanh))

figure, ax = plt.subplots()
ax.plot(xs, [tanh(x) for x in xs], label=r"$\tanh$")
ax.plot(xs, [slope(x) for x in xs], label=r"$\tanh'$")
ax.plot(xs, [curvature(x) for x in xs], label=r"$\tanh''$")
y = np.tanh(xs[::6])
ax.plot(xs[::6], 1 - y**2, "o", color=GREEN)
ax.plot(xs[::6], -2 * y * (1 - y**2), "s", color=ROSE)
ax.set(xlabel="$x$")
ax.legend()
plt.show()

# %% [markdown]
# How can a graph do that? In an ordinary backward pass, gradients are floats. With
# `create_graph=True` they are *nodes*: each "local times upstream" is recorded like any other
# product. The slope of $y = x^3$ then comes with a graph that leads back to $x$.

# %%
x = Value(2.0, label="x")
y = x**3
(slope_node,) = gradients(y, [x], create_graph=True)
slope_node.label = "dy/dx"
draw(slope_node)

# %% [markdown]
# So it can be differentiated like everything else. At $x = 2$ we expect $3x^2 = 12$ and $6x = 12$,
# and the third derivative is 6.

# %%
(second,) = gradients(slope_node, [x], create_graph=True)
(third,) = gradients(second, [x])
slope_node.data, second.data, third

# %% [markdown]
# ## Newton's method
#
# Gradient descent knows only the slope, so somebody has to choose how far to go: the learning rate
# $\eta$. The second derivative tells how quickly the slope changes, and hence where it will be
# zero:
#
# $$x \leftarrow x - \eta\, f'(x) \quad\text{(gradient descent)} \qquad\qquad
# x \leftarrow x - \frac{f'(x)}{f''(x)} \quad\text{(Newton)}$$
#
# We try $f(x) = e^x - 2x$. Its slope is zero where $e^x = 2$, that is at $x = \ln 2$.


# %%
def f(x):
    return exp(x) - 2 * x


def descend(x):
    return x - 0.2 * grad(f)(x)


def newton(x):
    return x - grad(f)(x) / grad(grad(f))(x)


paths = {}
for step in (descend, newton):
    paths[step] = [2.0]
    for _ in range(5):
        paths[step].append(step(paths[step][-1]))

print("step  gradient descent  Newton")
for i, (slow, fast) in enumerate(zip(paths[descend], paths[newton])):
    print(f"{i:4}  {slow:16.10f}  {fast:.10f}")
print(f"ln 2  {np.log(2):16.10f}  {np.log(2):.10f}")

# %% [markdown]
# Newton's method doubles the number of correct digits in each step once it is near. Gradient
# descent takes about the same fraction off the distance each time, here 40 %: on a logarithmic
# axis, that is a straight line.

# %%
figure, ax = plt.subplots()
for step, line, name in (
    (descend, "o-", r"gradient descent, $\eta = 0.2$"),
    (newton, "s--", "Newton"),
):
    distance = [abs(x - np.log(2)) for x in paths[step]]
    ax.semilogy(distance, line, label=name)
ax.set(xlabel="step", ylabel=r"distance to $\ln 2$")
ax.legend()
plt.show()

# %% [markdown]
# ## Two variables: the Hessian
#
# A function of several variables has a whole matrix of second derivatives, the *Hessian*
# $H_{ij} = \partial^2 f/\partial x_i\,\partial x_j$. It is symmetric. `hessian(f)` computes it by
# differentiating the gradient, and Newton's step becomes
#
# $$\mathbf x \leftarrow \mathbf x - H^{-1} \nabla f.$$


# %%
def valley(x):
    return exp(x[0] + 3 * x[1] - 0.1) + exp(x[0] - 3 * x[1] - 0.1) + exp(-x[0] - 0.1)


np.array(hessian(valley)([-2.0, 0.9])).round(3)


# %%
def newton_step(x):
    return x - np.linalg.solve(hessian(valley)(x), grad(valley)(x))


def descent_step(x):
    return x - 0.08 * np.array(grad(valley)(x))


def path(step, start, length):
    points = [np.array(start)]
    for _ in range(length):
        points.append(step(points[-1]))
    return np.array(points)


slow, fast = path(descent_step, [-2.0, 0.9], 12), path(newton_step, [-2.0, 0.9], 5)

# %% tags=["thumbnail"]
u, v = np.meshgrid(np.linspace(-2.3, 0.8, 150), np.linspace(-0.75, 1.1, 150))
figure, ax = plt.subplots(figsize=(8, 4.6))
ax.contour(u, v, np.log(valley([u, v])), levels=18, colors=FAINT, linewidths=1.5)
ax.plot(*slow.T, "o-", color=INK, label="gradient descent, 12 steps")
ax.plot(*fast.T, "s--", color=GREEN, label="Newton, 5 steps")
ax.plot(-np.log(2) / 2, 0, "*", color=ROSE, markersize=16, zorder=5, label="minimum")
ax.set(xlabel="$x_1$", ylabel="$x_2$")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# Towards the minimum the slope becomes small, and with it the steps of gradient descent. Newton's
# steps remain as long as they should be, because the slope is divided by the curvature. The price
# is the Hessian, with $W^2$ numbers for $W$ weights: networks with many weights are trained with
# gradients, and Hessians are for small problems and for understanding.
#
# ## The Hessian of a network
#
# Here is a network with three weights: $y = w_3 \tanh(w_1 x + w_2)$, one hidden unit between an
# input and a linear output. Its error $E = \frac12\sum_n (y_n - t_n)^2$ on 15 noisy points is a
# function of three numbers.

# %%
rng = np.random.default_rng(0)
inputs = np.linspace(-2, 2, 15).tolist()
targets = [1.5 * np.tanh(1.2 * x + 0.5) + 0.1 * rng.normal() for x in inputs]


def error(w):
    return sum([(w[2] * tanh(w[0] * x + w[1]) - t) ** 2 / 2 for x, t in zip(inputs, targets)])


w = np.array([1.0, 0.4, 1.4])
for _ in range(8):
    w = w - np.linalg.solve(hessian(error)(w), grad(error)(w))
print("w =", w.round(4), " gradient:", abs(np.array(grad(error)(w))).round(9))

# %% [markdown]
# Newton's method needs a start that is near enough, where the Hessian is positive definite. At the
# minimum that it has found the gradient is zero, and the Hessian is what is left:

# %%
H = np.array(hessian(error)(w))
names = ["$w_1$", "$w_2$", "$w_3$"]
figure, ax = plt.subplots(figsize=(4.6, 3.8))
image = ax.imshow(H, cmap="signed", vmin=-10, vmax=10)
for i in range(3):
    for j in range(3):
        colour = text_on(image.to_rgba(H[i, j]))
        ax.text(j, i, f"{H[i, j]:.2f}", ha="center", va="center", color=colour)
ax.set(xticks=range(3), xticklabels=names, yticks=range(3), yticklabels=names, frame_on=False)
figure.colorbar(image, label=r"$\partial^2 E / \partial w_i\, \partial w_j$")
plt.show()

# %% [markdown]
# Its eigenvalues are the curvatures along its eigenvectors. All are positive: from this point the
# error rises in every direction, so it is a minimum, and not a saddle.

# %%
curvatures, directions = np.linalg.eigh(H)
print("eigenvalues:", curvatures.round(3))
print("flattest direction:", (directions[:, 0] * np.sign(directions[0, 0])).round(2))

# %% [markdown]
# Along the flattest direction $w_1$ and $w_2$ grow while $w_3$ shrinks a little: a steeper tanh
# with a smaller output weight is almost the same function on these data.
#
# ## What the eigenvalues say about the learning rate
#
# Near the minimum, a step of gradient descent multiplies the distance along an eigenvector with
# eigenvalue $\lambda$ by $1 - \eta\lambda$. That must stay between $-1$ and $1$ for *all* of them,
# so
#
# $$\eta < \frac{2}{\lambda_{\max}}.$$
#
# We start a little beside the minimum and try three learning rates around this limit.


# %%
def distances(eta, steps=60):
    v = w + 0.01 * directions.sum(axis=1)
    result = [np.linalg.norm(v - w)]
    for _ in range(steps):
        v = v - eta * np.array(grad(error)(v))
        result.append(np.linalg.norm(v - w))
    return result


limit = 2 / curvatures.max()
figure, ax = plt.subplots()
for share in (0.5, 0.95, 1.05):
    label = rf"$\eta = {share * limit:.3f}$, {100 * share:.0f} % of the limit"
    ax.semilogy(distances(share * limit), label=label)
ax.set(xlabel="step", ylabel="distance to the minimum")
ax.legend()
plt.show()
print(f"limit 2/λ_max = {limit:.4f}")

# %% [markdown]
# Below the limit the distance falls. Above it grows, until the weights are so far away that the
# curvature is another one. In the long run the *smallest* eigenvalue decides how fast it falls: by
# the factor $1 - \eta\lambda_{\min}$ in each step. Where the ratio $\lambda_{\max}/\lambda_{\min}$,
# the condition number, is large, every learning rate below the limit is slow.

# %%
eta = 0.5 * limit
d = distances(eta)
print(f"measured factor per step  {d[-1] / d[-2]:.4f}")
print(f"1 - η λ_min               {1 - eta * curvatures.min():.4f}")
print(f"condition number          {curvatures.max() / curvatures.min():.1f}")

# %% [markdown]
# ## An operation of your own, in one row
#
# The Gudermannian function is an activation much like $\tanh$, with limits $\pm\pi/2$:
#
# $$\operatorname{gd}(a) = 2\arctan\left(\tanh\frac a2\right), \qquad
# \operatorname{gd}'(a) = \frac{1}{\cosh a}.$$
#
# The engine has it under the name `gudermannian`. Suppose it had not: to add it, write down how it
# is computed and its local derivative. The rule returns a tuple, with one derivative for each
# operand, and both lines use operations of the engine, not of `math`.

# %%
gd = Operation(
    "gd",
    lambda x: 2 * atan(tanh(x / 2)),
    lambda y, x: (1 / cosh(x),),
    tex=r"\operatorname{gd}",
)
a = Value(0.7, label="a")
z = gd(a)
z.backward()
print(f"graph: {a.grad:.10f}  1/cosh(a): {1 / np.cosh(0.7):.10f}")

# %% [markdown]
# Is the rule right? `gradcheck` compares it with finite differences. A wrong rule, here with a
# square too many, is found:

# %% tags=["varies"]
wrong = Operation("wrong_gd", gd.forward, lambda y, x: (1 / cosh(x) ** 2,))
print(gradcheck(gd, 0.7))
print(gradcheck(wrong, 0.7))

# %% [markdown]
# You have not written a second derivative, but there is one: the rule is made of operations
# that have rules themselves. By hand, $\operatorname{gd}''(a) = -\sinh a/\cosh^2 a$ (dots).

# %%
figure, ax = plt.subplots()
ax.plot(xs, [gd(x) for x in xs], label=r"$\mathrm{gd}$")
ax.plot(xs, [grad(gd)(x) for x in xs], label=r"$\mathrm{gd}'$")
ax.plot(xs, [grad(grad(gd))(x) for x in xs], label=r"$\mathrm{gd}''$")
dots = xs[::6]
ax.plot(dots, 1 / np.cosh(dots), "o", color=GREEN)
ax.plot(dots, -np.sinh(dots) / np.cosh(dots) ** 2, "s", color=ROSE)
ax.set(xlabel="$a$")
ax.legend()
plt.show()

# %% [markdown]
# `explain` prints the row as a textbook would, from the same two lines:

# %%
explain(gd)

# %% [markdown]
# ## Use it in a network
#
# Wherever an activation is asked for, your operation will do. Three hidden units with `gd` and a
# linear output shall fit $\sin 3x$.

# %%
model = MLP(1, [3, 1], activation=gd, rng=1)
points = np.linspace(-1, 1, 50)
X, T = [[x] for x in points], np.sin(3 * points).tolist()
history = fit(
    model,
    X,
    T,
    "half_squared_error",
    optimizer=Adam(model.parameters(), lr=0.05),
    epochs=1500,
    compiled=True,
    progress=False,
)

# %%
hidden = np.array([[unit.data for unit in model.layers[0](x)] for x in X])
figure, ax = plt.subplots()
ax.plot(points, T, "o", color=INK, fillstyle="none", label=r"data, $\sin 3x$")
ax.plot(points, predict(model, X), "-", color=GREEN, label="network")
lines = ax.plot(points, hidden, "--", color=GREY)
lines[0].set_label("hidden units, gd$(a_j)$")
ax.set(xlabel="$x$", ylim=(-1.6, 2.1))
ax.legend(loc="upper center", ncols=3)
plt.show()

# %% [markdown]
# Backpropagation works for it too. The textbook says $\delta_j = h'(a_j) \sum_k w_{kj}\,\delta_k$
# for hidden units (PRML, eq. 5.56), now with $h'(a_j) = 1/\cosh a_j$ and $\delta_k = y - t$. The
# network has never seen this formula, only the row of the table; here are both for one sample.

# %%
y, t = model([0.4]), 0.0
E = half_squared_error(y, t)
E.backward()
pre_activations = [a.data for a in model.layers[0].pre_activations([0.4])]
weights = [w.data for w in model.layers[1].neurons[0].w]

print("δ_j from the graph   w_j (y - t) / cosh(a_j)")
for delta, a_j, w_j in zip(deltas(E)[1][0], pre_activations, weights):
    print(f"{delta:18.8f}   {w_j * (y.data - t) / np.cosh(a_j):23.8f}")

# %% [markdown]
# ## Exercises
#
# **13.1** Let $f(x) = \sin(x^2)$. What is $f''(1)$? Use `grad`, or work it out on paper.

# %%
second_derivative = ...
check("13.1", second_derivative)

# %% [markdown]
# **13.2** Write a function `step(f, x)` that returns the point after *one* step of Newton's method
# towards a minimum of any function `f` of one number.

# %%
one_newton_step = ...
check("13.2", one_newton_step)

# %% [markdown]
# **13.3** For $E(w_1, w_2) = 5 w_1^2 + 2 w_1 w_2 + \frac72 w_2^2$, below which learning rate does
# gradient descent converge from every start? (`np.linalg.eigvalsh` gives eigenvalues.)

# %%
limit_of_learning_rate = ...
check("13.3", limit_of_learning_rate)

# %% [markdown]
# **13.4** Add the activation $h(a) = a + \frac12\left(\sqrt{a^2 + 1} - 1\right)$, the "bent
# identity", as one `Operation` named `"bent"`. Import `sqrt` from `autograd`. The second
# derivative shall work, too.

# %%
bent = ...
check("13.4", bent)

# %% [markdown]
# **13.5** At a point where the gradient is zero the eigenvalues of the Hessian tell a minimum from
# a maximum and a saddle. Write a function `kind(f, x)` that returns `"minimum"`, `"maximum"`,
# `"saddle"`, or `"slope"` if the gradient is not zero at all. `f` takes a list of numbers, and `x`
# is one.

# %%
kind_of_point = ...
check("13.5", kind_of_point)

# %% [markdown]
# ## Summary
#
# - With gradients that are nodes themselves, the graph of a derivative can be differentiated again,
#   as often as you like.
# - Newton's method divides the slope by the curvature, $\mathbf x - H^{-1}\nabla f$: few steps, but
#   each needs $W^2$ second derivatives, and a start that is near enough.
# - At a minimum all eigenvalues of the Hessian are positive. Gradient descent converges for
#   $\eta < 2/\lambda_{\max}$, and $\lambda_{\max}/\lambda_{\min}$ says how slowly.
# - An operation is one row: its formula and its local derivatives. Higher derivatives, checks,
#   formulas and networks follow.
#
# This was the last lesson. Go through an earlier one again with an operation of your own, for
# example [9 · Regression](09_regression.ipynb), or return to the [index](index.ipynb).
