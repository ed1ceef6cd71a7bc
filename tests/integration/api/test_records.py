"""Do records of reads over HTTP lead back to the same values, and do they tell the public no more than it may see?"""

import hashlib
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pyarrow as pa
import pytest
import rdflib
import zarr
from rdflib.namespace import PROV, RDF

from catalog.bootstrap import open_workspace, store_access
from catalog.errors import StaleSnapshotError, ValuesChangedError
from catalog.services.replay import Replay, load_record, replay
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes
from tests.support.command import call
from tests.support.recorded import T, read, record, write_climate
from tests.support.service import ServedCatalogue, served, take_in

ZO = rdflib.Namespace("https://w3id.org/zarr-catalog/ns#")
SCHEMA = rdflib.Namespace("https://schema.org/")
NODE = "datasets/lab/nodes/t"
LINK = re.compile(r'<(/record\?[^>]*)>; rel="http://www.w3.org/ns/prov#has_provenance"')


@dataclass(frozen=True)
class Scene:
    """``lab`` public, ``closed`` for those with a key; their stores lie in a folder that nobody outside should learn of."""

    catalogue: ServedCatalogue
    folder: Path

    def get(self, address: str, key: str = "", **options: Any) -> httpx.Response:
        with self.catalogue.client(key) as client:
            return client.get(address, **options)

    def replay(self, place: str | Path) -> Replay:
        with open_workspace(self.catalogue.settings) as workspace:
            access = store_access(self.catalogue.settings)
            return replay(workspace.catalog, workspace.iris, load_record(place, access), access=access)


def write_big(folder: Path) -> None:
    """An array of 32 MiB without a chunk in its store."""
    zarr.create_array(folder, name="big", shape=(2**22,), chunks=(2**16,), dtype="f8", fill_value=0.5)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("internal-place")
    with served(folder / "catalogue") as catalogue:
        for name, access in (("lab", "public"), ("closed", "restricted"), ("moving", "public")):
            write_climate(folder / f"{name}.zarr")
            if name == "lab":
                write_big(folder / "lab.zarr")
            take_in(catalogue, folder / f"{name}.zarr", name, access)
        yield Scene(catalogue, folder)


def linked(answer: httpx.Response) -> str:
    """Where the answer says that its record is."""
    assert answer.status_code == 200, answer.text
    found = LINK.fullmatch(answer.headers["link"])
    assert found, answer.headers["link"]
    return found[1]


def graph_of(answer: httpx.Response) -> rdflib.Graph:
    assert answer.status_code == 200, answer.text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib warns of what it calls itself
        return rdflib.Graph().parse(data=answer.content, format=answer.headers["content-type"].partition(";")[0])


def digest_in(graph: rdflib.Graph) -> str | None:
    [values] = graph.subjects(RDF.type, ZO.ArrayValues)
    found = graph.value(values, SCHEMA.sha256)
    return None if found is None else str(found)


def sha256(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).astype("<f4").tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("select", "expected"),
    [("", T), ("y=2:6,x=3:9", T[2:6, 3:9]), ("y=label(70),x=[4,0]", T[7, [4, 0]]), ("y=::-3,x=-179.0..-175", T[::-3, 2:10])],
)
def test_the_link_of_values_leads_to_their_record(scene: Scene, select: str, expected: Any) -> None:
    address = linked(scene.get(f"arrays/{NODE}", params={"select": select}))
    graph = graph_of(scene.get(address))
    assert digest_in(graph) == sha256(expected)
    [region] = graph.subjects(RDF.type, ZO.ArrayRegion)
    assert str(graph.value(region, ZO.requestedSelection) or "") == select
    [state] = graph.subjects(RDF.type, ZO.ArrayState)
    assert str(graph.value(state, PROV.specializationOf)) == f"{scene.catalogue.base}{NODE}"
    lines = graph.serialize(format="nt").encode()
    assert PyShaclValidator().validate([lines], load_shapes(core=False, recommended=False, profiles=["prov"])).conforms
    url = f"{scene.catalogue.base.rstrip('/')}{address}"
    np.testing.assert_array_equal(scene.replay(url).values, expected)
    with open_workspace(scene.catalogue.settings) as workspace:
        made = record(workspace, read(workspace, f"{scene.catalogue.base}{NODE}", select))
    fetched = load_record(url)
    assert replace(fetched, id=made.id, started=made.started, ended=made.ended) == made, "what `get --record` would write"


