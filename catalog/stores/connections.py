"""Which connections to web servers are open?

They are kept for whoever comes next, by all stores of the process: a new connection costs several round trips, and its first
bytes come slowly. They carry nothing of anybody: credentials go with each request, cookies are not kept. Where addresses are
watched, a store has connections of its own, so that whoever opens it later has its server's name judged anew.
"""

import asyncio
import atexit
import os
import weakref
from contextlib import suppress
from typing import Final

import aiohttp

from catalog.stores.connector import checked_connections

__all__ = ["Connections", "read_body"]

_READ_BYTES: Final = 2**20
"""Bytes of an answer that wait to be taken, twice over, before a connection is read no further; aiohttp's own are 64 KiB."""
_CLOSE_S: Final = 1.0

_Loop = asyncio.AbstractEventLoop
_shared: dict[_Loop, aiohttp.ClientSession] = {}
_process = os.getpid()


class Connections:
    """The connections of one store, on every event loop that it is asked on.

    Parameters
    ----------
    watched
        Whether only public addresses may be connected to, see `catalog.stores.connector`.
    concurrency
        Requests at once, on one event loop; whoever asks enters `places`.
    """

    def __init__(self, watched: bool, concurrency: int) -> None:
        self._watched, self._concurrency = watched, concurrency
        self._own: dict[_Loop, aiohttp.ClientSession] = {}
        self._places: dict[_Loop, asyncio.Semaphore] = {}

    @property
    def places(self) -> asyncio.Semaphore:
        """Bounds the requests of the running event loop."""
        return self._places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._concurrency))

    def session(self) -> aiohttp.ClientSession:
        """What asks web servers, on the running event loop. Timeouts go with each request."""
        loop, held = asyncio.get_running_loop(), self._own if self._watched else _shared
        if loop not in held or held[loop].closed:
            held[loop] = _made(watched=self._watched)
            if self._watched:
                weakref.finalize(self, _abandon, loop, held[loop]).atexit = False
        return held[loop]

    async def close(self) -> None:
        """Close those that are nobody else's; of the others, those that are not used for 15 seconds close by themselves."""
        own, self._own = self._own, {}
        for loop, session in own.items():
            if loop is asyncio.get_running_loop():
                await session.close()
            else:
                _abandon(loop, session)


async def read_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes | None:
    """The body of an answer, or None where it is larger; then no more of it than that is read.

    Raises
    ------
    aiohttp.ClientError, OSError, TimeoutError
        The connection broke, or nothing came in time.
    """
    if response.content_length is not None and response.content_length > max_bytes:
        return None
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > max_bytes:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _made(watched: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, **checked_connections(watched)),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "zarr-linked-catalog"},
        read_bufsize=_READ_BYTES,
        trust_env=False,
    )


def _abandon(loop: _Loop, session: aiohttp.ClientSession) -> None:
    """Let the event loop of a session close it."""
    if loop.is_running() and not session.closed:
        asyncio.run_coroutine_threadsafe(session.close(), loop)


@atexit.register
def _close_shared() -> None:
    """Close them in good order. A copy of the process (fork) leaves alone what is not its own."""
    if os.getpid() != _process:
        return
    for loop, session in list(_shared.items()):
        if loop.is_running():
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(session.close(), loop).result(_CLOSE_S)
