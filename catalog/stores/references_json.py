"""Which references are in this JSON document?

Version 0 is a flat map from key to data or place; version 1 wraps it and adds templates and generated references; and some
writers put many such documents into one list, as one file per message of a GRIB file, say. A list becomes one hierarchy: a
group per document, named by its position from 0.
Source: kerchunk, "References specification".
"""

import base64
import binascii
import itertools
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catalog.errors import LimitExceededError, MetadataError
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, canonical_json, parse_document
from catalog.stores.references_objects import DOCUMENTS, MAX_END, Problems, Reference
from catalog.stores.references_template import Budget, Template, Value, is_templated, parse_templates

_GROUP_V2: Final = b'{"zarr_format":2}'
_GROUP_V3: Final = b'{"zarr_format":3,"node_type":"group"}'
_BOUNDS: Final = {"start": 0, "step": 1}
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class ReferenceLimits:
    """Bounds on one set of references.

    Attributes
    ----------
    max_bytes
        The text, once inflated.
    max_depth
        Nested arrays and objects.
    max_values
        Arrays, objects and scalars; a reference to a part of a file counts as four.
    max_references
        Keys of all documents together, generated ones included.
    max_generated
        Keys from ``gen`` sections.
    """

    max_bytes: int = 256 * 2**20
    max_depth: int = 64
    max_values: int = DEFAULT_LIMITS.max_values
    max_references: int = 2_000_000
    max_generated: int = 200_000


DEFAULT_REFERENCE_LIMITS = ReferenceLimits()


def is_references(value: Json) -> bool:
    """Whether a JSON value is a set of references, or a list of such sets.

    A set is told by ``version`` with ``refs`` or ``gen``, or by a key that ends in the name of a metadata document. Whether it
    can be read is another question: a version that nobody knows counts too.
    """
    if isinstance(value, list):
        return bool(value) and all(isinstance(member, dict) and is_references(member) for member in value)
    if not isinstance(value, dict):
        return False
    if type(value.get("version")) is int:
        return isinstance(value.get("refs"), dict) or isinstance(value.get("gen"), list)
    return any(key.rpartition("/")[2] in DOCUMENTS and isinstance(value[key], str | dict) for key in value)


def inflated(location: str, data: bytes, max_bytes: int) -> bytes:
    """The text of a reference file: as it stands, or out of gzip or Zstandard, as its first bytes say.

    Raises
    ------
    LimitExceededError
        More than ``max_bytes``.
    MetadataError
        The compressed data are broken.
    """
    if data[:2] != _GZIP and data[:4] != _ZSTD:
        text: bytes | None = data
    else:
        text = _gunzipped(data, max_bytes + 1) if data[:2] == _GZIP else _unzstandard(data, max_bytes + 1)
    if text is None:
        raise MetadataError(f"{location} is compressed, but cannot be inflated: it is broken or cut off")
    if len(text) > max_bytes:
        message = f"{location} has more than {max_bytes} bytes of references, the most that are read; write them as Parquet"
        raise LimitExceededError(message, limit="max_bytes", allowed=max_bytes)
    return text


def _gunzipped(data: bytes, limit: int) -> bytes | None:
    parts, size, rest = [], 0, data
    while rest[:2] == _GZIP and size < limit:  # a file may have several members
        inflater = zlib.decompressobj(31)
        try:
            part = inflater.decompress(rest, limit - size)
        except zlib.error:
            return None
        if not inflater.eof and size + len(part) < limit:
            return None
        parts.append(part)
        size, rest = size + len(part), inflater.unused_data
    return b"".join(parts)


def _unzstandard(data: bytes, limit: int) -> bytes | None:
    import zstandard

    try:
        if zstandard.get_frame_parameters(data).window_size > 2**27:
            return None
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(data, read_across_frames=True) as reader:
            text = bytearray()
            while len(text) < limit and (part := reader.read(min(2**20, limit - len(text)))):
                text += part
    except zstandard.ZstdError:
        return None
    return bytes(text)


