"""Find arrays by what they mean: Zarr metadata as linked data, and SPARQL answers as exactly the chunks they need."""

__version__ = "0.1.0"
