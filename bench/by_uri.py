"""What does it cost to get from a URI to a part of its array, compared with consolidating, scanning and reading whole?

The peer does what the prototype did that this catalogue takes the place of (sdsc-ordes/zarr-linked-data, 2023): all metadata of
a Zarr v2 store are consolidated, every ``.zattrs`` is compared with the URI, and of the last that fits the array called
``NAME/NAMEDataset`` is read whole. Its own store had two samples of 9000 x 1000 values.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from bench.deployment import open_deployment
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from catalog.bridge.read import read_array
from catalog.graphstore.door import GraphStore
from catalog.services.ingest import ingest
from catalog.services.read import plan_query
from catalog.services.request import IngestRequest
from catalog.services.sample import LAB, TERMS, write_sample

FASTER = Goal("faster")
PART = slice(10, 20)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: one query, the look whether the array changed, and its part. The peer: as above, with and without consolidating."""
    for number, (samples, shape) in enumerate(sizes.laboratories):
        yield from _laboratory(samples, shape, sizes, folder / f"laboratory{number}")


def _laboratory(samples: int, shape: tuple[int, int], sizes: Sizes, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    store, uri = folder / "lab.zarr", f"{LAB}sample{samples}"
    write_sample(folder / "lab.zarr", samples=samples, shape=shape, chunks=(-(-shape[0] // 10), shape[1]), zarr_format=2)
    query = f"SELECT ?sample WHERE {{ VALUES ?sample {{ <{uri}> }} ?sample a <{TERMS}Sample> }}"

    def consolidated() -> Any:
        zarr.consolidate_metadata(store, zarr_format=2)
        return _scan_and_read(store, uri)

    fresh = itertools.count()

    def ingested() -> Any:
        with open_deployment(folder / f"catalogue{next(fresh)}") as new:
            ingest(new, IngestRequest(str(store)))
            return _query_and_read(new.catalog, query)

    with open_deployment(folder / "catalogue") as workspace:
        ingest(workspace, IngestRequest(str(store)))
        agree("the values", bool(np.array_equal(_query_and_read(workspace.catalog, query), consolidated()[PART])), True)
        ours, scanned, again, first = medians(
            sizes.runs,
            lambda: _query_and_read(workspace.catalog, query),
            lambda: _scan_and_read(store, uri),
            consolidated,
            ingested,
        )
    what = f"{samples} samples of {shape[0]} x {shape[1]}"
    yield Figure(f"URI to part, {what}", ours, scanned, FASTER, "peer: consolidated before, scan, read whole")
    note = "peer: consolidate, scan, read whole; ours: ingested before"
    yield Figure(f"URI to part, {what}, peer consolidates", ours, again, FASTER, note)
    yield Figure(f"URI to part, {what}, ingested first", first, again, FASTER, "into an empty catalogue, not validated")


def _query_and_read(store: GraphStore, query: str) -> Any:
    [planned] = plan_query(store, query, column="sample", select=f"time={PART.start}:{PART.stop}")
    return read_array(planned.ref, planned.plan.selection)


def _scan_and_read(store: Path, uri: str) -> Any:
    metadata = json.loads((store / ".zmetadata").read_bytes())["metadata"]
    found = [key for key, value in metadata.items() if key.endswith("/.zattrs") and value.get("@id") == uri]
    path = found[-1].removesuffix("/.zattrs")
    name = path.rpartition("/")[2]
    return zarr.open_array(store, path=f"{path}/{name}Dataset", mode="r", zarr_format=2)[...]
