"""evenside: which side of the body carries the load, and how sure that is."""

__version__ = "0.1.0"
__all__ = ["__version__"]
