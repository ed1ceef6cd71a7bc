"""What answers queries inside the process that may die? Oxigraph, over a store that nobody writes to.

`catalog.graphstore.isolated` starts it, and `catalog.confined.child` runs it.
"""

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any, Final, cast

import pyoxigraph as ox

from catalog.confined.child import Answer, Give
from catalog.errors import CatalogError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.guard import SafeQuery
from catalog.graphstore.oxigraph import write_answer

_PIECE: Final = 64 * 1024


def prepare(_told: bytes) -> Answer:
    """What answers queries."""
    stores: dict[str, ox.Store] = {}

    def answer(task: bytes, give: Give) -> None:
        _answer(stores, json.loads(task), give)

    return answer


def _opened(stores: dict[str, ox.Store], folder: str) -> ox.Store:
    """The store that was asked last, or another: those asked are copies of one audience, the newest again and again."""
    if folder not in stores:
        stores.clear()
        there = _is_there(Path(folder) / "CURRENT")
        stores[folder] = ox.Store.read_only(folder) if there else ox.Store()
    return stores[folder]


def _is_there(file: Path) -> bool:
    try:
        there = file.is_file()
        if not there or os.access(file, os.R_OK):
            return there
    except PermissionError:
        pass
    raise GraphStoreUnavailableError(
        f"{file.parent} cannot be read by the user of the process that answers: let writers make what others may read (umask"
        " 022), or set CATALOG_WORKERS__OWN_USER=false"
    )


class _Pieces(io.RawIOBase):
    """Gives away what is written."""

    def __init__(self, give: Give) -> None:
        self._give = give

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._give(bytes(data))
        return len(data)


def _answer(stores: dict[str, ox.Store], task: dict[str, Any], give: Give) -> None:
    pieces = io.BufferedWriter(_Pieces(give), _PIECE)
    write = cast("Any", pieces.write)
    safe = SafeQuery(**task["query"])
    try:
        store = _opened(stores, task["folder"])
        write_answer(store, safe, task["format"], write, max_bytes=task["max_bytes"], max_rows=task["max_rows"])
        pieces.flush()
    except (InputError, LimitExceededError, BrokenPipeError):
        raise
    except (CatalogError, OSError) as error:
        raise GraphStoreUnavailableError(str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            pieces.detach()
