"""Which request was this, how did it end, how long did it take? One line in the log and one observation for each.

The caller's ``X-Request-Id`` is taken where it is a plain word, so that a request can be followed through several services; the
answer always has one. The line holds the path and no query string, which may hold what somebody searched for.
"""

import re
import time
import uuid
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.api.metrics import Metrics

HEADER: Final = "X-Request-Id"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
CLIENT_LEFT: Final = 499
"""What a request counts as whose client left before the answer began."""


class RequestLog:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics
        self._log = structlog.get_logger("catalog.api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and observe its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _PLAIN.fullmatch(given) else uuid.uuid4().hex
        status, size, started = CLIENT_LEFT, 0, time.perf_counter()

        async def observe(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id), self._metrics.running.track_inprogress():
            try:
                await self._app(scope, receive, observe)
            finally:
                seconds = time.perf_counter() - started
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.observe(scope["method"], route, status, seconds, size)
                self._log.info(
                    "request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 4), bytes=size
                )
