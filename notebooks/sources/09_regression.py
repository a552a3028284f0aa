# %% [markdown]
# # 9 · Regression
#
# After this lesson you can fit a function with a small network, see what each hidden unit
# contributes to it, and say what such a network can do and what it cannot.

# %%
import math
import random

import matplotlib.pyplot as plt

from deltarule.exercises import check
from nn import MLP, Adam, CosineAnnealingLR, deltas, fit, half_squared_error, predict, total
from nn.data import Dataset, load
from nn.plots import GOLD, GREEN, GREY, INK, ROSE, VIOLET, course_style, regression_fit

course_style()

# %% [markdown]
# ## Four functions
#
# PRML, figure 5.3, shows what two layers can do. From 50 points with $x \in (-1, 1)$ a network is
# to learn a parabola, a sine, $|x|$ and the Heaviside step function. The sine is $\sin \pi x$: the
# caption there says $\sin x$, but the picture shows a whole period.

# %%
names = {"square": "$x^2$", "sin": r"$\sin\,\pi x$", "abs": "$|x|$", "heaviside": "step"}
datasets = {name: load(name) for name in names}

figure, row = plt.subplots(1, 4, figsize=(10, 2.8), sharey=True)
for axes, (name, data) in zip(row, datasets.items()):
    axes.plot(data.inputs, data.targets, ".")
    axes.set(title=names[name], xlabel="$x$")
row[0].set_ylabel("target $t$")
plt.show()

# %% [markdown]
# The network is $y(x) = \sum_j w_{kj} \tanh(w_{ji}\, x + w_{j0}) + w_{k0}$ with three hidden
# units. Its output is the **identity**, since a target may be any real number, and its error is
# the half squared error. All weights start as small random numbers. So do the biases of the hidden
# units: if they were all 0, every hidden unit would start as an odd function of $x$, a poor start
# for the even $x^2$ and $|x|$.


# %%
def network(hidden: int, seed: int = 3) -> MLP:
    model = MLP(1, [hidden, 1], activation="tanh", output="identity", rng=seed)
    rng = random.Random(100 + seed)
    for neuron in model.layers[0].neurons:
        neuron.b.data = rng.uniform(-1, 1)
    return model


def learn(model: MLP, data: Dataset, epochs: int = 3000) -> float:
    """Fit the network; return the root of the mean squared error."""
    optimizer = Adam(model.parameters(), lr=0.05)
    slower = CosineAnnealingLR(optimizer, T_max=epochs)
    options = {"epochs": epochs, "schedule": slower, "compiled": True, "progress": False}
    loss = "half_squared_error"
    history = fit(model, data.inputs, data.targets, loss, optimizer=optimizer, **options)
    return math.sqrt(2 * history[-1]["train_loss"])


models = {name: network(3) for name in names}
rms = {name: learn(models[name], data) for name, data in datasets.items()}

# %% [markdown]
# Circles are the data, the thick line is the network, and the broken lines are the outputs $z_j$
# of the three hidden units. The title gives the typical distance between the line and a point
# (rms).

# %% tags=["thumbnail"]
curve = [k / 100 for k in range(-100, 101)]


def draw_fit(axes, model: MLP, data: Dataset) -> None:
    hidden = [[neuron([x]).data for x in curve] for neuron in model.layers[0].neurons]
    outputs = predict(model, [[x] for x in curve])
    regression_fit(data.inputs, data.targets, curve, outputs, hidden, ax=axes)
    axes.get_legend().remove()


figure, grid = plt.subplots(2, 2, figsize=(9, 6.4))
for axes, name in zip(grid.flat, names):
    draw_fit(axes, models[name], datasets[name])
    axes.set_title(f"{names[name]}, rms {rms[name]:.3f}")
    axes.set_ylabel("")
handles, labels = grid[0, 0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=5)
plt.show()

# %% [markdown]
# Three smooth steps are enough for all four. For $x^2$ and $|x|$ two of them do most of the work.
# Kinks and jumps come out rounded, since the network is a smooth function; a true jump would need
# an infinite weight. Not every start ends well: with `seed=5` the network for $|x|$ stays at a
# constant for very long. Lesson 8 is about such places.
#
# ## What a hidden unit does
#
# A hidden unit is a smooth step. Its middle is where its pre-activation is 0, at
# $x = -w_{j0}/w_{ji}$, and it is the steeper the larger $|w_{ji}|$ is. The output unit scales the
# steps with its weights $w_{kj}$, some up, some down, and adds them. Here is $|x|$, taken apart.

