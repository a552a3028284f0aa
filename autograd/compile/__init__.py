"""Scalar graphs, traced once, as array programs."""

from .. import whole as whole
from .forward import Forward, Lifted, Places
from .step import Step, compile
from .trace import TraceError

__all__ = ["Forward", "Lifted", "Places", "Step", "TraceError", "compile"]