class ReferenceSet:
    """The references of a JSON document.

    Attributes
    ----------
    keys
        All keys, sorted; there may be unsafe ones among them, which are never asked for.
    problems
        What cannot be used.
    requests
        0: the document is all there is.

    Raises
    ------
    LimitExceededError, MetadataError
        It is too large, or no set of references.
    """

    def __init__(self, location: str, data: bytes, limits: ReferenceLimits = DEFAULT_REFERENCE_LIMITS) -> None:
        self.problems, self.requests = Problems(), 0
        self._location, self._limits = location, limits
        value = self._parsed(inflated(location, data, limits.max_bytes))
        self._left, self._to_generate = limits.max_references, limits.max_generated
        self._budget = Budget(20 * limits.max_generated)
        members = {str(i): member for i, member in enumerate(value)} if isinstance(value, list) else {"": value}
        self._parts = {name: self._part(f"{name}/" if name else "", member) for name, member in members.items()}
        self._made: dict[str, bytes] = {}
        if isinstance(value, list):
            self._made = {"zarr.json": _GROUP_V3} if "zarr.json" in self._parts["0"].refs else {".zgroup": _GROUP_V2}
        self.keys = sorted([*self._made, *(part.prefix + key for part in self._parts.values() for key in part.refs)])

    def _parsed(self, text: bytes) -> Json:
        limits = DocumentLimits(self._limits.max_bytes, self._limits.max_depth, self._limits.max_values)
        parsed = parse_document(Document(self._location, text), limits)
        errors = [problem for problem in parsed.problems if problem.severity == "error"]
        if errors:
            if errors[0].kind in {"too-large", "too-many-values", "too-deep"}:
                raise LimitExceededError(f"{errors[0].message}; references in such numbers are read as Parquet only")
            raise MetadataError(f"{self._location} cannot be read as references: {errors[0].message}", errors)
        if not is_references(parsed.value):
            raise MetadataError(f"{self._location} is JSON, but no set of references: it has neither 'refs' nor a '.zgroup'")
        for problem in parsed.problems:
            self.problems.add("", problem.kind, problem.message, "warning")
        return parsed.value

    def _part(self, prefix: str, value: dict[str, Json]) -> "_Part":
        if type(value.get("version")) is not int:
            part = _Part(prefix, value, None)
        elif value["version"] != 1:
            raise MetadataError(f"{self._location} has references of version {value['version']}; the one that is read is 1")
        else:
            refs = value.get("refs", {})
            templates, faults = parse_templates(value.get("templates"))
            for name, fault in faults.items():
                self.problems.add(prefix.rstrip("/"), "unsupported-template", f"template {name!r}: {fault}")
            part = _Part(prefix, refs if isinstance(refs, dict) else {}, templates)
            if value.get("gen"):
                part.refs.update(self._generated(prefix, value["gen"], templates))
        self._left -= len(part.refs)
        if self._left < 0:
            allowed = self._limits.max_references
            message = f"{self._location} has more than {allowed} references, the most that are read; write them as Parquet"
            raise LimitExceededError(message, limit="max_references", allowed=allowed)
        self._check(part)
        return part

    def _check(self, part: "_Part") -> None:
        """Say which values cannot be used; a metadata document that is not in the set itself is left out."""
        left_out = []
        for key, value in part.refs.items():
            if key.rpartition("/")[2] in DOCUMENTS:
                fault = fault_of_document(value)
                if fault:
                    left_out.append(key)
                    self.problems.add(part.prefix + key, "invalid-reference", f"{part.prefix + key!r} {fault}; it was left out")
            elif not isinstance(value, str | dict):
                fault = fault_of_place(value)
                if fault:
                    self.problems.add(part.prefix + key, "invalid-reference", f"{part.prefix + key!r} {fault}")
        for key in left_out:
            del part.refs[key]

    def _generated(self, prefix: str, sections: Json, templates: Mapping[str, Value]) -> dict[str, Json]:
        """The references of the ``gen`` sections; one that cannot be expanded is a problem."""
        found: dict[str, Json] = {}
        for number, section in enumerate(sections if isinstance(sections, list) else [sections]):
            try:
                found |= dict(self._expanded(section, templates))
            except MetadataError as error:
                self.problems.add(prefix.rstrip("/"), "invalid-gen", f"the section {number} of 'gen' was left out: {error}")
        return found

    def _expanded(self, section: Json, templates: Mapping[str, Value]) -> Iterator[tuple[str, Json]]:
        if not isinstance(section, dict) or not isinstance(section.get("dimensions"), dict):
            raise MetadataError("it is no object with 'key', 'url' and 'dimensions'")
        if ("offset" in section) != ("length" in section):
            raise MetadataError("it has one of 'offset' and 'length'; both or neither are needed")
        ranges = {name: _range(name, wanted) for name, wanted in section["dimensions"].items()}
        count = 1
        for values in ranges.values():
            count *= len(values)
        if count > self._to_generate:
            allowed = self._limits.max_generated
            message = f"the 'gen' sections of {self._location} stand for more than {allowed} references, the most that are made"
            raise LimitExceededError(message, limit="max_generated", value=count, allowed=allowed)
        self._to_generate -= count
        names = [name for name in ("key", "url", "offset", "length") if name in section or name in {"key", "url"}]
        parsed = [_section_template(section, name) for name in names]
        for combination in itertools.product(*ranges.values()):
            variables = {**templates, **dict(zip(ranges, combination, strict=True))}
            key, url, *place = [template.render(variables, self._budget) for template in parsed]
            numbers = [int(text) if text.isdecimal() and text.isascii() and len(text) < 20 else text for text in place]
            yield key, [url, *numbers]

    def urls(self) -> Iterator[tuple[str, str]]:
        """Each different place that chunks are in, with the key of a chunk that is there; templates are filled in."""
        for part in self._parts.values():
            seen: set[str] = set()
            for key, value in part.refs.items():
                if isinstance(value, list) and not fault_of_place(value) and value[0] not in seen:
                    seen.add(value[0])
                    yield part.prefix + key, value[0]

    async def find(self, key: str) -> bytes | Reference | None:
        """What stands at a key: its bytes, where they are, or nothing; MetadataError where that cannot be used."""
        if key in self._made:
            return self._made[key]
        name, _, inner = ("", "", key) if "" in self._parts else key.partition("/")
        part = self._parts.get(name)
        value = None if part is None else part.refs.get(inner)
        if part is None or (value is None and inner not in part.refs):
            return None
        if isinstance(value, str | dict):
            return _inline(key, value)
        fault = fault_of_place(value)
        if fault or not isinstance(value, list):
            raise MetadataError(f"{key!r} in {self._location} {fault}")
        try:
            return Reference(part.filled(value[0]), *value[1:])
        except MetadataError as error:
            raise MetadataError(f"{key!r} in {self._location} has no target that can be read: {error}") from error

    async def close(self) -> None:
        """Nothing is held open."""

    def filled(self, key: str, url: str) -> str:
        """A place with its templates filled in; MetadataError names what is not read."""
        return self._parts["" if "" in self._parts else key.partition("/")[0]].filled(url)


