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
import fsspec.asyn

from catalog.stores.connector import checked_connections

__all__ = ["Connections"]

_READ_BYTES: Final = 2**20
"""Bytes of an answer that wait to be taken, twice over, before a connection is read no further; aiohttp's own are 64 KiB."""
_CLOSE_S: Final = 1.0

_shared: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
_process = os.getpid()


class Connections:
    """The connections of one store. How many requests there are at once is for the store to bound.

    Parameters
    ----------
    watched
        Whether only public addresses may be connected to, see `catalog.stores.connector`.
    """

    def __init__(self, watched: bool) -> None:
        self._watched = watched
        self._own: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """What asks web servers, on the running event loop. Timeouts go with each request."""
        if not self._watched:
            loop = asyncio.get_running_loop()
            if loop not in _shared or _shared[loop].closed:
                _shared[loop] = _made(watched=False)
            return _shared[loop]
        if self._own is None:
            self._own = _made(watched=True)
            weakref.finalize(self, _abandon, self._own).atexit = False
        return self._own

    async def close(self) -> None:
        """Close those that are nobody else's; of the others, those that are not used for 15 seconds close by themselves."""
        session, self._own = self._own, None
        if session is not None:
            await session.close()


def _made(watched: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, **checked_connections(watched)),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "zarr-linked-catalog"},
        read_bufsize=_READ_BYTES,
        trust_env=False,
    )


def _abandon(session: aiohttp.ClientSession) -> None:
    """Close the session of a store that nobody closed."""
    if not session.closed:
        asyncio.run_coroutine_threadsafe(session.close(), fsspec.asyn.get_loop())


@atexit.register
def _close_shared() -> None:
    """Close them in good order. A copy of the process (fork) leaves alone what is not its own."""
    if os.getpid() != _process:
        return
    for loop, session in _shared.items():
        if loop.is_running():
            with suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(session.close(), loop).result(_CLOSE_S)
