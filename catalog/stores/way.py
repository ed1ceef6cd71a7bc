"""How is a store reached, and is it a plain folder of this machine?

What can be answered without the libraries that read anything else.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from catalog.stores.credentials import Credentials
from catalog.stores.gate import ANYWHERE, Outgoing
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.url import StoreUrl

PARQUET_ENDINGS: Final = (".parq", ".parquet")
"""Endings of folders that may hold references in Parquet."""
WITHOUT_CHUNKS: Final = frozenset({"tree", "document"})
"""Kinds of containers that hold documents alone, see ``catalog.stores.objects.Container``."""


@dataclass(frozen=True, slots=True)
class Way:
    """How stores are reached: the same for documents and chunks; see ``open_source``."""

    credentials: Credentials | None = None
    store: Any = None
    timeouts: Timeouts | None = None
    concurrency: int = DEFAULT_READ_LIMITS.concurrency
    outgoing: Outgoing = ANYWHERE


def is_local_folder(url: StoreUrl, way: Way) -> bool:
    """Whether it is a folder of this machine that holds documents and chunks as files; also where there is nothing at all."""
    if way.store is not None or url.protocol != "file" or url.container:
        return False
    here = Path(url.path)
    return not here.is_file() and not url.path.lower().endswith(PARQUET_ENDINGS) and not is_repository(here)


def is_repository(folder: Path) -> bool:
    """Whether a local folder is laid out as an Icechunk repository (format 2: ``repo``; format 1: ``refs``).

    Source: Icechunk specification, "File Layout".
    """
    return (folder / "snapshots").is_dir() and ((folder / "repo").is_file() or (folder / "refs").is_dir())
