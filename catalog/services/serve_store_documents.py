"""Which metadata documents has a served store, and which keys are those of its chunks?

Everything follows from the documents of one snapshot, so that what is served fits together, whatever became of the store
meanwhile. Documents that were read are given byte for byte. What only a consolidated document holds is taken out of it. Where a
store has no consolidated metadata, they are put together: ``.zmetadata`` for v2, inline in ``zarr.json`` for v3, at every group,
so that each can be opened by itself where nobody can list.

Source: Zarr v2 and v3 specifications; zarr-python, "Consolidated metadata" (v2 format 1; v3 ``inline``).
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from catalog.errors import NotFoundError
from catalog.metadata.array import Array
from catalog.metadata.consolidated import V2_NAMES, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, as_object, parse_document, written_json
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import DOCUMENT_NAMES, parse_hierarchy
from catalog.metadata.tree import is_tree, split_tree

V3: Final = "zarr.json"
CONSOLIDATED: Final = ".zmetadata"
MAX_BUILT_BYTES: Final = 64 * 2**20
"""Size of the documents of one store that were put together and are kept."""

_EMPTY: Final[dict[str, Json]] = {"kind": "inline", "must_understand": False, "metadata": {}}


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """One stored object of an array.

    Attributes
    ----------
    array
        The array.
    coordinates
        Where in its grid.
    """

    array: Array
    coordinates: tuple[int, ...]


class ServedDocuments:
    """The metadata documents of one snapshot, by key. Threads may share it.

    Parameters
    ----------
    documents
        As the archive has them: one consolidated document, one of a whole hierarchy, or those of single nodes.
    limits
        Those that they were read with.

    Raises
    ------
    MetadataError
        They describe nothing.
    """

    def __init__(self, documents: Sequence[Document], limits: DocumentLimits = DEFAULT_LIMITS) -> None:
        self.hierarchy = parse_hierarchy(documents, limits)
        self.size = sum(len(document.data) for document in documents)
        self._limits = limits
        self._exact = {document.key: document for document in documents}
        self._nodes = {node.path: node for node in self.hierarchy.nodes}
        self._paths = sorted(self._nodes)
        self._encoded = [(unquote(path), path) for path in self._paths if "%" in path]
        self._taken_out: dict[str, Json] = dict(_taken_out(documents, limits))
        self._built: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes | None:
        """The document at a key; None where there is none.

        Notes
        -----
        A group's consolidated metadata are put together once (about 10 µs for each node below it), and kept for a while.
        """
        path, _, name = key.rpartition("/")
        if name == V3 and self._is_group(path, 3):
            return self._kept(key, lambda: self._group_v3(path, key))
        if name == CONSOLIDATED and self._is_group(path, 2):
            return self._kept(key, lambda: self._consolidated_v2(path, key))
        if key in self._exact:
            return self._exact[key].data
        return written_json(self._taken_out[key]) if key in self._taken_out else None

    def chunk(self, key: str) -> ChunkPlace | None:
        """The chunk, or shard, that a key is of; None where it is that of none.

        Raises
        ------
        NotFoundError
            It lies below an array whose chunks have no keys that are known here; the message says why.
        """
        parts = key.split("/")
        for count in range(len(parts) - 1, -1, -1):
            node = self._nodes.get("/".join(parts[:count]))
            if isinstance(node, Array):
                return _place(node, "/".join(parts[count:]))
        return None

    def spellings(self, key: str, query: str = "") -> Iterator[str]:
        """The keys that may be meant, the likeliest first.

        zarr-python sends names as they are, so that ``a%20b`` arrives as ``a b``, and of ``a?b`` the end as a query. An answer of
        404 would be read as the fill value.
        """
        for sent in (key, f"{key}?{query}") if query else (key,):
            yield sent
            for decoded, path in self._encoded:
                if f"{sent}/".startswith(f"{decoded}/"):
                    yield path + sent[len(decoded) :]

    def is_cut(self, key: str) -> bool:
        """Whether a key is what clients ask for who take a ``#`` in a node's name for the beginning of a fragment."""
        return any(path.startswith(f"{key}#") for path in self._paths[bisect_left(self._paths, f"{key}#") :][:1])

    # -- groups with what lies below them

    def _is_group(self, path: str, zarr_format: int) -> bool:
        node = self._nodes.get(path)
        return isinstance(node, Group) and node.zarr_format == zarr_format

    def _kept(self, key: str, build: Callable[[], bytes | None]) -> bytes | None:
        with self._lock:
            if key in self._built:
                self._built.move_to_end(key)
                return self._built[key]
            data = build()
            if data is None:
                return None
            self._built[key] = data
            while len(self._built) > 1 and sum(map(len, self._built.values())) > MAX_BUILT_BYTES:
                self._built.popitem(last=False)
            return data

    def _group_v3(self, path: str, key: str) -> bytes | None:
        value, exact = self._value(key), self._exact.get(key)
        if value is None:
            return None
        below = {each[len(path) + 1 if path else 0 :]: self._member_v3(each) for each in self._below(path)}
        members = {each: document for each, document in below.items() if document is not None}
        given = is_consolidated_v3(value)
        if exact is not None and (len(self._exact) == 1 if given else not members):
            return exact.data
        if not members:
            return written_json({name: member for name, member in value.items() if name != "consolidated_metadata"})
        return written_json({**value, "consolidated_metadata": {**_EMPTY, "metadata": members}})

    def _member_v3(self, path: str) -> Json:
        """What a consolidated document says of a node below its own; of a group that itself consolidates nothing."""
        node = self._nodes[path]
        document = self._value(f"{path}/{V3}") if node.zarr_format == 3 else None
        return document if document is None or isinstance(node, Array) else {**document, "consolidated_metadata": _EMPTY}

    def _consolidated_v2(self, path: str, key: str) -> bytes | None:
        exact = self._exact.get(key)
        value = self._value(key) if exact is not None else None
        if exact is not None and is_consolidated_v2(value) and as_object(value).get("zarr_consolidated_format") == 1:
            return exact.data
        found: dict[str, Json] = {}
        for each in (path, *self._below(path)):
            if self._nodes[each].zarr_format == 2:
                below = each[len(path) + 1 if path else 0 :]
                documents = {name: self._value(_joined(each, name)) for name in V2_NAMES}
                found |= {_joined(below, name): document for name, document in documents.items() if document is not None}
        return written_json({"zarr_consolidated_format": 1, "metadata": found})

    def _below(self, path: str) -> Iterator[str]:
        """Paths of the nodes below one, sorted."""
        prefix = f"{path}/" if path else ""
        for at in range(bisect_left(self._paths, prefix), len(self._paths)):
            if not self._paths[at].startswith(prefix):
                return
            if self._paths[at] != path:
                yield self._paths[at]

    def _value(self, key: str) -> Json:
        """What the document of one node says; None where there is none, or none that can be read."""
        if key in self._taken_out:
            return self._taken_out[key]
        document = self._exact.get(key)
        value = parse_document(document, self._limits).value if document is not None else None
        return value if isinstance(value, dict) else None


