"""Networks: `Neuron`, `Layer` and `MLP`."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypedDict, Unpack, overload

from autograd import Operation, Place, Value, affine, dot, softmax
from autograd.numbers import Items, is_sequence
from autograd.place import LayerMark, mark
from autograd.quoting import short

from .activations import ACTIVATIONS, Activation, activation_name, find_activation
from .initializers import Initializer, find_initializer
from .module import Module
from .rng import Rng, generator

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # which every type checker brings along

    Output = TypeVar("Output", default=object, covariant=True)
else:
    from typing import TypeVar

    Output = TypeVar("Output")

# Numbers of neurons for which a type checker knows that a layer gives a list. What it cannot know
# is Any: of Value | list[Value] it would refuse every `y.backward()` and every `y[0]`.
Several = Literal[2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 24, 25, 30, 32, 48, 50, 64, 100, 128]


class Options(TypedDict, total=False):
    """What a `Layer` is given by name; see `Neuron`."""

    activation: Activation
    nonlin: bool
    init: str | Initializer
    rng: Rng
    elementary: bool
    index: int


# Each call of one of these makes a node of its own.
_METHODS: Final = tuple([h for h in ACTIVATIONS.values() if h not in (Value.__pos__, softmax)])


class Neuron(Module):
    """One unit: z = h(a) with pre-activation a = Σ_i w_i x_i + b.

    Parameters
    ----------
    nin : int
        Number of inputs, at least 1.
    nonlin : bool
        False for h(a) = a, whatever `activation` says (as in micrograd).
    activation : str, Operation or callable
        h, such as "relu", "tanh", "sigmoid", "identity"; see `nn.ACTIVATIONS`.
    init : str or callable
        How weights are drawn; see `nn.initializers`. Biases start at 0.
    rng : int, random.Random, numpy.random.Generator or None
        Seed or generator; None draws from the global generator of the module `random`.
    elementary : bool
        Compute a with + and × nodes instead of a single `dot` node.
    fan_out : int
        Number of units in the layer, which some initialisers ask for.
    place : Place, optional
        With which the nodes a and z are marked, given by a `Layer` to its neurons.

    Raises
    ------
    ValueError
        When called with a number of inputs other than `nin`.

    Examples
    --------
    >>> neuron = Neuron(2, activation="tanh", rng=0)
    >>> neuron
    Neuron(2, tanh)
    >>> z = neuron([1.0, -2.0])
    >>> z.backward()
    >>> a = z.parents[0]
    >>> a.grad == neuron.b.grad  # delta is the gradient of the bias
    True

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, section 5.1.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: Activation = "relu",
        init: str | Initializer = "uniform",
        rng: Rng = None,
        elementary: bool = False,
        fan_out: int = 1,
        place: Place | None = None,
    ) -> None:
        nin = positive("inputs", nin)
        if activation in ("softmax", softmax):
            raise ValueError("softmax is the activation of a whole layer; give it to a Layer")
        random, draw = generator(rng), find_initializer(init)
        self.w = tuple([Value(draw(random, nin, fan_out)) for _ in range(nin)])
        self.b = Value(0.0)
        self.activation = activation_name(activation) if nonlin else "identity"
        self._function = find_activation(activation if nonlin else "identity")
        self.elementary = elementary
        place = place or Place("a", 0, 1, mark=LayerMark(is_neuron=True))
        for i, weight in enumerate(self.w, start=1):
            weight.place = place._replace(quantity="w", source=i)
        self.b.place = place._replace(quantity="b")
        self.place = place._replace(activation=self.activation)
        makes_a_node = isinstance(self._function, Operation) or self._function in _METHODS
        self._place_of_new = self.place._replace(quantity="z") if makes_a_node else None

    def pre_activation(self, x: Items[Any]) -> Value:
        """Return a = Σ_i w_i x_i + b for the inputs, marked with the place of the neuron."""
        check_inputs("neuron", len(self.w), x)
        if self.elementary:
            a = self.b
            for w_i, x_i in zip(self.w, x):
                a = a + w_i * x_i
        else:
            a = dot(self.w, x, self.b)
        a.place = self.place
        return a

    def activate(self, a: Value) -> Any:
        """Return z = h(a); a node that h made for it is marked with the place of the neuron."""
        z = self._function(a)
        if self._place_of_new is not None:
            z.place = self._place_of_new
        elif _is_made_from(a, z):
            z.place = self.place._replace(quantity="z", label=z.label)
        return z

    def __call__(self, x: Items[Any]) -> Value:
        return self.activate(self.pre_activation(x))  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {self.activation})"


