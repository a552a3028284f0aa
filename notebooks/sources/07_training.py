# %% [markdown]
# # 7 · Training
#
# Backpropagation gives the gradient; training is what you do with it. After this lesson you can
# write the training loop yourself, choose between online, mini-batch and batch learning, see from
# a curve that a learning rate is too large, and explain why weights start random and why hidden
# units must bend.

# %%
import matplotlib.pyplot as plt

from nn.plots import BLUE, INK, ORANGE, VIOLET, course_style

course_style()

# %% [markdown]
# ## One update by hand
#
# The smallest famous problem is XOR: the target is 1 if exactly one of two inputs is 1. A network
# with two hidden units starts from small random weights, so its answers are still arbitrary.

# %%
from nn import MLP, predict
from nn.data import load

xor = load("xor")
model = MLP(2, [2, 1], activation="tanh", output="sigmoid", rng=3)
for x, t, y in zip(xor.inputs, xor.targets, predict(model, xor.inputs)):
    print(f"x = {x}   target {t}   answer {y:.2f}")

# %% [markdown]
# The procedure has five steps: (1) go forward, (2) find $\delta$ at the output, (3) send it back,
# (4) multiply, $\partial E/\partial w_{ji} = \delta_j z_i$ (PRML 5.53), (5) update (PRML 5.41),
#
# $$w \leftarrow w - \eta\,\frac{\partial E}{\partial w}.$$
#
# Here they are for one sample, $x = (1, 0)$ with target 1. `backward()` does steps 2 to 4; the
# last column of the output computes steps 4 and 5 by hand for the weights into the output unit.

# %%
from nn import SGD, binary_cross_entropy, deltas

eta = 0.5
optimizer = SGD(model.parameters(), lr=eta)
output = model.layers[1].neurons[0]
z = [unit.data for unit in model.layers[0]([1.0, 0.0])]

error = binary_cross_entropy(model([1.0, 0.0]), 1)  # (1)
error.backward()  # (2), (3), (4)
delta = deltas(error)[2][0][0]
by_hand = [w.data - eta * delta * z_j for w, z_j in zip(output.w, z)]
before = [w.data for w in output.w]
optimizer.step()  # (5)

for j in range(2):
    print(f"w{j + 1}: before {before[j]:.4f}  step() {output.w[j].data:.4f}  hand {by_hand[j]:.4f}")
print(f"error: {error.data:.3f}, after one update {error.refresh().data:.3f}")

# %% [markdown]
# `step()` is nothing but this subtraction, done for every weight, and the error of this sample has
# gone down.
#
# ## The loop
#
# Training repeats the update until a *termination condition* holds: here, until the error of the
# whole data set is below 0.05. The gradient is computed afresh in every turn, because at the new
# weights it is another one. Gradients add up in the leaves, so they are cleared first.

# %%
from nn import total

errors = []
while not errors or errors[-1] > 0.05:
    E = total([binary_cross_entropy(model(x), t) for x, t in zip(xor.inputs, xor.targets)], "mean")
    optimizer.zero_grad()
    E.backward()
    optimizer.step()
    errors.append(E.data)

print(f"{len(errors)} updates; answers", [round(y, 2) for y in predict(model, xor.inputs)])

# %% [markdown]
# `fit` is this loop with some comfort. With `compiled=True` it computes whole batches as arrays,
# which gives the same numbers many times faster. The two functions below train a network and
# colour the plane by its answer; the black line is the **decision boundary**, where the answer is
# 0.5.

# %%
import numpy as np

from nn import fit
from nn.plots import decision_boundary


def trained(data, hidden, make_optimizer, activation="tanh", seed=1, **options):
    model = MLP(2, [*hidden, 1], activation=activation, output="sigmoid", rng=seed)
    optimizer = make_optimizer(model.parameters())
    options |= {"optimizer": optimizer, "compiled": True, "progress": False}
    history = fit(model, data.inputs, data.targets, "binary_cross_entropy", **options)
    return model, history.column("train_loss")


def show(ax, model, data, title="", size=30):
    step = model.compile("binary_cross_entropy")  # answers many questions at once
    decision_boundary(step.predict, data.inputs, data.targets, ax=ax)
    ax.set(title=title, xlabel="", ylabel="")
    ax.get_legend().remove()
    for dots in ax.collections[-2:]:
        dots.set(sizes=[size], linewidths=size**0.5 / 5)


