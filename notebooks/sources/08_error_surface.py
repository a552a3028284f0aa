# %% [markdown]
# # 8 · The error surface
#
# The error is a height over the space of all weights, and training is a walk downhill. After this
# lesson you can read such a landscape: minima, saddle and ravine, the gradient as an arrow, and
# the paths that different optimisers take.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm

from nn.plots import FAINT, GREEN, GREY, INK, ROSE, VIOLET, course_style

course_style()

# %% [markdown]
# ## A network with two weights
#
# A surface can be drawn over two weights only. So take a network with one input and two tanh units
# and fix everything but the two weights from the input:
#
# $$y(x) = \tanh(w_1 x + 1) + 0.7 \tanh(w_2 x).$$
#
# The targets come from the same network with $w = (2, -1)$, so that the smallest possible error is
# known: zero.

# %%
from autograd import grad, tanh


def network(x, w1, w2):
    return tanh(w1 * x + 1) + 0.7 * tanh(w2 * x)


inputs = [i / 5 for i in range(-10, 11)]
targets = [network(x, 2.0, -1.0) for x in inputs]


def E(w):
    return sum(0.5 * (network(x, *w) - t) ** 2 for x, t in zip(inputs, targets)) / len(inputs)


print(f"E(2, -1) = {E([2.0, -1.0])}   E(-1, 1) = {E([-1.0, 1.0]):.4f}")
print("gradient at (-1, 1):", [round(g, 4) for g in grad(E)([-1.0, 1.0])])

# %% [markdown]
# `grad(E)` builds the graph and runs backpropagation. The same function `E` also takes arrays, so
# that one call gives the height at every point of a grid.

# %% tags=["thumbnail"]
w1, w2 = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-3, 3, 121))
height = E([w1, w2])
levels = np.linspace(0, 1.3, 15) ** 2  # closer together where the surface is flat

fig = plt.figure(figsize=(9, 3.9))
ax = fig.add_subplot(1, 2, 1, projection="3d")
ax.plot_surface(w1, w2, height, cmap="Greys", norm=PowerNorm(0.4, vmin=-0.2, vmax=4))
ax.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="$E$")
ax.view_init(elev=50, azim=60)


def contours(ax):
    ax.contourf(w1, w2, height, levels, cmap="height", extend="max")
    ax.contour(w1, w2, height, levels, colors=FAINT, linewidths=1.5)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal", xlim=(-3, 3), ylim=(-3, 3))


contours(fig.add_subplot(1, 2, 2))
plt.show()

# %% [markdown]
# The contour plot on the right shows the surface from above, like a map: on a line the error is
# the same, and where lines are close the slope is steep. White is low. There are two valleys, with
# a high ridge behind them at negative $w_1$ and $w_2$.
#
# ## Two minima
#
# At the bottom of a valley the gradient is zero. Let gradient descent run from one start in each
# valley, then look at the gradient and at the eigenvalues of the Hessian (the curvatures): both
# positive means a minimum.

# %%
from autograd import hessian


def descend(w, eta=0.5, steps=100):
    path = [w]
    for _ in range(steps):
        w = [w_i - eta * g_i for w_i, g_i in zip(w, grad(E)(w))]
        path.append(w)
    return path


w_A, w_B = [descend(w, eta=2.0, steps=300)[-1] for w in ([-1.0, 1.0], [1.0, -1.0])]
for name, w in (("A", w_A), ("B", w_B)):
    slope, curvatures = np.linalg.norm(grad(E)(w)), np.linalg.eigvalsh(hessian(E)(w))
    print(
        f"w_{name} = ({w[0]:.2f}, {w[1]:.2f})   E = {E(w):.4f}   |∇E| = {slope:.4f}   "
        f"curvatures {curvatures.round(3)}"
    )

# %% [markdown]
# $w_B$ is the **global minimum**. $w_A$ is a **local minimum**: every small change of the weights
# makes the error larger, and yet the error is not the smallest (PRML, figure 5.5). In $w_A$ the
# two units have taken each other's part, and the fixed biases and output weights do not suit them.

