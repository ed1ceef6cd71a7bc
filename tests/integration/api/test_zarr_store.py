"""Do programs that nobody here wrote read a served store as if it were the source?

zarr-python, xarray, zarrita.js and curl, over stores on disk, behind a login, in S3 and in a zip.
"""

import json
import os
import secrets
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from tests.support.http_server import Reply, WebServer
from tests.support.node import run_node
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.served_stores import ARRAYS, take_in_all, write_store
from tests.support.service import ServedCatalogue, served, take_in
from tests.support.zips import zip_folder

pytestmark = [
    pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part"),
    pytest.mark.filterwarnings("ignore:Object at beside"),  # which the source has on purpose
]


@dataclass(frozen=True)
class Scene:
    """A service over stores in several places, and the folder with their sources."""

    catalogue: ServedCatalogue
    sources: Path
    web: WebServer
    token: str
    bucket: str
    secrets: tuple[str, ...]

    def url(self, dataset: str) -> str:
        return f"{self.catalogue.base}datasets/{dataset}/zarr"


FORMATS = {"v2": 2, "v2-consolidated": 2, "v3": 3, "v3-consolidated": 3}
PLACES = {"web": "v3", "bucket": "v3", "zipped": "v3"}
"""Datasets in other places, and the store on disk that they are copies of."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("internal-place")
    sources, token, bucket = folder / "sources", secrets.token_urlsafe(12), "internal-bucket"
    for name, zarr_format in FORMATS.items():
        write_store(sources / f"{name}.zarr", zarr_format, consolidated="consolidated" in name, large=name == "v3")
    write_store(sources / "closed.zarr", 3, seed=2)
    (sources / "v3.zarr" / "beside.txt").write_text("private notes")
    (sources / "v3.zarr" / "grid" / "beside").write_text("private notes")
    zip_folder(sources / "v3.zarr", sources / "v3.zarr.zip")
    with WebServer(sources, wanted={"Authorization": f"Bearer {token}"}) as web, S3Server() as s3:
        s3.make_bucket(bucket)
        s3.upload(sources / "v3.zarr", bucket, "v3.zarr")
        credentials = {
            web.url: {"type": "bearer", "token": token},
            f"s3://{bucket}": {"type": "s3", "key": KEY, "secret": SECRET, "endpoint_url": s3.url, "region": "us-east-1"},
        }
        with served(folder / "catalogue", credentials=json.dumps(credentials)) as catalogue:
            stores = {name: str(sources / f"{name}.zarr") for name in FORMATS}
            stores |= {"web": f"{web.url}/v3.zarr", "bucket": f"s3://{bucket}/v3.zarr", "zipped": str(sources / "v3.zarr.zip")}
            take_in_all(catalogue, stores)
            take_in_all(catalogue, {"closed": str(sources / "closed.zarr")}, "restricted")
            hidden = (str(folder), web.url.removeprefix("http://"), s3.url.removeprefix("http://"), token, bucket, SECRET)
            yield Scene(catalogue, sources, web, token, bucket, hidden)


def source_of(scene: Scene, dataset: str) -> zarr.Group:
    return zarr.open_group(scene.sources / f"{PLACES.get(dataset, dataset)}.zarr", mode="r", use_consolidated=False)


def assert_same(served_group: zarr.Group, source: zarr.Group) -> None:
    assert dict(served_group.attrs) == dict(source.attrs)
    members = {path: type(member) for path, member in source.members(max_depth=None)}
    assert {path: type(member) for path, member in served_group.members(max_depth=None)} == members
    for path in ARRAYS:
        there, here = served_group[path], source[path]
        assert isinstance(there, zarr.Array)
        assert isinstance(here, zarr.Array)
        assert there.metadata == here.metadata
        np.testing.assert_array_equal(there[...], here[...])


class TestZarrPython:
    @pytest.mark.parametrize("dataset", [*FORMATS, *PLACES])
    def test_a_served_store_is_the_source_consolidated_even_where_the_source_is_not(self, scene: Scene, dataset: str) -> None:
        group = zarr.open_group(scene.url(dataset), mode="r", use_consolidated=True)
        assert_same(group, source_of(scene, dataset))

    @pytest.mark.parametrize("dataset", ["v2", "v3", "bucket"])
    def test_documents_are_served_one_by_one_too(self, scene: Scene, dataset: str) -> None:
        root = zarr.open_group(scene.url(dataset), mode="r", use_consolidated=False)
        source = source_of(scene, dataset)
        for path in ARRAYS:
            array = root[path]
            assert isinstance(array, zarr.Array)
            np.testing.assert_array_equal(array[...], source[path][...])  # type: ignore[index]

    @pytest.mark.parametrize("dataset", ["v2", "v2-consolidated", "v3", "v3-consolidated", "web"])
    def test_a_group_below_can_be_opened_by_itself(self, scene: Scene, dataset: str) -> None:
        group = zarr.open_group(f"{scene.url(dataset)}/deep", mode="r", use_consolidated=True)
        assert sorted(path for path, _ in group.members(max_depth=None)) == ["er", "er/cells"]
        np.testing.assert_array_equal(group["er/cells"][...], source_of(scene, dataset)["deep/er/cells"][...])  # type: ignore[index]

    def test_parts_of_shards_are_read_by_range(self, scene: Scene) -> None:
        array = zarr.open_array(f"{scene.url('v3')}/deep/er/cells", mode="r")
        before = len(scene.web.requests)
        np.testing.assert_array_equal(array[5:77, 3:61], source_of(scene, "v3")["deep/er/cells"][5:77, 3:61])  # type: ignore[index]
        away = zarr.open_array(f"{scene.url('web')}/deep/er/cells", mode="r")
        np.testing.assert_array_equal(away[20, 20], source_of(scene, "v3")["deep/er/cells"][20, 20])  # type: ignore[index]
        chunks = [request for request in scene.web.requests[before:] if "/cells/c/" in request.path]
        assert chunks
        assert all("range" in request.headers for request in chunks), "a shard was fetched whole"

    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    def test_a_large_chunk_comes_whole(self, scene: Scene, dataset: str) -> None:
        with scene.catalogue.client() as client:
            answer = client.get(f"datasets/{dataset}/zarr/large/c/0")
        assert answer.status_code == 200
        assert answer.content == (scene.sources / "v3.zarr/large/c/0").read_bytes()

    def test_with_a_key_what_is_restricted_is_read(self, scene: Scene) -> None:
        options = {"headers": {"Authorization": f"Bearer {scene.catalogue.read_key}"}}
        group = zarr.open_group(scene.url("closed"), mode="r", storage_options=options)
        np.testing.assert_array_equal(group["dots"][...], source_of(scene, "closed")["dots"][...])  # type: ignore[index]
        with pytest.raises(FileNotFoundError):
            zarr.open_group(scene.url("closed"), mode="r")

    def test_a_name_that_is_not_encoded_is_no_missing_chunk(self, scene: Scene, tmp_path: Path) -> None:
        """zarr-python sends names as they are; a chunk that is answered with 404 would be read as the fill value."""
        group = zarr.create_group(tmp_path / "asking.zarr")
        names = ["why?", "100% so", "a%41", "e%20f", "q?x=1&y=%2F"]
        for number, name in enumerate([*names, "cut#off"]):
            group.create_array(name, data=np.arange(4) + number)
        take_in(scene.catalogue, tmp_path / "asking.zarr", "asking")
        found = zarr.open_group(scene.url("asking"), mode="r")
        for number, name in enumerate(names):
            np.testing.assert_array_equal(found[name], np.arange(4) + number)
        with pytest.raises(Exception, match="400"):
            found["cut#off"][:]
        with scene.catalogue.client() as client:
            assert client.get("datasets/asking/zarr/why%3F/c/0").status_code == 200
            assert client.get("datasets/asking/zarr/cut%23off/c/0").status_code == 200
            assert client.get("datasets/asking/zarr/why%3F/c/9").status_code == 404
            assert client.get("datasets/asking/zarr/nothing?here").status_code == 400


class TestXarray:
    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_a_dataset_is_identical(self, scene: Scene, tmp_path: Path, zarr_format: int) -> None:
        time = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[ns]")
        data = xr.Dataset(
            {"t2m": (("time", "lat"), np.array([[1.5, np.nan], [2, 3], [4, 5]], "f4"), {"units": "K"})},
            {"time": time, "lat": [50.0, 60.0], "name": ("lat", ["north", "süd"])},
            {"title": "temperatures"},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what xarray says about format 3
            data.to_zarr(tmp_path / "x.zarr", zarr_format=zarr_format, consolidated=False)
            take_in(scene.catalogue, tmp_path / "x.zarr", f"climate-{zarr_format}")
            with (
                xr.open_zarr(scene.url(f"climate-{zarr_format}"), consolidated=True) as there,
                xr.open_zarr(tmp_path / "x.zarr", consolidated=False) as here,
            ):
                xr.testing.assert_identical(there.load(), here.load())
                xr.testing.assert_equal(there, data)


class TestZarrita:
    @pytest.mark.parametrize("dataset", ["v2", "v3-consolidated", "web", "zipped"])
    def test_values_are_those_of_the_source(self, scene: Scene, tmp_path: Path, dataset: str) -> None:
        source = source_of(scene, dataset)
        paths = ["deep/er/cells?5:77,3:61", "scalar", "grid?0:60,:"]
        version = f"v{source.metadata.zarr_format}"
        found = json.loads(run_node("read_zarr.mjs", tmp_path, scene.url(dataset), version, *paths))
        contents = {f"/{path}": "array" if isinstance(each, zarr.Array) else "group" for path, each in source.members(None)}
        assert dict(found["contents"]) == {"/": "group", **contents}
        expected = {"deep/er/cells": source["deep/er/cells"][5:77, 3:61], "grid": source["grid"][:60]}  # type: ignore[index]
        for path, values in expected.items():
            array = found["arrays"][path]
            assert tuple(array["shape"]) == values.shape  # type: ignore[union-attr]
            assert array["dtype"] == str(values.dtype)  # type: ignore[union-attr]
            np.testing.assert_array_equal(np.array(array["values"], values.dtype).reshape(values.shape), values)  # type: ignore[union-attr]
        assert found["arrays"]["scalar"]["values"] == [4.25]


def curl(*arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, as curl gets them."""
    done = subprocess.run(["curl", "-sS", "-i", "--path-as-is", *arguments], capture_output=True, timeout=60, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split()[1]), {name.lower(): value for name, value in headers.items()}, body


