"""What does each station of an ingest cost for an array, and does that grow with the store?"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.deployment import open_deployment
from bench.hierarchies import write_v3
from bench.measure import Figure, agree, median, timed
from bench.sizes import Sizes
from catalog.archive import open_archive
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.stores.documents import read_documents
from catalog.stores.freshness import check_freshness
from catalog.stores.source import open_source
from catalog.stores.url import parse_store_url
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import add_profiles, load_shapes


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds for each array of a CF store; those of the smaller one before are the peer, so that the ratio is the growth.

    The last lines are of whole ingests, validation left out; what they cost beyond the stations is the graph store's part.
    """
    before: dict[str, float] = {}
    # What is loaded and compiled once is no part of it.
    _stations(str(write_v3(folder / "first.zarr", 1, 1)), folder / "first", sizes, 1, partial(_time, {}))
    for arrays in sizes.store_arrays:
        store = str(write_v3(folder / f"{arrays}.zarr", max(1, arrays // 20), arrays))
        taken: dict[str, list[float]] = {}
        for run in range(sizes.runs):
            _stations(store, folder / f"{arrays}-{run}", sizes, arrays, partial(_time, taken))
        for name, each in taken.items():
            now = median(each) / arrays
            yield Figure(f"{name}, an array", now, before.get(name), note=f"of {arrays}")
            before[name] = now


def _time(taken: dict[str, list[float]], name: str, call: Callable[[], Any]) -> Any:
    seconds, result = timed(call)
    taken.setdefault(name, []).append(seconds)
    return result


def _stations(store: str, folder: Path, sizes: Sizes, arrays: int, time: Callable[[str, Callable[[], Any]], Any]) -> None:
    """One way through all of them."""
    source = open_source(parse_store_url(store))
    try:
        harvest = time("read", lambda: read_documents(source))
        time("hint at freshness", lambda: check_freshness(source, harvest, "hint"))
    finally:
        source.close()
    hierarchy = time("parse", lambda: parse_hierarchy(harvest.documents))
    description = time("describe", lambda: describe(hierarchy, "grown", Iris()))
    agree("the count of arrays", len(hierarchy.arrays), arrays)
    if arrays <= sizes.judged_arrays:
        shapes, graphs = add_profiles(load_shapes(), description.conventions), [description.structure, description.asserted]
        time("validate, with profiles", lambda: PyShaclValidator().validate(graphs, shapes))
    archive = open_archive(str(folder / "objects"))
    time("archive", lambda: (archive.write(description.structure), archive.write_documents(harvest.documents)))
    with open_deployment(folder / "catalogue") as workspace:
        for name in ("first ingest", "unchanged ingest"):
            time(name, lambda: ingest(workspace, IngestRequest(store, access="restricted")))