def test_every_format_says_the_same_but_for_the_time_and_name_of_the_read(scene: Scene, tmp_path: Path) -> None:
    types = {"jsonld": "application/ld+json", "ttl": "text/turtle", "nt": "application/n-triples"}
    address, sizes = linked(scene.get(f"arrays/{NODE}", params={"select": "y=1"})), set()
    for ending, media_type in types.items():
        negotiated = scene.get(address, headers={"Accept": media_type})
        named = scene.get(f"{address}&format={ending}", headers={"Accept": "x/y"})
        for answer in (negotiated, named):
            assert answer.headers["content-type"].partition(";")[0] == media_type
            sizes.add(len(graph_of(answer)))
            (tmp_path / f"r.{ending}").write_bytes(answer.content)
            assert scene.replay(tmp_path / f"r.{ending}").values.tolist() == T[1].tolist()
    assert len(sizes) == 1
    assert scene.get(address).headers["content-type"] == "application/ld+json"
    assert scene.get(address, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("kind", ["position", "label"])
def test_points_have_a_record_by_their_link_and_by_the_same_request(scene: Scene, kind: str, tmp_path: Path) -> None:
    ys, xs = [7, 0, 19, 7], [0, 29, 3, 0]
    given = {"y": ys, "x": xs} if kind == "position" else {"y": [10 * y for y in ys], "x": [0.5 * x - 180 for x in xs]}
    with scene.catalogue.client() as client:
        answer = client.post(f"sample/{NODE}", params={"in": kind, "format": "json"}, json=given)
        assert answer.json()["values"] == T[ys, xs].tolist()
        posted = client.post(f"record/{NODE}", params={"in": kind}, json=given)
    by_link = graph_of(scene.get(linked(answer)))
    assert digest_in(by_link) == digest_in(graph_of(posted)) == sha256(T[ys, xs])
    (tmp_path / "r.jsonld").write_bytes(posted.content)
    assert scene.replay(tmp_path / "r.jsonld").values.tolist() == T[ys, xs].tolist()
    assert scene.replay(f"{scene.catalogue.base.rstrip('/')}{linked(answer)}").values.tolist() == T[ys, xs].tolist()


def test_a_long_selection_has_no_link_and_a_record_all_the_same(scene: Scene) -> None:
    """Clients of HTTP refuse a header of more than 8 KiB."""
    select = f"y=[{','.join(['3'] * 2500)}],x=4"
    assert "link" not in scene.get(f"arrays/{NODE}", params={"select": select}).headers
    graph = graph_of(scene.get(f"record/{NODE}", params={"select": select}))
    assert digest_in(graph) == sha256(np.full(2500, T[3, 4]))


def test_many_points_have_no_link_and_the_same_request_has_a_record(scene: Scene) -> None:
    given = {"y": [3] * 2000, "x": [4] * 2000}
    with scene.catalogue.client() as client:
        assert "link" not in client.post(f"sample/{NODE}", json=given).headers
        assert digest_in(graph_of(client.post(f"record/{NODE}", json=given))) == sha256(np.full(2000, T[3, 4]))


def test_large_values_are_read_for_their_digest_only_when_asked(scene: Scene) -> None:
    address = linked(scene.get("arrays/datasets/lab/nodes/big"))
    graph = graph_of(scene.get(address))
    assert digest_in(graph) is None
    assert "not read for this record" in graph.serialize(format="nt")
    found = scene.replay(f"{scene.catalogue.base.rstrip('/')}{address}")
    assert any("no digest" in note for note in found.parts[0].notes)
    assert found.values.shape == (2**22,)
    expected = hashlib.sha256(np.full(2**22, 0.5, "<f8").tobytes()).hexdigest()
    assert digest_in(graph_of(scene.get(f"{address}&digest=true"))) == expected
    small = linked(scene.get(f"arrays/{NODE}"))
    assert digest_in(graph_of(scene.get(f"{small}&digest=false"))) is None


def test_a_mask_says_what_the_store_does_not_have_and_has_no_record(scene: Scene) -> None:
    """No chunk of ``big`` was ever written; of ``t``, all were."""
    address, select = "arrays/datasets/lab/nodes/big", {"select": "dim0=0:3"}
    mask = {**select, "missing": "mask"}
    filled, masked = (scene.get(address, params={**given, "format": "json"}) for given in (select, mask))
    assert (filled.json()["values"], masked.json()["values"]) == ([0.5] * 3, [None] * 3)
    assert filled.headers["etag"] != masked.headers["etag"]
    assert ("link" in filled.headers, "link" in masked.headers) == (True, False)
    assert scene.get(address, params={**mask, "format": "csv"}).text.split() == ['"big"', '""', '""', '""']
    table = pa.ipc.open_stream(scene.get(address, params={**mask, "format": "arrow"}).content).read_all()
    assert table["big"].null_count == 3
    assert scene.get(f"arrays/{NODE}", params={"missing": "mask", "format": "json"}).json()["values"] == T.tolist()
    refused = scene.get(address, params=mask)
    assert (refused.status_code, "cannot say which elements are missing" in refused.json()["detail"]) == (400, True)


def test_the_public_learns_nothing_else_of_an_array(scene: Scene) -> None:
    place = quote(str(scene.folder.name))
    for address in (f"record/{NODE}", f"record/{NODE}?digest=false"):
        text = scene.get(address).text
        assert place not in text
        assert "file:" not in text
        assert "closed" not in text
    closed, unknown = (f"datasets/{name}/nodes/t" for name in ("closed", "missing"))
    bodies = []
    for node in (closed, unknown):
        answer = scene.get(f"record/{node}")
        assert answer.status_code == 404
        bodies.append(re.sub(r"closed|missing", "NAME", answer.text))
        assert scene.get("record", params={"iri": f"{scene.catalogue.base}{node}"}).status_code == 404
    assert bodies[0] == bodies[1]
    with_key = scene.get(f"record/{closed}", scene.catalogue.read_key)
    assert digest_in(graph_of(with_key)) == sha256(T)


def test_what_changed_since_has_no_record_and_is_told_by_a_replay(scene: Scene, tmp_path: Path) -> None:
    address = linked(scene.get("arrays/datasets/moving/nodes/t", params={"select": "y=0:4"}))
    kept = tmp_path / "r.jsonld"
    kept.write_bytes(scene.get(address).content)
    store = scene.folder / "moving.zarr"
    zarr.open_array(store / "t", mode="r+")[0, 0] = -9
    with pytest.raises(ValuesChangedError, match="holds other values"):
        scene.replay(kept)
    zarr.open_array(store / "t", mode="r+").resize((2, 30))
    take_in(scene.catalogue, store, "moving", "public")
    answer = scene.get(address)
    assert answer.status_code == 409
    assert "catalogued anew since it was read" in answer.json()["detail"]
    with pytest.raises(StaleSnapshotError):
        scene.replay(kept)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"select": "y=99"}, 400),
        ({"select": "points(y=[1,2],x=[1])"}, 400),
        ({"select": "points(y=[1],x=[99])"}, 400),
        ({"select": "points()"}, 400),
        ({"state": "0" * 64}, 409),
        ({"state": "x"}, 400),
        ({"digest": "perhaps"}, 400),
        ({"format": "xml"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(scene: Scene, params: dict[str, str], status: int) -> None:
    answer = scene.get(f"record/{NODE}", params=params)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_command_replays_what_a_link_leads_to(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record of a restricted array is given for a key alone, which is the credential of the service's own URLs."""
    base, key = scene.catalogue.base, scene.catalogue.read_key
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{scene.folder / 'catalogue' / 'graphs'}")
    monkeypatch.setenv("CATALOG_ARCHIVE", str(scene.folder / "catalogue" / "archive"))
    monkeypatch.chdir(tmp_path)
    address = linked(scene.get("arrays/datasets/closed/nodes/t", key, params={"select": "x=3"}))
    assert call(monkeypatch, "replay", f"{base.rstrip('/')}{address}") == 4
    assert key not in capsys.readouterr().err
    monkeypatch.setenv("CATALOG_CREDENTIALS", json.dumps({base: {"type": "bearer", "token": key}}))
    assert call(monkeypatch, "replay", f"{base.rstrip('/')}{address}", "--save", "o.npy") == 0
    assert np.load("o.npy").tolist() == T[:, 3].tolist()
    assert call(monkeypatch, "replay", base) == 2
    assert call(monkeypatch, "replay", f"{base}no/such/record") == 4
