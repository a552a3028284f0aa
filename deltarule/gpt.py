"""A GPT of single numbers: it reads names letter by letter, and then invents some.

The algorithm is that of A. Karpathy's microgpt, with its sizes: 4 192 parameters, each a `Value`.
`GPT` says what the model computes, `train` and `train_compiled` teach it, `invent` lets it speak.

    model = GPT("abcdefghijklmnopqrstuvwxyz", rng=0)
    train(model, NAMES, steps=20)                 # a graph of scalars for each name
    train_compiled(model, NAMES, steps=1000)      # the same numbers from one program
    invent(model, rng=0)

References
----------
A. Karpathy, microgpt, https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95, 2026.
A. Radford et al., Language Models are Unsupervised Multitask Learners, 2019 (GPT-2).
A. Vaswani et al., Attention Is All You Need, NeurIPS 2017.
B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any, Final, TypeAlias

from autograd import Value, dot, mean, no_grad, softmax, take
from autograd.compile import Step, Update, Updates, compile, updates
from autograd.quoting import short
from nn import Adam, Module, PolynomialLR, cross_entropy_with_logits
from nn.rng import Rng, generator
from nn.train.arguments import check_counts

Vector: TypeAlias = Sequence[Value]
Matrix: TypeAlias = list[list[Value]]
Past: TypeAlias = list[tuple[Vector, Vector]]  # key and value at each position so far

DEVIATION: Final = 0.08  # of the numbers that a model begins with
LEARNING_RATE: Final = 0.01
BETAS: Final = (0.85, 0.99)


class GPT(Module):
    """What comes next, given all that came before.

    Each letter becomes a vector, and so does its position. The vector passes through blocks that
    add to it: first what attention finds at earlier positions, then what a perceptron makes of it.
    What has become of it scores every letter as the next one.

    Parameters
    ----------
    alphabet : str
        Letters, each once. A letter's token is its index here; there is one more token, for the
        beginning and the end of a text.
    width : int
        Numbers in each vector, a multiple of `heads`.
    heads : int
        Attentions side by side, each with its own part of the vectors.
    context : int
        Tokens that are read at most; longer texts are cut.
    depth : int
        Number of blocks.
    rng : int, random.Random, numpy.random.Generator or None
        Seed or generator, of which each parameter takes a draw from N(0, 0.08²).

    Raises
    ------
    ValueError
        If a letter is there twice, or the heads do not share the width evenly.

    Examples
    --------
    >>> model = GPT("abcdefghijklmnopqrstuvwxyz", rng=0)
    >>> len(model.parameters())
    4192
    >>> [len(logits) for logits in model([26, 0, 3])]
    [27, 27, 27]
    """

    def __init__(
        self,
        alphabet: str,
        *,
        width: int = 16,
        heads: int = 4,
        context: int = 16,
        depth: int = 1,
        rng: Rng = None,
    ) -> None:
        if len(set(alphabet)) < len(alphabet):
            raise ValueError(f"a letter of {short(alphabet)} is there twice: give each once")
        if width % heads:
            raise ValueError(f"{heads} heads cannot share a width of {width}: give a multiple")
        draw, tokens = generator(rng), len(alphabet) + 1
        self.alphabet = alphabet
        self.letters = matrix(tokens, width, draw)
        self.positions = matrix(context, width, draw)
        self.output = matrix(tokens, width, draw)
        self.blocks = [Block(width, heads, draw) for _ in range(depth)]

    def __call__(self, tokens: Sequence[Any]) -> list[list[Value]]:
        """Return for each token the logits of what follows it."""
        pasts = self.nothing_read()
        return [self.read(token, pasts) for token in tokens]

    def nothing_read(self) -> list[Past]:
        """Return what `read` remembers, for each block, before the first token."""
        return [[] for _ in self.blocks]

    def read(self, token: Any, pasts: list[Past]) -> list[Value]:
        """Return the logits of what follows one more token; what it leaves is added to the past."""
        position = len(pasts[0])
        x: Vector = normed(plus(take(self.letters, token), self.positions[position]))
        for block, past in zip(self.blocks, pasts):
            x = block(x, past)
        return linear(self.output, x)

    def error(self, x: Sequence[Any], t: Sequence[Any]) -> Value:
        """Return the mean cross-entropy of the tokens t, each after those of x up to its place."""
        return mean([cross_entropy_with_logits(a_n, t_n) for a_n, t_n in zip(self(x), t)])

    def pair(self, text: str) -> tuple[list[int], list[int]]:
        """Return the tokens that are read of a text, and those that follow them.

        Of a text that is longer than the context only the beginning is.

        Raises
        ------
        ValueError
            If there is a letter that is not in the alphabet.

        Examples
        --------
        >>> GPT("abc", rng=0).pair("cab")
        ([3, 2, 0, 1], [2, 0, 1, 3])
        """
        unknown = set(text) - set(self.alphabet)
        if unknown:
            raise ValueError(
                f"{short(text)} has {short(min(unknown))}, which is not in the alphabet "
                f"{short(self.alphabet)}: give the model all letters that it will read"
            )
        end = len(self.alphabet)
        tokens = [end, *map(self.alphabet.index, text), end][: len(self.positions) + 1]
        return tokens[:-1], tokens[1:]


class Block(Module):
    """Attention to what came before, then a perceptron; each adds to the vector that it is given.

    Parameters
    ----------
    width, heads : int
    draw : random.Random
    """

    def __init__(self, width: int, heads: int, draw: random.Random) -> None:
        self.heads = heads
        self.query = matrix(width, width, draw)
        self.key = matrix(width, width, draw)
        self.value = matrix(width, width, draw)
        self.mix = matrix(width, width, draw)
        self.hidden = matrix(4 * width, width, draw)
        self.back = matrix(width, 4 * width, draw)

    def __call__(self, x: Vector, past: Past) -> list[Value]:
        x = plus(self.attention(normed(x), past), x)
        return plus(self.perceptron(normed(x)), x)

    def attention(self, x: Vector, past: Past) -> list[Value]:
        """Return the values at the positions so far, weighted by how their keys fit the query."""
        query = linear(self.query, x)
        past.append((linear(self.key, x), linear(self.value, x)))
        size = len(x) // self.heads
        found = []
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            fits = [dot(query[part], key[part]) / size**0.5 for key, _ in past]
            values = [value[part] for _, value in past]
            found += linear(list(zip(*values)), softmax(fits))
        return linear(self.mix, found)

    def perceptron(self, x: Vector) -> list[Value]:
        """Return what one hidden layer of four times the width makes of a vector."""
        return linear(self.back, [a.relu() for a in linear(self.hidden, x)])


def matrix(rows: int, columns: int, draw: random.Random) -> Matrix:
    """Return a matrix of new parameters."""
    return [[Value(draw.gauss(0.0, DEVIATION)) for _ in range(columns)] for _ in range(rows)]


def linear(w: Sequence[Vector], x: Vector) -> list[Value]:
    """Return the product of a matrix and a vector, a `dot` for each row."""
    return [dot(w_j, x) for w_j in w]


def plus(x: Vector, y: Vector) -> list[Value]:
    """Return the sum of two vectors."""
    return [x_i + y_i for x_i, y_i in zip(x, y)]


def normed(x: Vector) -> list[Value]:
    """Return a vector divided by its root mean square."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [x_i * scale for x_i in x]


