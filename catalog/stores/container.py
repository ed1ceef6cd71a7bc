"""What does this URL name: a folder of documents and chunks, or one thing that holds a whole store?

Told by content. A name only says where it is worth a request to look: a folder with an ordinary name costs none. Whatever holds
the store, what comes out answers by key like a folder, so that documents and chunks are read the same way.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from catalog.errors import (
    InputError,
    LimitExceededError,
    MetadataError,
    NotFoundError,
    Problem,
    StoreForbiddenError,
    WebPageError,
)
from catalog.metadata.consolidated import V2_NAMES, is_consolidated_v2, is_consolidated_v3
from catalog.metadata.document import DEFAULT_LIMITS, Document, Json, as_object, parse_document
from catalog.metadata.tree import is_tree
from catalog.stores.objects import Container, Objects, oversized, run
from catalog.stores.url import StoreUrl
from catalog.stores.way import PARQUET_ENDINGS, WITHOUT_CHUNKS, Way, is_local_folder, is_repository

MAX_DOCUMENT_BYTES: Final = DEFAULT_LIMITS.max_bytes
"""Size of a lone document, compressed and not."""
HEAD_BYTES: Final = 2**16
"""Bytes that are looked at to see what a file is."""
_ENDINGS: Final = (".zip", ".ozx", ".json", ".gz", ".zst", ".zmetadata", ".all_metadata")
_NAMES: Final = frozenset({"zmetadata", ".zarray", ".zgroup"})
_BEFORE_JSON: Final = b"\xef\xbb\xbf \t\r\n"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def open_store(url: StoreUrl, way: Way) -> tuple[Objects, Container] | None:
    """The objects of a store, and what holds them; None for a folder of this machine, which is read in a way of its own.

    Raises
    ------
    InputError
        It is a file, and nothing that holds a store; or it needs a package that is not installed.
    MetadataError
        It is a zip or JSON, but broken; the message has the reason.
    LimitExceededError
        It is larger than what is read.
    NotFoundError
        There is no such Icechunk repository, or no such state of it.
    StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
        The store refused, or did not answer as it should.

    Notes
    -----
    Cost: nothing for a folder. One request to see what a file is, and those that its kind needs.
    """
    if way.store is not None and not _is_filesystem(way.store):
        from catalog.stores.injected import open_injected

        return open_injected(url.location, way.store), Container("injected")
    if is_local_folder(url, way):
        return None
    if url.container == "icechunk" or (way.store is None and url.protocol == "file" and is_repository(Path(url.path))):
        from catalog.stores.icechunk import open_repository

        return open_repository(url, way.credentials, way.timeouts)
    if way.store is None and url.protocol == "file":
        return _open_local(url, way)
    from catalog.stores.remote import open_objects

    objects = open_objects(
        url,
        credentials=way.credentials,
        filesystem=way.store,
        timeouts=way.timeouts,
        concurrency=way.concurrency,
        outgoing=way.outgoing,
    )
    name = name_of_file(url)
    if name.lower().endswith(PARQUET_ENDINGS):
        opened = _parquet(objects, url, way)
    else:
        opened = run(_head(objects, url, way)) if _looks_like_a_file(name) else None
    return opened or (objects, Container("" if way.store is None else "injected", requests=objects.requests))


def check_chunks(location: str, container: Container) -> None:
    """Refuse to read chunks where there can be none.

    Raises
    ------
    NotFoundError
        The store is one document of metadata.
    """
    if container.kind in WITHOUT_CHUNKS:
        what = "one document that describes a whole hierarchy" if container.kind == "tree" else "one consolidated document"
        raise NotFoundError(f"{location} is {what}: there are no chunks in it. Ingest the store that it describes to read values")


def name_of_file(url: StoreUrl) -> str:
    """The last segment of a location, decoded."""
    return unquote(url.place.rstrip("/").rpartition("/")[2]).replace("/", "_")


def _is_filesystem(store: Any) -> bool:
    from fsspec import AbstractFileSystem

    return isinstance(store, AbstractFileSystem)


def _looks_like_a_file(name: str) -> bool:
    return name.lower().endswith(_ENDINGS) or name in _NAMES


def _open_local(url: StoreUrl, way: Way) -> tuple[Objects, Container] | None:
    here = Path(url.path)
    if here.is_dir():
        from catalog.stores.references_targets import LocalObjects

        return _parquet(LocalObjects(url), url, way)
    if not here.is_file():
        return None
    from catalog.stores.local_object import LocalObject

    opened = run(_head(LocalObject(url), url, way))
    if opened is None:
        raise InputError(f"{url.path!r} is a file, and {_NOTHING}")
    return opened


_NOTHING: Final = (
    "nothing that holds a Zarr store: a zip, a consolidated document, a JSON of a whole hierarchy ('members') or of references"
)


async def _maybe(objects: Objects, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
    """What stands at a key; None also where it is refused, or a page is shown, as some stores do for what is not there."""
    try:
        return await objects.fetch(key, max_bytes, start, end)
    except (StoreForbiddenError, WebPageError):
        return None


async def _head(objects: Objects, url: StoreUrl, way: Way) -> tuple[Objects, Container] | None:
    """What the object at a location is, by its first bytes; None where there is none, or where it is a page of links."""
    whole = False
    try:
        head = await _maybe(objects, "", HEAD_BYTES, 0, HEAD_BYTES)
    except LimitExceededError:  # a store that gives no parts
        head, whole = await objects.fetch("", _max_json()), True
    if head is None:
        return None
    name, start = name_of_file(url), head[:512].lstrip(_BEFORE_JSON)[:1]
    if head[:4] in {b"PK\3\4", b"PK\5\6"}:
        from catalog.stores.zip_objects import open_zip

        return await open_zip(objects)
    if start == b"<" and url.protocol in {"http", "https"}:
        return None
    if start in {b"{", b"["} or head[:2] == _GZIP or head[:4] == _ZSTD:
        return await _json(objects, url, way, head if whole or len(head) < HEAD_BYTES else None)
    if name.lower().endswith((".zip", ".ozx")):
        reason = f"begins with {head[:4]!r}" if head else "has no bytes"
        message = f"{url.location} is called a zip, and is none: it {reason}"
        raise MetadataError(message, [Problem("", "broken-zip", message)])
    if not head:
        raise InputError(f"{url.location} is a file without any bytes")
    raise InputError(f"{url.location} is a file, and {_NOTHING}")


def _max_json() -> int:
    """Bytes of JSON that are read; references have more than documents."""
    from catalog.stores.references_json import DEFAULT_REFERENCE_LIMITS

    return DEFAULT_REFERENCE_LIMITS.max_bytes


async def _json(objects: Objects, url: StoreUrl, way: Way, data: bytes | None) -> tuple[Objects, Container]:
    """What the JSON at a location describes."""
    if data is None:
        data = await objects.fetch("", _max_json()) or b""
    name = name_of_file(url)
    if data[:2] == _GZIP or data[:4] == _ZSTD:
        from catalog.stores.references_json import inflated

        data = await asyncio.to_thread(inflated, url.location, data, _max_json())
        if data[:512].lstrip(_BEFORE_JSON)[:1] not in {b"{", b"["}:
            raise InputError(f"{url.location} is a compressed file, and {_NOTHING}")
        name = name.removesuffix(".gz").removesuffix(".zst")
    limits = replace(DEFAULT_LIMITS, max_bytes=_max_json())
    parsed = await asyncio.to_thread(parse_document, Document(name, data), limits)
    if parsed.value is None:
        raise MetadataError(f"{url.location} cannot be read: {parsed.problems[0].message}", parsed.problems)
    kind = _kind_of(name, parsed.value)
    if kind == "references":
        await objects.close()
        return await asyncio.to_thread(_references, objects, url, way, data)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise oversized(url.location, "", MAX_DOCUMENT_BYTES)
    if not kind:
        if name in {*V2_NAMES, "zarr.json"}:
            raise InputError(f"{url.location} is the document of one node; name the folder that holds it")
        raise InputError(f"{url.location} is JSON, and {_NOTHING}")
    from catalog.stores.document_object import DocumentObject

    key = _key_of(name, kind, parsed.value)
    return DocumentObject(objects, key, data), Container(kind, key, requests=objects.requests)


def _kind_of(name: str, value: Json) -> str:
    """``tree``, ``document``, ``references``, or nothing."""
    from catalog.stores.references_json import is_references

    fields = as_object(value)
    if is_tree(value):
        return "tree"
    if is_consolidated_v3(value) or (is_consolidated_v2(value) and name not in V2_NAMES):
        return "document"
    if fields.get("zarr_format") == 3 and fields.get("node_type") == "array":
        return "document"
    return "references" if is_references(value) else ""


def _key_of(name: str, kind: str, value: Json) -> str:
    """The key under which a lone document is read: its name, unless that means something else to a reader of documents."""
    if kind == "tree":
        return "tree.json" if name in {*V2_NAMES, "zarr.json"} else name
    if is_consolidated_v3(value) or "node_type" in value:
        return name if is_consolidated_v3(value) else "zarr.json"
    return ".zmetadata" if name == "zarr.json" else name


def _references(objects: Objects, url: StoreUrl, way: Way, data: bytes) -> tuple[Objects, Container]:
    from catalog.stores.references import open_references

    opened = open_references(
        url.location,
        data,
        credentials=way.credentials,
        timeouts=way.timeouts,
        concurrency=way.concurrency,
        outgoing=way.outgoing,
    )
    return opened, Container("references", requests=objects.requests, problems=opened.problems)


def _parquet(objects: Objects, url: StoreUrl, way: Way) -> tuple[Objects, Container] | None:
    """The references in a folder of Parquet files; None where it is another folder."""
    from catalog.stores.references import is_parquet_references, open_parquet_references

    data = run(_maybe(objects, ".zmetadata", MAX_DOCUMENT_BYTES))
    if data is None or not is_parquet_references(parse_document(Document(".zmetadata", data)).value):
        return None
    opened = open_parquet_references(
        url,
        objects,
        credentials=way.credentials,
        timeouts=way.timeouts,
        concurrency=way.concurrency,
        outgoing=way.outgoing,
        document=data,
    )
    return opened, Container("references", requests=objects.requests, problems=opened.problems)
