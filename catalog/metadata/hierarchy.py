"""Which nodes does this hierarchy have, and what is wrong with it?

Documents in, tree out. Whether they came one by one from a listing or all inside a consolidated document makes no difference to
the tree: nodes are sorted by path, and each carries the same digest either way.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from catalog.errors import MetadataError, Problem
from catalog.metadata.array import Array
from catalog.metadata.consolidated import V2_NAMES, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits, Json, Parsed, parse_document
from catalog.metadata.group import Group
from catalog.metadata.key import fault_of_key
from catalog.metadata.node_parser import Node, NodeParser


@dataclass(frozen=True)
class Hierarchy:
    """All nodes of one Zarr hierarchy.

    Attributes
    ----------
    nodes
        Sorted by path; the root, where there is one, comes first.
    problems
        What could not be described, or only with a reservation.
    """

    nodes: tuple[Node, ...]
    problems: tuple[Problem, ...] = field(default=())

    @cached_property
    def arrays(self) -> tuple[Array, ...]:
        """The arrays, sorted by path."""
        return tuple(node for node in self.nodes if isinstance(node, Array))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups, sorted by path."""
        return tuple(node for node in self.nodes if isinstance(node, Group))

    @cached_property
    def digest(self) -> str:
        """The snapshot's name: sha256 over the paths and digests of all nodes, 64 hex digits."""
        lines = (f"{node.path}\n{node.digest}\n" for node in self.nodes)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def zarr_formats(self) -> tuple[int, ...]:
        """The Zarr formats in use, ascending."""
        return tuple(sorted({node.zarr_format for node in self.nodes}))


def parse_hierarchy(documents: Sequence[Document], limits: DocumentLimits = DEFAULT_LIMITS) -> Hierarchy:
    """The hierarchy that these documents describe.

    Parameters
    ----------
    documents
        Either one consolidated document, or the documents of single nodes (``zarr.json``, ``.zgroup``, ``.zarray``, ``.zattrs``).

    Raises
    ------
    MetadataError
        Nothing could be described: no node is left. Anything less is listed in ``problems``.
    """
    parser = NodeParser()
    nodes: dict[str, Node] = {}
    loose: dict[str, dict[str, Parsed]] = {}
    for document in documents:
        if len(nodes) + len(loose) > limits.max_nodes:
            parser.problems.append(Problem("", "too-many-nodes", f"more than {limits.max_nodes} nodes; the rest was left out"))
            break
        parsed = parse_document(document, limits)
        parser.problems.extend(parsed.problems)
        path, _, name = document.key.rpartition("/")
        if is_consolidated_v3(parsed.value):
            _add(nodes, _nodes_v3(parser, parsed, path, limits))
        elif name not in V2_NAMES and is_consolidated_v2(parsed.value):
            _add(nodes, _nodes_v2(parser, parsed, path, limits))
        elif not any(problem.severity == "error" for problem in parsed.problems):
            loose.setdefault(path, {})[name] = parsed
    for path, parts in loose.items():
        fault = fault_of_key(path)
        if fault:
            parser.problems.append(Problem(path, "unsafe-key", f"{path!r} cannot be a node's path: it {fault}; it was left out"))
            continue
        node = _node_of(parser, path, parts)
        if node is not None:
            nodes[path] = node
    if not nodes:
        raise MetadataError(_nothing(parser.problems), parser.problems)
    ordered = tuple(nodes[path] for path in sorted(nodes))
    return Hierarchy(ordered, tuple(parser.problems))


def _nothing(problems: Sequence[Problem]) -> str:
    detail = "; ".join(problem.message for problem in problems[:3]) or "it holds neither groups nor arrays"
    return f"no Zarr node could be read: {detail}"


def _add(nodes: dict[str, Node], found: Iterable[Node | None]) -> None:
    for node in found:
        if node is not None:
            nodes[node.path] = node


def _within(items: dict[str, Json], parser: NodeParser, limits: DocumentLimits) -> list[tuple[str, Json]]:
    rows = list(items.items())
    if len(rows) > limits.max_nodes:
        message = f"{len(rows)} nodes; at most {limits.max_nodes} are read, the rest was left out"
        parser.problems.append(Problem("", "too-many-nodes", message))
    return rows[: limits.max_nodes]


def _nodes_v3(parser: NodeParser, parsed: Parsed, base: str, limits: DocumentLimits) -> Iterable[Node | None]:
    plain = parsed.plain
    for path, document in _within(split_v3(parsed.value, parser.problems), parser, limits):
        yield parser.node_v3(_joined(base, path), document, plain=plain)


def _nodes_v2(parser: NodeParser, parsed: Parsed, base: str, limits: DocumentLimits) -> Iterable[Node | None]:
    for path, parts in _within(split_v2(parsed.value, parser.problems), parser, limits):
        yield _node_v2(parser, _joined(base, path), parts, plain=parsed.plain)


def _joined(base: str, path: str) -> str:
    return f"{base}/{path}" if base and path else base or path


def _node_v2(parser: NodeParser, path: str, parts: dict[str, Json], *, plain: bool) -> Node | None:
    attributes = parts.get(".zattrs")
    if ".zarray" in parts:
        return parser.array_v2(path, parts[".zarray"], attributes, plain=plain)
    if ".zgroup" in parts:
        return parser.group_v2(path, parts[".zgroup"], attributes)
    message = "has attributes but neither .zarray nor .zgroup; it was left out"
    parser.problems.append(Problem(path, "no-node", message, severity="warning"))
    return None


def _node_of(parser: NodeParser, path: str, parts: dict[str, Parsed]) -> Node | None:
    """The node of one folder; where it holds documents of both formats, v3 is taken."""
    plain = all(parsed.plain for parsed in parts.values())
    if "zarr.json" in parts:
        return parser.node_v3(path, parts["zarr.json"].value, plain=plain)
    return _node_v2(parser, path, {name: parsed.value for name, parsed in parts.items()}, plain=plain)
