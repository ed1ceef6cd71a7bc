"""What does a store say of an object along with a part of it, whatever kind of store it is?

Stores that tell in the same request have a ``take`` of their own; of the others it is put together here.
"""

import hashlib
from typing import Any, Final

from catalog.errors import LimitExceededError, StoreUnavailableError
from catalog.stores.objects import Objects
from catalog.stores.signs import Signs, Taken

MAX_WHOLE_BYTES: Final = 2**26
"""Size of an object that is fetched as a whole, where its store gives no parts or tells nothing of it."""


async def take(objects: Objects, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
    """A part of an object with what its store says of the whole; None where there is no such object.

    Parameters
    ----------
    max_bytes
        The part has no more.
    start, end
        Half-open; a negative ``start`` without ``end`` counts from the object's end.

    Raises
    ------
    LimitExceededError
        The store gives no parts, and the object has more than `MAX_WHOLE_BYTES`.
    CatalogError
        As ``Objects.fetch``.
    """
    own: Any = getattr(objects, "take", None)
    try:
        return await (own(key, max_bytes, start, end) if own is not None else _put_together(objects, key, max_bytes, start, end))
    except LimitExceededError:
        if max_bytes >= MAX_WHOLE_BYTES:
            raise
    data = await objects.fetch(key, MAX_WHOLE_BYTES)  # a store that gives no parts
    return None if data is None else cut(data, start, end, await look(objects, key) or Signs())


async def look(objects: Objects, key: str) -> Signs | None:
    """What a store says of an object without giving it; errors as `take`."""
    ask: Any = getattr(objects, "look", None)
    if ask is not None:
        try:
            signs: Signs | None = await ask(key)
        except StoreUnavailableError:  # a server that knows no HEAD, or was busy for a moment
            pass
        else:
            return signs
    found = await (take(objects, key, 1, 0, 1) if ask is not None else take(objects, key, 0, 0, 0))
    return None if found is None else found.signs


def cut(data: bytes, start: int, end: int | None, signs: Signs) -> Taken:
    """A part of an object that is held as a whole; without a name for its content, it gets its digest."""
    first, last, _ = slice(start, end).indices(len(data))
    etag = signs.etag or f'"{hashlib.blake2b(data, digest_size=16).hexdigest()}"'
    return Taken(data[first : max(first, last)], first, Signs(signs.modified, len(data), etag))


async def _put_together(objects: Objects, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
    ask: Any = getattr(objects, "look", None)
    measure: Any = getattr(objects, "measure", None)
    if ask is not None:
        signs = await ask(key)
    elif measure is not None:
        size = await measure(key)
        signs = None if size is None else Signs(size=size)
    else:
        data = await objects.fetch(key, MAX_WHOLE_BYTES)
        return None if data is None else cut(data, start, end, Signs())
    if signs is None:
        return None
    if signs.size is None:
        data = await objects.fetch(key, MAX_WHOLE_BYTES)
        return None if data is None else cut(data, start, end, signs)
    first, last, _ = slice(start, end).indices(signs.size)
    part = b"" if first >= last else await objects.fetch(key, max_bytes, first, last)
    return None if part is None else Taken(part, first, signs)