class Layer(Module, Generic[Output]):
    """Several neurons with the same inputs.

    Parameters
    ----------
    nin, nout : int
        Number of inputs and of neurons.
    activation : str, Operation or callable
        As for `Neuron`; "softmax" acts on the whole layer.
    index : int
        Number of the layer in the network, counted from 1, as an `MLP` gives it to its layers.
        Without it, pictures and explanations read the number from each graph.
    **options
        Passed on to every `Neuron`.

    Returns
    -------
    When called: a list of `Value`, or the one `Value` of a layer with one neuron.

    Examples
    --------
    >>> layer = Layer(2, 3, activation="softmax", rng=0)
    >>> z = layer([1.0, -2.0])
    >>> len(z), round(sum(z).data, 12)
    (3, 1.0)
    """

    @overload
    def __init__(
        self: Layer[Value], nin: int, nout: Literal[1], **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(
        self: Layer[list[Value]], nin: int, nout: Several, **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(self: Layer[object], nin: int, nout: int, **options: Unpack[Options]) -> None: ...
    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        activation: Activation = "relu",
        index: int = 0,
        rng: Rng = None,
        **options: Any,
    ) -> None:
        nout = positive("neurons", nout)
        random = generator(rng)
        self.acts_on_layer = activation in ("softmax", softmax)
        self.mark = LayerMark()
        place = Place("a", index, 0, mark=self.mark)
        self.neurons = [
            Neuron(
                nin,
                activation="identity" if self.acts_on_layer else activation,
                rng=random,
                fan_out=nout,
                place=place._replace(unit=j),
                **options,
            )
            for j in range(1, nout + 1)
        ]
        self.activation = "softmax" if self.acts_on_layer else self.neurons[0].activation

    def pre_activations(self, x: Items[Any]) -> list[Value]:
        """Return the a_j of all neurons."""
        neurons = self.neurons
        if neurons[0].elementary:
            return [neuron.pre_activation(x) for neuron in neurons]
        check_inputs("layer", len(neurons[0].w), x)
        return affine(
            [neuron.w for neuron in neurons],
            x,
            [neuron.b for neuron in neurons],
            [neuron.place for neuron in neurons],
        )

    @overload
    def __call__(self: Layer[Value], x: Items[Any]) -> Value: ...
    @overload
    def __call__(self: Layer[list[Value]], x: Items[Any]) -> list[Value]: ...
    @overload
    def __call__(self, x: Items[Any]) -> Any: ...
    def __call__(self, x: Items[Any]) -> Any:
        a = self.pre_activations(x)
        if self.acts_on_layer:
            z = softmax(a)
            for z_j, neuron in zip(z, self.neurons):
                z_j.place = neuron.place._replace(quantity="z")
        else:
            z = self._activations(a)
        return z[0] if len(z) == 1 else z

    def _activations(self, a: Sequence[Value]) -> list[Value]:
        """Do for the whole layer what `Neuron.activate` does, at less cost for each unit."""
        neurons = self.neurons
        places = [neuron._place_of_new for neuron in neurons]
        if not all(places):
            return [neuron.activate(a_j) for neuron, a_j in zip(neurons, a)]
        z = [neuron._function(a_j) for neuron, a_j in zip(neurons, a)]
        mark(z, places)
        return z

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)}, {len(self.neurons)}, {self.activation})"


