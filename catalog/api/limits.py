"""How large may a request be, and what may a browser make of an answer?

How many requests are answered at the same time, how large the head and body of each are, how deeply its JSON is nested, and how
many values are in it, is looked at before anything is parsed. Each answer says that its media type is meant, and that a page may
do nothing that it was not made for.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.api.problems import RETRY_AFTER_S, problem, problem_of
from catalog.errors import CatalogError, InputError, LimitExceededError

__all__ = ["Limits", "RequestLimits", "SafeAnswers", "check_json"]

_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_ATTACHED: Final = ("text/csv", "text/tab-separated-values", "application/octet-stream")
"""What belongs into a file: shown in a page, it could be taken for one, or run as a sheet's formulas."""
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one request, and on all at once.

    Attributes
    ----------
    running
        Requests that are answered at the same time; one that waits for its client, to send or to read, is not counted.
    headers, head_bytes
        Header lines; bytes of them and of the address.
    body_bytes
        Bytes of a body.
    json_depth, json_values
        Levels of a JSON body, and values in it altogether; JSON-LD may have any number of values.
    """

    running: int = 256
    body_bytes: int = 2**20
    headers: int = 100
    head_bytes: int = 32 * 2**10
    json_depth: int = 32
    json_values: int = 20_000


def check_json(body: bytes, limits: Limits, *, linked: bool = False) -> None:
    """Look at JSON, or JSON-LD where ``linked``, before it is parsed; what is no JSON at all is left to the parser.

    Raises
    ------
    InputError
        It is not UTF-8, as RFC 8259 wants it (section 8.1).
    LimitExceededError
        It is nested more deeply, or has more values, than the limits.
    """
    if b"\0" in body or not _is_utf8(body):
        raise InputError("the body is no JSON: JSON is written in UTF-8, without NUL")
    bare = _TEXT.sub(b"", body)
    values = bare.count(b",") + bare.count(b"[") + bare.count(b"{")
    if values > limits.json_values and not linked:
        raise _exceeded("max_json_values", "JSON values", values, limits.json_values)
    depth = deepest = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > limits.json_depth:
        raise _exceeded("max_json_depth", "levels of JSON", deepest, limits.json_depth)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _exceeded(limit: str, what: str, value: int, allowed: int) -> LimitExceededError:
    message = f"the request has {value} {what}; {allowed} are allowed ({limit})"
    return LimitExceededError(message, limit=limit, value=value, allowed=allowed)


class RequestLimits:
    """The layer that refuses requests that are too much."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits, self._running = app, limits, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._running >= self._limits.running:
            later = {"Retry-After": str(RETRY_AFTER_S)}
            answer = problem(503, "the service has as much to do as it can: ask again in a moment", "unavailable", later)
            await answer(scope, receive, send)
            return
        self._running += 1
        try:
            await self._checked(scope, self._uncounted_receive(receive), self._uncounted_send(send))
        finally:
            self._running -= 1

    def _uncounted_receive(self, receive: Receive) -> Receive:
        """What the client sends; until all of it is there, the request is not one that is being answered."""
        whole = False

        async def received() -> Message:
            nonlocal whole
            if whole:
                return await receive()  # waits for the client to leave, while the answer is made
            self._running -= 1
            try:
                message = await receive()
            finally:
                self._running += 1
            whole = not message.get("more_body", False)
            return message

        return received

    def _uncounted_send(self, send: Send) -> Send:
        """What the client gets; while it does not take it, the request is not one that is being answered."""

        async def sent(message: Message) -> None:
            self._running -= 1
            try:
                await send(message)
            finally:
                self._running += 1

        return sent

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        size = (
            len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"])
        )
        if len(scope["headers"]) > self._limits.headers or size > self._limits.head_bytes:
            allowed = f"{self._limits.headers} and {self._limits.head_bytes} are allowed"
            detail = f"the request has {len(scope['headers'])} headers, and {size} bytes of them and of its address; {allowed}"
            await problem(431, detail, "limit-exceeded")(scope, receive, send)
        elif headers.get("content-encoding", "identity").lower() != "identity":
            detail = f"a body in {headers['content-encoding'][:40]!r} is not unpacked here: send it as it is"
            await problem(415, detail, "unsupported-media-type", {"Accept-Encoding": "identity"})(scope, receive, send)
        elif (length := headers.get("content-length", "")).isdecimal() and int(length) > self._limits.body_bytes:
            await problem_of(self._too_large(int(length)))(scope, receive, send)
        elif (media_type := headers.get("content-type", "").partition(";")[0].strip().lower()).endswith("json"):
            await self._json(media_type, scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _too_large(self, size: int) -> LimitExceededError:
        return _exceeded("max_body_bytes", "bytes of body or more", size, self._limits.body_bytes)

    def _counted(self, receive: Receive) -> Receive:
        """What the client sends, until it is too much, whatever it said before of its length."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limits.body_bytes:
                raise self._too_large(size)
            return message

        return counted

    async def _json(self, media_type: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Collect a body, and look at it before anybody gets the first byte of it."""
        parts, counted, more = list[bytes](), self._counted(receive), True
        try:
            while more:
                message = await counted()
                if message["type"] != "http.request":
                    return  # the client has left
                parts.append(message.get("body", b""))
                more = message.get("more_body", False)
            body = b"".join(parts)
            check_json(body, self._limits, linked="ld+json" in media_type)
        except CatalogError as error:
            await problem_of(error)(scope, receive, send)
            return
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return left.pop() if left else await receive()

        await self._app(scope, again, send)


class SafeAnswers:
    """The layer that tells browsers to take an answer for what it says it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its answer what is not there."""
        await self._app(scope, receive, send if scope["type"] != "http" else _adding(send))


def _adding(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def added(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "no-referrer")
            if message["status"] != HTTPStatus.NOT_MODIFIED:  # its headers replace those that the browser keeps (RFC 9111, 3.2)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if media_type == "text/html" else DATA_POLICY)
            if media_type in _ATTACHED:
                headers.setdefault("Content-Disposition", "attachment")
        await send(message)

    return added
