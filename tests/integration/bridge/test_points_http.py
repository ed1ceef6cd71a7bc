"""Does a web server get as many requests as there are chunks with a point in them?"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import zarr

from catalog.bridge.coordinates import Reading
from catalog.bridge.points import sample
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
