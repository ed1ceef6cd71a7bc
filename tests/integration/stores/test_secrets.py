"""Does any secret come out of where it was put in?

Each slot for a secret gets a word that is nowhere else. Then everything goes right and wrong in turn, and whatever a caller could
print, log or store is searched for those words, plain and in the usual disguises.
"""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from catalog.errors import CatalogError, InputError
from catalog.stores.arrays import open_array
from catalog.stores.credentials import S3, Basic, Bearer, Credential, Credentials, Headers, parse_credentials
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from catalog.stores.url import parse_store_url
from tests.support.http_server import Reply, Request, WebServer
from tests.support.s3_server import S3Server
from tests.support.secret_words import Words
from tests.unit.stores.trees import GROUP3, array3, write

NOT_OURS = ("botocore", "aiobotocore")  # they log whole requests at DEBUG, so a program must keep them above it


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    write(tmp_path / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    with WebServer(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    s3.make_bucket("bucket")
    s3.put("bucket", [("s/zarr.json", GROUP3), ("s/a/zarr.json", array3()), ("s/a/c/0", b"\1\2\3\4")])
    return "bucket"


def _everything(url: str, credentials: Credentials) -> str:
    """All that a caller can see of reading a store, whether it goes right or wrong."""
    seen: list[Any] = [credentials, *credentials.values(), *credentials]
    steps: list[Callable[[], Any]] = []
    parsed = parse_store_url(url)
    seen += [parsed, parsed.location, parsed.path, parsed.credential]
    source = open_source(url, credentials=credentials)
    reader = open_array(url, "a", json.loads(array3()), zarr_format=3, credentials=credentials)
    seen += [source, source.location, reader]
    steps += [
        lambda: read_documents(source),
        lambda: read_documents(source, metadata_key="other"),
        lambda: source.read_many(["zarr.json", "a/zarr.json", "no/such"], 1000),
        lambda: source.read("a/c/0", 1),
        source.list_documents,
        reader.read,
        lambda: reader.read((9,)),
    ]
    for step in steps:
        try:
            result = step()
            seen.append(result)
            if isinstance(result, dict):
                seen += [text for value in result.values() if isinstance(value, Exception) for text in _chain(value)]
        except CatalogError as error:
            seen += _chain(error)
    source.close()
    reader.close()
    return "\n".join(f"{thing!r}\n{thing!s}" for thing in seen)


def _chain(error: BaseException | None) -> list[str]:
    """An error with all that it was raised from, and as a crash would print it."""
    texts: list[str] = []
    seen: set[int] = set()
    pending = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        texts += [repr(one), str(one), repr(one.args), repr(vars(one)), "".join(traceback.format_exception(one))]
        pending += [one.__cause__, one.__context__]
    return texts


def _http_slots(words: Words, server: WebServer) -> list[tuple[str, Credentials]]:
    plain = f"{server.url}/s"
    netloc = plain.removeprefix("http://")
    ways: list[Credential] = [
        Basic(words.new(), words.new()),
        Bearer(words.new()),
        Bearer(partial(str, words.new())),
        Headers({"X-API-Key": words.new(), "X-Other": words.new()}),
    ]
    return [
        *((plain, Credentials({plain: way})) for way in ways),
        (f"http://{words.new()}:{words.new()}@{netloc}", Credentials()),
        (f"{plain}?sig={words.new()}&X-Amz-Signature={words.new()}", Credentials()),
        (f"http://u:{quote('p/@?#' + words.new(), safe='')}@{netloc}?{words.new()}", Credentials()),
    ]


def _redirect(request: Request) -> Reply:
    return Reply(302, headers={"Location": f"http://localhost:1{request.path}?{request.query}"})


MANNERS: dict[str, Callable[[Request], Reply | None] | None] = {
    "right": None,
    "unauthorized": lambda _: Reply(401),
    "forbidden": lambda _: Reply(403),
    "broken": lambda _: Reply(500),
    "redirect": _redirect,
    "login page": lambda _: Reply(200, b"<html>log in</html>"),
    "echo": lambda request: Reply(200, b"[", {"Content-Encoding": "gzip"}),
    "cut": lambda _: Reply(200, GROUP3, cut=True),
}


@pytest.mark.parametrize("manner", MANNERS)
def test_no_secret_of_a_web_store_comes_out(
    words: Words, server: WebServer, caplog: pytest.LogCaptureFixture, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.stores.http.ATTEMPTS", 1)
    caplog.set_level(logging.DEBUG)
    slots = _http_slots(words, server)
    server.script = MANNERS[manner]
    seen = [_everything(url, credentials) for url, credentials in slots]
    assert not words.found_in("\n".join(seen))
    assert not words.found_in(_logged(caplog))


def test_each_secret_really_was_sent(words: Words, server: WebServer) -> None:
    """Else the other tests would prove nothing."""
    for url, credentials in _http_slots(words, server):
        _everything(url, credentials)
    sent = "\n".join(f"{request.query} {request.headers}" for request in server.requests)
    assert set(words.found_in(sent)) == set(words.given)


def test_no_secret_of_a_web_store_comes_out_where_there_is_no_server(words: Words, server: WebServer) -> None:
    slots = _http_slots(words, server)
    server.__exit__(None, None, None)
    seen = [_everything(url, credentials) for url, credentials in slots]
    server.__enter__()
    assert "no connection" in seen[0]
    assert not words.found_in("\n".join(seen))


@pytest.mark.parametrize("there", [True, False])
def test_no_secret_of_s3_comes_out(
    words: Words, s3: S3Server, bucket: str, caplog: pytest.LogCaptureFixture, there: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in NOT_OURS:
        caplog.set_level(logging.INFO, logger=name)
    credential = S3(
        words.new(), words.new(), words.new(), endpoint_url=s3.url if there else "http://127.0.0.1:9", region="us-east-1"
    )
    seen = _everything(f"s3://{bucket}/s", Credentials({f"s3://{bucket}": credential}))
    assert "zarr.json" in seen
    assert not words.found_in(seen)
    assert not words.found_in(_logged(caplog))
    if there:
        s3_saw = repr(s3.requests())
        assert words.found_in(s3_saw) == words.given[:1]  # the key names who signs; the secret is never sent


def test_no_secret_comes_out_of_a_url_that_cannot_be_read(words: Words) -> None:
    forms = [
        "https://{0}:{1}@", "https://{0}:{1}@h o/", "https://u:{0}/{1}@h:x/", "s3://{0}:{1}@bucket/x", "ftp://{0}:{1}@h/x",
        "https://h/x?{0}#{1}", "https://h/../x?{0}", "simplecache::https://u:{0}@h/x?{1}", "https:/u:{0}@h/x?{1}",
        "https://u:{0}?{1}@h\\x", "https:u:{0}@h", "file://{0}:{1}@h/x", "s3://b/x?{0}", "https://u:{0}@h:99999/?{1}",
        "https://[h/x?{1}", "memory://?{0}", "https://u:{0}@@h/a//b?{1}", "http://{0}@\n", "reference://x?{0}",
        "https://h/x#{0}@{1}",
    ]  # fmt: skip
    for form in forms:
        text = form.format(words.new(), words.new())
        with pytest.raises(CatalogError) as caught:
            parse_store_url(text)
        assert not words.found_in("\n".join(_chain(caught.value))), form


def test_no_secret_comes_out_of_settings_that_cannot_be_read(words: Words) -> None:
    w = words.new
    bad: list[Any] = [
        {f"https://u:{w()}@h/": {"type": "bearer", "token": w()}},
        {"https://h/": {"type": "nothing", "token": w()}},
        {"https://h/": {"type": "bearer", "token": w() + "\n"}},
        {"https://h/": {"type": "bearer", "token": [w()]}},
        {"https://h/": {"type": "basic", "user": w()}},
        {"https://h/": {"type": "headers", "values": {"X": w() + "\r\n"}}},
        {"https://h/": {"type": "headers", "values": {"Host": w()}}},
        {"https://h/": {"type": "headers", "values": {"X": [w()]}}},
        {"https://h/": {"type": "headers", "values": w()}},
        {"https://h/": {"type": "s3", "key": w(), "secret": w()}},
        {"s3://b": {"type": "s3", "key": w()}},
        {"s3://b": {"type": "s3", "key": w(), "secret": w(), "ambient": True}},
        {"s3://b": {"type": "s3", "endpoint_url": f"https://u:{w()}@h"}},
        {"https://h/": w()},
    ]
    for value in bad:
        with pytest.raises(InputError) as caught:
            parse_credentials(value)
        assert not words.found_in("\n".join(_chain(caught.value))), caught.value


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records)
