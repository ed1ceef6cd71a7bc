"""How do the metadata documents of a store become one?

Reading a store with one document takes one request, however many nodes it has. Zarr v2 keeps the copies in a document of their
own (``.zmetadata``, or another key), v3 in the root's ``zarr.json``. Numbers are copied as they are written, digit for digit.
Source: zarr-python, "Consolidated metadata" (v2 format 1; v3 ``inline``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from pathlib import Path

from catalog.errors import InputError, MetadataError, NotFoundError, Problem
from catalog.metadata.consolidated import V2_NAMES, is_consolidated_v2
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, parse_document
from catalog.metadata.key import fault_of_key
from catalog.stores.source import open_source
from catalog.stores.url import StoreUrl, parse_store_url, shown
from catalog.stores.writer import write_document

DEFAULT_KEY = ".zmetadata"
_ROOT_V3 = "zarr.json"
_EMPTY: dict[str, Json] = {"kind": "inline", "must_understand": False, "metadata": {}}


@dataclass(frozen=True, slots=True)
class ConsolidateReport:
    """What was written.

    Attributes
    ----------
    key
        Key of the consolidated document.
    documents
        Documents that it holds, the root's included.
    bytes
        Its size.
    changed
        Whether it differs from what was there before; where not, nothing was written.
    problems
        What is worth knowing; nothing that kept a document out.
    """

    key: str
    documents: int
    bytes: int
    changed: bool
    problems: tuple[Problem, ...] = ()


def consolidate(path: str | Path, *, key: str | None = None, limits: DocumentLimits = DEFAULT_LIMITS) -> ConsolidateReport:
    """Write all metadata of a local store into one document, in one step.

    Parameters
    ----------
    path
        The store's root: a folder, or a ``file://`` URL.
    key
        Name of the v2 document; ``.zmetadata`` where None. A v3 store has no choice.
    limits
        Bounds on each document, and on nodes.

    Raises
    ------
    InputError
        The store is not local, is one array, or the key cannot be used.
    NotFoundError
        There is no store.
    MetadataError
        A document cannot be read or is not what its name says: ``problems`` lists every one, and nothing was written.
    ConflictError
        The root's document changed meanwhile.
    StoreForbiddenError, StoreUnavailableError
        The folder cannot be read or written.
    """
    url = _local(str(path))
    documents = _read_all(url, limits)
    if _ROOT_V3 in documents:
        if key is not None and key != _ROOT_V3:
            raise InputError(
                f"{key!r} cannot be used: Zarr v3 keeps consolidated metadata in the root's zarr.json; leave the key out"
            )
        return _write(url, _ROOT_V3, documents, limits)
    return _write(url, _checked_key(key or DEFAULT_KEY), documents, limits)


def _local(path: str) -> StoreUrl:
    url = parse_store_url(path)
    if url.protocol != "file":
        raise InputError(
            f"{shown(path)} is not on this machine; consolidate a local copy, and upload the one document that it writes"
        )
    return url


def _checked_key(key: str) -> str:
    fault = fault_of_key(key) or ("has a '/'; it must lie at the root" if "/" in key else None)
    if key in (*V2_NAMES, _ROOT_V3) or not key:
        fault = "is the name of another document"
    if fault:
        raise InputError(
            f"{key!r} cannot be the key of consolidated metadata: it {fault}; .zmetadata and .all_metadata are usual"
        )
    return key


def _read_all(url: StoreUrl, limits: DocumentLimits) -> dict[str, bytes]:
    """Every metadata document of the format that the root has, sorted by key."""
    source = open_source(url)
    problems: list[Problem] = []
    documents: dict[str, bytes] = {}
    try:
        for found in source.walk(limits):
            if found.problem is not None:
                problems.append(found.problem)
            elif found.data is not None:
                documents[found.key] = found.data
    finally:
        source.close()
    if problems:
        raise MetadataError(f"{url.location}: {problems[0].message}; nothing was written", problems)
    if not documents:
        raise NotFoundError(f"{url.location} holds no Zarr metadata")
    v3 = _ROOT_V3 in documents
    if not v3 and ".zarray" in documents:
        raise InputError(f"{url.location} is one array; there is nothing to consolidate")
    if not v3 and ".zgroup" not in documents:
        message = "the root has neither zarr.json nor .zgroup, so it is no group"
        raise MetadataError(f"{url.location}: {message}; nothing was written", [Problem("", "no-root-group", message)])
    return {key: documents[key] for key in sorted(documents) if (key.rpartition("/")[2] == _ROOT_V3) == v3}


def _write(url: StoreUrl, key: str, documents: dict[str, bytes], limits: DocumentLimits) -> ConsolidateReport:
    values, problems = _parse_all(url, documents, limits)
    folder = Path(url.path)
    before = documents[key] if key == _ROOT_V3 else _existing(folder, key)
    if key == _ROOT_V3:
        root = values.pop(_ROOT_V3)
        if root["node_type"] == "array":
            raise InputError(f"{url.location} is one array; there is nothing to consolidate")
        data = consolidated_v3(root, {name.rpartition("/")[0]: value for name, value in values.items()})
    else:
        data = consolidated_v2(values)
    if len(data) > limits.max_bytes:
        message = f"{key!r} has {len(data)} bytes; readers with the default limits take at most {limits.max_bytes}"
        problems.append(Problem(key, "too-large", message, severity="warning"))
    if data != before:
        write_document(folder, key, data, expected=before if key == _ROOT_V3 else None)
    return ConsolidateReport(key, len(documents), len(data), data != before, tuple(problems))


def _existing(folder: Path, key: str) -> bytes | None:
    """The bytes that will be replaced.

    Raises
    ------
    InputError
        What is there is no consolidated document: a chunk, or something of the user's own.
    """
    path = folder / key
    if path.is_dir():
        raise InputError(f"{key!r} is a folder of the store; choose another key")
    if not path.is_file():
        return None
    data = path.read_bytes()
    if data and not is_consolidated_v2(parse_document(Document(key, data)).value):
        raise InputError(f"{key!r} is there already and is no consolidated metadata; choose another key, or remove it")
    return data


def _parse_all(url: StoreUrl, documents: dict[str, bytes], limits: DocumentLimits) -> tuple[dict[str, Json], list[Problem]]:
    """The JSON values of all documents, numbers as they are written; and what is worth knowing about them."""
    problems: list[Problem] = []
    values: dict[str, Json] = {}
    for key, data in documents.items():
        parsed = parse_document(Document(key, data), limits)
        problems += parsed.problems
        if not any(problem.severity == "error" for problem in parsed.problems):
            fault = _fault(key, parsed.value)
            if fault:
                problems.append(Problem(key, "invalid-document", f"{key!r} {fault}"))
            else:
                values[key] = _exact(data)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        broken = f"{len(errors)} document(s) cannot be taken over, the first: {errors[0].message}"
        raise MetadataError(f"{url.location}: {broken}; nothing was written", problems)
    return values, problems


def _fault(key: str, value: Json) -> str | None:
    """Why a document is not what its name says, or None."""
    name = key.rpartition("/")[2]
    if not isinstance(value, dict):
        return "is no JSON object"
    if name == ".zattrs":
        return None
    wanted = 3 if name == _ROOT_V3 else 2
    if value.get("zarr_format") != wanted:
        return f"has the zarr_format {value.get('zarr_format')!r}; it must be {wanted}"
    if wanted == 3 and value.get("node_type") not in {"array", "group"}:
        return f"has the node_type {value.get('node_type')!r}; 'array' or 'group' is allowed"
    return None


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _exact(data: bytes) -> Json:
    return json.loads(data.decode("utf-8-sig"), parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def consolidated_v2(documents: Mapping[str, Json]) -> bytes:
    """The consolidated document of a v2 store, as zarr-python 2 writes it: keys sorted, four spaces, ASCII.

    Parameters
    ----------
    documents
        Values of ``.zgroup``, ``.zarray`` and ``.zattrs`` documents by key.
    """
    return _Text(4, sort=True).written({"metadata": dict(documents), "zarr_consolidated_format": 1}).encode("ascii")


def consolidated_v3(root: Mapping[str, Json], members: Mapping[str, Json]) -> bytes:
    """The root's ``zarr.json`` of a v3 store with the documents of all nodes below it, as zarr-python 3 writes it.

    Parameters
    ----------
    root
        The root's own document.
    members
        Documents by path, without the root's. Groups get an empty ``consolidated_metadata``: all is in the root's.
    """
    paths = sorted(members, key=lambda path: (path.count("/"), path))
    below = {path: _member(members[path]) for path in paths}
    return _Text(2, sort=False).written({**root, "consolidated_metadata": {**_EMPTY, "metadata": below}}).encode("ascii")


def _member(document: Json) -> Json:
    return {**document, "consolidated_metadata": _EMPTY} if document["node_type"] == "group" else document


class _Text:
    """JSON text with indentation, in which numbers stand as they were written."""

    def __init__(self, indent: int, *, sort: bool) -> None:
        self._indent, self._sort = " " * indent, sort

    def written(self, value: Json, level: int = 0) -> str:
        """The text of a value; nesting is bounded by what documents may have."""
        kind = type(value)
        if kind is str:
            return encode_basestring_ascii(value)
        if kind is _Number:
            return str(value)
        margin = "\n" + self._indent * (level + 1)
        if kind is dict and value:
            members = sorted(value.items()) if self._sort else value.items()
            rows = [f"{encode_basestring_ascii(key)}: {self.written(member, level + 1)}" for key, member in members]
            return f"{{{margin}{f',{margin}'.join(rows)}{margin[: -len(self._indent)]}}}"
        if kind is list and value:
            rows = [self.written(item, level + 1) for item in value]
            return f"[{margin}{f',{margin}'.join(rows)}{margin[: -len(self._indent)]}]"
        return json.dumps(value)