fig, axes = plt.subplots(1, 2, figsize=(9, 3.8))
axes[0].plot(errors)
axes[0].set(xlabel="update", ylabel="error $E$", title="the error falls", ylim=0)
show(axes[1], model, xor, "XOR, solved", size=60)
plt.show()

# %% [markdown]
# ## Online, mini-batch, batch
#
# The error of a data set is a mean of the errors of its samples, so its gradient is the mean of
# their gradients. Each sample alone gives a rough opinion about the direction. Here are the
# opinions of the 100 samples of the *two moons* about one weight, and the gradient of the whole
# set.

# %%
moons = load("moons", noise=0.15)
model = MLP(2, [8, 1], activation="tanh", output="sigmoid", rng=1)
weight = model.layers[0].neurons[0].w[0]


def gradient(inputs, targets):
    model.zero_grad()
    total([binary_cross_entropy(model(x), t) for x, t in zip(inputs, targets)], "mean").backward()
    return weight.grad


single = [gradient([x], [t]) for x, t in zip(moons.inputs, moons.targets)]
whole = gradient(moons.inputs, moons.targets)
print(f"mean of 100 gradients {sum(single) / 100:.6f}   gradient of the whole set {whole:.6f}")

plt.figure(figsize=(8, 3.4))
plt.hist(single, bins=25, color=VIOLET, edgecolor="white", label="one sample each")
plt.axvline(whole, color=INK, linewidth=4, label="whole data set")
plt.xlabel(r"$\partial E_n/\partial w$ for the same weight")
plt.ylabel("samples")
plt.legend()
plt.show()

# %% [markdown]
# You may therefore update after every sample (*online*, sequential or stochastic learning, PRML
# 5.43), after a few (*mini-batch*; Nielsen writes the step as $\frac{\eta}{m} \sum_x$), or after
# all (*batch*). One pass through the data is an **epoch**; it holds 100, 10 or 1 updates here.

# %%
plans = {"online": 1, "mini-batch": 10, "batch": 100}
epochs = np.arange(1, 61)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
for name, size in plans.items():
    model, curve = trained(moons, [8], lambda p: SGD(p, lr=0.2), batch_size=size, epochs=60)
    axes[0].plot(epochs, curve, label=name)
    axes[1].plot(epochs * 100 / size, curve, label=name)
axes[0].set(xlabel="epoch", ylabel="mean error", title="by passes through the data", ylim=0)
axes[1].set(xlabel="update", title="by updates", xscale="log")
axes[1].legend()
plt.show()

# %% [markdown]
# For the same passes through the data, online learning gets much further, though less smoothly.
# For the same number of updates, batch learning is ahead, but each of its updates costs a hundred
# samples instead of one. Mini-batches are the usual compromise: less noise than one sample, and
# array programs compute ten samples almost as fast as one.
#
# ## The learning rate
#
# The gradient says where to go, the learning rate $\eta$ how far. Three networks with the same
# start learn the two circles, with all samples in each update.

# %%
circles = load("circles")
for rate in (0.1, 1.0, 10.0):
    _, curve = trained(circles, [8], lambda p, rate=rate: SGD(p, lr=rate), epochs=100)
    plt.plot(curve, label=rf"$\eta$ = {rate:g}")
plt.yscale("log")
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.legend()
plt.show()

# %% [markdown]
# Too small: correct, but slow. Too large: the steps jump over the valley, and the error rises and
# zigzags. When a curve climbs or zigzags, try a third or a tenth of $\eta$; when it creeps, try a
# larger one. Lesson 8 shows where the limit is.
#
# ## Initialisation: equal weights stay equal
#
# Give all weights the same number, 0.5. Then all hidden units compute the same $z_j$, and
# $\delta_j = h'(a_j) \sum_k w_{kj} \delta_k$ (PRML 5.56) is the same as well. Equal gradients,
# equal updates: the units stay copies of each other for ever. Random weights break the symmetry.

# %%
starts = {
    "all weights 0.5": MLP(2, [3, 1], activation="tanh", output="sigmoid", init=lambda *_: 0.5),
    "random weights": MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=2),
}


