"""Of which NumPy data type are the values of an array?

Answered from its document alone, as zarr-python answers it.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr
from zarr.storage import MemoryStore, StorePath

from catalog.errors import MetadataError
from catalog.stores.pipeline import make_array


def numpy_type(document: Mapping[str, Any], zarr_format: int) -> np.dtype[Any]:
    """The data type of the values that this document describes.

    Raises
    ------
    MetadataError
        zarr-python cannot read such an array.
    """
    metadata = {"attributes": {}, **document, "zarr_format": zarr_format}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array: zarr.Array[Any] = make_array(metadata, StorePath(MemoryStore()), "batched", now=False)
            return np.dtype(array.dtype)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:400]}"
    raise MetadataError(f"such an array can be described, but not be read here ({reason})")