class TestCurl:
    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    @pytest.mark.parametrize(("wanted", "part"), [("0-99", slice(0, 100)), ("100-", slice(100, None)), ("-20", slice(-20, None))])
    def test_ranges(self, scene: Scene, dataset: str, wanted: str, part: slice) -> None:
        data = (scene.sources / "v3.zarr/grid/c/1/2").read_bytes()
        first, last, _ = part.indices(len(data))
        status, headers, body = curl("-r", wanted, f"{scene.url(dataset)}/grid/c/1/2")
        assert (status, body) == (206, data[part])
        assert headers["content-range"] == f"bytes {first}-{last - 1}/{len(data)}"
        assert int(headers["content-length"]) == len(body)

    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    def test_a_range_behind_the_end(self, scene: Scene, dataset: str) -> None:
        size = (scene.sources / "v3.zarr/grid/c/1/2").stat().st_size
        status, headers, _ = curl("-r", f"{size}-", f"{scene.url(dataset)}/grid/c/1/2")
        assert (status, headers["content-range"]) == (416, f"bytes */{size}")

    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    def test_a_range_over_the_border_of_pieces(self, scene: Scene, dataset: str) -> None:
        data = (scene.sources / "v3.zarr/large/c/0").read_bytes()
        begin, end = 2**23 - 5, 2**24 + 5
        status, _, body = curl("-r", f"{begin}-{end - 1}", f"{scene.url(dataset)}/large/c/0")
        assert (status, body == data[begin:end]) == (206, True)
        status, _, body = curl("-r", f"-{2**23 + 7}", f"{scene.url(dataset)}/large/c/0")
        assert (status, body == data[-(2**23 + 7) :]) == (206, True)

    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    @pytest.mark.parametrize("key", ["grid/c/1/2", "zarr.json", "deep/er/cells/zarr.json"])
    def test_what_is_there_already_is_not_sent_again(self, scene: Scene, dataset: str, key: str) -> None:
        url = f"{scene.url(dataset)}/{key}"
        status, headers, body = curl(url)
        assert (status, len(body)) == (200, int(headers["content-length"]))
        assert curl("-H", 'If-None-Match: "other"', url)[::2] == (200, body)
        assert curl("-H", 'If-Match: "other"', url)[0] == 412
        assert curl("-r", "0-9", "-H", 'If-Range: "other"', url)[::2] == (200, body)
        is_chunk = key == "grid/c/1/2"
        assert ("etag" in headers) == (not is_chunk or dataset != "web"), "that server names no content"
        assert ("last-modified" in headers) == (not is_chunk or dataset != "zipped")
        if "etag" in headers:
            assert curl("-H", f"If-None-Match: {headers['etag']}", url)[::2] == (304, b"")
            assert curl("-r", "0-9", "-H", f"If-Range: {headers['etag']}", url)[::2] == (206, body[:10])
        if "last-modified" in headers:
            assert curl("-H", f"If-Modified-Since: {headers['last-modified']}", url)[0] == 304
            assert curl("-H", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", url)[0] == 200
        status, head, nothing = curl("-I", url)
        assert (status, nothing) == (200, b"")
        same = ("etag", "last-modified", "content-length", "content-type", "accept-ranges")
        assert [head.get(name) for name in same] == [headers.get(name) for name in same]

    def test_what_is_written_anew_has_another_name(self, scene: Scene, tmp_path: Path) -> None:
        write_store(tmp_path / "n.zarr", 3)
        take_in(scene.catalogue, tmp_path / "n.zarr", "rewritten")
        url = f"{scene.url('rewritten')}/dots/c.0.0"
        tag = curl(url)[1]["etag"]
        (tmp_path / "n.zarr/dots/c.0.0").write_bytes(b"other")
        status, headers, body = curl("-H", f"If-None-Match: {tag}", url)
        assert (status, body) == (200, b"other")
        assert headers["etag"] != tag
        assert curl("-r", "0-1", "-H", f"If-Range: {tag}", url)[::2] == (200, b"other")

    def test_pages_of_any_origin_may_read_what_is_public(self, scene: Scene) -> None:
        for key in ("zarr.json", "grid/c/0/0", "grid/c/3/3"):  # the last one is absent, which a page must be able to see
            _, headers, _ = curl("-H", "Origin: https://elsewhere.example", f"{scene.url('v3')}/{key}")
            assert headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in headers
            assert {"Content-Range", "ETag"} <= set(headers["access-control-expose-headers"].split(", "))
        asked = [
            "-H",
            "Origin: https://e.example",
            "-H",
            "Access-Control-Request-Method: GET",
            "-H",
            "Access-Control-Request-Headers: range",
        ]
        status, headers, _ = curl("-X", "OPTIONS", *asked, f"{scene.url('closed')}/zarr.json")
        assert (status, headers["access-control-allow-headers"].lower()) == (200, "range")
        status, headers, body = curl("-X", "OPTIONS", f"{scene.url('v3')}/zarr.json")
        assert (status, headers["allow"], body) == (204, "GET, HEAD, OPTIONS", b"")
        assert curl("-X", "PUT", f"{scene.url('v3')}/zarr.json")[0] == 405


_KEYS = r"""
    ../v3-consolidated.zarr/zarr.json grid/../../closed.zarr/zarr.json %2e%2e/closed.zarr/zarr.json ..%2fclosed.zarr/zarr.json
    grid/%2e%2e/%2e%2e/closed.zarr/zarr.json %2e%2e%2f%2e%2e%2fetc/hostname /etc/hostname //etc/hostname %2fetc%2fhostname
    grid/c/0/0%00 %00 grid%00/c/0/0 grid\c\0\0 ..\..\etc\hostname grid/c/0/..%5c0 beside.txt grid/beside grid/c/beside
    grid/c/00/0 grid/c/+1/0 grid/c/-1/0 grid/c/0/9 grid/c/4/0 grid/c/0 grid/c/0/0/0 grid/c//0/0 grid/c/0/0/ grid grid/c
    grid/c/0/0.0 grid/0/0 deep/er/cells/c/0/3/ dots/c/0/0 scalar/c/0 file:///etc/hostname http:%2f%2f127.0.0.1/x
    closed.zarr/zarr.json .. . ./zarr.json grid/./zarr.json %2e/zarr.json zarr.json/ .zgroup grid/.zarray .zmetadata
"""
HOSTILE = ["", "x" * 1100, "%E2%80%A5/x", "grid/c/0/%EF%BC%91", *_KEYS.split()]


class TestOutside:
    @pytest.mark.parametrize("dataset", ["v3", "web", "bucket", "zipped"])
    def test_no_key_leads_out_of_the_store_or_to_what_lies_beside(self, scene: Scene, dataset: str) -> None:
        for key in HOSTILE:
            status, headers, body = curl("-g", f"{scene.url(dataset)}/{key}")
            assert status in {400, 404}, key
            assert headers["content-type"] == "application/problem+json", key
            assert b"private notes" not in body, key

    def test_links_that_lead_out_are_not_followed(self, scene: Scene, tmp_path: Path) -> None:
        write_store(tmp_path / "l.zarr", 3)
        (tmp_path / "secret").write_text("private notes")
        (tmp_path / "l.zarr/grid/c/3").mkdir(exist_ok=True)
        (tmp_path / "l.zarr/grid/c/3/3").symlink_to(tmp_path / "secret")
        take_in(scene.catalogue, tmp_path / "l.zarr", "linked")
        status, _, body = curl(f"{scene.url('linked')}/grid/c/3/3")
        assert status == 403
        assert b"private" not in body
        assert str(tmp_path).encode() not in body

    def test_a_restricted_dataset_is_as_if_it_were_not_there(self, scene: Scene) -> None:
        for key in ("zarr.json", "grid/c/0/0", "%2e%2e/x", "", "nothing"):
            for method in ("GET", "HEAD"):
                with scene.catalogue.client() as client:
                    closed = client.request(method, f"datasets/closed/zarr/{key}")
                    absent = client.request(method, f"datasets/absent/zarr/{key}")
                assert closed.status_code == absent.status_code == 404
                assert closed.content == absent.content.replace(b"absent", b"closed")
                differing = {"date", "x-request-id"}
                assert {n: v for n, v in closed.headers.items() if n not in differing} == {
                    n: v for n, v in absent.headers.items() if n not in differing
                }

    def test_another_process_withdraws_a_dataset_between_two_chunks(self, scene: Scene, tmp_path: Path) -> None:
        write_store(tmp_path / "w.zarr", 3)
        take_in(scene.catalogue, tmp_path / "w.zarr", "withdrawn")
        settings = scene.catalogue.settings
        variables = {"CATALOG_GRAPH_STORE": settings.graph_store, "CATALOG_ARCHIVE": settings.archive}
        command = [Path(sys.executable).with_name("catalog"), "ingest", tmp_path / "w.zarr", "--access", "restricted"]
        with scene.catalogue.client() as anybody, scene.catalogue.client(scene.catalogue.read_key) as reader:

            def statuses(key: str) -> list[int]:
                return [client.get(f"datasets/withdrawn/zarr/{key}").status_code for client in (anybody, reader)]

            assert statuses("dots/c.0.0") == statuses("zarr.json") == [200, 200]
            subprocess.run(command, env={**os.environ, **variables}, capture_output=True, timeout=120, check=True)
            assert statuses("dots/c.0.0") == statuses("dots/c.1.0") == statuses("zarr.json") == [404, 200]

    def test_nothing_is_told_of_where_stores_lie(self, scene: Scene) -> None:
        keys = ["zarr.json", ".zmetadata", "grid/zarr.json", "grid/c/0/0", "grid/c/3/3", "grid/c/9/9", "none", "%2e%2e/x"]
        told: list[bytes] = []
        with scene.catalogue.client() as client:
            for dataset in [*FORMATS, *PLACES, "closed"]:
                for key in keys:
                    answer = client.get(f"datasets/{dataset}/zarr/{key}")
                    told += [answer.content, str(answer.headers.raw).encode()]
            scene.web.script = lambda request: None if "zarr.json" in request.path else _broken(request.path)
            try:
                for key in ("dots/c.0.0", "dots/c.1.0", "dots/c.2.0"):
                    answer = client.get(f"datasets/web/zarr/{key}")
                    assert answer.status_code in {403, 503}
                    told += [answer.content, str(answer.headers.raw).encode()]
            finally:
                scene.web.script = None
        for secret in scene.secrets:
            assert not [text for text in told if secret.encode() in text], secret


def _broken(path: str) -> Reply:
    return Reply({"0": 401, "1": 403, "2": 500}[path.rpartition("/")[2].split(".")[1]], b"no")
