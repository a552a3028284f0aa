# %% [markdown]
# # Backpropagation by running it
#
# Thirteen lessons, from the slope of a parabola to networks that read digits. You never have to
# believe a formula: in each lesson a graph of single numbers computes the derivatives, and the
# formula of the textbook stands beside it, so that you see both agree.
#
# You need derivatives and vectors from the first year at university, and a little Python. The
# times are for reading and running; the exercises at the end take about as long again.
#
# ## The lessons
#
# <table>
# <tr><th></th><th>Lesson</th><th>In one sentence</th><th>min</th><th></th></tr>
# <tr><td>1</td><td><a href="01_derivatives_and_graphs.ipynb">Derivatives and graphs</a></td>
# <td>What a derivative is, how a graph computes it, and how to check it by
# experiment.</td><td>20</td>
# <td><img src="thumbnails/01_derivatives_and_graphs.svg" width="170"
# alt="The graph of x²y + sin y with its gradients"></td></tr>
# <tr><td>2</td><td><a href="02_chain_rule_backwards.ipynb">The chain rule, backwards</a></td>
# <td>Multiply along a path, add up the paths, and do it in the right order.</td><td>20</td>
# <td><img src="thumbnails/02_chain_rule_backwards.svg" width="170"
# alt="A graph with several paths"></td></tr>
# <tr><td>3</td><td><a href="03_build_the_engine.ipynb">Build the engine yourself</a></td>
# <td>Your own class <code>Value</code> of about 70 lines, and what a larger engine does
# better.</td><td>25</td>
# <td><img src="thumbnails/03_build_the_engine.svg" width="170"
# alt="The graph of a small expression"></td></tr>
# <tr><td>4</td><td><a href="04_one_neuron.ipynb">One neuron</a></td>
# <td>A weighted sum and a bend: the delta rule, AND and OR, and why not XOR.</td><td>20</td>
# <td><img src="thumbnails/04_one_neuron.png" width="170"
# alt="What one neuron can separate"></td></tr>
# <tr><td>5</td><td><a href="05_delta_rule_emerges.ipynb">The δ-rule emerges</a></td>
# <td>Every formula of backpropagation, BP1 to BP4 included, read from a graph that knows none of
# them.</td><td>25</td>
# <td><img src="thumbnails/05_delta_rule_emerges.svg" width="170"
# alt="A network with a skip connection and its δ"></td></tr>
# <tr><td>6</td>
# <td><a href="06_errors_from_maximum_likelihood.ipynb">Errors from maximum likelihood</a></td>
# <td>Which error and which output go together, and why δ = y − t each time, except
# once.</td><td>25</td>
# <td><img src="thumbnails/06_errors_from_maximum_likelihood.png" width="170"
# alt="The likelihood of a coin and its error"></td></tr>
# <tr><td>7</td><td><a href="07_training.ipynb">Training</a></td>
# <td>From gradients to learning: batches, learning rates, random starts,
# momentum.</td><td>25</td>
# <td><img src="thumbnails/07_training.png" width="170"
# alt="The boundary between two spirals forms during training"></td></tr>
# <tr><td>8</td><td><a href="08_error_surface.ipynb">The error surface</a></td>
# <td>Minima, saddle and ravine, and the paths of four optimisers.</td><td>20</td>
# <td><img src="thumbnails/08_error_surface.png" width="170"
# alt="The error over two weights"></td></tr>
# <tr><td>9</td><td><a href="09_regression.ipynb">Regression</a></td>
# <td>Three hidden units fit four functions; what each unit contributes, and where it
# ends.</td><td>20</td>
# <td><img src="thumbnails/09_regression.png" width="170"
# alt="Four fitted functions with their hidden units"></td></tr>
# <tr><td>10</td><td><a href="10_real_data.ipynb">Real data</a></td>
# <td>Wines, digits and your own table: test sets, overfitting, and what to do about
# it.</td><td>25</td>
# <td><img src="thumbnails/10_real_data.png" width="170"
# alt="Boundaries of networks with and without overfitting"></td></tr>
# <tr><td>11</td><td><a href="11_why_backpropagation.ipynb">Why backpropagation</a></td>
# <td>Its cost against that of finite differences, wrong derivatives, vanishing
# gradients.</td><td>25</td>
# <td><img src="thumbnails/11_why_backpropagation.png" width="170"
# alt="The cost of a gradient, by differences and by backpropagation"></td></tr>
# <tr><td>12</td><td><a href="12_scalars_to_matrices.ipynb">From scalars to matrices</a></td>
# <td>The graph turns itself into a NumPy program, and it is the matrix form of the
# textbook.</td><td>25</td>
# <td><img src="thumbnails/12_scalars_to_matrices.png" width="170"
# alt="Gradients entry by entry and by matrix products"></td></tr>
# <tr><td>13</td><td><a href="13_second_derivatives.ipynb">Second derivatives and your own operation</a></td>
# <td>Newton's method, the Hessian and the largest learning rate; an operation of your
# own.</td><td>20</td>
# <td><img src="thumbnails/13_second_derivatives.png" width="170"
# alt="The path of Newton's method to a minimum"></td></tr>
# </table>
#
# In a hurry? Lessons 1, 2 and 5 are the heart of it. If you like to build things, take lesson 3
# early; it needs only 1 and 2. Lessons 8 and 13 can be read at any time after 7, and 11 after 10.