def hidden_deltas(model):
    error = binary_cross_entropy(model([1.0, 0.0]), 1)
    error.backward()
    return deltas(error)[1][0]


units = ["unit 1", "unit 2", "unit 3"]
fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
for ax, (name, model) in zip(axes, starts.items()):
    found = hidden_deltas(model)
    ax.bar(units, found, color=[BLUE if delta > 0 else ORANGE for delta in found])
    ax.axhline(0, color=INK, linewidth=1.5)
    ax.set_title(name)
axes[0].set_ylabel(r"$\delta_j$ of the hidden layer")
plt.show()

# %%
data = xor.inputs, xor.targets
fig, axes = plt.subplots(1, 2, figsize=(7, 3.3))
for ax, (name, model) in zip(axes, starts.items()):
    options = {"optimizer": SGD(model.parameters(), lr=0.5), "epochs": 600}
    fit(model, *data, "binary_cross_entropy", compiled=True, progress=False, **options)
    show(ax, model, xor, name, size=60)
    print(f"{name}: δ after training", [f"{delta:.5f}" for delta in hidden_deltas(model)])
plt.show()

# %% [markdown]
# Three copies of a unit are worth one unit, and one hidden unit cannot solve XOR. And why *small*
# random weights? Every $\delta_j$ carries the factor $h'(a_j)$. Large weights push the units into
# the flat ends of $\tanh$, where this factor is nearly 0 and almost nothing comes through. Here is
# its mean over all samples of the moons and all 8 units.

# %%
from nn.initializers import uniform

limits = [0.1, 0.3, 1, 3, 10, 30, 100]
factors = []
for r in limits:
    layer = MLP(2, [8, 1], activation="tanh", init=uniform(r), rng=1).layers[0]
    slopes = [1 - z.data**2 for x in moons.inputs for z in layer(x)]  # tanh' = 1 - tanh²
    factors.append(sum(slopes) / len(slopes))

plt.figure(figsize=(8, 3.6))
plt.semilogx(limits, factors, "o-")
plt.xlabel("weights drawn from $[-r, r]$: $r$")
plt.ylabel("mean $h'(a_j)$")
plt.ylim(0, 1.05)
plt.show()

# %% [markdown]
# ## Momentum and Adam
#
# *Momentum* keeps a running sum of gradients, $b \leftarrow \mu b + g$, and moves by $-\eta b$:
# steps in a lasting direction add up. *Adam* divides a running mean of the gradient by its running
# size, separately for each weight, so that a weight with small gradients moves as fast as one with
# large gradients. The rest of the training is the same loop.

# %%
from nn import Adam

optimizers = {
    "gradient descent, η = 0.5": lambda p: SGD(p, lr=0.5),
    "with momentum 0.9": lambda p: SGD(p, lr=0.5, momentum=0.9),
    "Adam, η = 0.05": lambda p: Adam(p, lr=0.05),
}
for name, make in optimizers.items():
    _, curve = trained(circles, [8], make, epochs=200)
    plt.plot(curve, label=name)
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.ylim(0)
plt.legend()
plt.show()

# %% [markdown]
# ## Linear hidden units collapse
#
# What if the hidden units do not bend, $h(a) = a$? Then
# $W_2(W_1 x + b_1) + b_2 = (W_2 W_1)\,x + (W_2 b_1 + b_2)$: there is an equivalent network
# *without* hidden units (PRML, section 5.1), whatever training does. The cell multiplies the two
# layers of a trained network and compares.

# %%
linear, _ = trained(moons, [8], lambda p: SGD(p, lr=1.0), activation="identity", epochs=200)
bent, _ = trained(moons, [8], lambda p: Adam(p, lr=0.05), epochs=200)

W1, W2 = [np.array([[w.data for w in n.w] for n in layer.neurons]) for layer in linear.layers]
b1, b2 = [np.array([n.b.data for n in layer.neurons]) for layer in linear.layers]
W, b = W2 @ W1, W2 @ b1 + b2

