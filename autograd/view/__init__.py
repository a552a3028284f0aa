"""Printers and pictures of graphs; they read a graph and never change it."""

from .dot import to_dot
from .picture import Edge, Node, Picture, picture

__all__ = ["Edge", "Node", "Picture", "picture", "to_dot"]
