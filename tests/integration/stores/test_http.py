"""Is a web server believed only as far as it should be, and told only what it may know?"""

from pathlib import Path

import pytest

from catalog.errors import (
    ForbiddenError,
    ListingRefusedError,
    NotFoundError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
)
from catalog.stores.credentials import Basic, Bearer, Credentials, Headers, HttpCredential
from catalog.stores.documents import read_documents
from tests.support.http_server import Reply, WebServer
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import (
    GROUP2,
    GROUP3,
    array2,
    array3,
    consolidated2,
    consolidated3,
    documents_in,
    write,
    write_real,
)


def _v3(server: WebServer) -> Place:
    write(server.folder / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    return Place(f"{server.url}/s")


# -- listing


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_where_listing_is_refused_the_root_is_read_and_called_incomplete(server: WebServer, status: int) -> None:
    place, server.listing = _v3(server), status
    harvest = place.harvest()
    assert documents_of(harvest) == {"zarr.json": GROUP3}
    assert (harvest.route, harvest.complete, kinds_of(harvest)) == ("walk", False, ["listing-refused"])
    source = place.source()
    with pytest.raises(ListingRefusedError, match=str(status)):
        source.list_documents()
    source.close()


def test_where_listing_is_refused_a_v2_root_is_read_with_its_attributes(server: WebServer) -> None:
    write(server.folder / "s", {".zgroup": GROUP2, ".zattrs": b'{"title": "x"}', "a/.zarray": array2()})
    server.listing = 403
    harvest = Place(f"{server.url}/s").harvest()
    assert documents_of(harvest) == {".zgroup": GROUP2, ".zattrs": b'{"title": "x"}'}
    assert (harvest.complete, kinds_of(harvest)) == (False, ["listing-refused"])


def test_where_listing_is_refused_an_array_at_the_root_is_complete(server: WebServer) -> None:
    write(server.folder / "s", {".zarray": array2(), ".zattrs": b"{}"})
    server.listing = 403
    harvest = Place(f"{server.url}/s").harvest()
    assert (harvest.route, harvest.complete, harvest.problems) == ("single", True, ())


@pytest.mark.parametrize("key", [".all_metadata", "zmetadata"])
def test_where_listing_is_refused_other_keys_come_before_the_bare_root(server: WebServer, key: str) -> None:
    document = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()})
    write(server.folder / "s", {".zgroup": GROUP2, key: document})
    server.listing = 403
    harvest = Place(f"{server.url}/s").harvest()
    assert (harvest.route, harvest.complete, documents_of(harvest)) == ("consolidated", True, {key: document})


def test_where_listing_is_refused_consolidated_metadata_need_none(server: WebServer) -> None:
    write(server.folder / "s", {"zarr.json": consolidated3({"a": array3()})})
    server.listing = 403
    harvest = Place(f"{server.url}/s").harvest()
    assert (harvest.complete, server.paths) == (True, ["/s/zarr.json"])


def test_one_folder_that_is_not_listed_is_a_problem_and_the_rest_is_read(server: WebServer) -> None:
    tree = {"zarr.json": GROUP3, "a/zarr.json": GROUP3, "b/zarr.json": GROUP3, "b/c/zarr.json": array3()}
    write(server.folder / "s", tree)
    server.script = lambda request: Reply(403) if request.path == "/s/a/" else None
    harvest = Place(f"{server.url}/s").harvest()
    assert set(documents_of(harvest)) == set(tree) - {"a/zarr.json"}
    assert [(p.path, p.kind) for p in harvest.problems] == [("a", "listing-refused")]
    assert not harvest.complete


def test_names_with_a_dot_that_a_list_leaves_out_are_asked_for(server: WebServer) -> None:
    """nginx and Apache list no such names, and every document of v2 has one."""
    write_real(server.folder / "s", 2)
    server.listing = "no-dots"
    harvest = Place(f"{server.url}/s").harvest()
    assert documents_of(harvest) == documents_in(server.folder / "s")
    assert (harvest.complete, harvest.problems) == (True, ())
    assert harvest.requests == len(server.requests)


