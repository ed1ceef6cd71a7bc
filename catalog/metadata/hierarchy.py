"""Which nodes does this hierarchy have, and what is wrong with it?

Documents in, tree out. Whether they came one by one from a listing or all inside a consolidated document makes no difference to
the tree: nodes are sorted by path, and each carries the same digest either way.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from catalog.errors import MetadataError, Problem
from catalog.metadata.array import Array
from catalog.metadata.collector import collector_paused
from catalog.metadata.confusable import look_alikes
from catalog.metadata.consolidated import V2_NAMES, accept_key, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3
from catalog.metadata.document import DEFAULT_LIMITS, MAX_NOTES, Document, DocumentLimits, Parsed, parse_document
from catalog.metadata.group import Group
from catalog.metadata.key import fault_of_key
from catalog.metadata.misleading import misleading_in, show_misleading
from catalog.metadata.node_parser import Node, NodeParser
from catalog.metadata.position import Text, locate
from catalog.metadata.tree import is_tree, split_tree

DOCUMENT_NAMES = ("zarr.json", *V2_NAMES)
MISLEADING_NAME = "misleading-name"
"""The kind of problem that a name is which people may take for another one."""


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
        Either one consolidated document alone, or one of a whole hierarchy (see ``tree``), or the documents of single nodes
        (``zarr.json``, ``.zgroup``, ``.zarray``, ``.zattrs``). Each of several documents speaks for its own node alone: what it
        consolidates may be stale.

    Raises
    ------
    MetadataError
        Nothing could be described: no node is left. Anything less is listed in ``problems``.

    Notes
    -----
    About 4 µs per node beside the parsing of its document.
    """
    parser = NodeParser()
    with collector_paused:
        nodes = {node.path: node for node in _nodes(parser, documents, limits) if node is not None}
    problems = [*parser.problems, *islice(_misleading(nodes[path] for path in sorted(nodes)), MAX_NOTES)]
    if not any(problem.severity == "error" for problem in problems):  # else the root may be what could not be read
        problems.extend(_several(nodes))
    if problems:
        problems = locate(problems, [Text(document.key, document.data) for document in documents])
    if not nodes:
        problems = problems or [Problem("", "no-node", "the documents hold neither groups nor arrays")]
        raise MetadataError(_nothing(problems), problems)
    return Hierarchy(tuple(nodes[path] for path in sorted(nodes)), tuple(problems))


def parse_node(documents: Sequence[Document], path: str, limits: DocumentLimits = DEFAULT_LIMITS) -> Node | None:
    """The node at one path of the hierarchy that documents describe; None where they describe others alone.

    Parameters
    ----------
    documents, limits
        As for `parse_hierarchy`.

    Raises
    ------
    MetadataError
        They describe no node at all.

    Notes
    -----
    Of a consolidated document only this node is made: a tenth of the cost of all of a thousand, and what is left is reading JSON.
    """
    with collector_paused:
        found = [node for node in _nodes(NodeParser(), documents, limits, path) if node is not None]
    if found:
        return found[-1]
    return next((node for node in parse_hierarchy(documents, limits).nodes if node.path == path), None)


def _misleading(nodes: Iterable[Node]) -> Iterator[Problem]:
    """Names that people may take for others; they are kept as they are."""
    places: dict[str, str] = {}
    for node in nodes:
        for name in (node.path.rpartition("/")[2], *(filter(None, node.dimension_names) if isinstance(node, Array) else ())):
            places.setdefault(name, node.path)
    for name, path in places.items():
        if not name.isascii() and (found := misleading_in(name)):
            message = f"the name {name!r:.120} may look like another one: it has {', '.join(found):.200}, which is not seen"
            yield Problem(path, MISLEADING_NAME, message, severity="warning")
    for name, other in look_alikes(places):
        letters = ", ".join(dict.fromkeys(f"U+{ord(each):04X}" for each in name if not each.isascii()))
        message = (
            f"the name {show_misleading(name)!r:.120} could be taken for {show_misleading(other)!r:.120}: it has {letters:.200}"
        )
        yield Problem(places[name], MISLEADING_NAME, message, severity="warning")


def _several(nodes: Mapping[str, Node]) -> Iterator[Problem]:
    """Several groups and arrays without one above them, such as the stores in a folder that somebody named."""
    if "" in nodes:
        return
    tops = sorted(path for path in nodes if not any(path[:at] in nodes for at, each in enumerate(path) if each == "/"))
    if len(tops) > 1:
        shown = ", ".join(map(repr, tops[:5])) + (" …" if len(tops) > 5 else "")
        message = (
            f"the root is no group, and {len(tops)} groups and arrays have none above them: {shown:.300}; "
            "`catalog find` lists stores in a folder, to be taken in one by one"
        )
        yield Problem("", "several-roots", message, severity="info")


def _nothing(problems: Sequence[Problem]) -> str:
    return f"no Zarr node could be read: {'; '.join(problem.message for problem in problems[:3])}"


