"""How does a layout look as triples?

One literal (``zo:layoutDocument``) is enough to rebuild it; the other triples are there to be asked about. All are written once
per distinct layout, so they cost nothing per array.
"""

from catalog.metadata.codec import Codec
from catalog.metadata.document import canonical_json
from catalog.metadata.layout import Layout
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris, data_type
from catalog.rdf.prefixes import RDF_TYPE

MAX_LITERAL = 4096
"""Characters of a JSON literal that only repeats what ``zo:layoutDocument`` holds."""
_KINDS = {
    "string": "text", "fixed_length_utf32": "text", "null_terminated_bytes": "bytes", "variable_length_bytes": "bytes",
    "raw_bytes": "bytes", "bool": "boolean", "numpy.datetime64": "time", "numpy.timedelta64": "time", "structured": "record",
    "object": "object",
}  # fmt: skip
"""Data types whose elements are no numbers."""


def layout_lines(layout: Layout, iris: Iris) -> list[str]:
    """The N-Triples lines of a layout and its codecs."""
    subject = f"<{iris.layout(layout.digest)}>"
    grid, inner = layout.chunk_grid.chunk_shape, layout.inner_chunk_shape
    kind = layout.data_type
    encoding = layout.chunk_key_encoding
    pairs = [
        (RDF_TYPE, f"<{terms.CLASS_LAYOUT}>"),
        (terms.LAYOUT_DOCUMENT, literals.json(layout.json)),
        (terms.ZARR_FORMAT, literals.integer(layout.zarr_format)),
        (terms.DATA_TYPE, f"<{data_type(kind.name)}>"),
        (terms.DATA_TYPE_NAME, literals.string(kind.name)),
        (terms.CHUNK_GRID, literals.string(layout.chunk_grid.name)),
        (terms.CHUNK_KEY_ENCODING, literals.string(f"{encoding.name} {encoding.separator}")),
    ]
    if kind.name in _KINDS:
        pairs.append((terms.ELEMENT_KIND, literals.string(_KINDS[kind.name])))
    if kind.item_size is not None:
        pairs.append((terms.ITEM_SIZE, literals.integer(kind.item_size)))
    if inner is not None and grid is not None:
        pairs.append((terms.SHARD_SHAPE, _shape(grid)))
    if (inner or grid) is not None:
        pairs.append((terms.CHUNK_SHAPE, _shape(inner if inner is not None else grid or ())))
    fill = canonical_json(layout.fill_value)
    if len(fill) <= MAX_LITERAL:
        pairs.append((terms.FILL_VALUE, literals.json(fill)))
    if layout.order:
        pairs.append((terms.ORDER, literals.string(layout.order)))
    if layout.obstacle:
        pairs.append((terms.OBSTACLE, literals.string(layout.obstacle)))
    pairs += unreadable_pairs(layout.unreadable)
    lines = [f"{subject} <{predicate}> {value} .\n" for predicate, value in pairs]
    for position, codec in enumerate(layout.codecs):
        lines += _codec_lines(subject, position, codec, iris)
    return lines


def unreadable_pairs(reason: str | None) -> list[tuple[str, str]]:
    """What says of an array or a layout that its values cannot be read here; nothing where they can."""
    if reason is None:
        return []
    return [(terms.READABLE, literals.boolean(False)), (terms.NOT_READABLE_BECAUSE, literals.string(reason))]


def _shape(shape: tuple[int, ...]) -> str:
    return literals.json(canonical_json(list(shape)))


def _codec_lines(layout: str, position: int, codec: Codec, iris: Iris) -> list[str]:
    content = f"{position} {codec.role} {codec.name} {codec.json}"
    subject = f"<{iris.codec(content)}>"
    pairs = [
        (RDF_TYPE, f"<{terms.CLASS_CODEC}>"),
        (terms.POSITION, literals.integer(position)),
        (terms.CODEC_NAME, literals.string(codec.name)),
        (terms.CODEC_ROLE, literals.string(codec.role)),
    ]
    if len(codec.json) <= MAX_LITERAL:
        pairs.append((terms.CONFIGURATION, literals.json(codec.json)))
    return [
        f"{layout} <{terms.CODEC_PIPELINE}> {subject} .\n",
        *(f"{subject} <{predicate}> {value} .\n" for predicate, value in pairs),
    ]
