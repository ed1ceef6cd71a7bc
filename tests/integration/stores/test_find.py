"""Are stores in buckets and on web servers found by few requests, and never looked into?"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import ForbiddenError, Problem, StoreUnavailableError
from catalog.stores.credentials import S3, Credentials
from catalog.stores.find import Candidate, find_roots
from tests.support.http_server import Reply, WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, write

TREE = {
    "lab/a.zarr/zarr.json": GROUP3,
    "lab/a.zarr/x/zarr.json": array3(),
    "lab/run 1/b/.zgroup": GROUP2,
    "lab/run 1/b/x/.zarray": array2(),
    "lab/run 1/notes.txt": b"",
    "lab/c.zarr.zip": b"PK",
    "lab/old/d.zarr/.zarray": array2(),
}
FOUND = {"a.zarr": "zarr", "run%201/b": "zarr", "c.zarr.zip": "zip", "old/d.zarr": "zarr"}


def _kinds(items: list[Candidate | Problem], prefix: str) -> dict[str, str]:
    return {item.location.removeprefix(f"{prefix}/"): item.kind for item in items if isinstance(item, Candidate)}


# -- S3


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    name = f"find-{uuid.uuid4().hex[:8]}"
    s3.make_bucket(name)
    s3.put(name, TREE.items())
    return name


def _s3(s3: S3Server, prefix: str) -> tuple[list[Candidate | Problem], list[str], list[str]]:
    """What is found, and what the service was asked: prefixes of listings, and keys."""
    credentials = Credentials({"s3://": S3(KEY, SECRET, endpoint_url=s3.url, region="us-east-1")})
    s3.requests()
    search = find_roots(prefix, credentials=credentials)
    items = list(search)
    asked = s3.requests()
    lists = [request.query for request in asked if "list-type" in request.query]
    keys = [request.path for request in asked if "list-type" not in request.query]
    assert search.requests == len(asked)
    return items, lists, keys


def test_stores_in_a_bucket(s3: S3Server, bucket: str) -> None:
    items, lists, keys = _s3(s3, f"s3://{bucket}/lab")
    assert _kinds(items, f"s3://{bucket}/lab") == FOUND
    assert len(lists) == 4, "the prefix, 'run 1', its 'b', and 'old'; a name in .zarr is asked for by its documents"
    assert all("delimiter=%2F" in query for query in lists)
    assert all("/a.zarr/" in key or "/d.zarr/" in key for key in keys)


@pytest.mark.parametrize(
    ("mark", "name", "lists", "keys"),
    [(".zgroup", "big.zarr", 1, 3), ("zarr.json", "big", 2, 1)],
)
def test_a_root_of_several_pages_costs_no_more(s3: S3Server, mark: str, name: str, lists: int, keys: int) -> None:
    """No list of more than its first page, and none inside; S3 gives names a thousand at a time."""
    place = f"many-{uuid.uuid4().hex[:8]}"
    s3.make_bucket(place)
    s3.put(place, [(f"p/{name}/{mark}", GROUP3 if mark == "zarr.json" else GROUP2)])
    s3.put(place, ((f"p/{name}/c{index}/0", b"") for index in range(1_100)))
    items, listed, asked = _s3(s3, f"s3://{place}/p")
    assert _kinds(items, f"s3://{place}/p") == {name: "zarr"}
    assert not [query for query in listed if f"{name}%2Fc" in query or "continuation" in query]
    assert (len(listed), len(asked)) == (lists, keys)


def test_a_large_folder_that_is_no_root_is_listed_to_its_end(s3: S3Server) -> None:
    name = f"flat-{uuid.uuid4().hex[:8]}"
    s3.make_bucket(name)
    s3.put(name, ((f"p/f{index:04}.txt", b"") for index in range(1_100)))
    s3.put(name, [("p/zz.zarr/zarr.json", GROUP3)])
    items, _, _ = _s3(s3, f"s3://{name}/p")
    assert _kinds(items, f"s3://{name}/p") == {"zz.zarr": "zarr"}


# -- HTTP


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    write(tmp_path, TREE)
    with WebServer(tmp_path) as running:
        yield running


def test_stores_on_a_web_server(web: WebServer) -> None:
    search = find_roots(f"{web.url}/lab")
    items = list(search)
    assert _kinds(items, f"{web.url}/lab") == FOUND
    assert search.requests == len(web.requests)
    assert not [path for path in web.paths if "/x/" in path], "no root was looked into"


def test_a_web_server_that_hides_names_with_a_dot(web: WebServer) -> None:
    web.listing = "no-dots"
    items = list(find_roots(f"{web.url}/lab"))
    assert _kinds(items, f"{web.url}/lab") == FOUND
    assert not [path for path in web.paths if "/x/" in path]


def test_one_folder_that_is_not_listed_is_left_out_with_the_reason(web: WebServer) -> None:
    web.script = lambda request: Reply(403) if request.path == "/lab/run 1/" else None
    search = find_roots(f"{web.url}/lab")
    items = list(search)
    assert _kinds(items, f"{web.url}/lab") == {key: kind for key, kind in FOUND.items() if "run" not in key}
    assert [(item.path, item.kind) for item in items if isinstance(item, Problem)] == [("run 1", "listing-refused")]
    assert not search.complete


def test_a_prefix_that_is_not_listed_is_an_error(web: WebServer) -> None:
    web.listing = 403
    with pytest.raises(ForbiddenError, match=f"{web.url}/lab.*403"):
        list(find_roots(f"{web.url}/lab"))
    web.script = lambda request: Reply(500)
    with pytest.raises(StoreUnavailableError, match="500"):
        list(find_roots(f"{web.url}/lab"))


def test_a_server_with_a_page_for_everything_has_no_stores(web: WebServer) -> None:
    page = b'<!doctype html><html><a href="more.zarr/">x</a></html>'
    web.script = lambda request: Reply(200, page, {"Content-Type": "text/html"})
    search = find_roots(f"{web.url}/lab")
    items = list(search)
    assert not [item for item in items if isinstance(item, Candidate)]
    assert not search.complete
    assert search.folders <= 20, "it ends by itself"