# %%
model = models["abs"]
hidden, output = model.layers[0].neurons, model.layers[1].neurons[0]
bias = output.b.data
parts = [
    [weight.data * neuron([x]).data for x in curve] for neuron, weight in zip(hidden, output.w)
]

looks = (ROSE, (6, 2)), (GOLD, (3, 2)), (GREY, (6, 2, 1, 2))
for j, (part, (colour, dashes)) in enumerate(zip(parts, looks), start=1):
    plt.plot(curve, part, dashes=dashes, color=colour, label=rf"$w_{{1{j}}}^{{(2)}} z_{j}$")
plt.axhline(bias, color=GREY, linestyle=":", label="bias")
plt.plot(curve, [sum(terms) + bias for terms in zip(*parts)], "-", color=INK, label="sum")
plt.plot(curve, predict(model, [[x] for x in curve]), "-", color=GREEN, linewidth=8, alpha=0.3)
plt.xlabel("$x$")
plt.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# The thin black line, the sum of the parts, lies on the thick one, the output of the network. The
# training found these steps; nobody said where they should be.
#
# ## The regression row of the table
#
# For the identity and the half squared error, $\delta = y - t$ at the output: the **residual**.
# Look at a network before and after training. The circles are $\delta$ of the 50 samples, read
# from the graph; the line is $y - t$.


# %%
def error_of(model: MLP, data: Dataset):
    return total(half_squared_error(model(x), t) for x, t in zip(data.inputs, data.targets))


data = datasets["heaviside"]
x_of_points = [x for [x] in data.inputs]
figure, row = plt.subplots(1, 2, sharey=True, figsize=(9, 3.8))
for axes, (when, model) in zip(row, {"before": network(3), "after": models["heaviside"]}.items()):
    error = error_of(model, data)
    error.backward()
    from_graph = [delta for [delta] in deltas(error)[2]]
    residuals = [y - t for y, t in zip(predict(model, data.inputs), data.targets)]
    axes.plot(x_of_points, from_graph, "o", color=VIOLET, fillstyle="none", label="graph: $δ$")
    axes.plot(x_of_points, residuals, color=INK, label="$y - t$")
    axes.axhline(0, color=GREY, linewidth=1.5)
    axes.set(title=f"step, {when} training", xlabel="$x$")
    axes.legend()
plt.show()

# %% [markdown]
# For the whole batch the gradient of the output bias is $\sum_n \delta_n$, and that of a weight is
# $\sum_n \delta_n z_{nj}$. At a minimum both are 0: the residuals do not vanish, but they balance.
# The last column is the bias.

# %%
for when, model in {"before": network(3), "after": models["heaviside"]}.items():
    error = error_of(model, data)
    model.zero_grad()
    error.backward()
    delta = [row[0] for row in deltas(error)[2]]
    z = [[z_j.data for z_j in model.layers[0](x)] for x in data.inputs]
    sums = [sum(d * z_n[j] for d, z_n in zip(delta, z)) for j in range(3)]
    output = model.layers[1].neurons[0]
    print(f"{when:6}  graph    ", *[f"{p.grad:z7.2f}" for p in [*output.w, output.b]])
    print("        formula  ", *[f"{g:z7.2f}" for g in [*sums, sum(delta)]])

# %% [markdown]
# ## How many hidden units?
#
# The same sine with 1, 2, 3 and 10 hidden units. One unit is one step; a sine goes up in the
# middle and down at both sides.

# %%
figure, grid = plt.subplots(2, 2, figsize=(8, 6), sharex=True, sharey=True)
for axes, count in zip(grid.flat, (1, 2, 3, 10)):
    model = network(count)
    distance = learn(model, datasets["sin"])
    draw_fit(axes, model, datasets["sin"])
    axes.set_title(f"{count} hidden unit{'s' * (count > 1)}, rms {distance:.3f}")
    axes.set(xlabel="", ylabel="")
plt.show()

# %% [markdown]
# Two units do surprisingly well: a steep step up and a wide slope down. From three on the fit is
# good, and further units change little. These data have no noise; with noise, more units would
# begin to follow it.
#
# ## Outside of the data
#
# Nothing was said about $|x| > 1$. Look further than the data reach.

# %%
wide = [k / 50 for k in range(-200, 201)]
truth = {"square": lambda x: x * x, "sin": lambda x: math.sin(math.pi * x)}

figure, row = plt.subplots(1, 2, figsize=(9, 3.8))
for axes, (name, f) in zip(row, truth.items()):
    axes.axvspan(-1, 1, color=GREY, alpha=0.25, linewidth=0, label="data")
    axes.plot(wide, [f(x) for x in wide], "--", color=INK, label=names[name])
    axes.plot(wide, predict(models[name], [[x] for x in wide]), "-", color=GREEN, label="network")
    axes.set(xlabel="$x$", ylim=(-3.5, 3.5))
    axes.legend(loc="lower left")
