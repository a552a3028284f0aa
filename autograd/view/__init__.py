"""Printers and pictures of graphs; they read a graph and never change it."""

from .. import whole as whole
from .doctor import diagnose
from .dot import to_dot
from .draw import Drawing, draw
from .explain import explain
from .explanation import Explanation, Rule, Term
from .expression import Expression, expression
from .notation import NOTATIONS, Notation
from .orders import Comparison, compare_orders
from .picture import Detail, Edge, Node, Picture, picture
from .player import Player, play
from .report import Finding, Report
from .widget import widget

__all__ = [
    "NOTATIONS",
    "Comparison",
    "Detail",
    "Drawing",
    "Edge",
    "Explanation",
    "Expression",
    "Finding",
    "Node",
    "Notation",
    "Picture",
    "Player",
    "Report",
    "Rule",
    "Term",
    "compare_orders",
    "diagnose",
    "draw",
    "explain",
    "expression",
    "picture",
    "play",
    "to_dot",
    "widget",
]
