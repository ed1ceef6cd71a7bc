"""Records, replays and registered stores over real servers: a Fuseki, a web server, an S3 service."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.bridge.coordinates import Reading
from catalog.bridge.read import StoreAccess
from catalog.errors import (
    GraphStoreUnavailableError,
    InputError,
    NotFoundError,
    StaleSnapshotError,
    StoreForbiddenError,
    ValuesChangedError,
)
from catalog.services.delete import delete
from catalog.services.derive import Result, Saved, save_store
from catalog.services.provenance import write_record
from catalog.services.registry import Registry
from catalog.services.replay import load_record, replay
from catalog.services.workspace import Workspace
from catalog.stores.credentials import S3, Basic, Credentials
from tests.support.fuseki import FusekiServer
from tests.support.http_server import WebServer
from tests.support.recorded import T, read, record, take_in, write_climate
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.workspace import open_test_workspace

NEW = "SELECT ?new WHERE { ?new prov:wasDerivedFrom ?old . ?new a zo:ZarrArray . ?old a zo:ZarrArray } ORDER BY ?new"


@pytest.fixture
def workspace(fuseki: FusekiServer, tmp_path: Path) -> Iterator[Workspace]:
    stores = [fuseki.store(), fuseki.store("public")]
    with open_test_workspace(tmp_path / "catalogue", stores=stores) as opened:
        yield opened
    for store in stores:
        store.close()


def answer(store: Any, query: str) -> list[str]:
    return store.query(query, "csv").body.decode().split()[1:]


def saved(workspace: Workspace, url: str, reading: Any, **given: Any) -> Saved:
    return save_store(workspace, url, [Result(reading.values, (reading,))], register=True, **given)


def test_a_web_store_is_read_recorded_replayed_and_derived_from(workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    write_climate(folder / "a.zarr")
    with WebServer(folder) as server:
        nodes = take_in(workspace, f"{server.url}/a.zarr", "a")
        reading = read(workspace, nodes + "t", "y=3:9:2,x=::-3")
        made = record(workspace, reading)
        write_record(made, tmp_path / "r.jsonld")
        assert str(server.port) not in (tmp_path / "r.jsonld").read_text()
        loaded = load_record(tmp_path / "r.jsonld")
        assert loaded == made
        again = replay(workspace.catalog, workspace.iris, loaded)
        np.testing.assert_array_equal(again.parts[0].values, T[3:9:2, ::-3])
        with pytest.raises(NotFoundError, match="does not tell where"):  # this machine is nobody's business
            replay(workspace.public, workspace.iris, loaded)

        outcome = saved(workspace, str(tmp_path / "out.zarr"), reading, dataset_id="new")
        assert outcome.dataset is not None
        base = workspace.iris.dataset("new")
        for store in (workspace.catalog, workspace.public):
            assert answer(store, NEW) == [f"{base}/nodes/{name}" for name in ("crs", "t", "x", "y", "y_bnds")]

        zarr.open_array(folder / "a.zarr" / "t", mode="r+")[3, 29] = 99
        with pytest.raises(ValuesChangedError):
            replay(workspace.catalog, workspace.iris, loaded)
        shutil.rmtree(folder / "a.zarr" / "t")
        with pytest.raises(StaleSnapshotError, match="is gone"):
            replay(workspace.catalog, workspace.iris, loaded)
        delete(workspace, "a")
        with pytest.raises(NotFoundError, match="not in the catalogue any more"):
            replay(workspace.catalog, workspace.iris, loaded)
        delete(workspace, "new")
        assert answer(workspace.catalog, NEW) == answer(workspace.public, NEW) == []


def test_no_credential_and_no_place_of_a_restricted_store_is_recorded(workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    write_climate(folder / "secret-place.zarr")
    user, password = "reader", f"p{tmp_path.name}w"
    import base64

    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    with WebServer(folder, wanted={"Authorization": f"Basic {token}"}) as server:
        access = StoreAccess(Credentials({server.url: Basic(user, password)}))
        own = replace(workspace, credentials=access.credentials)
        nodes = take_in(own, f"{server.url}/secret-place.zarr", "a")
        reading = read(own, nodes + "t", "x=3", access)
        outcome = saved(own, str(tmp_path / "out.zarr"), reading, dataset_id="new", how=Reading(access))
        assert outcome.dataset is not None
        assert outcome.dataset.access == "restricted"
        for name in ("r.jsonld", "r.ttl", "r.nt"):
            write_record(outcome.record, tmp_path / name)
        texts = [(tmp_path / name).read_text() for name in ("r.jsonld", "r.ttl", "r.nt")]
        texts += [own.catalog.read_graph(own.iris.graph("new", "derived")).decode()]
        for text in texts:
            for secret in (password, token, "secret-place", str(server.port), str(tmp_path)):
                assert secret not in text
        assert own.public.read_graph(own.iris.graph("new", "derived")) == b""


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path) -> tuple[str, Credentials]:
    name = f"b{abs(hash(tmp_path.name)) % 10**9}"
    s3.make_bucket(name)
    return f"s3://{name}", Credentials({f"s3://{name}": S3(key=KEY, secret=SECRET, endpoint_url=s3.url)})


def test_a_store_is_saved_in_a_bucket_root_last(
    workspace: Workspace, s3: S3Server, bucket: tuple[str, Credentials], tmp_path: Path
) -> None:
    place, credentials = bucket
    own = replace(workspace, credentials=credentials)
    nodes = take_in(own, str(write_climate(tmp_path / "a.zarr")), "a")
    s3.requests()
    outcome = saved(own, f"{place}/deep/out.zarr", read(own, nodes + "t", "y=3:9:2"), dataset_id="new")
    written = [request.path for request in s3.requests() if request.method == "PUT"]
    assert written[-1].endswith("/deep/out.zarr/zarr.json")
    first_document = next(at for at, path in enumerate(written) if path.endswith("zarr.json"))
    assert all(path.endswith("zarr.json") for path in written[first_document:])
    assert outcome.location == f"{place}/deep/out.zarr"
    again = read(own, own.iris.node("new", "t"), "x=5", StoreAccess(credentials))
    np.testing.assert_array_equal(again.values, T[3:9:2, 5])
    with pytest.raises(InputError, match="something at"):
        save_store(own, f"{place}/deep/out.zarr", [Result(again.values, (again,))], how=Reading(StoreAccess(credentials)))


def test_a_bucket_that_refuses_leaves_nothing(workspace: Workspace, tmp_path: Path, s3: S3Server) -> None:
    nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")
    own = replace(workspace, credentials=Credentials({"s3://": S3(key=KEY, secret=SECRET, endpoint_url=s3.url)}))
    with pytest.raises((NotFoundError, StoreForbiddenError, InputError, OSError)):
        saved(own, "s3://there-is-no-such-bucket/out.zarr", read(own, nodes + "t"))
    assert Registry(workspace.catalog, workspace.iris).ids() == ["a"]


def test_a_fuseki_that_goes_away_leaves_nothing(
    workspace: Workspace, fuseki: FusekiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")
    reading = read(workspace, nodes + "t")
    apply, calls = type(workspace.catalog).apply, []

    def fail_once(self: Any, updates: Any) -> None:
        if self is workspace.catalog and not calls:
            calls.append(1)
            raise GraphStoreUnavailableError("it is down")
        apply(self, updates)

    monkeypatch.setattr(type(workspace.catalog), "apply", fail_once)
    with pytest.raises(GraphStoreUnavailableError):
        saved(workspace, str(tmp_path / "out.zarr"), reading, dataset_id="new")
    assert not (tmp_path / "out.zarr").exists()
    for audience in ("catalog", "public"):
        graphs = fuseki.ask(f"{audience}/sparql", "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").text
        assert "datasets/new" not in graphs
        assert "datasets/a" in graphs
