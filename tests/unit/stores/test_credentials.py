"""Is each credential used where it belongs, and shown nowhere?"""

import pickle
from typing import Any

import pytest

from catalog.errors import InputError
from catalog.stores.credentials import S3, Basic, Bearer, Credentials, Headers, parse_credentials


@pytest.mark.parametrize(
    ("credential", "headers"),
    [
        (Basic("Aladdin", "open sesame"), {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}),  # RFC 7617, section 2
        (Basic("test", "123£"), {"Authorization": "Basic dGVzdDoxMjPCow=="}),  # RFC 7617, section 2.1
        (Bearer("mF_9.B5f-4.1JqM"), {"Authorization": "Bearer mF_9.B5f-4.1JqM"}),  # RFC 6750, section 2.1
        (Bearer(lambda: "now"), {"Authorization": "Bearer now"}),
        (Headers({"X-API-Key": "k"}), {"X-API-Key": "k"}),
    ],
)
def test_headers(credential: Basic | Bearer | Headers, headers: dict[str, str]) -> None:
    assert credential.headers() == headers


def test_nothing_shows_a_secret() -> None:
    secret = "hidden-word"
    shown = [
        Basic(secret, secret),
        Bearer(secret),
        Headers({"X": secret}),
        S3(secret, secret, secret),
        Credentials({"https://h": Bearer(secret), "s3://b": S3(secret, secret)}),
    ]
    for thing in shown:
        assert secret not in f"{thing!r} {thing!s} {thing}"
    assert repr(shown[2]) == "Headers(X=***)"
    assert repr(S3(endpoint_url="http://e")) == "S3(anonymous, endpoint_url='http://e', region='')"


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("https://h/data", "data"),
        ("https://h/data/x", "data"),
        ("https://h/data/x/y", "x/y"),
        ("https://h/data/x/yz", "data"),
        ("https://h/data2", "h"),
        ("https://h", "h"),
        ("https://h.example/data", None),
        ("https://h:8443/data", None),
        ("http://h/data", None),
        ("s3://bucket/a", None),
    ],
)
def test_the_longest_prefix_of_whole_segments_wins(location: str, wanted: str | None) -> None:
    prefixes = {"https://h": "h", "https://H:443/data/": "data", "https://h/data/x/y": "x/y"}
    credentials = Credentials({prefix: Bearer(word) for prefix, word in prefixes.items()})
    found = credentials.find(location)
    assert (found[1] if found else None) == (Bearer(wanted) if wanted else None)


def test_every_bucket_can_share_one_credential() -> None:
    everywhere, one = S3(region="a"), S3(region="b")
    credentials = Credentials({"s3://": everywhere, "s3://bucket/x": one})
    assert credentials.find("s3://other/x") == ("s3://", everywhere)
    assert credentials.find("s3://bucket") == ("s3://", everywhere)
    assert credentials.find("s3://bucket/x/y") == ("s3://bucket/x", one)
    assert credentials.find("https://h/s3://") is None


@pytest.mark.parametrize(
    ("prefix", "credential"),
    [
        ("file:///x", Bearer("t")),
        ("/x", Bearer("t")),
        ("https://h/x", S3()),
        ("s3://b", Bearer("t")),
        ("https://u:p@h/x", Bearer("t")),
        ("https://h/x?sig=1", Bearer("t")),
        ("https://", Bearer("t")),
        ("", S3()),
    ],
)
def test_a_prefix_must_fit_its_credential(prefix: str, credential: Any) -> None:
    with pytest.raises((InputError, PermissionError)):
        Credentials({prefix: credential})


@pytest.mark.parametrize("name", ["", "a b", "a:b", "Host", "range", "Content-Length", "Transfer-Encoding", "X\r\nY", "é"])
def test_a_header_that_would_change_the_request_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name"):
        Headers({name: "v"})


@pytest.mark.parametrize("value", ["", "a\r\nX: b", "a\0", "a\x7f"])
def test_a_value_must_fit_one_line(value: str) -> None:
    with pytest.raises(InputError):
        Headers({"X": value})
    with pytest.raises(InputError):
        Bearer("t" + value + "\n")


def test_headers_cannot_be_changed_from_outside() -> None:
    given = {"X": "1"}
    credential = Headers(given)
    given["Host"] = "x"
    assert credential.headers() == {"X": "1"}


def test_a_credential_can_go_to_another_process() -> None:
    for credential in (Basic("u", "p"), Bearer("t"), Headers({"X": "1"}), S3("k", "s")):
        assert pickle.loads(pickle.dumps(credential)) == credential


def test_from_settings() -> None:
    credentials = parse_credentials(
        {
            "https://a/": {"type": "basic", "user": "u", "password": "p"},
            "https://b": {"type": "bearer", "token": "t"},
            "https://c": {"type": "headers", "values": {"X-API-Key": "k"}},
            "s3://": {"type": "s3", "endpoint_url": "http://127.0.0.1:9000", "anonymous": True},
        }
    )
    assert dict(credentials) == {
        "https://a": Basic("u", "p"),
        "https://b": Bearer("t"),
        "https://c": Headers({"X-API-Key": "k"}),
        "s3://": S3(endpoint_url="http://127.0.0.1:9000", anonymous=True),
    }


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "'type'"),
        ({"type": "basik"}, "basic, bearer, headers, s3"),
        ({"type": "basic", "user": "u"}, "password, user"),
        ({"type": "bearer", "token": 1}, "'token' must be a text"),
        ({"type": "bearer", "token": "t", "tokn": "t"}, "unknown fields: tokn"),
        ({"type": "headers", "values": []}, "'values' must be an object"),
        ({"type": "s3", "anonymous": "yes"}, "'anonymous' must be true or false"),
        ([], "'type'"),
    ],
)
def test_settings_say_what_is_wrong(fields: Any, word: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_credentials({"https://h/x": fields})
    assert word in str(caught.value)
    assert "https://h/x" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "k"},
        {"secret": "s"},
        {"ambient": True, "anonymous": True},
        {"ambient": True, "key": "k", "secret": "s"},
        {"endpoint_url": "ftp://h"},
        {"endpoint_url": "h"},
        {"endpoint_url": "http://u:p@h"},
    ],
)
def test_an_s3_credential_is_of_one_kind(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        S3(**fields)