# %% [markdown]
# ## Three notations
#
# Three texts are widely read, and each has its own letters. The course uses those of Bishop's
# *Pattern Recognition and Machine Learning* (PRML, chapter 5). This table translates; the other
# two columns are Nielsen's online book *Neural Networks and Deep Learning* (chapter 2) and the
# article "Backpropagation" of Wikipedia.
#
# | What | PRML, and this course | Nielsen | Wikipedia |
# |:--|:-:|:-:|:-:|
# | weight of a connection from $i$ to $j$ | $w_{ji}$ | $w^l_{ji}$ | $w_{ij}$ |
# | what a unit adds up (pre-activation) | $a_j$ | $z^l_j$ | $\mathrm{net}_j$ |
# | bias | $w_{j0}$, for an input of 1 | $b^l_j$ | a weight for an input of 1 |
# | what it passes on (activation) | $z_j$ | $a^l_j$ | $o_j$ |
# | its activation function | $h$ | $\sigma$ | $\varphi$ |
# | output of the network | $y_k$ | $a^L_k$ | $o_k$, or $y$ |
# | target | $t_k$ | $y_k$ | $t_k$ |
# | error of one sample | $E_n$ | $C_x$ | $E$ |
# | error of all samples | sum, $\sum_n E_n$ | mean, $\frac1n \sum_x C_x$ | – |
# |δ|$\partial E_n/\partial a_j$|$\partial C/\partial z^l_j$|$\partial E/\partial\mathrm{net}_j$|
# | learning rate | $\eta$ | $\eta$ | $\eta$ |
#
# There are four traps. $a$ and $z$ change places between PRML and Nielsen. $y$ is the output
# in one and the target in the other. Wikipedia writes the indices of a weight in the direction of
# the arrow, the other two against it. And a mean has gradients that are smaller by the factor $n$
# than those of a sum.
#
# Pictures and explanations take the option `notation="prml"`, `"nielsen"` or `"wikipedia"`.

# %% [markdown]
# ## How the exercises work
#
# Below each exercise is a cell with dots in the place of the answer. Put yours there and run the
# cell. `check` looks at it, and says what is off. Here is a blank:

# %%
from deltarule.exercises import check

estimate = ...
check("1.1", estimate)

# %% [markdown]
# And this is what it says to a wrong answer. You can try as often as you like; nobody counts.

# %%
check("1.1", 7)

# %% [markdown]
# An answer may be a number, a list of numbers, or a function that you write. Numbers may be rounded
# to three significant digits or so.
#
# Teachers find plans for lectures, and the answers in words, in the
# [teacher's guide](TEACHING.md).
#
# Begin with [1 · Derivatives and graphs](01_derivatives_and_graphs.ipynb).
