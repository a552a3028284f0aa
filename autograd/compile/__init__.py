"""Scalar graphs, traced once, as array programs."""

from .step import Step, compile
from .trace import TraceError

__all__ = ["Step", "TraceError", "compile"]
