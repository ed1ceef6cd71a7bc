"""Is a package installed that only some results need?"""

import importlib
from typing import Any

from catalog.errors import InputError


def need(module: str, extra: str) -> Any:
    """A module of an optional package.

    Raises
    ------
    InputError
        It is not installed; the message says which extra has it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        reason = str(error)
    package = module.partition(".")[0]
    raise InputError(f"{package} is not installed ({reason}); pip install 'zarr-linked-catalog[{extra}]'")
