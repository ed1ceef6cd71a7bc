"""Who reads a chunk from where: through the service, by a redirect, with the service's rights or with the caller's own?"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import zarr

from tests.support.http_server import Reply, WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.served_stores import take_in_all, write_store
from tests.support.service import ServedCatalogue, served

pytestmark = pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
TOKEN_HEADER = "X-Store-Authorization"


@dataclass(frozen=True)
class Scene:
    """``moved`` is redirected to a public mirror, ``signed`` to S3; ``guarded`` wants the caller's token, ``plain`` nothing."""

    catalogue: ServedCatalogue
    sources: Path
    mirror: WebServer
    guarded: WebServer
    token: str
    s3: S3Server


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("internal-place")
    sources, token = folder / "sources", secrets.token_urlsafe(12)
    for name in ("mirrored/moved", "guarded/guarded", "plain"):
        write_store(sources / f"{name}.zarr", 3)
    with WebServer(sources / "mirrored") as mirror, WebServer(sources / "guarded") as guarded, S3Server() as s3:
        s3.make_bucket("signed")
        s3.upload(sources / "plain.zarr", "signed", "s.zarr")
        credentials = {"s3://signed": {"type": "s3", "key": KEY, "secret": SECRET, "endpoint_url": s3.url, "region": "us-east-1"}}
        api = {
            "chunk_redirects": {(sources / "mirrored").as_uri(): f"{mirror.url}/", "s3://signed": "presigned"},
            "callers_tokens": guarded.url,
            "array_check_s": 0,
        }
        with served(folder / "catalogue", credentials=json.dumps(credentials), api=api) as catalogue:
            stores = {"moved": str(sources / "mirrored/moved.zarr"), "plain": str(sources / "plain.zarr")}
            take_in_all(catalogue, {**stores, "signed": "s3://signed/s.zarr", "guarded": f"{guarded.url}/guarded.zarr"})
            guarded.wanted["Authorization"] = f"Bearer {token}"
            yield Scene(catalogue, sources, mirror, guarded, token, s3)


