"""Does reading cost exactly the requests and bytes that were planned, from a folder, a web server and S3?"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from bench.deployment import open_deployment
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from bench.web_server import web_server
from catalog.bridge.array_ref import ArrayRef, resolve
from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.exact_plan import exact_plan
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS
from catalog.bridge.read import StoreAccess, open_checked, read_planned
from catalog.bridge.selection import select
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.stores.credentials import S3, Credentials
from tests.support.s3_server import KEY, SECRET, S3Server

EXACT = Goal("at most", 1.0)
LARGE = Goal("at most", 1.05)
PARTS = ("", "dim0=3:40,dim1=17:200", "dim0=::7,dim2=5", "dim1=[3,99,250,4]")


@dataclass(frozen=True)
class Place:
    """Where the same store can be read.

    Attributes
    ----------
    name, url
        What it is, and where.
    access
        How it is reached here.
    peer
        What zarr-python opens an array by: its path.
    """

    name: str
    url: str
    access: StoreAccess
    peer: Callable[[str], Any]


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: counted by the reader. The peer: the plan; the servers' own counts are compared by the tests."""
    shape = (max(8, sizes.value_bytes // (4 * 256 * 256 * 4)), 256, 256)
    store = folder / "s"
    _write(store, shape)
    with ExitStack() as stack:
        workspace = stack.enter_context(open_deployment(folder / "catalogue"))
        dataset = ingest(workspace, IngestRequest(str(store))).iri
        refs = {ref.path: ref for ref in resolve(workspace.catalog, dataset, workspace.iris).refs}
        for place in _places(stack, folder):
            for path, ref in sorted(refs.items()):
                yield from _compared(place, path, _moved(ref, place.url), sizes)


def _compared(place: Place, path: str, ref: ArrayRef, sizes: Sizes) -> Iterator[Figure]:
    requests, fetched = [], []
    for text in PARTS:
        plan = plan_chunks(ref.array, select(ref.array, text))
        with _opened(ref, place) as reader:
            exact = exact_plan(plan, reader.fetch)
        with _opened(ref, place) as reader:
            read_planned(reader, plan)
            requests.append(reader.requests / exact.requests)
            if exact.stored_bytes is not None:
                fetched.append(reader.fetched_bytes / exact.stored_bytes)
    yield Figure(
        f"requests / plan, {place.name}, {path}", statistics.mean(requests), 1.0, EXACT, f"{len(requests)} parts", unit=""
    )
    if fetched:
        yield Figure(
            f"bytes / plan, {place.name}, {path}", statistics.mean(fetched), 1.0, EXACT, f"{len(fetched)} parts", unit=""
        )
    plan = plan_chunks(ref.array, select(ref.array))

    def ours() -> Any:
        with _opened(ref, place, check=True) as reader:
            return read_planned(reader, plan)

    agree("the values", bool(np.array_equal(ours(), place.peer(path))), True)
    mine, theirs = medians(3 * sizes.runs, ours, lambda: place.peer(path))  # a server beside makes single reads differ much
    yield Figure(f"read whole, {place.name}, {path}", mine, theirs, LARGE, f"{4 * np.prod(ref.array.shape) / 2**20:.3g} MiB")


def _opened(ref: ArrayRef, place: Place, *, check: bool = False) -> Any:
    return open_checked(ref, DEFAULT_PLAN_LIMITS, place.access, check="always" if check else "never")


def _moved(ref: ArrayRef, url: str) -> ArrayRef:
    return replace(ref, location=url)


def _places(stack: ExitStack, folder: Path) -> Iterator[Place]:
    store = folder / "s"
    yield Place("folder", str(store), StoreAccess(), lambda path: _open(str(store / path)))
    web = stack.enter_context(web_server(folder))
    yield Place("http", f"{web}/s", StoreAccess(), lambda path: _open(f"{web}/s/{path}"))
    s3 = stack.enter_context(S3Server())
    s3.make_bucket("bench")
    s3.upload(store, "bench", "s")
    credential = S3(key=KEY, secret=SECRET, endpoint_url=s3.url, region="us-east-1")
    options = {"key": KEY, "secret": SECRET, "endpoint_url": s3.url, "client_kwargs": {"region_name": "us-east-1"}}
    access = StoreAccess(credentials=Credentials({"s3://bench": credential}))
    yield Place("s3", "s3://bench/s", access, lambda path: _open(f"s3://bench/s/{path}", options))


def _open(path: str, options: dict[str, Any] | None = None) -> Any:
    return zarr.open_array(path, mode="r", zarr_format=3, storage_options=options)[...]


def _write(store: Path, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).integers(0, 1 << 16, shape, dtype=np.int32)
    group = zarr.open_group(store, mode="w", zarr_format=3)
    plain: dict[str, Any] = {"chunks": (16, 128, 128), "compressors": None}
    group.create_array("plain", shape=shape, dtype="int32", **plain)[...] = values
    options: dict[str, Any] = {"chunks": (4, 64, 64), "shards": (32, 256, 256), "compressors": ZstdCodec(level=1)}
    group.create_array("sharded", shape=shape, dtype="int32", **options)[...] = values