def _nodes(
    parser: NodeParser, documents: Sequence[Document], limits: DocumentLimits, only: str | None = None
) -> Iterable[Node | None]:
    """The nodes that documents describe; of these only the one at a path where that is given."""
    if len(documents) == 1:
        parsed = parse_document(documents[0], limits)
        base, _, name = documents[0].key.rpartition("/")
        if is_consolidated_v3(parsed.value):
            parser.problems.extend(parsed.problems)
            return _nodes_v3(parser, parsed, base, limits, only)
        if name not in DOCUMENT_NAMES and is_consolidated_v2(parsed.value):
            parser.problems.extend(parsed.problems)
            return _nodes_v2(parser, parsed, base, limits, only)
        if name not in DOCUMENT_NAMES and is_tree(parsed.value):
            parser.problems.extend(parsed.problems)
            return _nodes_of_tree(parser, parsed, base, limits, only)
    return (node for node in _single_nodes(parser, documents, limits) if only is None or (node and node.path == only))


def _nodes_v3(parser: NodeParser, parsed: Parsed, base: str, limits: DocumentLimits, only: str | None) -> Iterable[Node | None]:
    plain = parsed.plain
    for path, document in _within(split_v3(parsed.value), parser, limits):
        if _is_wanted(place := _joined(base, path), only) and accept_key(path, parser.problems):
            yield parser.node_v3(place, document, plain=plain)


def _nodes_v2(parser: NodeParser, parsed: Parsed, base: str, limits: DocumentLimits, only: str | None) -> Iterable[Node | None]:
    plain = parsed.plain
    documents = split_v2(parsed.value, parser.problems)
    attributes = documents[".zattrs"]
    nodes = documents[".zgroup"] | documents[".zarray"]
    for path, document in _within(nodes, parser, limits):
        if not _is_wanted(place := _joined(base, path), only) or not accept_key(path, parser.problems):
            continue
        if path in documents[".zarray"]:
            yield parser.array_v2(place, document, attributes.get(path), plain=plain)
        else:
            yield parser.group_v2(place, document, attributes.get(path))
    for path in attributes:
        if path not in nodes and accept_key(path, parser.problems):
            parser.no_node(_joined(base, path))


def _nodes_of_tree(
    parser: NodeParser, parsed: Parsed, base: str, limits: DocumentLimits, only: str | None
) -> Iterable[Node | None]:
    members = {member.path: member for member in split_tree(parsed.value, parser.problems)}
    for path, member in _within(members, parser, limits):
        place, plain = _joined(base, path), parsed.plain
        if not _is_wanted(place, only):
            continue
        if member.zarr_format == 3:
            yield parser.node_v3(place, member.document, plain=plain)
        elif member.is_array:
            yield parser.array_v2(place, member.document, member.attributes, plain=plain)
        else:
            yield parser.group_v2(place, member.document, member.attributes)


def _is_wanted(path: str, only: str | None) -> bool:
    return only is None or path == only


def _single_nodes(parser: NodeParser, documents: Sequence[Document], limits: DocumentLimits) -> Iterable[Node | None]:
    """The nodes of documents that lie one by one in the store; those of one folder belong together."""
    folders: dict[str, dict[str, Document]] = {}
    for document in documents:
        path, _, name = document.key.rpartition("/")
        fault = fault_of_key(document.key)
        if fault:
            message = f"{document.key!r} cannot be a document's key: it {fault}; it was left out"
            parser.problems.append(Problem(path, "unsafe-key", message))
        elif name not in DOCUMENT_NAMES:
            message = (
                f"{document.key!r} is neither a consolidated document nor one of {', '.join(DOCUMENT_NAMES)}; it was left out"
            )
            parser.problems.append(Problem(document.key, "unknown-document", message))
        else:
            folders.setdefault(path, {})[name] = document
    for path, parts in _within(folders, parser, limits):
        found: dict[str, Parsed] = {}
        for name, document in parts.items():
            found[name] = parsed = parse_document(document, limits)
            parser.problems.extend(parsed.problems)
        readable = {name: parsed for name, parsed in found.items() if not _failed(parsed)}
        if readable and (len(readable) == len(found) or readable.keys() - {".zattrs"}):
            yield _node_of(parser, path, readable)


def _failed(parsed: Parsed) -> bool:
    return any(problem.severity == "error" for problem in parsed.problems)


def _within[T](items: dict[str, T], parser: NodeParser, limits: DocumentLimits) -> Iterable[tuple[str, T]]:
    if len(items) <= limits.max_nodes:
        return items.items()
    message = f"{len(items)} nodes; at most {limits.max_nodes} are read, the rest was left out"
    parser.problems.append(Problem("", "too-many-nodes", message))
    return islice(items.items(), limits.max_nodes)


def _joined(base: str, path: str) -> str:
    return f"{base}/{path}" if base and path else base or path


def _node_of(parser: NodeParser, path: str, parts: dict[str, Parsed]) -> Node | None:
    """The node of one folder; where it holds documents of both formats, v3 is taken unless it cannot be read."""
    v3, zarray, zgroup, zattrs = (parts.get(name) for name in DOCUMENT_NAMES)
    if v3:
        node = parser.node_v3(path, v3.value, plain=v3.plain)
        if node is not None or not (zarray or zgroup):
            return node
    attributes = zattrs.value if zattrs else None
    if zarray:
        return parser.array_v2(path, zarray.value, attributes, plain=zarray.plain)
    if zgroup:
        return parser.group_v2(path, zgroup.value, attributes)
    parser.no_node(path)
    return None