# %%
x = np.linspace(-2, 2, 100)
plt.figure(figsize=(9, 3.6))
plt.plot(inputs, targets, "o", color=INK, fillstyle="none", label="data")
plt.plot(x, network(x, *w_B), color=GREEN, label="global minimum $w_B$")
plt.plot(x, network(x, *w_A), "--", color=ROSE, label="local minimum $w_A$")
plt.xlabel("$x$")
plt.ylabel("$t$, $y$")
plt.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# ## The gradient at a point
#
# At any other point, such as $w_C$, the gradient is an arrow in the plane of the weights. It
# points in the direction in which the error grows fastest, at a right angle to the contour line.
# Gradient descent goes the opposite way. (Both arrows are drawn at twice their length.)

# %%
w_C = [-1.0, -0.6]
g = np.array(grad(E)(w_C))
fig, ax = plt.subplots(figsize=(5.2, 4.8))
contours(ax)
ax.contour(w1, w2, height, [E(w_C)], colors=INK, linewidths=2.5)
for name, w in (("A", w_A), ("B", w_B), ("C", w_C)):
    ax.plot(*w, "o", color=INK)
    ax.annotate(f"$w_{name}$", w, xytext=(7, -16), textcoords="offset points")
for name, end, colour in (
    (r"$\nabla E$", w_C + 2 * g, VIOLET),
    (r"$-\nabla E$", w_C - 2 * g, GREEN),
):
    arrow = {"arrowstyle": "<|-", "linewidth": 3, "color": colour, "shrinkB": 0}
    box = {"color": "white", "pad": 1}
    ax.annotate(name, w_C, end, arrowprops=arrow, bbox=box, color=colour, ha="center", va="center")
plt.show()

# %% [markdown]
# Walk a tiny distance from $w_C$ in every direction of the compass and measure how steep it is.
# The measured slopes agree with $|\nabla E| \cos\varphi$, where $\varphi$ is the angle between the
# direction and the gradient: largest along it, zero across.

# %%
angles = np.linspace(0, 2 * np.pi, 25)
measured = []
for angle in angles:
    direction = np.array([np.cos(angle), np.sin(angle)])
    measured.append((E(w_C + 1e-4 * direction) - E(w_C - 1e-4 * direction)) / 2e-4)
formula = np.linalg.norm(g) * np.cos(angles - np.arctan2(g[1], g[0]))

plt.figure(figsize=(8, 3.6))
plt.plot(np.degrees(angles), formula, label=r"$|\nabla E| \cos\varphi$")
plt.plot(np.degrees(angles), measured, "o", label="measured")
plt.xlabel("direction, in degrees from the $w_1$ axis")
plt.ylabel("slope of $E$")
plt.xticks(range(0, 361, 90))
plt.legend()
plt.show()

# %% [markdown]
# ## The gradient changes on the way
#
# The gradient is that of *one* point. Gradient descent computes it again after every update (PRML,
# section 5.2.4). What happens if you keep the first one?

# %%
start = [2.5, 1.5]
path = np.array(descend(start, eta=1.0))
frozen = np.array([np.array(start) - n * np.array(grad(E)(start)) for n in range(40)])

fig, axes = plt.subplots(1, 2, figsize=(9, 4))
contours(axes[0])
axes[0].plot(*frozen.T, "s-", color=ROSE, markersize=4)
axes[0].plot(*path.T, "o-", color=GREEN, markersize=4)
axes[1].plot([E(w) for w in frozen], "s-", color=ROSE, markersize=4, label="first gradient kept")
axes[1].plot([E(w) for w in path[:40]], "o-", color=GREEN, markersize=4, label="computed again")
axes[1].legend()
axes[1].set(xlabel="update", ylabel="$E$")
plt.show()

# %% [markdown]
# ## The start decides
#
# Gradient descent cannot see the other valley. Start it at 121 points and mark each by the minimum
# in whose valley it ends.


# %%
def ends_in_B(start):
    w1_at_the_end = descend(list(start), eta=2.0, steps=40)[-1][0]
    return w1_at_the_end > 0.5  # the valleys lie on either side of it


