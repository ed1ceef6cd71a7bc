"""Does any spelling of a key lead out of a store: in its metadata, in a request, through the bridge, at any kind of place?"""

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from catalog.errors import CatalogError, MetadataError
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.key import fault_of_key
from catalog.stores.arrays import open_array
from catalog.stores.credentials import S3, Credentials
from catalog.stores.source import open_source
from tests.support.hostile_keys import TARGET, hostile_keys
from tests.support.http_server import WebServer
from tests.support.s3_server import S3Server
from tests.support.service import ServedCatalogue, served, take_in
from tests.support.zoo.specimen import array, array2, group

BUCKET = "stores"
PLACES = ("file", "http", "s3")


@dataclass(frozen=True)
class Scene:
    """The same stores at three kinds of places, each beside a file with a secret; a service that serves them."""

    folder: Path
    web: WebServer
    s3: S3Server
    credentials: Credentials
    catalogue: ServedCatalogue
    secret: bytes
    keys: list[str]

    def url(self, place: str, name: str = "s.zarr") -> str:
        return {"file": str(self.folder / name), "http": f"{self.web.url}/{name}", "s3": f"s3://{BUCKET}/{name}"}[place]

    def left_the_store(self) -> list[str]:
        """What was asked of the two servers that lies in none of the stores."""
        asked = [*self.web.paths, *(request.path.removeprefix(f"/{BUCKET}") for request in self.s3.requests())]
        return [path for path in asked if ".zarr" not in path.split("/")[1] and path.strip("/")]


def _consolidated(zarr_format: int, keys: list[str]) -> dict[str, Any]:
    if zarr_format == 2:
        nodes = {f"{key}/.zarray": array2() for key in keys} | {f"{key}/.zattrs": {"a": 1} for key in keys}
        return {"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, **nodes}}
    inline = {"kind": "inline", "must_understand": False, "metadata": {key: array() for key in keys}}
    return {**group(), "consolidated_metadata": inline}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("paths")
    secret = secrets.token_hex(16).encode()
    root = folder / "root-file"
    keys = hostile_keys(str(root))
    assert len(keys) >= 60
    files = {
        "s.zarr/zarr.json": json.dumps(_consolidated(3, ["good", *keys])).encode(),
        "s.zarr/good/zarr.json": json.dumps(array()).encode(),
        "s.zarr/good/c/0": b"\1\2\3\4",
        "v2.zarr/.zmetadata": json.dumps(_consolidated(2, ["good", *keys])).encode(),
        "v2.zarr/.zgroup": b'{"zarr_format": 2}',
        "v2.zarr/good/0": b"\1\2\3\4",
        TARGET: secret,
        f"{TARGET}.d/zarr.json": json.dumps({**array(), "attributes": {"secret": secret.decode()}}).encode(),
        "root-file": secret,
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with WebServer(folder) as web, S3Server() as s3:
        s3.make_bucket(BUCKET)
        s3.put(BUCKET, files.items())
        anonymous = {"type": "s3", "key": "k", "secret": "s", "endpoint_url": s3.url, "region": "us-east-1"}
        given = json.dumps({f"s3://{BUCKET}": anonymous})
        credentials = Credentials({f"s3://{BUCKET}": S3("k", "s", endpoint_url=s3.url, region="us-east-1")})
        with served(folder / "catalogue", credentials=given) as catalogue:
            found = Scene(folder, web, s3, credentials, catalogue, secret, keys)
            for place in PLACES:
                take_in(catalogue, found.url(place), place, extents=False)
            s3.requests()
            web.requests.clear()
            yield found


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_consolidated_metadata_name_nothing_outside(scene: Scene, zarr_format: int) -> None:
    name = "zarr.json" if zarr_format == 3 else ".zmetadata"
    for key in scene.keys:
        text = json.dumps(_consolidated(zarr_format, [key])).encode()
        try:
            found = parse_hierarchy([Document(name, text)])
        except MetadataError:
            continue
        assert not [node.path for node in found.nodes if fault_of_key(node.path)]
        if fault_of_key(key):
            assert {each.kind for each in found.problems} & {"unsafe-key", "lone-surrogate"}, key


@pytest.mark.parametrize("place", PLACES)
def test_no_key_of_a_document_or_chunk_is_read_outside(scene: Scene, place: str) -> None:
    got: list[bytes | None] = []
    with closing(open_source(scene.url(place), credentials=scene.credentials)) as source:
        assert source.read("good/c/0", 100) == b"\1\2\3\4"
        for key in scene.keys:
            for asked in (key, f"good/{key}"):
                try:
                    got.append(source.read(asked, 10_000))
                except (CatalogError, UnicodeError):
                    continue
    for path in scene.keys:
        try:
            with open_array(scene.url(place), path, array(), zarr_format=3, credentials=scene.credentials) as reader:
                got.append(reader.read().tobytes())
        except CatalogError:
            continue
    assert not [data for data in got if data and scene.secret in data]
    assert not scene.left_the_store()


def _raw(scene: Scene, address: str) -> bytes:
    """An answer to an address that no client has made plain before; those that cannot be sent are nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.catalogue.port, timeout=60)
    try:
        connection._validate_path = lambda url: None  # type: ignore[attr-defined]
        connection.request("GET", address)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status < 500, (address, body)
        return repr(answer.getheaders()).encode() + body
    except UnicodeError:
        return b""
    finally:
        connection.close()


@pytest.mark.parametrize("place", PLACES)
def test_no_path_of_a_request_leads_outside(scene: Scene, place: str) -> None:
    got = [_raw(scene, f"/datasets/{place}/zarr/good/c/0")]
    assert got[0].endswith(b"\1\2\3\4")
    for key in scene.keys:
        spelt = key.encode("utf-8", "surrogatepass")
        spellings = {quote(spelt, safe="/"), quote(spelt, safe="/%;:\\?#")} if place == "file" else {quote(spelt, safe="/%;:")}
        got += [_raw(scene, f"/datasets/{place}/zarr/{each}") for each in spellings]
    assert not [data for data in got if scene.secret in data]
    assert not scene.left_the_store()


@pytest.mark.parametrize("place", PLACES)
def test_the_bridge_leads_nowhere_outside(scene: Scene, place: str) -> None:
    got = []
    base = f"datasets/{place}/nodes"
    assert b"1,2,3,4" in _raw(scene, f"/arrays/{base}/good?format=json")
    for key in scene.keys if place == "file" else scene.keys[::3]:  # what is looked up does not depend on the place
        spelt = quote(key.encode("utf-8", "surrogatepass"), safe="/")
        got.append(_raw(scene, f"/arrays/{base}/{spelt}?format=json"))
        if place == "file":
            iri = quote(f"{scene.catalogue.base}{base}/".encode() + key.encode("utf-8", "surrogatepass"), safe="")
            got.append(_raw(scene, f"/arrays?iri={iri}"))
    assert not [data for data in got if scene.secret in data]
    assert not scene.left_the_store()