# -- learning ------------------------------------------------------------------------------


def batches(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield texts again and again, some of one length at a time, in the order in which they come.

    Examples
    --------
    >>> list(islice(batches(["ann", "james", "bob"], 2), 3))
    [['ann', 'bob'], ['james', 'james'], ['ann', 'bob']]
    """
    if not texts:
        raise ValueError("there are no texts: give at least one")
    waiting = defaultdict(list)
    for text in cycle(texts):
        waiting[len(text)].append(text)
        if len(waiting[len(text)]) == size:
            yield waiting.pop(len(text))


def train(
    model: GPT,
    texts: Sequence[str],
    steps: int,
    *,
    batch: int = 1,
    decay_steps: int | None = None,
    callback: Callable[[int, float], Any] | None = None,
) -> list[float]:
    """Teach a model to go on as texts do, by a graph of scalars for each of them.

    Parameters
    ----------
    model : GPT
    texts : sequence of str
        Taken in their order, again from the first after the last.
    steps : int
        Updates by Adam, whose learning rate falls from 0.01 in a straight line.
    batch : int
        Texts of an update.
    decay_steps : int, optional
        Updates until the learning rate would be 0; as many as there are unless given.
    callback : callable, optional
        Called after each update with its number, from 1, and the error before it.

    Returns
    -------
    list of float
        The error before each update.

    Raises
    ------
    ValueError
        If there are no texts, or one has a letter that is not in the alphabet; or if `steps` or
        `batch` is below 1.

    Examples
    --------
    >>> model = GPT("abn", width=4, heads=2, context=4, rng=0)
    >>> errors = train(model, ["ann", "nan", "bab"], 30)
    >>> errors[0] > 1.3 > 1.0 > errors[-1]
    True
    """
    check_counts(steps=steps, batch=batch)
    parameters = model.parameters()
    optimizer = Adam(parameters, lr=LEARNING_RATE, betas=BETAS)
    schedule = PolynomialLR(optimizer, decay_steps or steps)
    errors = []
    for some in islice(batches(texts, batch), steps):
        for p in parameters:
            p.grad = 0.0  # and not None: a letter that is not read now goes on moving
        error = mean([model.error(*model.pair(text)) for text in some])
        error.backward()
        optimizer.step()
        schedule.step()
        errors.append(error.data)
        if callback is not None:
            callback(len(errors), error.data)
    return errors


def train_compiled(
    model: GPT,
    texts: Sequence[str],
    steps: int,
    *,
    batch: int = 1,
    decay_steps: int | None = None,
    callback: Callable[[int, float], Any] | None = None,
    engine: str = "numpy",
) -> list[float]:
    """Do what `train` does by compiled programs, one for each length of texts.

    Parameters and what is returned are those of `train`, and `engine` is that of
    `autograd.compile.compile`; with "c" and "numba" machine code makes the updates, too. The model
    has the new numbers when all updates are made, or when an exception such as Ctrl-C ends them.

    Examples
    --------
    >>> models = [GPT("abn", width=4, heads=2, context=4, rng=0) for _ in range(2)]
    >>> slow = train(models[0], ["ann", "nan", "ab"], 5)
    >>> quick = train_compiled(models[1], ["ann", "nan", "ab"], 5)
    >>> max([abs(a - b) for a, b in zip(slow, quick)]) < 1e-12
    True
    """
    import numpy as np

    check_counts(steps=steps, batch=batch)
    step = compiled(model, engine=engine)
    optimizer = Adam(step.params, lr=LEARNING_RATE, betas=BETAS)
    schedule = PolynomialLR(optimizer, decay_steps or steps)
    numbers, kept = step.vector().copy(), len(optimizer.states[0])
    states: Any = np.zeros((kept, len(numbers)))
    adam = Update(lambda w, g, s, t, lr: optimizer.at_rate(lr).advance(w, g, s, t), kept)
    programs: dict[Any, Updates | None] = {}
    errors: list[float] = []
    try:
        for some in islice(batches(texts, batch), steps):
            X, T = samples(model, some)
            finding = step.traced(X, T)
            if finding not in programs:
                programs[finding] = updates(adam, finding, np.arange(len(numbers)))
            program = programs[finding]
            if program is None:
                error, slopes = step.evaluate(numbers, X, T)
                numbers, states = optimizer.advance(numbers, slopes, states, len(errors) + 1)
            else:  # machine code does both
                rate, before = np.array([optimizer.lr]), len(errors)
                (error,), _ = program(numbers, states, X[None], T[None], 1 / len(X), rate, before)
            schedule.step()
            errors.append(float(error))
            if callback is not None:
                callback(len(errors), errors[-1])
    finally:
        model.load_state_dict(dict(zip(model.state_dict(), numbers.tolist())))
    return errors


def compiled(model: GPT, **options: Any) -> Step:
    """Return the program of a model's error, for the arrays that `samples` makes."""
    return compile(model.error, model.parameters(), **options)


def samples(model: GPT, texts: Sequence[str]) -> list[Any]:
    """Return texts of one length as two arrays of tokens: what is read, and what follows."""
    import numpy as np

    return [np.array(tokens) for tokens in zip(*map(model.pair, texts))]


# -- speaking ------------------------------------------------------------------------------


def invent(model: GPT, *, temperature: float = 0.5, rng: Rng = None) -> str:
    """Return a text that a model makes up, each letter drawn by its probability.

    Parameters
    ----------
    model : GPT
    temperature : float
        By which the logits are divided, temperature > 0: near 0 the likeliest letter is nearly
        always drawn, at 1 each as often as the model expects it.
    rng : int, random.Random, numpy.random.Generator or None
        Seed or generator, of which each letter takes a draw.

    Raises
    ------
    ValueError
        If the temperature is not positive.

    Examples
    --------
    >>> model = GPT("abn", width=4, heads=2, context=4, rng=0)
    >>> _ = train_compiled(model, ["nan"], 100)
    >>> invent(model, rng=0)
    'nan'
    """
    if not temperature > 0.0:
        raise ValueError(f"the temperature is {temperature}: choose a number above 0")
    draw, end = generator(rng), len(model.alphabet)
    pasts, text, token = model.nothing_read(), "", end
    with no_grad():
        for _ in model.positions:
            chances = softmax([a / temperature for a in model.read(token, pasts)])
            (token,) = draw.choices(range(end + 1), [chance.data for chance in chances])
            if token == end:
                break
            text += model.alphabet[token]
    return text