@pytest.mark.parametrize("page", [b"<html>Welcome</html>", b'<a href="about.html">About us</a>', b'{"files": ["zarr.json"]}'])
def test_a_page_that_is_no_list_of_the_store_is_not_taken_for_one(server: WebServer, page: bytes) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(200, page, {"Content-Type": "text/html"}) if request.path.endswith("/") else None
    harvest = place.harvest()
    assert (harvest.complete, kinds_of(harvest), set(documents_of(harvest))) == (False, ["listing-refused"], {"zarr.json"})


def test_a_list_cannot_lead_out_of_its_folder(server: WebServer, other: WebServer) -> None:
    place = _v3(server)
    write(server.folder / "t", {"zarr.json": GROUP3})
    links = [
        "zarr.json", "a/", "../t/", "/t/", f"{other.url}/t/", "%2e%2e/", "..%2ft/", "a%2fb/", "./", "?C=N", "#top", "//t/",
        "javascript:alert(1)", "a/../../t/", "\\t/", "http://[broken/",
    ]  # fmt: skip
    page = "".join(f'<a href="{link}">x</a>' for link in links).encode()
    server.script = lambda request: Reply(200, page, {"Content-Type": "text/html"}) if request.path == "/s/" else None
    harvest = place.harvest()
    assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json"}
    assert not other.requests
    assert all(path.startswith("/s/") for path in server.paths)


# -- who asks


WAYS: list[tuple[HttpCredential, dict[str, str]]] = [
    (Basic("user", "pass word"), {"Authorization": "Basic dXNlcjpwYXNzIHdvcmQ="}),
    (Bearer("token-1"), {"Authorization": "Bearer token-1"}),
    (Bearer(lambda: "token-2"), {"Authorization": "Bearer token-2"}),
    (Headers({"X-API-Key": "k", "X-User": "u"}), {"X-API-Key": "k", "X-User": "u"}),
]


@pytest.mark.parametrize(("credential", "wanted"), WAYS)
def test_each_way_to_say_who_asks(server: WebServer, credential: HttpCredential, wanted: dict[str, str]) -> None:
    place, server.wanted = _v3(server), wanted
    with pytest.raises(StoreUnauthorizedError, match=rf"{place.url}.*CATALOG_CREDENTIALS"):
        place.harvest()
    with place.array("a", array3(), 3) as reader, pytest.raises(StoreUnauthorizedError, match=r"a/c/0.*CATALOG_CREDENTIALS"):
        reader.read()
    place.options = {"credentials": Credentials({server.url: credential})}
    assert len(place.harvest().documents) == 2
    with place.array("a", array3(), 3) as reader:
        assert reader.read().tolist() == [1, 2, 3, 4]


def test_user_and_password_may_stand_in_the_url(server: WebServer) -> None:
    place, server.wanted = _v3(server), {"Authorization": "Basic dXNlcjpwYXNzIHdvcmQ="}
    place.url = place.url.replace("http://", "http://user:pass%20word@")
    source = place.source()
    assert source.location == f"{server.url}/s"
    assert len(read_documents(source).documents) == 2
    source.close()


def test_a_wrong_credential_is_told_from_one_that_is_not_enough(server: WebServer) -> None:
    place, server.wanted = _v3(server), {"Authorization": "Bearer right"}
    place.options = {"credentials": Credentials({place.url: Bearer("wrong")})}
    with pytest.raises(StoreUnauthorizedError):
        place.harvest()
    server.refusal = 403
    with pytest.raises(StoreForbiddenError, match="CATALOG_CREDENTIALS"):
        place.harvest()


def test_a_token_is_asked_for_anew_each_time(server: WebServer) -> None:
    place, tokens = _v3(server), iter(range(100))
    place.options = {"credentials": Credentials({server.url: Bearer(lambda: f"t{next(tokens)}")})}
    place.harvest()
    sent = [request.headers["authorization"] for request in server.requests]
    assert len(sent) > 3
    assert len(set(sent)) == len(sent)


def test_a_function_that_gives_no_token_is_an_error_of_ours(server: WebServer) -> None:
    def fail() -> str:
        raise RuntimeError("secret-in-the-text")

    place = _v3(server)
    place.options = {"credentials": Credentials({server.url: Bearer(fail)})}
    with pytest.raises(StoreUnauthorizedError, match="RuntimeError") as caught:
        place.harvest()
    assert "secret-in-the-text" not in str(caught.value)
    assert not server.requests


