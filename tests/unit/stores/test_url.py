"""Does each spelling of a store lead to one canonical URL, and nothing else through?"""

import os
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.errors import CatalogError, ForbiddenError, InputError
from catalog.stores.credentials import Basic
from catalog.stores.gate import locate
from catalog.stores.url import join_key, parse_store_url, safe_key, shown


@pytest.mark.parametrize(
    ("text", "location", "path"),
    [
        ("/data/a.zarr", "file:///data/a.zarr", "/data/a.zarr"),
        ("/data/a.zarr/", "file:///data/a.zarr", "/data/a.zarr"),
        ("/data/x/../a b%20", "file:///data/a%20b%2520", "/data/a b%20"),
        ("file:///data/a%20b", "file:///data/a%20b", "/data/a b"),
        ("file:/data/a", "file:///data/a", "/data/a"),
        ("FILE://localhost/data//a/", "file:///data/a", "/data/a"),
        ("file:///a%3A%3Ab", "file:///a%3A%3Ab", "/a::b"),
        ("/größe", "file:///gr%C3%B6%C3%9Fe", "/größe"),
        ("s3://bucket", "s3://bucket", "bucket"),
        ("s3://bucket/", "s3://bucket", "bucket"),
        ("S3://bucket/a b/c", "s3://bucket/a%20b/c", "bucket/a b/c"),
        ("s3://bucket/a%20b/c/", "s3://bucket/a%20b/c", "bucket/a b/c"),
        ("s3://bucket/100%25", "s3://bucket/100%25", "bucket/100%"),
        ("https://example.org", "https://example.org", ""),
        ("HTTPS://Example.ORG:443/A/", "https://example.org/A", "/A"),
        ("http://example.org:80/a", "http://example.org/a", "/a"),
        ("http://example.org:443/a", "http://example.org:443/a", "/a"),
        ("https://example.org/a%2Fb/%41%7e?", "https://example.org/a%2Fb/A~", "/a%2Fb/A~"),
        ("https://example.org/a b/é", "https://example.org/a%20b/%C3%A9", "/a%20b/%C3%A9"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a", "/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a", "/a"),
        ("memory://x/y", "memory://x/y", "x/y"),
        ("icechunk+file:///a b", "icechunk+file:///a%20b", "/a b"),
        ("ICECHUNK+s3://bucket/r/", "icechunk+s3://bucket/r", "bucket/r"),
        ("icechunk+s3://bucket/r?branch=main", "icechunk+s3://bucket/r", "bucket/r"),
        ("icechunk+s3://bucket/r?branch=a/b c", "icechunk+s3://bucket/r?branch=a/b%20c", "bucket/r"),
        ("icechunk+s3://bucket/r?tag=v1%261", "icechunk+s3://bucket/r?tag=v1%261", "bucket/r"),
        (
            "icechunk+s3://bucket/r?snapshot=1CECHNKREP0F1RSTCMT0",
            "icechunk+s3://bucket/r?snapshot=1CECHNKREP0F1RSTCMT0",
            "bucket/r",
        ),
    ],
)
def test_one_store_has_one_location(text: str, location: str, path: str) -> None:
    url = parse_store_url(text)
    assert (url.location, url.path) == (location, path)
    assert parse_store_url(url.location) == url
    assert str(url) == location


def test_a_relative_path_is_one_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_store_url("a/./b.zarr").path == f"{tmp_path}/a/b.zarr"
    assert parse_store_url(".").path == str(tmp_path)


def test_bytes_that_are_no_text_survive() -> None:
    url = parse_store_url("file:///a%FFb")
    assert os.fsencode(url.path) == b"/a\xffb"
    assert parse_store_url(url.location) == url


def test_what_may_be_secret_is_kept_apart() -> None:
    url = parse_store_url("https://us%40er:p%2Fw@example.org/a?sig=1&x=%20")
    assert (url.location, url.path) == ("https://example.org/a", "/a")
    assert (url.credential, url.query) == (Basic("us@er", "p/w"), "sig=1&x=%20")
    assert "p/w" not in repr(url)
    assert "sig" not in repr(url)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "a\0b", "a\nb", "https://h/a\tb", "x" * 5000, "\ud800", "a::b", "simplecache::file:///etc/hostname",
        "zip://a::s3://b/c", "filecache::http://[::1]/x", "simplecache::http://[::1]::x", "file://host/a", "file://a/b",
        "file:a", "file:///a?b", "file:///a%00b", "s3:bucket", "s3://", "s3:///a", "s3://b@c/x", "s3://bucket/a//b",
        "s3://bucket/../x", "s3://bucket/%2e%2e/x", "s3://bucket/a%2Fb", "s3://bucket/a?versionId=1", "s3://bu cket/x",
        "s3://bucket/a%5Cb", "s3://bucket/a%00", "s3://bucket/%ff", "https://", "https:///a", "http:a", "https://h/../x",
        "https://h/%2E%2e/x", "https://h/a/./b", "https://h//a", "https://h/a#b", "https://h/a#", "https://h:x/a",
        "https://h:99999/", "https://h\\x/", "https://ho st/", "https://h/%00", "https://[::1/", "memory://", " https://h/x",
        "see https://h/x", "1://x", "https://h_\u2100/x",
    ],
)  # fmt: skip
def test_what_names_no_store_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_store_url(text)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    "text", ["ftp://h/x", "local:///etc", "reference://x", "github://a:b@/c", "gs://b/x", "az://c/x", "data:/x"]
)
def test_a_protocol_must_be_allowed(text: str) -> None:
    with pytest.raises(ForbiddenError, match="allowed are file, http, https, memory, s3"):
        parse_store_url(text)