def _taken_out(documents: Sequence[Document], limits: DocumentLimits) -> Iterator[tuple[str, Json]]:
    """The documents that lie inside one of a whole hierarchy, by the keys that they would have; none where there is none."""
    if len(documents) != 1:
        return
    base, _, name = documents[0].key.rpartition("/")
    value = parse_document(documents[0], limits).value
    if is_consolidated_v3(value):
        members = split_v3(value).items()
        yield from ((_joined(_joined(base, path), V3), document) for path, document in members if path or name != V3)
    elif name not in DOCUMENT_NAMES and is_consolidated_v2(value):
        for kind, by_path in split_v2(value, []).items():
            yield from ((_joined(_joined(base, path), kind), document) for path, document in by_path.items())
    elif name not in DOCUMENT_NAMES and is_tree(value):
        for member in split_tree(value, []):
            path = _joined(base, member.path)
            kind = V3 if member.zarr_format == 3 else ".zarray" if member.is_array else ".zgroup"
            yield _joined(path, kind), member.document
            if member.attributes is not None:
                yield _joined(path, ".zattrs"), member.attributes


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path and name else path or name


def _place(array: Array, key: str) -> ChunkPlace | None:
    layout = array.layout
    counts = layout.chunk_grid.counts(array.shape)
    if counts is None or layout.extensions or not layout.chunk_key_encoding.known:
        raise NotFoundError(f"the keys of the chunks of {array.path!r} are not known here: {array.obstacle or 'its grid is not'}")
    found = layout.chunk_key_encoding.coordinates(key, len(array.shape))
    if found is None or not all(place < count for place, count in zip(found, counts, strict=True)):
        return None
    return ChunkPlace(array, found)
