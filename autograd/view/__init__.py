"""Printers and pictures of graphs; they read a graph and never change it."""

from .dot import to_dot
from .notation import NOTATIONS, Notation
from .picture import Edge, Node, Picture, picture

__all__ = ["NOTATIONS", "Edge", "Node", "Notation", "Picture", "picture", "to_dot"]
