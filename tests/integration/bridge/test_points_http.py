"""Does a web server get as many requests as there are chunks with a point in them, and of shards those that are documented?"""

import struct
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray

from catalog.bridge import points as points_module
from catalog.bridge.coordinates import Reading
from catalog.bridge.points import plan_points, sample
from catalog.bridge.read import read_array
from catalog.bridge.selection import select
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from tests.support.http_server import WebServer
from tests.unit.bridge.catalogue import Catalogue

VALUES = np.arange(64 * 48 * 10, dtype="int32").reshape(64, 48, 10)


@pytest.mark.parametrize("version", [2, 3])
def test_points_and_lists_cost_their_chunks(tmp_path: Path, version: int) -> None:
    group = zarr.open_group(tmp_path / "web" / "s.zarr", mode="w", zarr_format=version)  # type: ignore[arg-type]
    group.create_array("a", shape=VALUES.shape, chunks=(8, 8, 5), dtype="int32")[...] = VALUES
    random = np.random.default_rng(3)
    points = np.stack(
        [random.integers(0, 20, 100_000) + 30, random.integers(0, 48, 100_000), random.integers(0, 3, 100_000)], axis=1
    )
    with WebServer(tmp_path / "web") as server, EmbeddedGraphStore(tmp_path / "graphs") as store:
        catalogue = Catalogue(store)
        source = open_source(f"{server.url}/s.zarr")
        harvest = read_documents(source)
        catalogue.add("s", harvest.documents, source.location, harvest.route, harvest.key)
        ref = catalogue.ref("s", "a")

        server.requests.clear()
        found = sample(ref, points, reading=Reading(check="never"))
        assert np.array_equal(found, VALUES[tuple(points.T)])
        asked = Counter(request.path for request in server.requests)
        assert len(server.requests) == len(asked) == len(np.unique(points // (8, 8, 5), axis=0)) == 4 * 6 * 1

        server.requests.clear()
        sample(ref, points[:10])
        documents = [request for request in server.requests if request.path.rpartition("/")[2].startswith((".z", "zarr"))]
        assert len(documents) == (1 if version == 3 else 2), "one look at the array's own documents"

        server.requests.clear()
        picks = {"dim0": [63, 1, 1, 40], "dim1": np.arange(48) % 16 == 3, "dim2": slice(None, None, -1)}
        part = read_array(ref, select(ref.array, picks), check="never")
        assert np.array_equal(part, VALUES[np.ix_([63, 1, 1, 40], [3, 19, 35])][:, :, ::-1])
        asked = Counter(request.path for request in server.requests)
        assert len(server.requests) == len(asked) == 3 * 3 * 2


MIB = 2**20
SHARD, INNER = (32, 24, 10), (4, 8, 5)
INSIDE = tuple(shard // inner for shard, inner in zip(SHARD, INNER, strict=True))
INDEX_BYTES = 16 * int(np.prod(INSIDE)) + 4


def ranges_of(shard: Path, wanted: list[tuple[int, ...]], start: bool) -> list[tuple[int, int]]:
    """Where Zarr v3.1 says that inner chunks of a shard lie, neighbours joined as docs/reference/reading.md has it."""
    data = shard.read_bytes()
    index = data[:INDEX_BYTES] if start else data[-INDEX_BYTES:]
    numbers = struct.unpack(f"<{2 * int(np.prod(INSIDE))}Q", index[:-4])
    joined: list[tuple[int, int]] = []
    for low, size in sorted(numbers[2 * at : 2 * at + 2] for at in (np.ravel_multi_index(each, INSIDE) for each in wanted)):
        if low == 2**64 - 1:
            continue
        if joined and low - joined[-1][1] <= MIB and low + size - joined[-1][0] <= 16 * MIB:
            joined[-1] = joined[-1][0], low + size
        else:
            joined.append((low, low + size))
    return joined


def documented(folder: Path, points: NDArray[Any], start: bool) -> Counter[tuple[str, str]]:
    """The requests that docs/reference/selections.md promises for points: key and range."""
    places = sorted({(tuple(point // SHARD), tuple(point % SHARD // INNER)) for point in points})
    asked: Counter[tuple[str, str]] = Counter()
    for shard, inside in groupby(places, key=lambda place: place[0]):
        key = "c/" + "/".join(map(str, shard))
        wanted = [inner for _, inner in inside]
        if len(wanted) == np.prod(INSIDE):
            asked[key, ""] += 1
            continue
        asked[key, f"bytes=0-{INDEX_BYTES - 1}" if start else f"bytes=-{INDEX_BYTES}"] += 1
        if (folder / key).is_file():
            asked.update((key, f"bytes={low}-{high - 1}") for low, high in ranges_of(folder / key, wanted, start))
    return asked


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("count", [1, 20, 3000])
def test_points_in_shards_cost_an_index_and_joined_ranges(tmp_path: Path, start: bool, count: int) -> None:
    folder = tmp_path / "web" / "s.zarr"
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    where = "start" if start else "end"
    shards: Any = {"shape": SHARD, "index_location": where}
    group.create_array("a", shape=VALUES.shape, chunks=INNER, shards=shards, dtype="int32", fill_value=-1)
    values = VALUES.copy()
    values[32:, 24:] = values[:8, 16:24, 5:] = -1  # a shard that is not there, and inner chunks that are not
    group["a"][...] = values  # type: ignore[index]
    random = np.random.default_rng(count)
    points = np.stack([random.integers(0, size, count) for size in VALUES.shape], axis=1)
    if count == 3000:
        points = np.concatenate([points, np.argwhere(VALUES[:32, :24] >= 0)])  # every inner chunk of one shard
    with WebServer(tmp_path / "web") as server, EmbeddedGraphStore(tmp_path / "graphs") as store:
        catalogue = Catalogue(store)
        source = open_source(f"{server.url}/s.zarr")
        harvest = read_documents(source)
        catalogue.add("s", harvest.documents, source.location, harvest.route, harvest.key)
        ref = catalogue.ref("s", "a")
        server.requests.clear()
        found = sample(ref, points, reading=Reading(check="never"))
        asked = Counter((each.path.removeprefix("/s.zarr/a/"), each.headers.get("range", "")) for each in server.requests)
    assert np.array_equal(found, values[tuple(points.T)])
    assert asked == documented(folder / "a", points, start)
    planned = plan_points(ref, points)
    assert planned.plan.least_requests <= asked.total() <= planned.plan.most_requests
    assert {f"a/{key}" for key, _ in asked} == set(planned.keys())


def test_a_shard_that_cannot_be_held_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two inner chunks and what may lie between them, twenty take ten reads, and each is fetched once."""
    folder = tmp_path / "web" / "s.zarr"
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    group.create_array("a", shape=(24,), chunks=(1,), shards=(24,), dtype="int32", compressors=None)[...] = np.arange(24) + 7
    monkeypatch.setattr(points_module, "MAX_HELD_BYTES", 2 * 5)
    monkeypatch.setattr(points_module, "MAX_GAP", 1)
    with WebServer(tmp_path / "web") as server, EmbeddedGraphStore(tmp_path / "graphs") as store:
        catalogue = Catalogue(store)
        source = open_source(f"{server.url}/s.zarr")
        harvest = read_documents(source)
        catalogue.add("s", harvest.documents, source.location, harvest.route, harvest.key)
        server.requests.clear()
        points = np.arange(20)[::-1, None]
        assert sample(catalogue.ref("s", "a"), points, reading=Reading(check="never")).tolist() == list(range(26, 6, -1))
        asked = Counter(each.headers["range"] for each in server.requests)
    index = f"bytes=-{24 * 16 + 4}"
    assert asked[index] == len(asked) - 1 == 10
    assert set(asked.values()) == {1, 10}
