"""Does any secret get into a line of the log, and does any text make a second line?"""

import io
import json
import logging
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import structlog

from catalog.observability import redact, set_up_logging


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest) -> Iterator[Callable[[], list[str]]]:
    """What is written from now on, with everything that a library may tell."""
    root = logging.getLogger()
    before, stream = (root.handlers[:], root.level), io.StringIO()
    with mock.patch.object(sys, "stderr", stream):
        set_up_logging(request.param, "DEBUG")
        yield lambda: stream.getvalue().splitlines()
    root.handlers[:], root.level = before
    structlog.reset_defaults()


FORMS: list[Callable[[str], str]] = [
    lambda word: f"GET https://anna:{word}@store.example.org/x",
    lambda word: f"GET https://{word}@store.example.org/x",
    lambda word: f"https://h/x?X-Amz-Credential=a&X-Amz-Signature={word}&b=1",
    lambda word: f"https://h/x?sv=1&sig={word}",
    lambda word: f"https://h/x?access_token={word}#y",
    lambda word: f"https://h/x?AWSAccessKeyId={word}",
    lambda word: f"Authorization: Bearer {word}",
    lambda word: f"authorization: basic {word}",
    lambda word: f"the key zc_{word}",
    lambda word: str({"Authorization": f"Token {word}", "Accept": "*"}),
    lambda word: json.dumps({"X-API-Key": word, "password": f"a\"{word}"}),
    lambda word: str([(b"cookie", f"a={word}".encode())]),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_taken_out_of_every_line(form: Callable[[str], str], lines: Callable[[], list[str]]) -> None:
    word = f"Canary{secrets.token_hex(12)}"
    text = form(word)
    assert word not in redact(text)
    assert redact(text) != text
    logging.getLogger("some.library").debug(text)
    logging.getLogger("some.library").warning("request failed: %s", text)
    structlog.get_logger("catalog.api").error("fault", detail=text)
    try:
        raise ValueError(text)
    except ValueError as error:
        structlog.get_logger("catalog.api").error("fault", exc_info=error)
    written = "\n".join(lines())
    assert written.count("fault") >= 2
    assert word not in written


def test_values_of_variables_stay_out_of_tracebacks(lines: Callable[[], list[str]]) -> None:
    word = f"Canary{secrets.token_hex(12)}"

    def fail(headers: Any) -> None:
        raise RuntimeError("nothing to see")

    try:
        fail({"value": word})
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        structlog.get_logger("catalog.api").exception("fault")
    written = "\n".join(lines())
    assert written.count("nothing to see") >= 2
    assert word not in written


def test_libraries_that_log_requests_are_kept_quiet(lines: Callable[[], list[str]]) -> None:
    for name in ("botocore.auth", "botocore.endpoint", "aiobotocore.regions", "s3fs", "aiohttp.client", "httpx"):
        logging.getLogger(name).debug("a secret")
    assert lines() == []


@pytest.mark.parametrize("text", ["a\nlevel=error forged", "a\r\nforged", "a\u2028forged", "a\x0bforged", "a\x85forged"])
def test_a_text_makes_no_second_line(text: str, lines: Callable[[], list[str]]) -> None:
    structlog.get_logger("catalog.api").info("request", path=text)
    written = lines()
    assert len(written) == 1
    assert "forged" in written[0]


def test_plain_lines_stay_as_they_are() -> None:
    for text in (
        '{"event": "request", "path": "/search", "status": 200}',
        "https://h/x?select=time=0..3&format=csv",
        "3 > 2 @ noon",
    ):
        assert redact(text) == text


@pytest.mark.parametrize(
    "text", ["a\nlevel=error forged", "a\r\nforged", "a\u2028forged", "a\x0bforged", "a\x85forged", "\x1b[2J"]
)
def test_a_text_that_is_the_event_itself_makes_one_line(text: str, lines: Callable[[], list[str]]) -> None:
    structlog.get_logger("ours").warning(text)
    logging.getLogger("theirs").warning("%s", text)
    assert len(lines()) == 2
    assert not any(character in line for line in lines() for character in "\x1b\x85\u2028")
