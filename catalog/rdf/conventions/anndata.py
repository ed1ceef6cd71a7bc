"""What do the groups and arrays of an AnnData or MuData object stand for?

``encoding-type`` says what a node is; what it is to the object follows from its name. Objects written before version 0.8 have no
type at their root, and a categorical column is an array that names its categories: they are told by that and give the same facts.
Source: AnnData, "On-disk format" (0.7 to 0.12); MuData, "Storage".
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from catalog.metadata.document import Json, canonical_json
from catalog.metadata.group import Group
from catalog.metadata.hierarchy import Hierarchy
from catalog.metadata.node_parser import Node
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings, Given, Wanted
from catalog.rdf.conventions.anndata_parts import describe_columns, describe_encoding, encoding_of, length_of, matrix_shape
from catalog.rdf.prefixes import RDF_TYPE

NAME = "anndata"

ENCODINGS = {
    "anndata": terms.CLASS_ANN_DATA,
    "MuData": terms.CLASS_MU_DATA,
    "raw": terms.CLASS_RAW_MATRIX,
    "dataframe": terms.CLASS_DATA_FRAME,
    "csr_matrix": terms.CLASS_CSR_MATRIX,
    "csc_matrix": terms.CLASS_CSC_MATRIX,
    "categorical": terms.CLASS_CATEGORICAL,
    "string-array": terms.CLASS_STRING_ARRAY,
    "nullable-integer": terms.CLASS_NULLABLE_ARRAY,
    "nullable-boolean": terms.CLASS_NULLABLE_ARRAY,
    "nullable-string-array": terms.CLASS_NULLABLE_ARRAY,
    "awkward-array": terms.CLASS_AWKWARD_ARRAY,
    "dict": terms.CLASS_MAPPING,
    "rec-array": "",
    "array": "",
    "string": "",
    "bytes": "",
    "numeric-scalar": "",
    "null": "",
}
"""Encoding → class; empty where the encoding says no more than the array itself."""

_MAPPINGS = {
    "layers": terms.LAYER,
    "obsm": terms.OBSERVATION_MATRIX,
    "varm": terms.VARIABLE_MATRIX,
    "obsp": terms.OBSERVATION_PAIRS,
    "varp": terms.VARIABLE_PAIRS,
    "mod": terms.MODALITY,
}
_PARTS = {"obs": terms.OBSERVATIONS, "var": terms.VARIABLES, "X": terms.MATRIX, "raw": terms.RAW}
_LEGACY = ("h5sparse_format", "categories")


class _Tree(NamedTuple):
    nodes: Mapping[str, Node]
    children: Mapping[str, list[Node]]


def applies(hierarchy: Hierarchy, keys: Collection[str]) -> bool:
    """Whether a node has one of the encodings."""
    if "encoding-type" not in keys and "h5sparse_format" not in keys:
        return False
    return any(encoding_of(node) in ENCODINGS for node in hierarchy.nodes)


def wants(hierarchy: Hierarchy) -> Wanted:  # noqa: ARG001  the seam is one for all
    """Nothing: it is all in the metadata."""
    return Wanted()


def describe(hierarchy: Hierarchy, about: About, given: Given) -> Findings:  # noqa: ARG001
    """What the nodes are, and what they are to each other."""
    found = Findings()
    nodes = {node.path: node for node in hierarchy.nodes}
    children: dict[str, list[Node]] = defaultdict(list)
    for node in hierarchy.nodes:
        if node.path:
            children[node.path.rpartition("/")[0]].append(node)
    tree = _Tree(nodes, children)
    for node in hierarchy.nodes:
        encoding = encoding_of(node)
        if encoding in ENCODINGS:
            describe_encoding(node, encoding, ENCODINGS[encoding], about, found)
        if encoding == "dataframe":
            describe_columns(node, nodes, about, found)
        elif isinstance(node, Group) and (encoding in ("anndata", "MuData", "raw") or _is_untyped_object(node, nodes)):
            _describe_object(node, encoding or "anndata", tree, about, found)
    return found


def _is_untyped_object(group: Group, nodes: Mapping[str, Node]) -> bool:
    """Whether a group without a type is an object all the same: it has a table of observations and one of variables."""
    if encoding_of(group):
        return False
    below = [nodes.get(f"{group.path}/{name}" if group.path else name) for name in ("obs", "var")]
    return all(node is not None and encoding_of(node) == "dataframe" for node in below)


def _describe_object(group: Group, kind: str, tree: _Tree, about: About, found: Findings) -> None:
    name = about.node(group.path)
    if not encoding_of(group):
        found.say(name, RDF_TYPE, f"<{terms.CLASS_ANN_DATA}>")
    below = {node.path.rpartition("/")[2]: node for node in tree.children.get(group.path, ())}
    for part, predicate in _PARTS.items():
        node = below.get(part)
        if node is not None and node.attributes.get("encoding-type") != "null":
            found.say(name, predicate, about.node(node.path))
        elif part in ("obs", "var") and not (kind == "raw" and part == "obs"):
            found.report(group.path, "dangling-reference", f"the {kind} object has no {part!r}, which it must have")
    for part, predicate in _MAPPINGS.items():
        if part in below and (part != "mod" or kind == "MuData"):
            found.say(name, predicate, *(about.node(node.path) for node in tree.children.get(below[part].path, ())))
    counts = [length_of(below.get(part), tree.nodes) for part in ("obs", "var")]
    _check_shapes(below, counts, tree, found)
    for count, predicate in zip(counts, (terms.OBSERVATION_COUNT, terms.VARIABLE_COUNT), strict=True):
        if count is not None:
            found.say(name, predicate, literals.integer(count))
    if kind == "MuData" and "mod" in below:
        _describe_order(below["mod"], tree, about, found)


def _check_shapes(below: Mapping[str, Node], counts: list[int | None], tree: _Tree, found: Findings) -> None:
    """Note where a matrix does not have a row for each observation and a column for each variable."""
    matrices = [below["X"]] if "X" in below else []
    matrices += tree.children.get(below["layers"].path, []) if "layers" in below else []
    for node in matrices:
        shape = matrix_shape(node)
        if shape is None or len(shape) != 2 or node.attributes.get("encoding-type") == "null":
            continue
        if any(count is not None and count != size for count, size in zip(counts, shape, strict=True)):
            message = f"it has the shape {list(shape)}; obs and var have {counts[0]} and {counts[1]} rows"
            found.report(node.path, "shape-disagrees", message)


def _describe_order(mod: Node, tree: _Tree, about: About, found: Findings) -> None:
    """Say in which order the modalities stand."""
    order: Json = mod.attributes.get("mod-order")
    if not isinstance(order, list):
        return
    names = {node.path.rpartition("/")[2] for node in tree.children.get(mod.path, ())}
    missing = [name for name in order if not isinstance(name, str) or name not in names]
    for name in missing:
        message = f"mod-order lists {name!r:.120}, and there is no modality of that name"
        found.report(mod.path, "dangling-reference", message, "/attributes/mod-order")
    found.say(about.node(mod.path), terms.MODALITY_ORDER, literals.json(canonical_json(order)))
    found.consume(mod.path, ["mod-order"])
