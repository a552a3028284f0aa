"""Right and wrong answers to the exercises of lesson 3."""

import math


def engine(**methods):
    """Return the class of the lesson, with methods the learner has added."""

    class Value:
        def __init__(self, data, parents=(), operation=""):
            self.data = data
            self.grad = 0.0
            self.parents = parents
            self.operation = operation
            self._backward = lambda: None

        def __add__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            out = Value(self.data + other.data, (self, other), "+")

            def _backward():
                self.grad += out.grad
                other.grad += out.grad

            out._backward = _backward
            return out

        def __mul__(self, other):
            other = other if isinstance(other, Value) else Value(other)
            out = Value(self.data * other.data, (self, other), "*")

            def _backward():
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad

            out._backward = _backward
            return out

        __radd__, __rmul__ = __add__, __mul__

        def __pow__(self, exponent):
            slope = exponent * self.data ** (exponent - 1)
            return unary(self.data**exponent, slope)(self)

        def backward(self):
            self.grad = 1.0
            for node in reversed(order(self)):
                node._backward()

    for name, method in methods.items():
        setattr(Value, name, method)
    return Value


def unary(data, slope, adds=True, upstream=True):
    """Return what makes a node of a number, its local derivative, and perhaps two mistakes."""

    def make(self):
        out = type(self)(data, (self,), "f")

        def _backward():
            contribution = slope * out.grad if upstream else slope
            self.grad = self.grad * adds + contribution

        out._backward = _backward
        return out

    return make


def order(root):
    nodes, seen, to_do = [], set(), [(root, False)]
    while to_do:
        node, has_parents = to_do.pop()
        if has_parents:
            nodes.append(node)
        elif node not in seen:
            seen.add(node)
            to_do.append((node, True))
            to_do += [(parent, False) for parent in node.parents]
    return nodes


def recursive_order(root):
    nodes, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            nodes.append(node)

    visit(root)
    return nodes


def breadth_first(root):
    nodes = [root]
    for node in nodes:
        nodes += [p for p in dict.fromkeys(node.parents) if p not in nodes]
    return nodes[::-1]


def exp(self, **mistakes):
    y = math.exp(self.data)
    return unary(y, y, **mistakes)(self)


def exp_by_the_power_rule(self):
    return unary(math.exp(self.data), self.data * math.exp(self.data - 1))(self)


def logistic(x):
    e = math.exp(-abs(x))
    return (e if x < 0 else 1) / (1 + e)


def sigmoid(self, **mistakes):
    y = logistic(self.data)
    return unary(y, y * (1 - y), **mistakes)(self)


def overflowing_sigmoid(self):
    y = 1 / (1 + math.exp(-self.data))
    return unary(y, y * (1 - y))(self)


def sigmoid_of_several_nodes(self):
    return (exp(self * -1) + 1) ** -1


def sigmoid_without_a_number(self):
    return sigmoid(self) if abs(self.data) < 700 else unary(math.nan, 0.0)(self)


def divide(self, other):
    return self * other**-1


def divide_by_a_node(self, other):
    return self * (other**-1 if isinstance(other, type(self)) else 1 / other)


def divide_reversed(self, other):
    return other * self**-1


RIGHT = {
    "3.1": 3,
    "3.2": engine(exp=exp),
    "3.3": engine(__truediv__=divide, __rtruediv__=divide_reversed),
    "3.4": engine(sigmoid=sigmoid),
    "3.5": order,
}

WRONG = {
    "3.1": [(6, "overwrites"), (9, "not its gradient"), (0, "assigns"), (12, "too large")],
    "3.2": [
        (engine(), "no method exp"),
        (engine()(2.0), "without brackets"),
        (engine(exp=lambda self: None), "is a return missing"),
        (engine(exp=lambda self: math.exp(self.data)), "is a float, not a node"),
        (engine(exp=lambda self: type(self)(math.exp(self.data))), "Nothing arrives"),
        (engine(exp=lambda self: exp(self, adds=False)), "add with +="),
        (engine(exp=lambda self: exp(self, upstream=False)), "Local times upstream"),
        (engine(exp=exp_by_the_power_rule), "Look at the local derivative"),
        (engine(exp=lambda self: math.exp(self)), "raised TypeError"),
    ],
    "3.3": [
        (engine(), "no method __truediv__"),
        (engine(__truediv__=divide), "no method __rtruediv__"),
        (engine(__truediv__=divide, __rtruediv__=divide), "1 / x at x = 4 is 4, not 0.25"),
        (engine(__truediv__=lambda self, other: self * (1 / other.data)), "∂/∂y is 0"),
        (engine(__truediv__=lambda self, other: self * other), "not -1.5"),
        (engine(__truediv__=lambda self, other: self * exp(other)), "x / y at"),
    ],
    "3.4": [
        (engine(), "no method sigmoid"),
        (engine(sigmoid=overflowing_sigmoid), "OverflowError"),
        (engine(sigmoid=sigmoid_of_several_nodes), "several nodes"),
        (engine(sigmoid=sigmoid_without_a_number), "at -1000 gives nan"),
        (engine(sigmoid=lambda self: unary(logistic(self.data), 1.0)(self)), "local derivative"),
        (engine(sigmoid=lambda self: sigmoid(self, adds=False)), "add with +="),
    ],
    "3.5": [
        (recursive_order, "calls itself"),
        (breadth_first, "before one of their parents"),
        (lambda root: order(root)[::-1], "root comes first"),
        (lambda root: [*order(root), root], "more than once"),
        (lambda root: order(root)[-1:], "3 nodes expected, 1"),
        (lambda root: order(root).reverse(), "returns None"),
        (lambda root: set(order(root)), "expected a list"),
        (engine(), "expected a function"),
    ],
}
