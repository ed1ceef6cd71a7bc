"""Are values read by the processes of a real cluster, one task for each chunk, and does no credential travel with them?"""

import base64
import functools
import json
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import numpy as np
import pytest
import zarr
from distributed import Client, LocalCluster

import catalog
from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.limits import PlanLimits
from catalog.bridge.read import StoreAccess
from catalog.bridge.results.lazy import to_dask
from catalog.bridge.selection import select
from catalog.errors import ForbiddenError, InputError, LimitExceededError
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.stores.credentials import Basic, Credentials
from tests.support.http_server import WebServer
from tests.unit.bridge.catalogue import Catalogue

VALUES = np.arange(240, dtype="f4").reshape(20, 12)
USER, PASSWORD = "reader", "swordfish-7"
HEADER = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    group = zarr.open_group(tmp_path / "web/s", mode="w", zarr_format=3)
    group.create_array("plain", shape=VALUES.shape, chunks=(8, 5), dtype="f4")[...] = VALUES
    group.create_array("sharded", shape=VALUES.shape, shards=(8, 6), chunks=(2, 3), dtype="f4")[...] = VALUES
    with WebServer(tmp_path / "web") as running:
        yield running


@pytest.fixture
def refs(tmp_path: Path, server: WebServer) -> Iterator[dict[str, ArrayRef]]:
    with EmbeddedGraphStore(tmp_path / "graphs") as store:
        catalogue = Catalogue(store)
        catalogue.ingest("d", tmp_path / "web/s")
        found = {name: catalogue.ref("d", name) for name in ("plain", "sharded")}
        yield {name: replace(ref, location=f"{server.url}/s") for name, ref in found.items()}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    paths = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ.PYTHONPATH": paths}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as running,
        Client(running) as client,
    ):
        yield client


def access(url: str) -> StoreAccess:
    """How a process that runs tasks reaches stores."""
    return StoreAccess(credentials=Credentials({url: Basic(USER, PASSWORD)}))


@pytest.mark.parametrize("name", ["plain", "sharded"])
@pytest.mark.parametrize("text", ["", "dim0=3:17:2,dim1=::-1", "dim0=5", "dim0=[1,9,9,0]"])
def test_a_cluster_of_processes_reads_each_chunk_once(
    refs: dict[str, ArrayRef], server: WebServer, cluster: Client, name: str, text: str
) -> None:
    index: dict[str, Any] = {"": ..., "dim0=3:17:2,dim1=::-1": np.s_[3:17:2, ::-1], "dim0=5": 5, "dim0=[1,9,9,0]": [1, 9, 9, 0]}
    ref = refs[name]
    lazy = to_dask(ref, select(ref.array, text))
    assert not server.requests
    np.testing.assert_array_equal(cluster.compute(lazy, sync=True), VALUES[index[text]])
    assert lazy.dtype == np.dtype("f4")
    assert not [path for path in server.paths if path.endswith("zarr.json")]


def test_one_task_for_each_stored_object(refs: dict[str, ArrayRef], server: WebServer) -> None:
    lazy = to_dask(refs["plain"])
    assert lazy.chunks == ((8, 8, 4), (5, 5, 2))
    lazy[8:16, 5:10].compute(scheduler="sync")
    assert server.paths == ["/s/plain/c/1/1"]
    assert to_dask(refs["sharded"]).chunks == ((8, 8, 4), (6, 6))


def test_credentials_do_not_travel(refs: dict[str, ArrayRef], server: WebServer, cluster: Client) -> None:
    server.wanted, server.refusal = {"Authorization": HEADER}, 401
    ref = refs["plain"]
    without = to_dask(ref, access=access(server.url))
    assert PASSWORD.encode() not in pickle.dumps(without)
    with pytest.raises(ForbiddenError, match=r"does not travel.*CATALOG_CREDENTIALS"):
        cluster.compute(without, sync=True)
    np.testing.assert_array_equal(without.compute(scheduler="threads"), VALUES)  # this process has them
    there = to_dask(ref, access_there=functools.partial(access, server.url))
    assert PASSWORD.encode() not in pickle.dumps(there)
    np.testing.assert_array_equal(there.compute(scheduler="sync"), VALUES)
    carried = to_dask(ref, access=access(server.url), carry_credentials=True)
    assert PASSWORD.encode() in pickle.dumps(carried)
    np.testing.assert_array_equal(cluster.compute(carried, sync=True), VALUES)


def test_the_client_reads_here_with_its_credentials_and_there_with_those_of_the_workers(
    tmp_path: Path, server: WebServer, cluster: Client
) -> None:
    credentials = json.dumps({server.url: {"type": "basic", "user": USER, "password": PASSWORD}})
    server.wanted, server.refusal = {"Authorization": HEADER}, 401
    with catalog.connect(tmp_path / "cat", credentials=credentials, archive=str(tmp_path / "archive")) as cat:
        cat.ingest(f"{server.url}/s")
        item = cat.arrays(path="plain").one()
        lazy = item.to_dask() + 1
        labelled = item.to_xarray(lazy=True).data + 1
        for each in (lazy, labelled):
            assert PASSWORD.encode() not in cloudpickle.dumps(each.dask)
            np.testing.assert_array_equal(each.compute(scheduler="threads"), VALUES + 1)
            with pytest.raises(ForbiddenError, match=rf"credential for {server.url} .*CATALOG_CREDENTIALS"):
                cluster.compute(each, sync=True)
        try:
            cluster.run(lambda: os.environ.update(CATALOG_CREDENTIALS=credentials))
            other = cat.arrays(path="sharded").one().to_dask()  # dask remembers the errors of tasks that it had before
            np.testing.assert_array_equal(cluster.compute(other, sync=True), VALUES)
        finally:
            cluster.run(lambda: os.environ.pop("CATALOG_CREDENTIALS", None) and None)


def test_what_costs_too_much_is_refused_at_once(refs: dict[str, ArrayRef], server: WebServer) -> None:
    with pytest.raises(LimitExceededError):
        to_dask(refs["plain"], limits=PlanLimits(max_result_bytes=8 * 5 * 4 - 1))
    to_dask(refs["plain"], limits=PlanLimits(max_result_bytes=8 * 5 * 4))
    with pytest.raises(InputError, match=r"does not travel"):
        to_dask(refs["plain"], access=StoreAccess(store=object()))
    assert not server.requests
