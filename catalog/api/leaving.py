"""How does work end when its client leaves? It is done in threads of its own kind, beside somebody who watches the client.

The threads that answer everything else are never taken by work that waits, such as for a slow store: as many as may work and wait
have one each, and who comes after these is told so at once.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request, Response

from catalog.confined.places import Cancel
from catalog.errors import CatalogError

if TYPE_CHECKING:
    from catalog.api.state import Service

CLIENT_LEFT: Final = 499
"""The status that the log has of a request whose client left."""


async def work_for[T](
    request: Request, service: "Service", kind: str, most: int, full: Callable[[], CatalogError], work: Callable[[Cancel], T]
) -> T:
    """Do work in a thread; it is given up when the client leaves.

    Parameters
    ----------
    request
        Of the client; its body was read, if it has one.
    kind, most
        What shares a number of threads, and that number.
    full
        The error where there is none left.
    work
        Is given the sign that its client has left.

    Raises
    ------
    CatalogError
        ``full``; or as the work raises.
    CancelledError
        The client left, and the work took notice.
    """
    if kind not in service.limiters:
        service.limiters[kind] = CapacityLimiter(most)
    limiter = service.limiters[kind]
    if limiter.available_tokens < 1:
        raise full()
    cancel = Cancel()
    watcher = asyncio.create_task(_watch(request, cancel))
    try:
        return await run_sync(partial(work, cancel), limiter=limiter)
    finally:
        watcher.cancel()


async def _watch(request: Request, cancel: Cancel) -> None:
    """Give the work up when the client leaves; in a thread that nobody else can be using."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    await run_sync(cancel.set, limiter=CapacityLimiter(1))


def left(_: Request, __: Exception) -> Response:
    """What is answered to who has left: nobody reads it but the log."""
    return Response(status_code=CLIENT_LEFT)