@dataclass(slots=True)
class _Part:
    """One document of a list, or all there is. ``templates`` is None where they have no meaning."""

    prefix: str
    refs: dict[str, Json]
    templates: Mapping[str, Value] | None

    def filled(self, url: str) -> str:
        return url if self.templates is None or not is_templated(url) else Template(url).render(self.templates)


def fault_of_place(value: Json) -> str:
    """Why a value is no ``[url]`` and no ``[url, offset, length]``, or nothing."""
    if not isinstance(value, list):
        return f"is a {type(value).__name__}; it must be a text, an object, [url] or [url, offset, length]"
    if len(value) not in {1, 3} or not isinstance(value[0], str) or not value[0]:
        return f"is {str(value)[:80]}; it must be [url] or [url, offset, length]"
    numbers = value[1:]
    if not all(type(number) is int and number >= 0 for number in numbers) or sum(numbers) >= MAX_END:
        return f"has the offset and length {str(numbers)[:80]}; they must be integers, 0 or more, that end below 2^63"
    return ""


def fault_of_document(value: Json) -> str:
    """Why a value cannot be a metadata document, or nothing."""
    if isinstance(value, list):
        return "is a metadata document in another file, which is not asked for metadata"
    if not isinstance(value, str | dict):
        return f"is a {type(value).__name__}; a metadata document must be an object, or a text that holds one"
    try:
        _inline("", value)
    except MetadataError:
        return "is no base64 text"
    return ""


def _inline(key: str, value: str | dict[str, Json]) -> bytes:
    if isinstance(value, dict):
        return canonical_json(value).encode()
    if not value.startswith("base64:"):
        return value.encode("utf-8", "replace")
    try:
        return base64.b64decode(value[7:], validate=True)
    except (binascii.Error, ValueError):
        pass
    raise MetadataError(f"{key!r} begins with 'base64:', but is no base64 text")


def _section_template(section: Mapping[str, Json], name: str) -> Template:
    text = section.get(name)
    if type(text) is int:
        text = str(text)
    if not isinstance(text, str):
        raise MetadataError(f"{name!r} must be a text")
    return Template(text)


def _range(name: str, wanted: Json) -> range | list[int]:
    """The values of one dimension of a ``gen`` section."""
    if isinstance(wanted, list) and all(type(value) is int for value in wanted):
        return wanted
    if isinstance(wanted, dict):
        bounds = [bound for name in ("start", "stop", "step") if type(bound := wanted.get(name, _BOUNDS.get(name))) is int]
        if len(bounds) == 3 and all(abs(bound) < MAX_END // 2 for bound in bounds) and bounds[2] != 0:
            return range(*bounds)
    raise MetadataError(f"the dimension {name!r} must be a list of integers, or an object with 'stop', 'start' and 'step'")