class MLP(Module):
    """A multilayer perceptron: fully connected layers, one after the other.

    Parameters
    ----------
    nin : int
        Number of inputs.
    nouts : sequence of int
        Number of neurons of each layer; the last is the number of outputs.
    activation : str, Operation or callable, or a sequence of these
        Of the hidden layers; of a sequence, one for each.
    output : str, Operation or callable
        Of the last layer: "identity" for regression and logits, "sigmoid" or "softmax" for
        probabilities.
    init, rng, elementary
        As for `Neuron`.

    Raises
    ------
    ValueError
        If there is no layer, a size is below 1, or the call has not `nin` inputs.

    Examples
    --------
    >>> model = MLP(2, [16, 16, 1], rng=42)
    >>> model
    MLP(2, [16, 16, 1], activation='relu', output='identity')
    >>> len(model.parameters())
    337
    >>> y = model([0.5, -1.0])
    >>> y.backward()
    >>> MLP(2, [16, 8, 1], activation=["tanh", "relu"])
    MLP(2, [16, 8, 1], activation=['tanh', 'relu'], output='identity')

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.9).
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: Activation | list[Activation] | tuple[Activation, ...] = "relu",
        output: Activation = "identity",
        init: str | Initializer = "uniform",
        rng: Rng = None,
        elementary: bool = False,
    ) -> None:
        if not hasattr(nouts, "__len__"):
            raise TypeError(f"nouts lists the size of each layer, e.g. [16, 1]; got {short(nouts)}")
        if not len(nouts):
            raise ValueError("an MLP needs at least one layer, e.g. MLP(2, [16, 1])")
        random = generator(rng)
        sizes = [positive("inputs", nin), *[positive("neurons", nout) for nout in nouts]]
        hidden = len(nouts) - 1
        self.activation: Any  # a name, or a list of them
        if isinstance(activation, (list, tuple)):
            functions = list(activation)
            self.activation = [activation_name(h) for h in functions]
        else:
            functions = [activation] * hidden
            self.activation = activation_name(activation)
        if len(functions) != hidden:
            raise ValueError(
                f"activation lists {len(functions)} functions, but there are {hidden} hidden "
                "layers: list one for each; `output` is that of the last layer"
            )
        self.layers = [
            Layer(n, m, activation=h, index=i, init=init, rng=random, elementary=elementary)
            for i, ((n, m), h) in enumerate(zip(pairwise(sizes), [*functions, output]), start=1)
        ]
        self.sizes = sizes
        self.output = activation_name(output)
        self.elementary = elementary
        self.metadata: dict[str, Any] = {}
        mark = self.layers[0].mark
        self._input_places = [Place("x", 0, i, mark=mark) for i in range(1, sizes[0] + 1)]

    def __call__(self, x: Items[Any]) -> Any:
        check_inputs("network", self.sizes[0], x)
        z: Any = [self._input(x_i, place) for x_i, place in zip(x, self._input_places)]
        for layer in self.layers:
            z = layer([z] if isinstance(z, Value) else z)
        return z

    @staticmethod
    def _input(x: Any, place: Place) -> Value:
        if isinstance(x, Value):
            return x
        node = Value(x)
        node.place = place
        return node

    def __repr__(self) -> str:
        return (
            f"MLP({self.sizes[0]}, {self.sizes[1:]}, "
            f"activation={self.activation!r}, output={self.output!r})"
        )


def _is_made_from(a: Value, z: Any) -> bool:
    """Return whether z is a node without a place that was computed from a."""
    if not isinstance(z, Value) or z.place is not None:
        return False
    waiting, seen = [z], {z}
    while waiting:
        for parent in waiting.pop().parents:
            if parent is a:
                return True
            if parent not in seen and parent.place is None:
                seen.add(parent)
                waiting.append(parent)
    return False


def positive(what: str, number: Any) -> int:
    """Return a size as an int, also from NumPy's integers."""
    if isinstance(number, bool) or not hasattr(number, "__index__") or number < 1:
        raise ValueError(
            f"the number of {what} must be an integer of at least 1, got {short(number)}"
        )
    return operator.index(number)


def check_inputs(what: str, expected: int, x: Any) -> None:
    """Raise unless x is one sample of `expected` inputs."""
    try:
        given = len(x)
    except TypeError:
        raise TypeError(
            f"expected a sequence of inputs, such as [0.5], got {type(x).__name__} {short(x)}"
        ) from None
    if getattr(x, "ndim", 1) > 1 or (given and is_sequence(next(iter(x)))):
        raise ValueError(
            f"this {what} takes one sample of {expected} inputs, but was given {given} rows; for "
            "several samples use predict(model, X), or [model(x) for x in X]"
        )
    if given != expected:
        raise ValueError(
            f"this {what} has {expected} inputs, but was given {given}; "
            "pass one number for each input"
        )
