"""What does the document of one node say?

One parser object reads the documents of one hierarchy. It keeps the problems in order and each distinct layout once, so that a
plate of ten thousand arrays costs one layout.
Source: Zarr v2 specification, "Metadata"; Zarr v3.1 specification, "Array metadata" and "Group metadata".
"""

from dataclasses import dataclass

import orjson

from catalog.errors import Problem, Severity
from catalog.metadata.array import Array, parse_dimension_names
from catalog.metadata.chunk_grid import parse_shape
from catalog.metadata.document import Json, as_object, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.layout import OWN_MEMBERS, Layout, parse_layout_v2, parse_layout_v3
from catalog.metadata.position import pointer_to
from catalog.metadata.readable import MAX_EXTENT

Node = Group | Array
MAX_DIMENSIONS = 64


MAX_BODIES = 10_000
GROUP_MEMBERS = frozenset({"zarr_format", "node_type", "attributes", "consolidated_metadata"})


@dataclass(frozen=True, slots=True)
class _Body:
    """What the document of an array says apart from its attributes; ``names`` is None where those may say it."""

    shape: tuple[int, ...]
    layout: Layout
    names: tuple[str | None, ...] | None


class NodeParser:
    """Turns the JSON values of documents into nodes; ``problems`` lists what was found wrong on the way.

    Most arrays of a hierarchy differ in their attributes alone. So what their documents say besides is kept by its text, and
    found again instead of being read and checked again.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._layouts: dict[tuple[int, str], Layout] = {}
        self._bodies: dict[tuple[int, bytes], _Body] = {}

    def array_v2(self, path: str, zarray: Json, zattrs: Json, *, plain: bool = False) -> Array | None:
        """An array from its ``.zarray`` and ``.zattrs``; ``plain`` promises a ``.zarray`` that orjson writes without loss."""
        if not isinstance(zarray, dict):
            self._no_object(path, ".zarray")
            return None
        return self._array(path, zarray, zattrs, 2, plain=plain)

    def group_v2(self, path: str, zgroup: Json, zattrs: Json) -> Group | None:
        """A group from its ``.zgroup`` and ``.zattrs``."""
        if not isinstance(zgroup, dict):
            self._no_object(path, ".zgroup")
            return None
        self._check_format_v2(path, ".zgroup", zgroup)
        return Group(path, 2, self._attributes(path, zattrs))

    def node_v3(self, path: str, document: Json, *, plain: bool = False) -> Node | None:
        """A node from its ``zarr.json``; ``plain`` promises a document that orjson writes without loss."""
        if not isinstance(document, dict):
            self._no_object(path, "zarr.json")
            return None
        kind = document.get("node_type")
        if "metadata_encoding" in document or document.get("zarr_format") != 3:
            message = f"zarr.json says zarr_format {document.get('zarr_format')!r:.40}; only 3 is read (an early draft of v3?)"
            self._add(path, "zarr-format", message, pointer="/zarr_format")
            return None
        if kind == "array":
            body = document.copy()
            return self._array(path, body, body.pop("attributes", None), 3, plain=plain)
        if kind == "group":
            if document.keys() - GROUP_MEMBERS:
                self._check_group(path, document)
            return Group(path, 3, self._attributes(path, document.get("attributes")))
        self._add(path, "node-type", f"node_type is {kind!r:.40}; 'array' or 'group' is allowed", pointer="/node_type")
        return None

    def no_node(self, path: str) -> None:
        """Note that a ``.zattrs`` stands alone."""
        message = "has attributes but neither .zarray nor .zgroup; it was left out"
        self._add(path, "no-node", message, severity="warning")

    def _check_group(self, path: str, document: dict[str, Json]) -> None:
        """Members of a group that this reader does not know: said, and kept in the archived document alone."""
        for name in sorted(document.keys() - GROUP_MEMBERS):
            optional = as_object(document[name]).get("must_understand") is False
            message = f"the group has the extension {name!r:.80}, which is not known here; only the archived document has it"
            self._add(path, "extension", message, pointer=pointer_to([name]), severity="info" if optional else "warning")

    def _check_format_v2(self, path: str, name: str, document: dict[str, Json]) -> None:
        if document.get("zarr_format") != 2:
            message = f"{name} says zarr_format {document.get('zarr_format')!r:.40}; it was read as 2"
            self._add(path, "zarr-format", message, pointer="/zarr_format", severity="warning")

    def _array(self, path: str, document: dict[str, Json], stated: Json, fmt: int, *, plain: bool) -> Array | None:
        text = orjson.dumps(document) if plain else canonical_json(document).encode()
        body = self._bodies.get((fmt, text))
        if body is None:
            before = len(self.problems)
            body = self._body(path, document, fmt)
            if body is None:
                return None
            if len(self.problems) == before and len(self._bodies) < MAX_BODIES:
                self._bodies[fmt, text] = body
        attributes = stated if type(stated) is dict else self._attributes(path, stated)
        names = body.names or parse_dimension_names(None, attributes, len(body.shape)) or ()
        return Array(path, body.shape, body.layout, names, attributes)

    def _body(self, path: str, document: dict[str, Json], fmt: int) -> _Body | None:
        if fmt == 2:
            self._check_format_v2(path, ".zarray", document)
        shape = parse_shape(document.get("shape"))
        if shape is None or len(shape) > MAX_DIMENSIONS:
            message = f"shape is {document.get('shape')!r:.80}; a list of at most {MAX_DIMENSIONS} integers ≥ 0 is allowed"
            self._add(path, "shape", message, pointer="/shape")
            return None
        if shape and max(shape) > MAX_EXTENT:
            message = f"shape is {document['shape']!r:.80}; no reader counts beyond {MAX_EXTENT} elements along a dimension"
            self._add(path, "shape", message, pointer="/shape", severity="warning")
        names = None
        given = document.get("dimension_names") if fmt == 3 else None
        if given is not None:
            names = parse_dimension_names(given, {}, len(shape))
            if names is None:
                message = f"dimension_names {given!r:.80} do not name {len(shape)} dimensions"
                self._add(path, "dimension-names", message, pointer="/dimension_names", severity="warning")
                names = (None,) * len(shape)
        return _Body(shape, self._layout(path, document, len(shape), fmt), names)

    def _layout(self, path: str, document: dict[str, Json], rank: int, fmt: int) -> Layout:
        shared = {key: value for key, value in document.items() if key not in OWN_MEMBERS[fmt]}
        text = canonical_json(shared)
        layout = self._layouts.get((fmt, text))
        if layout is None:
            layout = parse_layout_v3(shared, text) if fmt == 3 else parse_layout_v2(shared, text)
            self._layouts[fmt, text] = layout
            self._check_layout(path, layout)
        grid = layout.chunk_grid.largest_shape
        if grid is not None and len(grid) != rank:
            self._add(path, "chunk-grid", f"chunks {list(grid)!s:.80} have {len(grid)} dimensions, the shape has {rank}")
        return layout

    def _check_layout(self, path: str, layout: Layout) -> None:
        """Problems of a layout, reported once, at the first array that has it."""
        before = len(self.problems)
        grid, keys = layout.chunk_grid, layout.chunk_key_encoding
        if layout.data_type.name == "unknown":
            self._add(path, "data-type", f"data type {layout.data_type.json:.80} has no name")
        if not grid.valid:
            kind: Severity = "error" if grid.name in {"regular", "unknown"} else "warning"
            self._add(path, "chunk-grid", f"chunk grid {grid.name!r:.80} is not a regular grid of integers ≥ 1", severity=kind)
        if not keys.known:
            message = f"chunk keys {keys.name!r:.80} with separator {keys.separator!r:.80} are not supported"
            self._add(path, "chunk-key-encoding", message, severity="warning")
        if layout.extensions:
            message = f"extensions that are not supported: {', '.join(layout.extensions):.200}"
            self._add(path, "extension", message, severity="warning")
        if len(self.problems) == before and layout.unreadable:
            self._add(path, "not-readable", f"its values cannot be read here: {layout.unreadable}", severity="info")

    def _attributes(self, path: str, attributes: Json) -> dict[str, Json]:
        if attributes is None:
            return {}
        if isinstance(attributes, dict):
            return attributes
        self._add(path, "attributes", f"attributes are {type(attributes).__name__}; an object is allowed")
        return {}

    def _no_object(self, path: str, name: str) -> None:
        self._add(path, "not-an-object", f"{name} does not hold a JSON object")

    def _add(self, path: str, kind: str, message: str, *, pointer: str = "", severity: Severity = "error") -> None:
        self.problems.append(Problem(path, kind, message, pointer, severity))
