"""Is an S3 service asked with the right rights, and with no others?"""

import gc
import warnings
from pathlib import Path

import pytest

from catalog.errors import (
    CatalogError,
    ListingRefusedError,
    StoreBusyError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
)
from catalog.stores.credentials import S3, Credentials
from catalog.stores.documents import read_documents
from catalog.stores.policy import Timeouts
from catalog.stores.source import open_source
from tests.support.http_server import Reply, Request, WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.unit.stores.suite import Place, documents_of, kinds_of
from tests.unit.stores.trees import GROUP3, array3, write

TREE = {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"}


@pytest.fixture(scope="module", autouse=True)
def _buckets(s3: S3Server) -> None:
    for name in ("private", "public"):
        s3.make_bucket(name, public=name == "public")
        s3.put(name, [(f"s/{key}", data) for key, data in TREE.items()], public=name == "public")


@pytest.fixture
def ambient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that could read the private bucket, in every way that AWS tools know."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    files = tmp_path / "home" / ".aws"
    files.mkdir(parents=True)
    (files / "credentials").write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
    (files / "config").write_text("[default]\nregion = us-east-1\n")
    monkeypatch.setenv("HOME", str(files.parent))
    monkeypatch.setenv("FSSPEC_S3_KEY", KEY)
    monkeypatch.setenv("FSSPEC_S3_SECRET", SECRET)


def _place(s3: S3Server, bucket: str, credential: S3) -> Place:
    return Place(f"s3://{bucket}/s", {"credentials": Credentials({"s3://": credential})})


@pytest.mark.usefixtures("ambient")
def test_the_rights_of_the_process_are_not_lent_to_whoever_gives_a_url(s3: S3Server) -> None:
    place = _place(s3, "private", S3(endpoint_url=s3.url))
    s3.requests()
    with pytest.raises(StoreForbiddenError, match="CATALOG_CREDENTIALS"):
        place.harvest()
    with place.array("a", array3(), 3) as reader, pytest.raises(StoreForbiddenError, match="a/c/0"):
        reader.read()
    asked = s3.requests()
    assert len(asked) >= 3
    assert not any(request.authorization for request in asked)
    assert {request.status for request in asked if request.path.endswith(("zarr.json", "c/0"))} == {403}


@pytest.mark.usefixtures("ambient")
def test_the_rights_of_the_process_are_used_where_that_is_named(s3: S3Server) -> None:
    place = _place(s3, "private", S3(endpoint_url=s3.url, ambient=True))
    s3.requests()
    assert len(place.harvest().documents) == 2
    with place.array("a", array3(), 3) as reader:
        assert reader.read().tolist() == [1, 2, 3, 4]
    assert all(f"Credential={KEY}/" in request.authorization for request in s3.requests())


def test_rights_of_the_process_that_are_not_there_are_missed_by_name(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreUnauthorizedError, match="CATALOG_CREDENTIALS"):
        _place(s3, "private", S3(endpoint_url=s3.url, ambient=True)).harvest()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_PROFILE", "no-such-profile"),
        ("AWS_DEFAULT_PROFILE", "no-such-profile"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9"),
        ("AWS_CONFIG_FILE", "/dev/full"),
        ("AWS_CA_BUNDLE", "/no/such/file"),
        ("AWS_MAX_ATTEMPTS", "x"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9"),
    ],
)
def test_nothing_of_the_process_gets_in_the_way(s3: S3Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with monkeypatch.context() as poisoned:
        poisoned.setenv(name, value)
        harvest = _place(s3, "private", S3(key=KEY, secret=SECRET, endpoint_url=s3.url)).harvest()
    assert len(harvest.documents) == 2


def test_a_public_bucket_needs_nothing(s3: S3Server) -> None:
    s3.requests()
    harvest = _place(s3, "public", S3(endpoint_url=s3.url)).harvest()
    assert documents_of(harvest) == {key: data for key, data in TREE.items() if key.endswith(".json")}
    assert not any(request.authorization for request in s3.requests())


def test_anonymous_means_no_signature_even_with_a_key(s3: S3Server) -> None:
    s3.requests()
    _place(s3, "public", S3(key=KEY, secret=SECRET, endpoint_url=s3.url, anonymous=True)).harvest()
    assert not any(request.authorization for request in s3.requests())


def test_a_credential_is_used_below_its_prefix_only(s3: S3Server) -> None:
    signed = S3(key=KEY, secret=SECRET, endpoint_url=s3.url)
    plain = S3(endpoint_url=s3.url)
    credentials = Credentials({"s3://": plain, "s3://private/s": signed, "s3://private/t": plain, "s3://priv": signed})
    s3.requests()
    assert len(Place("s3://private/s", {"credentials": credentials}).harvest().documents) == 2
    assert all(request.authorization for request in s3.requests())
    Place("s3://public/s", {"credentials": credentials}).harvest()
    assert not any(request.authorization for request in s3.requests())


def test_no_service_at_all() -> None:
    source = open_source(
        "s3://bucket/s", credentials=Credentials({"s3://": S3(endpoint_url="http://127.0.0.1:9")}), timeouts=Timeouts(1, 1, 1)
    )
    with pytest.raises(StoreUnavailableError, match=r"s3://bucket/s/zarr\.json"):
        read_documents(source)
    source.close()


# -- a service that refuses, as moto never does


def _refusing(server: WebServer, code: str, status: int, *, when: str) -> Place:
    """S3's own answers from a plain web server: an error for requests that have the word in them, else the objects."""
    error = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    headers = {"Content-Type": "application/xml"}

    def script(request: Request) -> Reply | None:
        if when in f"{request.path}?{request.query}":
            return Reply(status, error, headers)
        if not (server.folder / request.path.strip("/")).is_file():
            return Reply(404, b"<Error><Code>NoSuchKey</Code></Error>", headers)
        return None

    server.script = script
    write(server.folder / "data" / "s", TREE)
    return Place("s3://data/s", {"credentials": Credentials({"s3://": S3(KEY, SECRET, endpoint_url=server.url)})})


def test_a_bucket_that_is_not_listed_gives_its_root(server: WebServer) -> None:
    place = _refusing(server, "AccessDenied", 403, when="list-type")
    harvest = place.harvest()
    assert documents_of(harvest) == {"zarr.json": GROUP3}
    assert (harvest.complete, kinds_of(harvest)) == (False, ["listing-refused"])
    source = place.source()
    with pytest.raises(ListingRefusedError):
        source.list_documents()
    source.close()


@pytest.mark.parametrize(
    "code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed"]
)
def test_a_key_that_is_not_believed_is_told_from_one_that_is_not_enough(server: WebServer, code: str) -> None:
    with pytest.raises(StoreUnauthorizedError, match=f"{code}.*CATALOG_CREDENTIALS"):
        _refusing(server, code, 403, when="/").harvest()
    with pytest.raises(StoreForbiddenError, match="CATALOG_CREDENTIALS"):
        _refusing(server, "AccessDenied", 403, when="/").harvest()


TROUBLES = [
    ("SlowDown", 503, StoreBusyError),
    ("TooManyRequests", 429, StoreBusyError),
    ("InternalError", 500, StoreUnavailableError),
    ("ServiceUnavailable", 503, StoreUnavailableError),
]


@pytest.mark.parametrize(("code", "status", "error"), TROUBLES)
def test_a_service_in_trouble_is_no_empty_store(server: WebServer, code: str, status: int, error: type[CatalogError]) -> None:
    with pytest.raises(error, match=code) as caught:
        _refusing(server, code, status, when="/").harvest()
    assert type(caught.value) is error
    assert len(server.requests) <= 5 + 1, "a service in trouble is not asked for ever"
    place = _refusing(server, code, status, when="a/zarr.json")
    source = place.source()
    outcome = source.read_many(["a/zarr.json", "zarr.json", "no/such"], 1000)
    assert isinstance(outcome["a/zarr.json"], StoreUnavailableError)
    assert (outcome["zarr.json"], outcome["no/such"]) == (GROUP3, None)
    source.close()


@pytest.mark.parametrize("protocol", ["http", "s3"])
def test_a_source_that_nobody_closed_closes_itself(server: WebServer, protocol: str) -> None:
    write(server.folder / "data" / "s", TREE)
    url = f"{server.url}/data/s" if protocol == "http" else "s3://data/s"
    source = open_source(url, credentials=Credentials({"s3://": S3(endpoint_url=server.url)}))
    assert source.read("zarr.json", 1000) == GROUP3
    del source
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
