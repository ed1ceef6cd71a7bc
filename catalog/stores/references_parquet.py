"""Which reference has this chunk, in a folder of Parquet files?

``.zmetadata`` holds all documents and the number of references for each file; the position of a chunk in its array says which
file it is in and which row of it. Only that file is read.
Source: kerchunk, "References specification", "Parquet references".
"""

import asyncio
import base64
import binascii
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.metadata.document import DEFAULT_LIMITS, Document, Json, as_object, canonical_json, parse_document
from catalog.stores.objects import Objects
from catalog.stores.references_json import fault_of_document, fault_of_place
from catalog.stores.references_objects import DOCUMENTS, Problems, Reference

MAX_ROWS: Final = 2_000_000
"""References in one Parquet file."""
MAX_FILE_BYTES: Final = 64 * 2**20
"""One Parquet file as it arrives."""
MAX_COLUMN_BYTES: Final = 256 * 2**20
"""One Parquet file when decoded."""
_KEPT: Final = 8
_COLUMNS: Final = ("path", "offset", "size", "raw")


def is_parquet_references(value: Json) -> bool:
    """Whether the value of a ``.zmetadata`` is that of a set of references in Parquet."""
    fields = as_object(value)
    return isinstance(fields.get("metadata"), dict) and type(fields.get("record_size")) is int