for x in moons.inputs[:3]:
    one_layer = 1 / (1 + np.exp(-(W @ x + b)[0]))
    print(f"two layers {linear(x).data:.6f}   one layer {one_layer:.6f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
show(axes[0], linear, moons, "8 linear hidden units")
show(axes[1], bent, moons, "8 tanh hidden units")
plt.show()

# %% [markdown]
# ## A boundary forms
#
# The two spirals are a harder case: two hidden layers of 16 units, Adam, mini-batches of 20. A
# second sample of the spirals, which the training never uses, serves as validation data.
#
# `watch` shows what happens meanwhile: the boundary, the loss, and the network at one of the
# samples, with what its units say and the gradient that flows back (blue is positive, orange
# negative). Run the cell and look on. Afterwards, press *Play* or drag the slider to go through
# the epochs again.

# %%
from nn import watch

spirals, fresh = load("spirals"), load("spirals", seed=1)
model = MLP(2, [16, 16, 1], activation="tanh", output="sigmoid", rng=0)
task = model, spirals, None, "binary_cross_entropy"
moments = [model.state_dict()]
history = fit(
    *task,
    optimizer=Adam(model.parameters(), lr=0.01),
    epochs=120,
    batch_size=20,
    validation=(fresh.inputs, fresh.targets),
    metric="accuracy",
    callbacks=[watch(*task), lambda history: moments.append(model.state_dict())],
    compiled=True,
    progress=False,
)

# %% [markdown]
# The same as curves, with the accuracy:

# %%
from nn.plots import learning_curves

fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
learning_curves(history, axes)
plt.show()

# %% [markdown]
# At first the boundary is nearly straight; the error falls steeply once it begins to wind between
# the arms.

# %% tags=["thumbnail"]
fig, axes = plt.subplots(1, 2, figsize=(6.5, 3))
for ax, epoch in zip(axes, (30, 120)):
    model.load_state_dict(moments[epoch])
    show(ax, model, spirals, f"epoch {epoch}", size=12)
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## Exercises
#
# **7.1** A linear unit $y = w x$ with $w = 0.5$ sees the sample $x = 2$ with target $t = 3$. The
# error is $\frac12 (y - t)^2$ and $\eta = 0.1$. What is $w$ after one update?

# %%
from deltarule.exercises import check

new_weight = ...
check("7.1", new_weight)

# %% [markdown]
# **7.2** A data set has 100 samples. How many updates does training with `epochs=5` and
# `batch_size=16` make?

# %%
updates = ...
check("7.2", updates)

# %% [markdown]
# **7.3** Write a step of gradient descent with momentum for one weight, with $\eta = 0.1$ and
# $\mu = 0.9$. The function receives the weight $w$, the running sum $b$ and the gradient $g$, and
# returns the new $w$ and the new $b$. (Replace the line with dots by your `def momentum_step(w, b,
# g):`.)

# %%
momentum_step = ...
check("7.3", momentum_step)

# %% [markdown]
# **7.4** A network has two inputs, two linear hidden units and one linear output, with
#
# $$W_1 = \begin{pmatrix} 1 & 2 \\ 3 & -1 \end{pmatrix}, \quad
# b_1 = \begin{pmatrix} 1 \\ 0 \end{pmatrix}, \quad
# W_2 = \begin{pmatrix} 2 & 1 \end{pmatrix}, \quad b_2 = 0.5.$$
#
# Which single unit does the same? Give its two weights and its bias, as a list of three numbers.

# %%
one_unit = ...
check("7.4", one_unit)

# %% [markdown]
# **7.5** Train a network of your own on the spirals, with fewer parameters than the one above. It
# has to classify at least 95 % of 200 new samples correctly. (The model above has 337 parameters;
# `len(model.parameters())` counts them.)

# %%
small_model = ...
check("7.5", small_model)

# %% [markdown]
# ## Summary
#
# - Training repeats forward, backward, update: $w \leftarrow w - \eta\,\partial E/\partial w$,
#   with a new gradient each time, until a termination condition holds.
# - Online, mini-batch and batch learning differ in how many samples are averaged before an update.
# - Too small an $\eta$ wastes time; too large an $\eta$ makes the error jump about or grow.
# - Units that start equal stay equal; small random weights break the symmetry and keep $h'(a)$
#   away from 0.
# - Momentum adds up steps in a lasting direction; Adam gives every weight steps of about the same
#   size.
# - Linear hidden units add nothing: without a bend the boundary stays straight.
#
# Next: [8 · The error surface](08_error_surface.ipynb), where you look at the landscape in which
# all this happens. Back to the [index](index.ipynb).
