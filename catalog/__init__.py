"""Find arrays by what they mean: Zarr metadata as linked data, and SPARQL answers as exactly the chunks they need.

``catalog.connect`` and ``catalog.Catalog`` are what a program or notebook uses. Nothing inside the package imports them, and
they are loaded, by name, where somebody first asks for them.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Catalog", "__version__", "connect"]


def __getattr__(name: str) -> Any:
    """The Python interface."""
    if name in {"Catalog", "connect"}:
        return getattr(import_module("catalog.client.catalog"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