plt.show()

# %% [markdown]
# Far away all hidden units are saturated, $\tanh \to \pm 1$, so the network is flat: $y$ tends to
# $w_{k0} + \sum_j \pm w_{kj}$ with the sign of $w_{ji}$ for $x \to \infty$. A network
# **interpolates** between the points that it has seen; about other places the data say nothing,
# and what it shows there comes from its activation function.

# %%
for name in truth:
    hidden, output = models[name].layers[0].neurons, models[name].layers[1].neurons[0]
    limit = output.b.data + sum(
        weight.data * math.copysign(1, neuron.w[0].data) for weight, neuron in zip(output.w, hidden)
    )
    print(f"{name:7} network at x = 1000: {models[name]([1000.0]).data:6.2f}   limit: {limit:6.2f}")

# %% [markdown]
# ## Universal approximation
#
# **A network with one hidden layer of tanh units and a linear output can come as close as you like
# to any continuous function on a bounded interval, if it has enough hidden units.** The idea needs
# no training. A steep unit is a step; place one between each two neighbouring points of a grid,
# and let its output weight be half the difference of the target there. The sum is a staircase
# along the function, the finer the more units there are.


# %%
def staircase(f, units: int) -> MLP:
    """Return a network that is a staircase along f between -1 and 1."""
    model = MLP(1, [units, 1], activation="tanh")
    output = model.layers[1].neurons[0]
    grid = [-1 + 2 * k / units for k in range(units + 1)]
    for neuron, weight, x, after in zip(model.layers[0].neurons, output.w, grid, grid[1:]):
        middle, steepness = (x + after) / 2, 2.0 * units
        neuron.w[0].data, neuron.b.data = steepness, -steepness * middle
        weight.data = (f(after) - f(x)) / 2
    output.b.data = (f(-1) + f(1)) / 2
    return model


figure, row = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
for axes, units in zip(row, (4, 12, 40)):
    axes.plot(curve, [truth["sin"](x) for x in curve], "--", color=INK)
    y = predict(staircase(truth["sin"], units), [[x] for x in curve])
    axes.plot(curve, y, "-", color=GREEN)
    axes.set(title=f"{units} units", xlabel="$x$")
plt.show()

# %% [markdown]
# The theorem says that good weights exist. It does not say how many units are enough, nor that
# gradient descent finds the weights. Training did better here than our construction: three units,
# well placed, follow the sine more closely than twelve on a grid. PRML discusses it in section
# 5.1, Nielsen in chapter 4.
#
# ## Exercises
#
# **9.1** How many parameters (weights and biases) has the network with 1 input, 3 hidden units and
# 1 output?

# %%
number_of_parameters = ...
check("9.1", number_of_parameters)

# %% [markdown]
# **9.2** A hidden unit has the weight $w_{ji} = 4$ and the bias $w_{j0} = -1$. At which $x$ is the
# middle of its step?

# %%
middle_of_step = ...
check("9.2", middle_of_step)

# %% [markdown]
# **9.3** For one sample the linear output is $y = 0.62$, the target $t = 0.5$, and a hidden unit
# has $z_j = -0.8$. Give $\delta_k$ at the output and $\partial E_n / \partial w_{kj}$, as a list
# of two numbers.

# %%
delta_and_gradient = ...
check("9.3", delta_and_gradient)

# %% [markdown]
# **9.4** To which number does $y(x) = 2 \tanh(3x - 1) - 0.5 \tanh(-2x) + 0.25$ tend for
# $x \to +\infty$?

# %%
value_far_to_the_right = ...
check("9.4", value_far_to_the_right)

# %% [markdown]
# **9.5** Now the sine of the caption: make 50 points of $t = \sin x$ with $x \in (-1, 1)$ and
# train a network on them whose rms error is below 0.002, with as few hidden units as you can. Give
# the trained network. (`Dataset`, `network` and `learn` are there for you to use.)

# %%
sine_network = ...
check("9.5", sine_network)

# %% [markdown]
# ## Summary
#
# - Regression: identity at the output, half squared error, and $\delta$ is the residual $y - t$.
# - A hidden tanh unit is a smooth step with a place, a steepness and a height; the network adds
#   steps.
# - Too few units cannot bend often enough; enough of them approximate any continuous function on
#   an interval.
# - That good weights exist does not mean that training finds them from every start.
# - Outside of the data the network is flat in the end, whatever the function does.

# %% [markdown]
# Next: [10 · Real data](10_real_data.ipynb). Back to the [index](index.ipynb).
