"""One hostile store, and how it is registered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Objects = Mapping[str, bytes]
PLACES = ("file", "http", "s3")
SECRET = b"this-is-outside-of-the-store"
"""Stands in a file beside each local store; whoever reports it has left the root."""

CANARY = "http://127.0.0.1:9/"
"""Replaced by the address of a port that nobody may ask, before a store is written."""

MARK = "/tmp/zoo-mark"
"""Replaced by the path of a file that no store may make appear, before a store is written; of a length that pickles can hold."""


@dataclass(frozen=True)
class Specimen:
    """A hostile store.

    Attributes
    ----------
    id, what
        Its name, and in one line what it does.
    objects
        Its content by key.
    outcome
        ``accepted``, or the error's code.
    kinds
        Kinds of problems that are among those reported, everywhere.
    reads
        Path of an array → ``values``, or the error's code, for its first element along each axis.
    places
        Where it is tried: ``file``, ``http``, ``s3``.
    local
        What is done to the local folder beside writing the objects: links, devices, names that are no text.
    judged
        The outcome where the shapes are asked, too; ``""`` where it is the same.
    dry
        It is described and judged but not put in force, as that alone would take long.
    """

    id: str
    what: str
    objects: Callable[[], Objects]
    outcome: str = "accepted"
    kinds: frozenset[str] = frozenset()
    reads: Mapping[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = PLACES
    local: Callable[[Path], None] | None = None
    judged: str = ""
    dry: bool = False

    def write(self, folder: Path, content: Objects) -> None:
        """Write its content as a local folder, beside a file that it must not reach."""
        folder.mkdir(parents=True)
        (folder.parent / "outside").write_bytes(SECRET)
        for key, data in content.items():
            path = folder / key
            assert path.resolve().is_relative_to(folder.resolve()), f"{self.id} would write {path}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if self.local:
            self.local(folder)

    def content(self, replaced: Mapping[bytes, bytes]) -> Objects:
        """Its objects by key. Bombs take long to make: ask once."""
        return {key: _changed(data, replaced) for key, data in self.objects().items()}


SPECIMENS: dict[str, Specimen] = {}


def _changed(data: bytes, replaced: Mapping[bytes, bytes]) -> bytes:
    if len(data) < 2**20:
        for old, new in replaced.items():
            data = data.replace(old, new)
    return data


def add(name: str, what: str, objects: Callable[[], Objects] | Objects, **about: Any) -> None:
    """Register a specimen; ``objects`` may be given as it is, or as a function where it is large."""
    assert name not in SPECIMENS, name
    made = objects if callable(objects) else lambda: objects
    if "kinds" in about:
        about["kinds"] = frozenset(about["kinds"])
    SPECIMENS[name] = Specimen(name, what, made, **about)


def text(value: Any) -> bytes:
    """A JSON document; half characters and NaN are written as they come."""
    return json.dumps(value).encode("utf-8", "surrogatepass")


def group(**attributes: Any) -> dict[str, Any]:
    """The document of a v3 group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def array(shape: list[Any] | None = None, chunks: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    """The document of a v3 array of four bytes in one chunk, unless told otherwise."""
    shape = [4] if shape is None else shape
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape if chunks is None else chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [BYTES],
        **members,
    }


def array2(shape: list[Any] | None = None, chunks: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    """The same as ``.zarray``."""
    shape = [4] if shape is None else shape
    return {
        "zarr_format": 2,
        "shape": shape,
        "chunks": shape if chunks is None else chunks,
        "dtype": "|u1",
        "compressor": None,
        "fill_value": 0,
        "filters": None,
        "order": "C",
        **members,
    }


def in_group(document: Any, chunk: bytes | None = b"\1\2\3\4", **others: bytes) -> dict[str, bytes]:
    """A group with one array ``a``, and its only chunk."""
    found = {"zarr.json": text(group()), "a/zarr.json": document if isinstance(document, bytes) else text(document)}
    if chunk is not None:
        found["a/c/0"] = chunk
    return {**found, **others}


def in_group2(document: Any, chunk: bytes | None = b"\1\2\3\4") -> dict[str, bytes]:
    """The same in v2."""
    found = {".zgroup": text({"zarr_format": 2}), "a/.zarray": text(document)}
    return {**found, "a/0": chunk} if chunk is not None else found
