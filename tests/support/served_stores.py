"""Stores that a service serves, and what is true of them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import zarr

from catalog.bootstrap import open_workspace
from catalog.metadata.dataset import Access
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from tests.support.service import ServedCatalogue

LARGE = 3 * 2**20
"""Elements of the one chunk of ``large``: 24 MiB, more than is held at once."""


def write_store(path: Path, zarr_format: int, *, consolidated: bool = False, large: bool = False, seed: int = 1) -> None:
    """A store of several kinds of arrays, as zarr-python writes it; the same arguments give the same values.

    ``grid``: several chunks, some absent; ``deep/er/cells``: three levels down, in format 3 with shards; ``dots``: keys with
    dots; ``scalar``: without dimensions; ``large``: one chunk that is passed on in pieces.
    """
    random = np.random.default_rng(seed)
    root = zarr.open_group(path, mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
    root.attrs["title"] = "a store with an odd \u2028 text"
    grid = root.create_array("grid", shape=(100, 70), chunks=(30, 20), dtype="f4", fill_value=np.nan)
    grid[:60, :70] = random.random((60, 70))
    shards = {"shards": (64, 32)} if zarr_format == 3 else {}
    cells = root.create_array("deep/er/cells", shape=(128, 96), chunks=(16, 16), dtype="u2", **shards)
    cells[:, :80] = random.integers(0, 2**16, (128, 80))
    cells.attrs["units"] = "counts"
    separator = {"name": "default", "separator": "."} if zarr_format == 3 else {"name": "v2", "separator": "."}
    dots = root.create_array("dots", shape=(9, 4), chunks=(4, 4), dtype="i8", chunk_key_encoding=separator)  # type: ignore[arg-type]
    dots[:] = random.integers(-(2**62), 2**62, (9, 4))
    root.create_array("scalar", shape=(), dtype="f8")[()] = 4.25
    if large:
        one = root.create_array("large", shape=(LARGE,), chunks=(LARGE,), dtype="f8", compressors=None)
        one[:] = random.random(LARGE)
    if consolidated:
        zarr.consolidate_metadata(path)


ARRAYS = ("grid", "deep/er/cells", "dots", "scalar")


def chunk_files(path: Path) -> dict[str, bytes]:
    """Every chunk and shard that lies in a store, by key."""
    documents = {"zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"}
    files = (file for file in path.rglob("*") if file.is_file() and file.name not in documents)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def take_in_all(catalogue: ServedCatalogue, stores: Mapping[str, str], access: Access = "public") -> None:
    """Ingest stores, id → URL, while the service runs."""
    with open_workspace(catalogue.settings) as workspace:
        for dataset_id, url in stores.items():
            result = ingest(workspace, IngestRequest(url, dataset_id=dataset_id, access=access, extents=False))
            assert result.accepted, result
