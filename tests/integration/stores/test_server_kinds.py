"""Do stores behind real web servers and a real S3 service keep the promises of every store?"""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.stores.arrays import open_array
from catalog.stores.credentials import S3, Credentials
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.unit.stores.suite import Place, StoreTests, documents_of
from tests.unit.stores.trees import GROUP2, array2, documents_in, write, write_real


class TestHttp(StoreTests):
    @pytest.fixture(autouse=True)
    def _server(self, tmp_path: Path) -> Iterator[None]:
        with WebServer(tmp_path) as self.server:
            yield

    def publish(self, folder: Path) -> Place:
        return Place(f"{self.server.url}/a%20store")

    def served(self) -> list[str]:
        served = self.server.paths
        self.server.requests.clear()
        return served


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    s3.make_bucket("data")
    return "data"


class TestS3(StoreTests):
    @pytest.fixture(autouse=True)
    def _server(self, s3: S3Server, bucket: str) -> None:
        self.server = s3

    def publish(self, folder: Path) -> Place:
        prefix = f"{uuid.uuid4().hex}/a store"
        self.server.upload(folder, "data", prefix)
        credentials = Credentials({"s3://data": S3(key=KEY, secret=SECRET, endpoint_url=self.server.url, region="us-east-1")})
        return Place(f"s3://data/{prefix}", {"credentials": credentials})

    def served(self) -> list[str]:
        return [request.path if request.path != "/data" else request.query for request in self.server.requests()]

    def test_chunks_of_v2_beside_the_document_are_not_listed_to_the_end(self) -> None:
        """2,500 chunks are three pages of names; the first shows that the folder is an array. ``zarr.json`` is asked for."""
        write(self.folder, {".zgroup": GROUP2, "a/.zarray": array2(shape=[10000]), "a/.zattrs": b"{}"})
        place = self.publish(self.folder)
        self.server.put("data", ((f"{place.url.removeprefix('s3://data/')}/a/{i}", b"x") for i in range(2500)))
        self.served()
        harvest = place.harvest()
        assert set(documents_of(harvest)) == {".zgroup", "a/.zarray", "a/.zattrs"}
        assert sum("list-type" in asked for asked in self.served()) == 3

    def test_the_whole_bucket_can_be_the_store(self) -> None:
        name = f"b-{uuid.uuid4().hex}"
        self.server.make_bucket(name, public=True)
        write_real(self.folder, 3)
        documents = documents_in(self.folder)
        self.server.put(name, documents.items(), public=True)
        place = Place(f"s3://{name}", {"credentials": Credentials({"s3://": S3(endpoint_url=self.server.url)})})
        assert documents_of(place.harvest()) == documents
        fields = json.loads(documents["my group/scalar/zarr.json"])
        with open_array(place.url, "my group/scalar", fields, zarr_format=3, **place.options) as reader:
            assert float(reader.read()) == 0.5