fig, ax = plt.subplots(figsize=(6.6, 4.8))
contours(ax)
numbers = np.linspace(-2.75, 2.75, 11).tolist()
starts = np.array([[a, b] for a in numbers for b in numbers])
in_B = np.array([ends_in_B(w) for w in starts])
ax.plot(*starts[in_B].T, "o", color=GREEN, label="ends in $w_B$")
ax.plot(*starts[~in_B].T, "x", color=ROSE, markeredgewidth=2, label="ends in $w_A$")
ax.plot(*zip(w_A, w_B), "*", color=INK, markersize=15)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# This is why one trains a network from several random starts and keeps the best.
#
# ## A saddle
#
# Between the two valleys lies a pass. There the gradient is zero too, but it is no minimum: along
# one direction the surface curves up, along the other down. Newton's method,
# $w \leftarrow w - H^{-1} \nabla E$, finds points with zero gradient of any kind.

# %%
w_S = np.array([0.0, 0.5])
for _ in range(5):
    w_S = w_S - np.linalg.solve(hessian(E)(list(w_S)), grad(E)(list(w_S)))
curvatures, directions = np.linalg.eigh(hessian(E)(list(w_S)))
print(
    f"saddle at ({w_S[0]:.3f}, {w_S[1]:.3f}), |∇E| = {np.linalg.norm(grad(E)(list(w_S))):.4f}, "
    f"curvatures {curvatures.round(2)}"
)

fig, axes = plt.subplots(1, 2, figsize=(9, 4))
contours(axes[0])
for side, colour, line in ((1e-3, GREEN, "o-"), (-1e-3, ROSE, "s--")):
    path = np.array(descend(list(w_S + side * directions[:, 0]), eta=0.5, steps=80))
    axes[0].plot(*path.T, line, color=colour, markersize=4)
    axes[1].plot([E(w) for w in path], line[1:], color=colour)
axes[0].plot(*w_S, "X", color=INK, markersize=10)
axes[1].set(xlabel="update", ylabel="$E$", ylim=0)
plt.show()

# %% [markdown]
# Two starts, a thousandth to either side of the saddle, end in different valleys. Both first stay
# on a **plateau**: near a point with zero gradient the steps are tiny. A flat learning curve does
# not prove that training has arrived.
#
# ## A ravine
#
# Often the surface is steep in one direction and flat in another. The simplest case is a linear
# unit $y = w_1 x_1 + w_2 x_2$ whose second input is measured in a larger unit, so that its numbers
# are small. Its error is a quadratic bowl; the curvatures are the eigenvalues $\lambda$ of the
# Hessian.

# %%
rng = np.random.default_rng(0)
samples = rng.normal(size=(40, 2)) * [1.0, 0.25]


def bowl(w):
    return sum(0.5 * ((w[0] - 1) * a + (w[1] - 1) * b) ** 2 for a, b in samples.tolist()) / 40


curvatures = np.linalg.eigvalsh(hessian(bowl)([0.0, 0.0]))
print(
    f"curvatures {curvatures.round(3)}, ratio {curvatures[1] / curvatures[0]:.0f}, "
    f"limit of the learning rate 2/λ = {2 / curvatures[1]:.2f}"
)

# %% [markdown]
# In the direction of the curvature $\lambda$ an update multiplies the distance to the minimum by
# $1 - \eta\lambda$. It shrinks if $\eta < 2/\lambda$, so the *steepest* direction sets the limit,
# and the flattest then crawls.

# %%
from autograd import Value
from nn import SGD


def bowl_path(steps, **options):
    w = [Value(-0.5), Value(-2.0)]
    optimizer = SGD(w, **options)
    path = [[w_i.data for w_i in w]]
    for _ in range(steps):
        optimizer.zero_grad()
        bowl(w).backward()
        optimizer.step()
        path.append([w_i.data for w_i in w])
    return np.array(path)


limit = 2 / curvatures[1]
runs = {
    "0.1 × limit": {"lr": 0.1 * limit},
    "0.95 × limit": {"lr": 0.95 * limit},
    "1.02 × limit": {"lr": 1.02 * limit},
    "momentum 0.8": {"lr": 0.1 * limit, "momentum": 0.8},
}
u, v = np.meshgrid(np.linspace(-1.2, 3.2, 80), np.linspace(-2.5, 3.5, 80))
fig, axes = plt.subplots(1, 4, figsize=(10, 3.6), sharey=True)
for ax, (name, options) in zip(axes, runs.items()):
    ax.contour(u, v, bowl([u, v]), np.linspace(0.05, 1.6, 9) ** 2, colors=FAINT, linewidths=1.5)
    ax.plot(*bowl_path(25, **options).T, "o-", color=GREEN, markersize=4)
    ax.plot(1, 1, "*", color=INK, markersize=14, zorder=3)
    ax.set(title=name, xlabel="$w_1$", xlim=(-1.2, 3.2), ylim=(-2.5, 3.5))
