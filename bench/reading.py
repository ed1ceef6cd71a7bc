"""How fast is consolidated metadata read, compared with zarr-python?"""

from collections.abc import Iterator
from pathlib import Path

import zarr

from bench.hierarchies import write_v2, write_v3
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from catalog.stores.url import parse_store_url

GOAL = Goal("faster", 10)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: from the path to the tree of all nodes. The peer: zarr-python told that there is a consolidated document."""
    for version, write in ((3, write_v3), (2, write_v2)):
        path = str(write(folder / f"v{version}.zarr", sizes.read_groups, sizes.read_arrays))
        agree("the count of nodes", len(read_hierarchy(path).nodes) - 1, len(_open_all(path, version)))
        ours, opened, members = medians(
            sizes.runs,
            lambda path=path: read_hierarchy(path),
            lambda path=path, version=version: _open(path, version),
            lambda path=path, version=version: _open_all(path, version),
        )
        nodes = f"{sizes.read_groups + sizes.read_arrays} nodes"
        yield Figure(f"read v{version}, against open", ours, opened, GOAL, nodes)
        yield Figure(f"read v{version}, against open and members", ours, members, GOAL, nodes)


def read_hierarchy(path: str) -> Hierarchy:
    """All nodes of the store at a path."""
    source = open_source(parse_store_url(path))
    try:
        return parse_hierarchy(read_documents(source).documents)
    finally:
        source.close()


def _open(path: str, version: int) -> zarr.Group:
    return zarr.open_group(path, mode="r", use_consolidated=True, zarr_format=version)


def _open_all(path: str, version: int) -> tuple[object, ...]:
    return _open(path, version).members(max_depth=None)