class ParquetReferences:
    """The references of a folder.

    Attributes
    ----------
    keys
        Keys of the metadata documents, sorted. Chunks are not enumerated.
    problems
        What cannot be used.
    """

    def __init__(self, location: str, objects: Objects, document: bytes) -> None:
        self.problems = Problems()
        self._location, self._objects = location, objects
        parsed = parse_document(Document(".zmetadata", document))
        errors = [problem for problem in parsed.problems if problem.severity == "error"]
        if errors or not is_parquet_references(parsed.value):
            reason = errors[0].message if errors else "it needs an object 'metadata' and an integer 'record_size'"
            raise MetadataError(f"{location}: '.zmetadata' is none of a set of references: {reason}", errors)
        self._size: int = parsed.value["record_size"]
        if not 0 < self._size <= MAX_ROWS:
            raise MetadataError(f"{location}: 'record_size' is {self._size}; it must be 1 to {MAX_ROWS}")
        self._documents = self._checked(parsed.value["metadata"])
        self._whole = document if len(self._documents) == len(parsed.value["metadata"]) and self._all_objects() else None
        self.keys = sorted([*self._documents, *([".zmetadata"] if self._whole is not None else [])])
        self._grids: dict[str, tuple[tuple[int, ...], str] | None] = {}
        self._tables: OrderedDict[str, Any] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    @staticmethod
    async def read_document(objects: Objects) -> bytes:
        """The bytes of ``.zmetadata``; NotFoundError where there is none."""
        data = await objects.fetch(".zmetadata", DEFAULT_LIMITS.max_bytes)
        if data is None:
            raise NotFoundError(f"{objects.location} has no '.zmetadata', which a set of references in Parquet needs")
        return data

    @property
    def requests(self) -> int:
        """Requests to the folder that were made so far."""
        return self._objects.requests

    def _checked(self, metadata: Mapping[str, Json]) -> dict[str, str | dict[str, Json]]:
        """The documents; what is none is a problem."""
        found: dict[str, str | dict[str, Json]] = {}
        for key, value in metadata.items():
            fault = fault_of_document(value) if key.rpartition("/")[2] in DOCUMENTS else "is no metadata document"
            if fault:
                self.problems.add(key, "invalid-reference", f"{key!r} {fault}; it was left out")
            else:
                found[key] = value
        return found

    def _all_objects(self) -> bool:
        """Whether ``.zmetadata`` can be read as it stands, like that of any store."""
        return all(isinstance(value, dict) for value in self._documents.values())

    def urls(self) -> Iterator[tuple[str, str]]:
        """Nothing: targets are known once their file is read."""
        yield from ()

    def filled(self, key: str, url: str) -> str:  # noqa: ARG002  here are no templates
        """The target itself."""
        return url

    async def close(self) -> None:
        """Give the folder's connections back."""
        await self._objects.close()

    async def find(self, key: str) -> bytes | Reference | None:
        """What stands at a key; see ``Lookup.find``. At most one Parquet file is read."""
        if key == ".zmetadata":
            return self._whole
        value = self._documents.get(key)
        if value is not None:
            return canonical_json(value).encode() if isinstance(value, dict) else _decoded(key, value.encode("utf-8", "replace"))
        place = self._place(key)
        if place is None:
            return None
        field, number = place
        table = await self._table(f"{field}/refs.{number // self._size}.parq" if field else f"refs.{number // self._size}.parq")
        row = number % self._size
        if table is None or row >= table.num_rows:
            return None
        path, offset, size, raw = (table.column(name)[row].as_py() if name in table.column_names else None for name in _COLUMNS)
        if isinstance(raw, str | bytes):
            return _decoded(key, raw.encode() if isinstance(raw, str) else raw)
        if _is_null(path) and _is_null(raw):
            return None
        found = [path, offset or 0, size] if size else [path]
        fault = fault_of_place(found) if _is_null(raw) else f"has data of the type {type(raw).__name__}"
        if fault:
            raise MetadataError(f"{key!r} in {self._location} {fault}")
        return Reference(str(path), offset or 0, size) if size else Reference(str(path))

    def _place(self, key: str) -> tuple[str, int] | None:
        """The array that a key is a chunk of, and the chunk's number in C order; None where it is none."""
        segments = key.split("/")
        for i in range(len(segments) - 1, -1, -1):
            field = "/".join(segments[:i])
            grid = self._grid(field)
            if grid is None:
                continue
            counts, separator = grid
            indices = "/".join(segments[i:]).split(separator)
            if len(indices) != max(1, len(counts)) or not all(x.isdecimal() and x.isascii() and len(x) < 19 for x in indices):
                return None
            number = 0
            for index, count in zip(map(int, indices), counts or (1,), strict=True):
                if index >= count:
                    return None
                number = number * count + index
            return field, number
        return None

    def _grid(self, field: str) -> tuple[tuple[int, ...], str] | None:
        """Chunks along each axis of an array, and what separates their indices in a key; None where there is no such array."""
        if field not in self._grids:
            self._grids[field] = self._parsed_grid(f"{field}/.zarray" if field else ".zarray")
        return self._grids[field]

    def _parsed_grid(self, key: str) -> tuple[tuple[int, ...], str] | None:
        value: Json = self._documents.get(key)
        if isinstance(value, str):
            value = parse_document(Document(key, value.encode("utf-8", "replace"))).value
        fields = as_object(value)
        shape, chunks = fields.get("shape"), fields.get("chunks")
        if not isinstance(shape, list) or not isinstance(chunks, list) or len(shape) != len(chunks):
            return None
        if not all(type(size) is int and size >= 0 for size in shape) or not all(type(c) is int and c > 0 for c in chunks):
            return None
        separator = "/" if fields.get("dimension_separator") == "/" else "."
        return tuple(-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)), separator

    async def _table(self, name: str) -> Any:
        """One Parquet file, read once by all who wait for it; None where there is no such file."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._tables:
                data = await self._objects.fetch(name, MAX_FILE_BYTES)
                self._tables[name] = None if data is None else await asyncio.to_thread(self._read, name, data)
            self._tables.move_to_end(name)
            table = self._tables[name]
        while len(self._tables) > _KEPT:
            self._locks.pop(self._tables.popitem(last=False)[0], None)
        return table

    def _read(self, name: str, data: bytes) -> Any:
        where = f"{self._location}/{name}"
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            pq = None
        if pq is None:
            raise InputError(
                f"{where} is a Parquet file, for which the package 'pyarrow' is needed; install zarr-linked-catalog[references]"
            )
        fault = ""
        bounds = {"thrift_string_size_limit": MAX_FILE_BYTES, "thrift_container_size_limit": 1_000_000}
        try:
            metadata = pq.ParquetFile(pa.BufferReader(data), **bounds).metadata
            rows = metadata.num_rows
            size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
            columns = _columns(metadata.schema)
            if columns and rows <= self._size and size <= MAX_COLUMN_BYTES:
                texts = [name for name, kind in columns.items() if kind == "BYTE_ARRAY"]  # kept once for all rows that have them
                file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, **bounds)
                return file.read(list(columns), use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            fault = f"cannot be read as Parquet ({type(error).__name__})"
        else:
            fault = "" if columns else f"has not the columns of references: {', '.join(_COLUMNS)}"
        if fault:
            raise MetadataError(f"{where} {fault}")
        message = f"{where} has {rows} references and {size} bytes; at most {self._size} and {MAX_COLUMN_BYTES} are read"
        raise LimitExceededError(message, limit="record_size", value=rows, allowed=self._size)


def _columns(schema: Any) -> dict[str, str]:
    """The columns that matter, of those that a file has, with their types; none where one is nested, or all are missing."""
    columns = [schema.column(i) for i in range(len(schema))]
    found = {column.path: column.physical_type for column in columns if column.path.partition(".")[0] in _COLUMNS}
    return found if found.keys() <= set(_COLUMNS) and {"path", "raw"} & found.keys() else {}


def _is_null(value: Any) -> bool:
    """Whether a row has no such value; pandas also writes that as NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _decoded(key: str, data: bytes) -> bytes:
    """Data as they stand in a set, out of base64 where they say so."""
    if not data.startswith(b"base64:"):
        return data
    try:
        return base64.b64decode(data[7:], validate=True)
    except (binascii.Error, ValueError):
        pass
    raise MetadataError(f"{key!r} begins with 'base64:', but is no base64 text")