axes[0].set_ylabel("$w_2$")
plt.show()

# %% [markdown]
# All four runs make 25 updates. A small rate creeps along the ravine; a rate just below the limit
# zigzags across it; just above, the zigzag grows. Momentum cancels the sideways steps and adds up
# those along the ravine. Bringing both inputs to the same scale helps as well, for it makes the
# bowl rounder.
#
# ## Four optimisers
#
# Back to the first surface. Four optimisers start at the same point and make 100 updates each.

# %%
from nn import Adam, RMSprop

weights = [Value(2.5), Value(2.5)]
optimizers = {
    "gradient descent": (SGD(weights, lr=0.5), "o"),
    "with momentum": (SGD(weights, lr=0.5, momentum=0.8), "s"),
    "RMSprop": (RMSprop(weights, lr=0.03), "^"),
    "Adam": (Adam(weights, lr=0.1), "D"),
}
fig, ax = plt.subplots(figsize=(7.4, 4.8))
contours(ax)
for name, (optimizer, marker) in optimizers.items():
    weights[0].data, weights[1].data = 2.5, 2.5
    path = [[2.5, 2.5]]
    for _ in range(100):
        optimizer.zero_grad()
        E(weights).backward()
        optimizer.step()
        path.append([w.data for w in weights])
    ax.plot(*zip(*path), marker=marker, markevery=5, label=name)
ax.plot(*zip(w_A, w_B), "*", color=GREY, markeredgecolor=INK, markersize=16, zorder=4)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Gradient descent and momentum follow the steepest slope into the local minimum; momentum
# overshoots and swings back. RMSprop and Adam divide by the size of each weight's own gradients,
# so that both weights first move equally fast: they set out along the diagonal and arrive in the
# other valley. From another start it may be the other way round; no optimiser finds the global
# minimum for certain.
#
# ## Exercises
#
# **8.1** A chain of two linear units with the sample $x = 1$, $t = 1$ has the error
# $E = \frac12 (w_1 w_2 - 1)^2$. What is its gradient at $w = (2, 1)$? Give the two numbers.

# %%
from deltarule.exercises import check

gradient = ...
check("8.1", gradient)

# %% [markdown]
# **8.2** Gradient descent runs in the bowl $E = \frac12 (w_1^2 + 25\,w_2^2)$. Below which learning
# rate does it converge from every start?

# %%
limit_of_eta = ...
check("8.2", limit_of_eta)

# %% [markdown]
# **8.3** At $w = (0, 0)$ the gradient of the error of exercise 8.1 is zero. Give the two
# eigenvalues of the Hessian there, and decide what kind of point it is. (Would a network that
# starts with all weights zero ever leave it?)

# %%
eigenvalues = ...
check("8.3", eigenvalues)

# %% [markdown]
# **8.4** Write `walk(slope, w, eta, steps)` for a single weight: `slope` is a function that
# returns the derivative of the error at the number that it is given. Return the weight after
# `steps` updates. (Replace the line with dots by your definition.)

# %%
walk = ...
check("8.4", walk)

# %% [markdown]
# **8.5** Find a start between $-3$ and $3$ that lies nearer to $w_B$ than to $w_A$, but from which
# gradient descent with $\eta = 0.5$ arrives in $w_A$ after 300 updates. Give $w_1$ and $w_2$.
# (`descend(w, steps=300)[-1]` is where a start ends.)

# %%
unlucky_start = ...
check("8.5", unlucky_start)

# %% [markdown]
# ## Summary
#
# - The error is a surface over the weights; at minima and saddles its gradient is zero, and the
#   curvatures tell which it is.
# - The gradient is an arrow at one point, across the contour line and uphill; it has to be
#   computed again after every update.
# - A local minimum is lowest among its neighbours only; the start and the optimiser decide where a
#   path ends.
# - Near a saddle the learning curve is flat although training is not finished.
# - In a ravine the steepest direction limits the learning rate, $\eta < 2/\lambda_{\max}$;
#   momentum and equal scales help.
#
# Next: [9 · Regression](09_regression.ipynb), where a network learns functions. Back to the
# [index](index.ipynb).
