"""What is made of what a web server answers: parts, troubles, pages in place of objects?"""

import gzip
import time

import numpy as np
import pytest

from catalog.errors import StoreForbiddenError, StoreUnauthorizedError, StoreUnavailableError, WebPageError
from catalog.metadata.document import DocumentLimits
from catalog.stores.documents import read_documents
from catalog.stores.policy import Timeouts
from catalog.stores.source import open_source
from tests.support.http_server import Reply, WebServer
from tests.unit.stores.suite import Place, documents_of
from tests.unit.stores.trees import GROUP2, GROUP3, VALUES, array3, consolidated2, documents_in, write, write_real

pytestmark = pytest.mark.usefixtures("short_pauses")


def _v3(server: WebServer) -> Place:
    write(server.folder / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    return Place(f"{server.url}/s")


def _sharded(server: WebServer) -> tuple[Place, bytes]:
    write_real(server.folder / "s", 3)
    return Place(f"{server.url}/s"), documents_in(server.folder / "s")["sharded/zarr.json"]


def test_a_server_that_ignores_ranges_gives_the_right_part_all_the_same(server: WebServer) -> None:
    place, document = _sharded(server)
    server.ranges = "ignore"
    with place.array("sharded", document, 3) as reader:
        np.testing.assert_array_equal(reader.read((slice(2, 4), slice(0, 5))), VALUES[2:4, :5])
        np.testing.assert_array_equal(reader.read(), VALUES)
    assert any("range" in request.headers for request in server.requests)


@pytest.mark.parametrize("ranges", ["mute", "wrong", "short"])
def test_a_part_that_is_another_one_is_refused(server: WebServer, ranges: str) -> None:
    place, document = _sharded(server)
    server.ranges = ranges
    with place.array("sharded", document, 3) as reader, pytest.raises(StoreUnavailableError, match="sharded/c/0/0"):
        reader.read((slice(2, 4), slice(0, 5)))


@pytest.mark.parametrize("status", [400, 418, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_told_from_a_store_that_is_not_there(server: WebServer, status: int) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(status, headers={"Retry-After": "0"})
    with pytest.raises(StoreUnavailableError, match=str(status)):
        place.harvest()
    assert len(server.requests) == (5 if status in {429, 502, 503, 504} else 1)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(server: WebServer) -> None:
    place, troubles = _v3(server), iter([503, 429])
    server.script = lambda request: (
        Reply(status, headers={"Retry-After": "0"}) if (status := next(troubles, None)) is not None else None
    )
    harvest = place.harvest()
    assert (len(harvest.documents), harvest.complete) == (2, True)
    assert harvest.requests == len(server.requests)


@pytest.mark.parametrize(
    ("status", "error"), [(401, StoreUnauthorizedError), (403, StoreForbiddenError), (500, StoreUnavailableError)]
)
def test_a_chunk_that_is_refused_is_no_fill_value(server: WebServer, status: int, error: type[Exception]) -> None:
    place = _v3(server)
    with place.array("a", array3(), 3) as reader:
        server.script = lambda request: Reply(status)
        with pytest.raises(error, match="a/c/0"):
            reader.read()
        server.script = lambda request: Reply(404)
        assert reader.read().tolist() == [7, 7, 7, 7]


def test_servers_that_refuse_what_is_not_there_can_hold_v2(server: WebServer) -> None:
    """As S3 does over HTTP where the bucket may not be listed."""
    document = consolidated2({".zgroup": GROUP2})
    write(server.folder / "s", {".zmetadata": document})
    server.script = lambda request: None if request.path == "/s/.zmetadata" else Reply(403)
    harvest = Place(f"{server.url}/s").harvest()
    assert (documents_of(harvest), harvest.requests) == ({".zmetadata": document}, 2)


def test_a_login_page_in_place_of_everything_is_no_store(server: WebServer) -> None:
    server.script = lambda request: Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
    with pytest.raises(WebPageError, match=r"s/zarr\.json: a web page"):
        Place(f"{server.url}/s").harvest()


def test_a_login_page_in_place_of_a_chunk_names_the_chunk(server: WebServer) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
    with place.array("a", array3(), 3) as reader, pytest.raises(WebPageError, match="a/c/0: a web page"):
        reader.read()


def test_an_answer_that_unpacks_to_more_than_is_wanted_is_not_read_to_its_end(server: WebServer) -> None:
    place = _v3(server)
    packed = gzip.compress(b" " * 50_000_000)
    server.script = lambda request: Reply(200, packed, {"Content-Encoding": "gzip"}) if request.path == "/s/a/zarr.json" else None
    harvest = place.harvest(limits=DocumentLimits(max_bytes=1_000_000))
    assert [(p.path, p.kind) for p in harvest.problems] == [("a/zarr.json", "too-large")]


def test_a_packed_answer_is_unpacked(server: WebServer) -> None:
    place = _v3(server)
    server.script = lambda request: (
        Reply(200, gzip.compress(GROUP3), {"Content-Encoding": "gzip"}) if request.path == "/s/zarr.json" else None
    )
    assert documents_of(place.harvest()) == {"zarr.json": GROUP3, "a/zarr.json": array3()}


def test_a_server_that_stalls_is_left(server: WebServer) -> None:
    _v3(server)
    server.script = lambda request: Reply(200, GROUP3, stall=30)
    source = open_source(f"{server.url}/s", timeouts=Timeouts(connect=0.3, read=0.3, total=1))
    start = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="in time"):
        read_documents(source)
    assert time.monotonic() - start < 15  # of 30; a busy machine needs more than the second that it is given
    source.close()


def test_an_answer_that_breaks_off_is_no_answer(server: WebServer) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(200, GROUP3, cut=True) if request.path == "/s/zarr.json" else None
    with pytest.raises(StoreUnavailableError, match="broke"):
        place.harvest()
    assert server.counts["/s/zarr.json"] == 5


def test_no_server_at_all(server: WebServer) -> None:
    with WebServer(server.folder) as gone:
        url = gone.url
    with pytest.raises(StoreUnavailableError, match="no connection"):
        Place(f"{url}/s").harvest()
