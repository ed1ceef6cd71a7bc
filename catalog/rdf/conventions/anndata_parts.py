"""What do tables, their columns, and sparse matrices of an AnnData object hold?

Source: AnnData, "On-disk format": Dataframes, Categorical arrays, Sparse arrays, Nullable arrays; the same page of version 0.7.
"""

from collections.abc import Mapping

from catalog.metadata.array import Array
from catalog.metadata.document import Json, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.prefixes import RDF_TYPE

MAX_COLUMNS = 50_000
MAX_NAME = 1024

_SPARSE_SHAPES = ("shape", "h5sparse_shape")
_SPARSE = ("csr_matrix", "csc_matrix")


def encoding_of(node: Node) -> str:
    """The encoding that a node states, in the words of today; empty where it states none."""
    stated = node.attributes.get("encoding-type")
    if isinstance(stated, str):
        return stated
    legacy = node.attributes.get("h5sparse_format")
    return f"{legacy}_matrix" if isinstance(legacy, str) and legacy in ("csr", "csc") else ""


def describe_encoding(node: Node, encoding: str, kind: str, about: About, found: Findings) -> None:
    """Say what a node's encoding makes of it."""
    name, attributes = about.node(node.path), node.attributes
    if kind:
        found.say(name, RDF_TYPE, f"<{kind}>")
    found.say(name, terms.ENCODING_TYPE, literals.string(encoding))
    if "encoding-type" in attributes:
        found.consume(node.path, ["encoding-type"])
    version = attributes.get("encoding-version")
    if isinstance(version, str):
        found.say(name, terms.ENCODING_VERSION, literals.string(version))
        found.consume(node.path, ["encoding-version"])
    if encoding in _SPARSE:
        _describe_sparse(node, about, found)


def describe_part_links(node: Node, nodes: Mapping[str, Node], about: About, found: Findings) -> None:
    """Link the codes and categories of a categorical column, whichever way it is written."""
    name = about.node(node.path)
    if encoding_of(node) == "categorical":
        codes, categories = (nodes.get(f"{node.path}/{part}") for part in ("codes", "categories"))
        for part, target in (("codes", codes), ("categories", categories)):
            if target is None:
                found.report(node.path, "dangling-reference", f"the categorical column has no {part!r}, which it must have")
        ordered = node.attributes.get("ordered")
        holder = node
    else:
        stated = node.attributes.get("categories")
        if not isinstance(stated, str):
            return
        table = node.path.rpartition("/")[0]
        codes = node
        categories = nodes.get(f"{table}/{stated}" if table else stated)
        if categories is None:
            message = f"the categories are said to lie at {stated!r:.200} in the table, and there is no such node"
            found.report(node.path, "dangling-reference", message, "/attributes/categories")
            return
        found.say(name, RDF_TYPE, f"<{terms.CLASS_CATEGORICAL}>")
        found.consume(node.path, ["categories"])
        ordered, holder = categories.attributes.get("ordered"), categories
    if codes is not None:
        found.say(name, terms.CODES, about.node(codes.path))
    if categories is not None:
        found.say(name, terms.CATEGORIES, about.node(categories.path))
        if codes is not None:
            found.say(about.node(codes.path), terms.CATEGORIES, about.node(categories.path))
        if (count := length_of(categories, nodes)) is not None:
            found.say(name, terms.CATEGORY_COUNT, literals.integer(count))
    if isinstance(ordered, bool):
        found.say(name, terms.ORDERED, literals.boolean(ordered))
        found.consume(holder.path, ["ordered"])


def describe_columns(table: Node, nodes: Mapping[str, Node], about: About, found: Findings) -> None:
    """Say which columns a table has, and how many rows."""
    name, rows = about.node(table.path), length_of(table, nodes)
    if rows is not None:
        found.say(name, terms.TABLE_ROW_COUNT, literals.integer(rows))
    if index := _column(table, table.attributes.get("_index"), "_index", nodes, found):
        found.say(name, terms.INDEX_COLUMN, about.node(index.path))
        found.consume(table.path, ["_index"])
        describe_part_links(index, nodes, about, found)
    order = table.attributes.get("column-order")
    if not isinstance(order, list):
        if order is not None:
            message = f"column-order is {type(order).__name__}; a list of names is needed"
            found.report(table.path, "invalid-columns", message, "/attributes/column-order")
        return
    for position, stated in enumerate(order[:MAX_COLUMNS]):
        if isinstance(stated, str) and len(stated) <= MAX_NAME:
            found.say(name, terms.TABLE_COLUMN_NAME, literals.string(stated))
        column = _column(table, stated, f"column-order/{position}", nodes, found)
        if column is None:
            continue
        found.say(name, terms.TABLE_COLUMN, about.node(column.path))
        describe_part_links(column, nodes, about, found)
        length = length_of(column, nodes)
        if rows is not None and length is not None and length != rows:
            found.report(column.path, "shape-disagrees", f"the column has {length} rows, its table {rows}")
    text = canonical_json(order)
    if len(text) <= 32_768:
        found.say(name, terms.COLUMN_ORDER, literals.json(text))
        found.consume(table.path, ["column-order"])


def _column(table: Node, stated: Json, pointer: str, nodes: Mapping[str, Node], found: Findings) -> Node | None:
    """The node of a column; a name may be a path."""
    if stated is None:
        return None
    place = f"{table.path}/{stated}" if table.path else f"{stated}"
    node = nodes.get(place) if isinstance(stated, str) and stated else None
    if node is None:
        message = f"the column {stated!r:.120} is listed, and there is no node of that name in the table"
        found.report(table.path, "dangling-reference", message, f"/attributes/{pointer}")
    return node


def length_of(node: Node | None, nodes: Mapping[str, Node]) -> int | None:
    """Rows of a column or of a table; None where they are not known."""
    for _ in range(4):  # a table's index, a nullable's values, a categorical's codes
        if isinstance(node, Array):
            return node.shape[0] if node.shape else None
        if node is None:
            return None
        encoding = encoding_of(node)
        if encoding in _SPARSE:
            shape = matrix_shape(node)
            return shape[0] if shape else None
        index = node.attributes.get("_index")
        step = {"dataframe": index, "categorical": "codes"}.get(encoding, "values")
        node = nodes.get(f"{node.path}/{step}" if node.path else f"{step}")
    return None


def matrix_shape(node: Node) -> tuple[int, ...] | None:
    """Rows and columns of a matrix; a sparse one states them."""
    if isinstance(node, Array):
        return node.shape
    for key in _SPARSE_SHAPES:
        shape = node.attributes.get(key)
        if isinstance(shape, list) and shape and all(type(size) is int and size >= 0 for size in shape):
            return tuple(shape)
    return None


def _describe_sparse(node: Node, about: About, found: Findings) -> None:
    shape = matrix_shape(node)
    if not isinstance(node, Group) or shape is None or len(shape) != 2:
        found.report(
            node.path, "invalid-matrix", "a sparse matrix is a group with the attribute 'shape', two sizes", "/attributes/shape"
        )
        return
    found.say(about.node(node.path), terms.MATRIX_SHAPE, literals.json(canonical_json(list(shape))))
    found.consume(node.path, [next(key for key in _SPARSE_SHAPES if node.attributes.get(key) == list(shape))])
    if "encoding-type" not in node.attributes:
        found.consume(node.path, ["h5sparse_format"])
