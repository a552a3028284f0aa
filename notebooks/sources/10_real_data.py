# %% [markdown]
# # 10 · Real data
#
# After this lesson you can train a network on measured data, judge it by data that it has not
# seen, recognise and limit overfitting, and go from a CSV file of your own to predictions for new
# rows.

# %%
import matplotlib.pyplot as plt
import numpy as np

from deltarule.exercises import check
from nn import MLP, Adam, accuracy, fit, mean_loss, predict_class
from nn.data import Dataset, Standardizer, load, split
from nn.plots import GREY, INK, confusion_matrix, course_style, decision_boundary

course_style()

# %% [markdown]
# ## Wines
#
# 178 wines from one region of Italy, 13 chemical measurements of each, and the cultivar, the
# variety of grapes, of which there are three. The network is to tell the cultivar from the
# chemistry: one of $K = 3$ classes.

# %%
wine = load("wine")
wine

# %% [markdown]
# ## Hold some data back
#
# A network can learn its training data by heart. What you want to know is how it does on wines
# that it has *not* seen, so part of the data is put aside before anything else happens: the **test
# set**. `split` draws it at random and gives every class its share of both parts.

# %%
train, test = split(wine, test_size=0.25, seed=0)
print(train)
print(test)

# %% [markdown]
# ## Standardise
#
# The measurements have very different sizes: proline is near 750, the hue near 1. A large input
# makes a large pre-activation $a_j = \sum_i w_{ji} x_i + w_{j0}$, and $\tanh$ is flat there. The
# remedy gives every column the mean 0 and the standard deviation 1:
#
# $$\tilde{x}_{ni} = \frac{x_{ni} - \bar{x}_i}{s_i}.$$

# %%
standardizer = Standardizer().fit(train.inputs)
X_train, X_test = standardizer.transform(train.inputs), standardizer.transform(test.inputs)