def test_a_credential_goes_to_its_own_prefix_and_origin_only(server: WebServer, other: WebServer) -> None:
    _v3(server)
    credentials = Credentials({f"{other.url}/s": Bearer("x"), f"{server.url}/s2": Bearer("x"), f"{server.url}/s/b": Bearer("x")})
    harvest = Place(f"{server.url}/s", {"credentials": credentials}).harvest()
    assert len(harvest.documents) == 2
    assert not any("authorization" in request.headers for request in server.requests)


def test_a_query_string_goes_along_and_is_not_part_of_the_name(server: WebServer) -> None:
    write(server.folder / "s", {"zarr.json": consolidated3({"a": array3()}), "a/c/0": b"\1\2\3\4"})
    place = Place(f"{server.url}/s?sv=2024&sig=a%2Bb%3D")
    source = place.source()
    read_documents(source)
    source.close()
    with place.array("a", array3(), 3) as reader:
        reader.read()
    assert source.location == f"{server.url}/s"
    assert {request.query for request in server.requests} == {"sv=2024&sig=a%2Bb%3D"}
    assert server.paths == ["/s/zarr.json", "/s/a/c/0"]


def test_nothing_of_the_process_itself_is_used(
    server: WebServer, other: WebServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ambient password ambient\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    place = _v3(server)
    assert len(place.harvest().documents) == 2
    assert not other.requests
    assert not any("authorization" in request.headers or "cookie" in request.headers for request in server.requests)


def test_cookies_are_not_kept(server: WebServer) -> None:
    place = _v3(server)
    server.script = lambda request: (
        Reply(200, GROUP3, {"Set-Cookie": "id=1"}) if request.path == "/s/zarr.json" and "cookie" not in request.headers else None
    )
    place.harvest()
    assert not any("cookie" in request.headers for request in server.requests)


# -- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("credential", "_wanted"), WAYS)
def test_a_redirect_to_another_server_is_refused(
    server: WebServer, other: WebServer, status: int, credential: HttpCredential, _wanted: dict[str, str]
) -> None:
    place = _v3(server)
    place.options = {"credentials": Credentials({server.url: credential})}
    server.script = lambda request: Reply(status, headers={"Location": other.url + request.path})
    with pytest.raises(ForbiddenError, match=other.url):
        place.harvest()
    with place.array("a", array3(), 3) as reader, pytest.raises(ForbiddenError, match=other.url):
        reader.read()
    assert not other.requests


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1:{port}/s/x", "file:///etc/hostname", "http://u:p@127.0.0.1:1/", "ftp://h/x"]
)
def test_a_redirect_to_another_protocol_is_refused(server: WebServer, target: str) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(302, headers={"Location": target.format(port=server.port)})
    with pytest.raises(ForbiddenError) as caught:
        place.harvest()
    assert "u:p" not in str(caught.value)


def test_a_redirect_on_the_same_server_is_followed_without_taking_the_credential_out_of_its_prefix(server: WebServer) -> None:
    write(server.folder / "moved", {"zarr.json": array3(), "c/0": b"\1\2\3\4"})
    server.script = lambda request: (
        Reply(307, headers={"Location": "/moved" + request.path.removeprefix("/s")}) if request.path.startswith("/s/") else None
    )
    place = Place(f"{server.url}/s", {"credentials": Credentials({f"{server.url}/s": Bearer("x")})})
    assert documents_of(place.harvest()) == {"zarr.json": array3()}
    sent = {request.path: request.headers.get("authorization") for request in server.requests}
    assert sent == {"/s/zarr.json": "Bearer x", "/moved/zarr.json": None}


def test_redirects_come_to_an_end(server: WebServer) -> None:
    place = _v3(server)
    server.script = lambda request: Reply(302, headers={"Location": request.path})
    with pytest.raises(StoreUnavailableError, match="redirects"):
        place.harvest()
    assert len(server.requests) == 4


def test_nothing_below_a_url_is_looked_for_where_its_root_is_no_node(server: WebServer) -> None:
    write(server.folder / "site", {"x/y/zarr.json": GROUP3, "index.txt": b""})
    with pytest.raises(NotFoundError):
        Place(f"{server.url}/site").harvest()
    assert not any(path.startswith("/site/x") for path in server.paths)
