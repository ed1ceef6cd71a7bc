"""Does the service answer with the values that zarr-python reads from the source, in every format, and at what cost?"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import PIL.Image
import pyarrow as pa
import pytest
import zarr

from tests.support.http_server import WebServer
from tests.support.served_stores import take_in_all, write_store
from tests.support.service import ServedCatalogue, served
from tests.unit.client.conftest import write_plate


@dataclass(frozen=True)
class Scene:
    """``lab`` on disk, ``web`` on a server that counts; both public."""

    catalogue: ServedCatalogue
    folder: Path
    web: WebServer
    grid: Any
    cells: Any

    def get(self, address: str, **options: Any) -> httpx.Response:
        with self.catalogue.client() as client:
            return client.get(address, **options)

    def sample(self, address: str, points: Any, form: str = "npy", **params: str) -> httpx.Response:
        """Points as JSON, or, where they are a text, as CSV."""
        body = {"content": points, "headers": {"Content-Type": "text/csv"}} if isinstance(points, str) else {"json": points}
        with self.catalogue.client() as client:
            return client.post(f"sample/{address}", params={**params, "format": form}, **body)


GRID, CELLS = "datasets/lab/nodes/grid", "datasets/lab/nodes/deep/er/cells"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("internal-place")
    store = folder / "served" / "lab.zarr"
    write_store(store, 3)
    root = zarr.open_group(store, mode="a")
    axis = root.create_array("lat", shape=(6,), dtype="f4", dimension_names=["lat"])
    axis[:] = [10, 20, 30, 40, 50, 60]
    line = root.create_array("line", shape=(6,), dtype="f8", dimension_names=["lat"])
    line[:] = [1.5, np.nan, np.inf, -np.inf, -0.0, 1e300]
    rgb = root.create_array("rgb", shape=(5, 7, 3), dtype="u1")
    rgb[:] = np.random.default_rng(5).integers(0, 256, (5, 7, 3))
    texts = root.create_array("texts", shape=(3,), dtype=np.dtypes.StringDType())
    texts[:] = np.array(["=1+1", "plain", "ü,\n"], dtype=np.dtypes.StringDType())
    root.create_array("huge", shape=(2**40,), chunks=(2**20,), dtype="f8")
    root.create_array("tiny", shape=(10**6,), chunks=(1,), dtype="u1")
    write_store(folder / "closed.zarr", 3)
    write_plate(folder / "assay.zarr")
    with WebServer(folder / "served") as web, served(folder / "catalogue", api={"max_text_values": 1000}) as catalogue:
        take_in_all(catalogue, {"lab": str(store), "web": f"{web.url}/lab.zarr", "assay": str(folder / "assay.zarr")})
        take_in_all(catalogue, {"closed": str(folder / "closed.zarr")}, "restricted")
        source = zarr.open_group(store, mode="r")
        yield Scene(catalogue, folder, web, source["grid"][...], source["deep/er/cells"][...])  # type: ignore[index]


def loaded(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content), allow_pickle=False)


class TestFormats:
    @pytest.mark.parametrize("select", ["", "dim0=5:77,dim1=3:61", "dim0=[9,2,2],dim1=::-7", "dim0=5"])
    @pytest.mark.parametrize("dataset", ["lab", "web"])
    def test_npy(self, scene: Scene, dataset: str, select: str) -> None:
        expected = {
            "": scene.cells,
            "dim0=5:77,dim1=3:61": scene.cells[5:77, 3:61],
            "dim0=[9,2,2],dim1=::-7": scene.cells[[9, 2, 2]][:, ::-7],
            "dim0=5": scene.cells[5],
        }
        answer = scene.get(f"arrays/datasets/{dataset}/nodes/deep/er/cells", params={"select": select})
        assert answer.headers["content-type"] == "application/x-npy"
        np.testing.assert_array_equal(loaded(answer), expected[select])

    def test_any_uri_that_leads_to_one_array(self, scene: Scene) -> None:
        answer = scene.get("arrays", params={"iri": f"{scene.catalogue.base}{GRID}", "select": "dim0=0:9"})
        np.testing.assert_array_equal(loaded(answer), scene.grid[:9])
        several = scene.get("arrays", params={"iri": f"{scene.catalogue.base}datasets/lab"})
        assert several.status_code == 400
        assert "name one of them" in several.json()["detail"]

    def test_json_has_every_value(self, scene: Scene) -> None:
        answer = scene.get("arrays/datasets/lab/nodes/line", headers={"Accept": "application/json"})
        body = json.loads(answer.text, parse_constant=pytest.fail)
        assert (body["shape"], body["dimensions"], body["data_type"]) == ([6], ["lat"], "float64")
        assert body["values"] == [1.5, "NaN", "Infinity", "-Infinity", -0.0, 1e300]

    def test_csv_has_the_coordinate_and_no_formula(self, scene: Scene) -> None:
        answer = scene.get("arrays/datasets/lab/nodes/line", params={"format": "csv", "select": "lat=0:5:4"})
        assert answer.headers["content-type"].startswith("text/csv")
        assert list(csv.reader(io.StringIO(answer.text))) == [["lat", "line"], ["10.0", "1.5"], ["50.0", "-0.0"]]
        texts = scene.get("arrays/datasets/lab/nodes/texts", headers={"Accept": "text/csv"})
        assert list(csv.reader(io.StringIO(texts.text, newline=""))) == [["texts"], ["'=1+1"], ["plain"], ["ü,\n"]]
        assert "attachment" in texts.headers["content-disposition"]

    def test_arrow(self, scene: Scene) -> None:
        answer = scene.get("arrays/datasets/lab/nodes/line", headers={"Accept": "application/vnd.apache.arrow.stream"})
        table = pa.ipc.open_stream(answer.content).read_all()
        assert table.column_names == ["lat", "line"]
        np.testing.assert_array_equal(table["line"].to_numpy(), [1.5, np.nan, np.inf, -np.inf, -0.0, 1e300])
        two = scene.get(f"arrays/{CELLS}", params={"select": "dim0=0:4,dim1=0:3", "format": "arrow"})
        np.testing.assert_array_equal(pa.ipc.open_stream(two.content).read_pandas(), scene.cells[:4, :3])

    def test_png(self, scene: Scene) -> None:
        grey = PIL.Image.open(io.BytesIO(scene.get(f"arrays/{CELLS}", params={"format": "png"}).content))
        np.testing.assert_array_equal(np.asarray(grey), scene.cells)
        coloured = scene.get("arrays/datasets/lab/nodes/rgb", headers={"Accept": "image/png"})
        expected = zarr.open_array(scene.folder / "served/lab.zarr/rgb", mode="r")[...]
        image = PIL.Image.open(io.BytesIO(coloured.content))
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), expected)

    def test_labels_are_looked_up_in_the_coordinate_that_the_public_store_has(self, scene: Scene) -> None:
        answer = scene.get("arrays/datasets/lab/nodes/line", params={"select": "lat=label(40)", "format": "json"})
        assert answer.json()["values"] == "-Infinity"

    def test_a_format_that_there_is_not(self, scene: Scene) -> None:
        assert scene.get(f"arrays/{GRID}", params={"format": "xls"}).status_code == 400
        refused = scene.get(f"arrays/{GRID}", headers={"Accept": "application/pdf"})
        assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")
        assert scene.get("arrays/datasets/lab/nodes/rgb", params={"format": "csv"}).status_code == 400


BUDGETS = [
    ("huge", "", "npy", "max_result_bytes", 2**43),
    ("huge", "dim0=::1048576", "npy", "max_chunks", 2**20),
    ("tiny", "", "npy", "max_chunks", 10**6),
    ("grid", "", "json", "max_text_values", 7000),
    ("grid", "", "csv", "max_text_values", 7000),
    ("huge", "dim0=0:134217728", "png", "", 0),
]


class TestBudgets:
    @pytest.mark.parametrize(("path", "select", "form", "limit", "value"), BUDGETS)
    def test_what_costs_too_much_is_refused_with_the_figures_before_the_store_is_asked(
        self, scene: Scene, path: str, select: str, form: str, limit: str, value: int
    ) -> None:
        before = len(scene.web.requests)
        answer = scene.get(f"arrays/datasets/web/nodes/{path}", params={"select": select, "format": form})
        body = answer.json()
        if limit:
            assert (answer.status_code, body["limit"], body["value"]) == (413, limit, value)
            assert body["allowed"] < value
        else:
            assert answer.status_code in {400, 413}
        assert len(scene.web.requests) == before

    def test_a_plan_says_so_too(self, scene: Scene) -> None:
        before = len(scene.web.requests)
        plan = scene.get("plan/datasets/web/nodes/huge", params={"keys": 2}).json()
        assert plan["refused"] == {"limit": "max_result_bytes", "value": 2**43, "allowed": 256 * 2**20}
        assert (plan["chunks"], plan["result_bytes"]) == (2**20, 2**43)
        assert (plan["keys"], plan["complete"]) == (["huge/c/0", "huge/c/1"], False)
        assert len(scene.web.requests) == before

    def test_a_plan_names_the_chunks_that_are_read(self, scene: Scene) -> None:
        plan = scene.get("plan/datasets/web/nodes/grid", params={"select": "dim0=25:35,dim1=59:61"}).json()
        assert (plan["keys"], plan["complete"], plan["refused"]) == (
            ["grid/c/0/2", "grid/c/0/3", "grid/c/1/2", "grid/c/1/3"], True, None,
        )  # fmt: skip
        before = len(scene.web.requests)
        scene.get("arrays/datasets/web/nodes/grid", params={"select": "dim0=25:35,dim1=59:61"})
        read = [request.path for request in scene.web.requests[before:] if "/c/" in request.path]
        assert sorted(read) == [f"/lab.zarr/{key}" for key in plan["keys"]]


IMAGE = "datasets/assay/nodes/A/1/0"


class TestLevels:
    """Pixels of level 0 have 0.5 micrometres, those of level 1 have one; 2 x 16 x 16 and 2 x 8 x 8 bytes."""

    @pytest.mark.parametrize("address", [f"{IMAGE}/0", f"{IMAGE}/1", IMAGE])
    @pytest.mark.parametrize(("level", "found"), [("0", 0), ("1", 1), ("x=0.5,y=0.5", 0), ("x=3", 1), ("512B", 0), ("511 B", 1)])
    def test_a_level_by_number_pixel_size_and_bytes(self, scene: Scene, address: str, level: str, found: int) -> None:
        expected = zarr.open_array(scene.folder / f"assay.zarr/A/1/0/{found}", mode="r")[...]
        np.testing.assert_array_equal(loaded(scene.get(f"arrays/{address}", params={"level": level})), expected)

    def test_a_part_of_a_level_and_its_plan(self, scene: Scene) -> None:
        expected = zarr.open_array(scene.folder / "assay.zarr/A/1/0/1", mode="r")[...]
        wanted = {"level": "x=1", "select": "c=label(GFP),y=world(2:6)"}
        np.testing.assert_array_equal(loaded(scene.get(f"arrays/{IMAGE}/0", params=wanted)), expected[1, 2:6])
        plan = scene.get(f"plan/{IMAGE}", params=wanted).json()
        assert (plan["iri"], plan["shape"]) == (f"{scene.catalogue.base}{IMAGE}/1", [4, 8])
        tags = {scene.get(f"arrays/{IMAGE}/0", params={"level": each}).headers["etag"] for each in "01"}
        assert len(tags) == 2

    @pytest.mark.parametrize(
        ("address", "level", "status"),
        [
            (IMAGE, "7", 400),
            (IMAGE, "fine", 400),
            (IMAGE, "t=1", 400),
            (GRID, "0", 400),
            (IMAGE, "9B", 413),
            (IMAGE + "/9", "0", 404),
        ],
    )
    def test_what_there_is_not(self, scene: Scene, address: str, level: str, status: int) -> None:
        assert scene.get(f"arrays/{address}", params={"level": level}).status_code == status


class TestPoints:
    def test_columns_rows_and_csv_in_every_format(self, scene: Scene) -> None:
        places = np.random.default_rng(3).integers(0, scene.cells.shape, (40, 2))
        expected = scene.cells[tuple(places.T)]
        columns = {"dim1": places[:, 1].tolist(), "dim0": places[:, 0].tolist()}
        text = "name,dim0,dim1\n" + "".join(f"p,{y},{x}\n" for y, x in places)
        for given in (columns, places.tolist(), text):
            answer = scene.sample(CELLS, given)
            assert answer.headers["content-type"] == "application/x-npy"
            np.testing.assert_array_equal(loaded(answer), expected)
        body = scene.sample(CELLS, columns, "json").json()
        assert (body["iri"], body["shape"], body["dimensions"]) == (f"{scene.catalogue.base}{CELLS}", [40], ["point"])
        assert body["values"] == expected.tolist()
        rows = list(csv.reader(io.StringIO(scene.sample(CELLS, columns, "csv").text)))
        assert rows[0] == ["dim1", "dim0", "cells"]
        assert [[float(each) for each in row] for row in rows[1:]] == np.column_stack([places[:, ::-1], expected]).tolist()
        table = pa.ipc.open_stream(scene.sample(CELLS, columns, "arrow").content).read_all()
        assert table["cells"].to_pylist() == expected.tolist()

    def test_labels_tolerances_world_units_levels_and_fixed_axes(self, scene: Scene) -> None:
        line = [1.5, np.nan, np.inf, -np.inf, -0.0, 1e300]  # at latitudes 10, 20, … 60
        found = loaded(scene.sample("datasets/lab/nodes/line", {"lat": [60, 10]}, **{"in": "label"}))
        np.testing.assert_array_equal(found, [line[5], line[0]])
        near = scene.sample("datasets/lab/nodes/line", "lat\n41.5\n12\n", **{"in": "lat=label", "tolerance": "lat=2"})
        np.testing.assert_array_equal(loaded(near), [line[3], line[0]])
        fine, coarse = (zarr.open_array(scene.folder / f"assay.zarr/A/1/0/{each}", mode="r")[...] for each in "01")
        points = {"c": ["GFP", "DAPI"], "y": [3.2, 0], "x": [7.75, 0.5]}
        assert loaded(scene.sample(f"{IMAGE}/0", points, **{"in": "label"})).tolist() == [fine[1, 6, 15], fine[0, 0, 1]]
        wanted = {"in": "y=world,x=world", "select": "c=label(GFP)", "level": "1"}
        found = loaded(scene.sample(IMAGE, {"y": [3.2, 0], "x": [7.75, 0.5]}, **wanted))
        assert found.tolist() == [coarse[1, 3, 7], coarse[1, 0, 0]]

    def test_each_chunk_is_read_once(self, scene: Scene) -> None:
        before = len(scene.web.requests)
        points = [[y, x] for y in (0, 29, 31, 1) for x in (0, 61, 1)]
        np.testing.assert_array_equal(
            loaded(scene.sample("datasets/web/nodes/grid", points)), [scene.grid[y, x] for y, x in points]
        )
        read = [request.path for request in scene.web.requests[before:] if "/c/" in request.path]
        assert sorted(read) == [f"/lab.zarr/grid/c/{y}/{x}" for y in (0, 1) for x in (0, 3)]

    def test_what_costs_too_much_is_refused_before_the_store_is_asked(self, scene: Scene) -> None:
        before = len(scene.web.requests)
        refused = scene.sample("datasets/web/nodes/tiny", {"dim0": list(range(10_001))})
        body = refused.json()
        assert (refused.status_code, body["limit"], body["value"], body["allowed"]) == (413, "max_chunks", 10_001, 10_000)
        for form in ("json", "csv"):
            refused = scene.sample("datasets/web/nodes/tiny", {"dim0": [7] * 1001}, form)
            assert (refused.status_code, refused.json()["limit"]) == (413, "max_text_values")
        large = scene.sample("datasets/web/nodes/tiny", "dim0\n" + "1\n" * 2**20)
        assert (large.status_code, large.json()["limit"]) == (413, "max_body_bytes")
        assert len(scene.web.requests) == before
        assert len(loaded(scene.sample("datasets/web/nodes/tiny", {"dim0": [7] * 2000}))) == 2000

    @pytest.mark.parametrize(
        ("points", "params", "told"),
        [
            ({"dim0": [0], "dim1": [70]}, {}, "point 0 is at position 70 along axis 1"),
            ({"dim0": [0]}, {}, "no column for dim1"),
            ({"dim0": [0], "dim1": [0, 1]}, {}, "differ in length"),
            ({"dim0": [0], "dim1": [True]}, {}, "column 'dim1' has true; numbers and texts are allowed"),
            ({"dim0": [0], "dim1": [[1]]}, {}, "column 'dim1' has [1]"),
            ({"dim0": [0], "dim1": [None]}, {}, "column 'dim1' has null"),
            ({"dim0": [0], "dim1": ["a"]}, {}, "whole numbers are needed"),
            ({"dim0": [0], "dim1": [10**30]}, {}, "along axis 1"),
            ({"dim0": [0], "dim1": [0], "z": [0]}, {}, "there is no axis 'z'"),
            ([[0]], {}, "point 0 has 1 values; 2 are needed: dim0, dim1"),
            ([], {}, "the points are"),
            (7, {}, "the points are"),
            ([[0, 0]], {"in": "feet"}, "position, label, world is allowed"),
            ([[0, 0]], {"in": "label"}, "dim0"),
            ([[0, 0]], {"tolerance": "x"}, "the tolerance is 'x'"),
            ([[0, 0]], {"select": "dim0=0:4"}, "a part of the axis"),
            ("dim0,dim1\n0\n", {}, "row 0 of the table has 1 fields"),
            ("dim0,dim0,dim1\n0,0,0\n", {}, "two columns 'dim0'"),
        ],
    )
    def test_points_that_are_none(self, scene: Scene, points: Any, params: dict[str, str], told: str) -> None:
        answer = scene.sample(GRID, points, **params)
        assert answer.status_code == 400, answer.text
        assert told in answer.json()["detail"]

    def test_bodies_formats_and_audiences(self, scene: Scene) -> None:
        with scene.catalogue.client() as client:
            assert client.post(f"sample/{GRID}", content=b"<a/>", headers={"Content-Type": "text/xml"}).status_code == 415
            assert client.post(f"sample/{GRID}", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
            assert client.post(f"sample/{GRID}", content=b"\xff", headers={"Content-Type": "text/csv"}).status_code == 400
            assert client.post(f"sample/{GRID}", json=[[0, 0]], headers={"Accept": "image/png"}).status_code == 406
            by_iri = client.post("sample", params={"iri": f"{scene.catalogue.base}{GRID}"}, json=[[3, 4]])
            assert loaded(by_iri).tolist() == [scene.grid[3, 4]]
            assert by_iri.headers["cache-control"] == "no-store"
        assert scene.sample(GRID, [[0, 0]], "png").status_code == 400
        closed, absent = (scene.sample(f"datasets/{name}/nodes/grid", [[0, 0]]) for name in ("closed", "absent"))
        assert closed.status_code == absent.status_code == 404
        assert closed.content == absent.content.replace(b"absent", b"closed")
        with scene.catalogue.client(scene.catalogue.read_key) as client:
            assert loaded(client.post("sample/datasets/closed/nodes/grid", json=[[3, 4]])).tolist() == [scene.grid[3, 4]]
        scene.web.wanted["Authorization"] = "none has it"
        refused = scene.sample("datasets/web/nodes/dots", {"dim0": [0], "dim1": [0], "dim2": [0]})
        scene.web.wanted.clear()
        assert refused.status_code in {400, 403}
        assert scene.web.url.encode() not in refused.content


class TestHttp:
    def test_what_the_client_has_is_not_read_again(self, scene: Scene) -> None:
        address, wanted = "arrays/datasets/web/nodes/grid", {"select": "dim0=0:3"}
        tag = scene.get(address, params=wanted).headers["etag"]
        before = len(scene.web.requests)
        again = scene.get(address, params=wanted, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        with scene.catalogue.client() as client:
            assert client.head(address, params=wanted).headers["etag"] == tag
        assert len(scene.web.requests) == before
        tags = {tag}
        for other in ({"select": "dim0=0:4"}, {"select": "dim0=0:3", "format": "json"}, {"select": "dim0=0:3,dim1=0"}):
            tags.add(scene.get(address, params=other).headers["etag"])
        assert len(tags) == 4
        assert all(each.startswith('W/"') for each in tags), "chunks may change where metadata do not"
        assert scene.get(address, params={"select": "dim0=:3"}, headers={"If-None-Match": tag}).status_code == 304

    def test_a_part_of_a_npy_file(self, scene: Scene) -> None:
        whole = scene.get(f"arrays/{GRID}").content
        part = scene.get(f"arrays/{GRID}", headers={"Range": "bytes=128-255"})
        assert (part.status_code, part.content) == (206, whole[128:256])
        assert part.headers["content-range"] == f"bytes 128-255/{len(whole)}"
        behind = scene.get(f"arrays/{GRID}", headers={"Range": f"bytes={len(whole)}-"})
        assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(whole)}")
        weak = scene.get(f"arrays/{GRID}", headers={"Range": "bytes=0-1", "If-Range": part.headers["etag"]})
        assert (weak.status_code, len(weak.content)) == (200, len(whole)), "a weak name does not vouch for parts"
        assert scene.get(f"arrays/{GRID}", params={"format": "png"}, headers={"Range": "bytes=0-1"}).status_code == 200


class TestResolve:
    def test_none_one_many(self, scene: Scene) -> None:
        base = scene.catalogue.base
        one = scene.get("resolve", params={"uri": f"{base}{GRID}"}).json()
        assert (one["kind"], one["count"], one["complete"], one["inferred"]) == ("node", 1, True, False)
        assert (one["arrays"][0]["iri"], one["arrays"][0]["shape"]) == (f"{base}{GRID}", [100, 70])
        many = scene.get("resolve", params={"uri": f"{base}datasets/lab", "limit": 3}).json()
        assert (many["count"], len(many["arrays"]), many["complete"]) == (10, 3, False)
        none = scene.get("resolve", params={"uri": f"{base}datasets/lab/nodes/gird"})
        assert none.status_code == 404
        assert scene.get("resolve", params={"uri": "no iri"}).status_code == 400


class TestAudience:
    def test_what_is_restricted_is_as_if_it_were_not_there(self, scene: Scene) -> None:
        base = scene.catalogue.base
        addresses = ["arrays/datasets/{}/nodes/grid", "plan/datasets/{}/nodes/grid", f"resolve?uri={base}datasets/{{}}"]
        for address in addresses:
            closed, absent = (scene.get(address.format(name)) for name in ("closed", "absent"))
            assert closed.status_code == absent.status_code == 404
            assert closed.content == absent.content.replace(b"absent", b"closed")
        with scene.catalogue.client(scene.catalogue.read_key) as client:
            opened = client.get("arrays/datasets/closed/nodes/grid")
        np.testing.assert_array_equal(loaded(opened), scene.grid)
        assert opened.headers["cache-control"].startswith("private")

    def test_no_answer_says_where_stores_lie(self, scene: Scene) -> None:
        told = []
        addresses = [GRID, CELLS, "datasets/lab/nodes/line", "datasets/lab/nodes/none", "datasets/lab/nodes/huge"]
        for address in addresses:
            forms = ("npy", "json", "csv", "arrow", "png", "bad")
            told += [scene.get(f"arrays/{address}", params={"format": form}) for form in forms]
            told.append(scene.get(f"plan/{address}"))
            told.append(scene.get("resolve", params={"uri": f"{scene.catalogue.base}{address}"}))
        chunk = scene.folder / "served/lab.zarr/dots/c.0.0"
        kept = chunk.read_bytes()
        chunk.write_bytes(b"broken")
        broken = scene.get("arrays/datasets/lab/nodes/dots")
        chunk.write_bytes(kept)
        assert (broken.status_code, broken.json()["code"]) == (422, "metadata")
        scene.web.wanted["Authorization"] = "none has it"
        refused = scene.get("arrays/datasets/web/nodes/dots")
        scene.web.wanted.clear()
        assert refused.status_code == 403
        for answer in (*told, broken, refused):
            for place in (str(scene.folder), scene.web.url):
                assert place.encode() not in answer.content + str(answer.headers.raw).encode()