def test_chunks_are_had_from_the_public_mirror_and_documents_from_the_service(scene: Scene) -> None:
    group = zarr.open_group(f"{scene.catalogue.base}datasets/moved/zarr", mode="r")
    source = zarr.open_group(scene.sources / "mirrored/moved.zarr", mode="r")
    for path in ("grid", "deep/er/cells", "dots"):
        np.testing.assert_array_equal(group[path][...], source[path][...])  # type: ignore[index]
    asked = scene.mirror.paths
    assert any(path.startswith("/moved.zarr/deep/er/cells/c/") for path in asked)
    assert not [path for path in asked if path.endswith("zarr.json")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_redirect_names_the_public_place_alone(scene: Scene, method: str) -> None:
    with scene.catalogue.client() as client:
        answer = client.request(method, "datasets/moved/zarr/grid/c/0/0")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{scene.mirror.url}/moved.zarr/grid/c/0/0"
    assert str(scene.sources) not in str(answer.headers.raw)


def test_no_key_is_redirected_that_is_not_served(scene: Scene) -> None:
    with scene.catalogue.client() as client:
        for key in ("grid/c/9/9", "beside.txt", "%2e%2e/plain.zarr/zarr.json"):
            assert client.get(f"datasets/moved/zarr/{key}").status_code in {400, 404}


def test_a_presigned_url_gives_the_object_to_who_has_no_credential(scene: Scene) -> None:
    with scene.catalogue.client() as client:
        answer = client.get("datasets/signed/zarr/dots/c.1.0")
    assert answer.status_code == 307
    assert answer.headers["cache-control"] == "no-store"
    location = answer.headers["location"]
    assert location.startswith(f"{scene.s3.url}/signed/s.zarr/dots/c.1.0?")
    assert SECRET not in location
    scene.s3.requests()
    fetched = httpx.get(location, headers={"Range": "bytes=2-9"})
    assert (fetched.status_code, fetched.content) == (206, (scene.sources / "plain.zarr/dots/c.1.0").read_bytes()[2:10])
    assert [request.authorization for request in scene.s3.requests()] == [""]


class TestCallersToken:
    def test_it_is_passed_to_the_store_and_the_answer_is_for_nobody_else(self, scene: Scene) -> None:
        headers = {TOKEN_HEADER: f"Bearer {scene.token}"}
        group = zarr.open_group(f"{scene.catalogue.base}datasets/guarded/zarr", mode="r", storage_options={"headers": headers})
        source = zarr.open_group(scene.sources / "guarded/guarded.zarr", mode="r")
        np.testing.assert_array_equal(group["deep/er/cells"][...], source["deep/er/cells"][...])  # type: ignore[index]
        with scene.catalogue.client() as client:
            answer = client.get("datasets/guarded/zarr/dots/c.0.0", headers=headers)
            assert answer.headers["cache-control"] == "private, no-store"
            without = client.get("datasets/guarded/zarr/dots/c.0.0")
        assert (without.status_code, without.json()["code"]) == (403, "store-unauthorized")

    def test_a_wrong_one_is_the_stores_to_refuse(self, scene: Scene) -> None:
        with scene.catalogue.client() as client:
            answer = client.get("datasets/guarded/zarr/dots/c.0.0", headers={TOKEN_HEADER: "Bearer wrong"})
        assert (answer.status_code, answer.json()["code"]) == (403, "store-unauthorized")

    @pytest.mark.parametrize("dataset", ["plain", "moved", "signed"])
    def test_no_other_store_gets_it(self, scene: Scene, dataset: str) -> None:
        scene.s3.requests()
        with scene.catalogue.client() as client:
            answer = client.get(f"datasets/{dataset}/zarr/dots/c.0.0", headers={TOKEN_HEADER: f"Bearer {scene.token}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert scene.s3.requests() == []

    def test_no_redirect_carries_it_on(self, scene: Scene) -> None:
        elsewhere = f"{scene.mirror.url}/moved.zarr/dots/c.0.0"
        scene.guarded.script = lambda request: Reply(302, headers={"Location": elsewhere}) if "dots/c." in request.path else None
        before = len(scene.mirror.requests)
        try:
            with scene.catalogue.client() as client:
                answer = client.get("datasets/guarded/zarr/dots/c.0.0", headers={TOKEN_HEADER: f"Bearer {scene.token}"})
        finally:
            scene.guarded.script = None
        assert answer.status_code == 403
        assert len(scene.mirror.requests) == before

    def test_neither_answers_nor_the_log_hold_it(self, scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
        scene.guarded.script = lambda request: Reply(500) if "dots/c." in request.path else None
        try:
            with scene.catalogue.client() as client:
                answer = client.get("datasets/guarded/zarr/dots/c.0.0", headers={TOKEN_HEADER: f"Bearer {scene.token}"})
                odd = client.get("datasets/guarded/zarr/dots/c.0.0", headers={TOKEN_HEADER: f"Bearer {scene.token}\x7f"})
        finally:
            scene.guarded.script = None
        assert (answer.status_code, odd.status_code) == (503, 400)
        written = capfd.readouterr()
        for text in (answer.text, odd.text, written.out, written.err):
            assert scene.token not in text
            assert urlsplit(scene.guarded.url).netloc not in answer.text


class TestMovedOn:
    """An array changes in its store after it was catalogued."""

    def test_its_chunks_are_refused_and_its_documents_are_those_that_were_catalogued(self, scene: Scene, tmp_path: Path) -> None:
        write_store(tmp_path / "s.zarr", 3)
        take_in_all(scene.catalogue, {"restless": str(tmp_path / "s.zarr")})
        document = tmp_path / "s.zarr/dots/zarr.json"
        catalogued = document.read_bytes()
        changed = json.loads(catalogued)
        changed["fill_value"] = 7
        with scene.catalogue.client() as client:
            assert client.get("datasets/restless/zarr/dots/c.0.0").status_code == 200
            document.write_text(json.dumps(changed))
            refused = client.get("datasets/restless/zarr/dots/c.0.0")
            assert (refused.status_code, refused.json()["code"]) == (409, "stale-snapshot")
            assert str(tmp_path) not in refused.text
            assert client.head("datasets/restless/zarr/dots/c.0.0").status_code == 409
            assert client.get("datasets/restless/zarr/grid/c/0/0").status_code == 200, "another array stayed as it was"
            assert client.get("datasets/restless/zarr/dots/zarr.json").content == catalogued
            take_in_all(scene.catalogue, {"restless": str(tmp_path / "s.zarr")})
            assert client.get("datasets/restless/zarr/dots/c.0.0").status_code == 200
            assert client.get("datasets/restless/zarr/dots/zarr.json").json()["fill_value"] == 7

    def test_a_store_that_is_gone_is_no_absent_chunk(self, scene: Scene, tmp_path: Path) -> None:
        write_store(tmp_path / "s.zarr", 3)
        take_in_all(scene.catalogue, {"gone": str(tmp_path / "s.zarr")})
        (tmp_path / "s.zarr").rename(tmp_path / "away.zarr")
        with scene.catalogue.client() as client:
            answer = client.get("datasets/gone/zarr/dots/c.0.0")
            assert answer.status_code in {409, 503}, "404 would be read as the fill value"
            assert str(tmp_path) not in answer.text
            assert client.get("datasets/gone/zarr/dots/zarr.json").status_code == 200