def test_protocols_are_allowed_by_name() -> None:
    assert parse_store_url("gs://b/x y", allow_protocols=frozenset({"gs"})).location == "gs://b/x%20y"
    with pytest.raises(ForbiddenError, match="allowed are gs"):
        parse_store_url("/etc", allow_protocols=frozenset({"gs"}))
    with pytest.raises(ForbiddenError, match="allowed are gs"):
        parse_store_url("file:///etc", allow_protocols=frozenset({"gs"}))


def test_a_path_in_a_file_system_of_the_callers() -> None:
    system = MemoryFileSystem()
    assert locate("/a b/c", system).location == "memory://a%20b/c"
    assert locate("memory://a%20b/c", system).path == "a b/c"
    with pytest.raises(InputError):
        locate("/a/../b", system)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.sampled_from(["", "/", "s3://", "https://h/", "http://", "file:///", "memory://"]), _TEXTS)
@example("https://h/", "%252e%252e/x")
@example("s3://", "b/%25/%2525")
@example("", "a:b")
def test_every_location_names_itself(start: str, rest: str) -> None:
    try:
        url = parse_store_url(start + rest)
    except CatalogError:
        return
    assert parse_store_url(url.location).location == url.location
    assert parse_store_url(url.location).path == url.path
    assert url.location.isascii()
    assert not set(url.location) & set(' <>"{}|\\^`?#')


@given(_TEXTS)
@example("..")
@example("a/../b")
def test_a_joined_key_stays_below(key: str) -> None:
    try:
        safe_key(key)
    except InputError:
        with pytest.raises(InputError):
            join_key("https://h/a", key)
        return
    url = join_key("https://h/a", key)
    assert parse_store_url(url).location == url
    assert url == "https://h/a" if not key else url.startswith("https://h/a/")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://u:p@h/x?q#f", "'https://h/x'"),
        ("https://u:p@q@h/x", "'https://h/x'"),
        ("https://u:p?q@h/x", "'https://…'"),
        ("simplecache::s3://k:s@b/x", "'simplecache::s3://b/x'"),
        ("/a@b/c?d", "'/a@b/c?d'"),
        ("https:u:p@h", "'https:h'"),
    ],
)
def test_what_is_shown_of_a_text(text: str, wanted: str) -> None:
    assert shown(text) == wanted


@pytest.mark.parametrize("behind", ["?", "?x=1", "?branch=", "?branch=a&tag=b", "?tag=a&tag=b", "#main", "?branch=a?tag=b#"])
def test_a_repository_is_named_in_one_state(behind: str) -> None:
    with pytest.raises(InputError):
        parse_store_url(f"icechunk+s3://bucket/r{behind}")


def test_a_repository_lies_at_a_place_of_an_allowed_protocol() -> None:
    url = parse_store_url("icechunk+s3://bucket/r?tag=v1")
    assert (url.place, url.protocol, url.container, url.version) == ("s3://bucket/r", "s3", "icechunk", ("tag", "v1"))
    for text in ("icechunk+gs://bucket/r", "icechunk+icechunk+gs://bucket/r"):
        with pytest.raises((ForbiddenError, InputError)):
            parse_store_url(text)
    with pytest.raises(ForbiddenError):
        parse_store_url("icechunk+file:///x", allow_protocols=frozenset({"s3"}))