column = np.array(train.inputs)[:, 12]  # proline
by_hand = (column - column.mean()) / column.std()
for n in range(3):
    print(f"proline {column[n]:6.0f}   transform {X_train[n][12]:7.4f}   by hand {by_hand[n]:7.4f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
columns = np.tile(range(13), (len(train), 1))
for ax, rows, title in zip(axes, (train.inputs, X_train), ("as measured", "standardised")):
    ax.plot(np.array(rows), columns, "|", color=INK, alpha=0.3, markersize=12, markeredgewidth=1.5)
    ax.set_title(title)
names = [name.replace("_of_diluted_wines", "") for name in wine.feature_names]
axes[0].set_yticks(range(13), names)
axes[0].set(xscale="log", xlabel="value (logarithmic)")
axes[1].set_xlabel("value in standard deviations")
plt.show()

# %% [markdown]
# The same network, the same start, the same optimiser: once with the raw numbers and once with the
# standardised ones.


# %%
def learn(model, inputs, targets, loss, rate=0.02, weight_decay=0.0, **options):
    optimizer = Adam(model.parameters(), lr=rate, weight_decay=weight_decay)
    options |= {"optimizer": optimizer, "compiled": True, "progress": False}
    return fit(model, inputs, targets, loss, **options)


for name, inputs, colour, line in (
    ("as measured", train.inputs, GREY, "--"),
    ("standardised", X_train, INK, "-"),
):
    model = MLP(13, [8, 3], activation="tanh", rng=0)
    history = learn(model, inputs, train.targets, "cross_entropy_with_logits", epochs=100)
    errors = history.column("train_loss")
    plt.plot(range(1, 101), errors, line, color=colour, label=name)
plt.xlabel("epoch")
plt.ylabel("mean error of the training set")
plt.ylim(0)
plt.legend()
plt.show()

# %% [markdown]
# With raw inputs the hidden units are saturated: $h'(a_j) \approx 0$, hence $\delta_j \approx 0$,
# and their weights hardly move. The error falls to about $\ln 3 \approx 1.1$, which is that of
# guessing, and stays there.
#
# ## What leaks
#
# The mean and the deviation are learnt from data, like weights, so they too must come from the
# **training set only**. Here is what happens otherwise. Somebody writes two zeros too many in *one
# wine of the test set*; look at the first wine of the *training* set.

# %%
misprinted = [list(row) for row in test.inputs]
misprinted[0][12] *= 100

for rule in ("training rows only", "all rows"):
    proline = []
    for test_rows in (test.inputs, misprinted):
        rows = train.inputs + (test_rows if rule == "all rows" else [])
        proline.append(Standardizer().fit(rows).transform(train.inputs)[0][12])
    print(f"fitted to {rule:18}   proline {proline[0]:7.4f}   with the misprint {proline[1]:7.4f}")

# %% [markdown]
# Fitted to all rows, the training inputs depend on the test set: it *leaks* into the training, and
# is no longer unseen. With many clean rows the harm is small, but with few rows, or when you
# choose columns by looking at all targets, the test result becomes too good to be true. The rule
# costs nothing: **split first, then fit everything to the training set.**
#
# ## The confusion matrix
#
# One number hides which classes are mistaken for which. The confusion matrix counts: a row for
# each true class, a column for each predicted class, right answers on the diagonal.

# %%
predicted = predict_class(model, X_test)
confusion_matrix(test.targets, predicted, ["variety 0", "variety 1", "variety 2"])

# %% [markdown]
# ## Digits
#
# The same recipe reads handwriting: 1797 digits of 8 × 8 pixels, hence 64 inputs, and ten classes.
# The pixels lie between 0 and 1 already, so nothing is standardised.

# %%
digits = load("digits")
train, test = split(digits, seed=0)
reader = MLP(64, [24, 10], activation="tanh", rng=0)
loss = "cross_entropy_with_logits"
learn(reader, train.inputs, train.targets, loss, rate=0.01, epochs=30, batch_size=32)
print(f"{accuracy(reader, train.inputs, train.targets):.1%} of {len(train)} training digits")
print(f"{accuracy(reader, test.inputs, test.targets):.1%} of {len(test)} test digits")

# %% [markdown]
# On the digits that it has seen, the network makes no mistake; on new ones it is worse. The
# second number is the one to report. Which digits does it misread? The matrix tells, and the
# pictures show why.

# %%
predicted = predict_class(reader, test.inputs)
confusion_matrix(test.targets, predicted, digits.class_names)

# %%
wrong = [n for n in range(len(test)) if predicted[n] != test.targets[n]]
figure, axes = plt.subplots(2, 6, figsize=(9, 3.4))
for ax, n in zip(axes.flat, wrong):
    ax.imshow(np.reshape(test.inputs[n], (8, 8)), cmap="gray_r")
    ax.set_title(f"{test.targets[n]} read as {predicted[n]}", fontsize=12)
    ax.axis("off")
plt.show()

# %% [markdown]
# ## Overfitting
#
# Now make it hard: two kinds of iris that overlap, two measurements only, and just 30 flowers to
# learn from. Another 30 are the **validation set**, on which decisions are made while training;
# the last 40 are the test set, used once, at the end.

# %%
iris = load("iris")
rows = [n for n in range(150) if iris.targets[n] > 0]  # versicolor and virginica
flowers = Dataset(
    [iris.inputs[n][:2] for n in rows],
    [iris.targets[n] - 1 for n in rows],
    iris.feature_names[:2],
    iris.class_names[1:],
    "two irises",
)
train, others = split(flowers, test_size=0.7, seed=4)
validation, test = split(others, test_size=4 / 7, seed=4)

standardizer = Standardizer().fit(train.inputs)
X_train, X_validation, X_test = [
    standardizer.transform(part.inputs) for part in (train, validation, test)
]
print(len(train), "to learn from,", len(validation), "to decide by,", len(test), "for the end")

# %% [markdown]
# A network with 30 hidden units has 121 parameters, four for each flower. Train it for long, and
# watch the error of both sets.

# %%
loss = "binary_cross_entropy"
watched = {"validation": (X_validation, validation.targets)}


def network():
    return MLP(2, [30, 1], activation="tanh", output="sigmoid", rng=0)


overfitted = network()
history = learn(overfitted, X_train, train.targets, loss, 0.01, epochs=1000, **watched)

plt.plot(history.column("train_loss"), color=INK, label="training set")
plt.plot(history.column("validation_loss"), "--", color=GREY, label="validation set")
plt.xlabel("epoch")
plt.ylabel("mean error")
plt.ylim(0)
plt.legend()
plt.show()

# %% [markdown]
# The error of the training set falls towards 0. The error of the validation set falls only at the
# very beginning, then it climbs, in the end above where it began: the network learns these 30
# flowers by heart, accidents included. That is **overfitting**.
#
# ## Early stopping
#
# The simplest remedy: stop when the validation error has not improved for some epochs, and return
# to the best weights (PRML 5.5.2). In `fit` this is `patience`.

# %%
stopped = network()
options = {"epochs": 1000, "patience": 30} | watched
history = learn(stopped, X_train, train.targets, loss, 0.01, **options)
errors = history.column("validation_loss")
best = errors.index(min(errors)) + 1
print(f"stopped after epoch {len(history)}, back to the weights of epoch {best}")

# %% [markdown]
# ## Weight decay
#
# A wiggly function needs large weights. Weight decay makes them expensive (PRML 5.112):
#
# $$\tilde{E}(w) = E(w) + \frac{\lambda}{2} \sum w^2, \qquad
# \frac{\partial \tilde{E}}{\partial w} = \frac{\partial E}{\partial w} + \lambda w.$$
#
# Every update thus pulls every weight a little towards 0. The graph agrees with the formula:

# %%
from nn import binary_cross_entropy, l2_penalty

lam = 0.03
model = network()
weight = model.layers[0].neurons[0].w[0]
error = binary_cross_entropy(model(X_train[0]), train.targets[0])
error.backward()
by_hand = weight.grad + lam * weight.data

model.zero_grad()
(error + l2_penalty(model.parameters(), lam / 2)).backward()
print(f"graph with the penalty {weight.grad:.6f}   ∂E/∂w + λw {by_hand:.6f}")

# %%
decayed = network()
options = {"epochs": 1000, "weight_decay": lam}
learn(decayed, X_train, train.targets, loss, 0.01, **options)

models = {"overfitted": overfitted, "early stopping": stopped, "weight decay": decayed}
for name, model in models.items():
    largest = max(abs(p.data) for p in model.parameters())
    print(f"{name:15} largest weight {largest:6.2f}")

# %% [markdown]
# Here are the three networks and the flowers that they learnt from. Colours show the answer: the
# stronger, the more certain.

# %% tags=["thumbnail"]
figure, axes = plt.subplots(1, 3, figsize=(9.4, 3.5))
for ax, (name, model) in zip(axes, models.items()):
    step = model.compile(loss)
    labels = ["sepal length", "sepal width"]
    decision_boundary(step.predict, X_train, train.targets, ax=ax, feature_names=labels)
    ax.get_legend().remove()
    ax.set_title(name)
plt.show()

# %% [markdown]
# The first network bends its boundary around single flowers and is certain almost everywhere. The
# other two stay smooth, and undecided where the kinds overlap. Now, once, the test set:

# %%
positions = np.arange(3)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
for k, (name, X, part, colour, hatch) in enumerate(
    (
        ("training set", X_train, train, INK, ""),
        ("test set", X_test, test, "white", "//"),
    )
):
    bars = {"width": 0.4, "color": colour, "hatch": hatch, "edgecolor": INK, "label": name}
    errors = [mean_loss(model, X, part.targets, loss) for model in models.values()]
    right = [100 * accuracy(model, X, part.targets) for model in models.values()]
    axes[0].bar(positions + 0.4 * k - 0.2, errors, **bars)
    axes[1].bar(positions + 0.4 * k - 0.2, right, **bars)
for ax, label in zip(axes, ("mean error", "right answers in %")):
    ax.set_xticks(positions, [name.replace(" ", "\n") for name in models])
    ax.set_ylabel(label)
axes[0].legend()
plt.show()

# %% [markdown]
# The network that is best on what it knows is worst on what it does not. With 40 test flowers one
# flower is 2.5 %, so do not read much into small differences. But the error tells the same story
# with the seeds 0 to 5 for the splits: on the test set overfitting always more than doubles it,
# compared with either remedy. More data would help more than any remedy.
#
# ## Your own table
#
# Your data are probably a CSV file: a header, a row for each example, one column to predict. Here
# is a small one (with invented fruit), written to a temporary folder.

# %%
import tempfile
from pathlib import Path

folder = tempfile.TemporaryDirectory()
path = Path(folder.name, "fruit.csv")
_ = path.write_text("""grams,length,width,fruit
152,70,73,apple
170,74,78,apple
141,68,70,apple
183,77,80,apple
160,71,76,apple
168,96,66,pear
181,101,69,pear
150,90,63,pear
195,104,71,pear
174,99,68,pear
64,50,44,plum
58,48,41,plum
71,53,46,plum
55,47,42,plum
67,52,43,plum
""")

# %%
from nn.data import read_csv

fruit = read_csv(path, target="fruit")
fruit

# %% [markdown]
# The columns with numbers have become inputs, the names of the classes have become the indices 0,
# 1, 2. Real tables have gaps, words, dates, units and decimal commas: `read_csv` warns of what it
# did with them, and names all that must be mended at once. The rest is the recipe from above; in a
# terminal, `deltarule train fruit.csv --target fruit` does it all and writes a report. (With 15 rows
# a test set would be tiny; with your data, keep one.)

# %%
standardizer = Standardizer().fit(fruit.inputs)
X = standardizer.transform(fruit.inputs)
model = MLP(3, [4, 3], activation="tanh", rng=0)
learn(model, X, fruit.targets, "cross_entropy_with_logits", 0.05, epochs=100)
print(f"{accuracy(model, X, fruit.targets):.0%} of the training rows")

# %% [markdown]
# ## Save, load, predict
#
# Weights alone are not enough to predict: a new row has to be standardised with the *same*
# numbers, and an index needs its name. Store them with the model, as `metadata`.

# %%
from nn import save

notes = {
    "features": fruit.feature_names,
    "classes": fruit.class_names,
    "standardizer": standardizer.to_dict(),
}
save(model, Path(folder.name, "fruit.json"), metadata=notes)

# %% [markdown]
# Later, perhaps in another program, the file is all you need. `read_rows` finds the columns by
# their names; their order does not matter, and further columns do no harm.

# %%
from nn import load as load_model
from nn.data import read_rows

Path(folder.name, "new.csv").write_text("""length,width,grams,shop
51,45,66,market
98,67,172,market
72,75,158,garden
""")

loaded = load_model(Path(folder.name, "fruit.json"))
rows = read_rows(Path(folder.name, "new.csv"), loaded.metadata["features"])
scaled = Standardizer.from_dict(loaded.metadata["standardizer"]).transform(rows)
for row, k in zip(rows, predict_class(loaded, scaled)):
    print(row, "→", loaded.metadata["classes"][k])
print("every weight as before:", loaded.state_dict() == model.state_dict())

# %%
folder.cleanup()

# %% [markdown]
# The command `deltarule train fruit.csv --target fruit` does all this in a terminal.
#
# ## Exercises
#
# **10.1** A column of the training set holds 2, 4, 6 and 8; in the test set the column holds 9.
# What becomes of the 9 when the column is standardised?

# %%
standardised_nine = ...
check("10.1", standardised_nine)

# %% [markdown]
# **10.2** A confusion matrix has the rows (12, 1, 0), (2, 15, 1) and (0, 1, 13). Which share of
# all samples is classified correctly, and which share of the samples that *are* of class 1? Give a
# list of two numbers between 0 and 1.

# %%
two_shares = ...
check("10.2", two_shares)

# %% [markdown]
# **10.3** The validation error of epochs 1, 2, 3, … is 0.90, 0.70, 0.60, 0.62, 0.58, 0.59, 0.60,
# 0.61, 0.55. With `patience=3`, after which epoch does training stop, and to the weights of which
# epoch does it return? Give a list of two numbers.

# %%
last_and_best_epoch = ...
check("10.3", last_and_best_epoch)

# %% [markdown]
# **10.4** A weight is $w = 2$, the gradient of the error is $\partial E/\partial w = 0.5$. What is
# $w$ after one step of gradient descent with $\eta = 0.1$ and weight decay $\lambda = 0.3$?

# %%
decayed_weight = ...
check("10.4", decayed_weight)

# %% [markdown]
# **10.5** `load("breast_cancer")` has 569 tumours, 30 measurements of each. Take `split(data,
# seed=1)`, fit a `Standardizer`, and train a network that classifies at least 95 % of the test set
# correctly. Give the network and the standardizer, as `(model, standardizer)`. Use the test set
# only at the end.

# %%
model_and_standardizer = ...
check("10.5", model_and_standardizer)

# %% [markdown]
# ## Summary
#
# - Judge a network by a test set that no part of the training has seen; make decisions on a
#   validation set.
# - Standardise the inputs, with means and deviations of the training set only: otherwise the test
#   set leaks.
# - A confusion matrix shows which classes are mistaken for which.
# - Few samples and many parameters: the training error goes to 0 while the validation error rises.
#   Early stopping and weight decay limit it.
# - Weight decay adds $\lambda w$ to the gradient.
# - A saved model needs its standardizer and its names to be of use.
#
# Next: [11 · Why backpropagation](11_why_backpropagation.ipynb). Back to the [index](index.ipynb).
