"""Which nodes can be found in a store that refuses to list what it holds?

Breadth first from the root, by the names that metadata give (``catalog/metadata/links.py``), many requests at a time and no more
than the limits allow. What no metadata name stays unseen, so such a harvest never counts as complete.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from catalog.errors import (
    CatalogError,
    ForbiddenError,
    LimitExceededError,
    Problem,
    StoreForbiddenError,
    StoreUnavailableError,
)
from catalog.metadata.consolidated import accept_key, is_consolidated_v2, is_consolidated_v3, split_v2, split_v3
from catalog.metadata.document import (
    DEFAULT_LIMITS,
    Document,
    DocumentLimits,
    Json,
    as_object,
    canonical_json,
    parse_document,
)
from catalog.metadata.links import Link, children
from catalog.stores.listing import MAX_DEPTH, join, too_deep, too_large, too_many
from catalog.stores.source import Source

MAX_TOTAL_BYTES = 2 * 2**30
"""Bytes of all documents of one walk together."""
MAX_FAILURES = 50
"""Documents that the store failed to give, after which the walk stops: the store is in trouble."""
_BATCH = 512
_WINDOW = 8
"""Numbered images that are asked for side by side; the count goes on while all of them are there."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk by names found.

    Attributes
    ----------
    documents
        The documents of single nodes, the root's included, by key.
    problems
        What was named and is not there, could not be read, or was left out.
    requests
        Requests that the walk made.
    """

    documents: dict[str, Document]
    problems: tuple[Problem, ...]
    requests: int


def walk_by_name(source: Source, root: Mapping[str, bytes], limits: DocumentLimits = DEFAULT_LIMITS) -> Walked:
    """Every node that can be reached from the root by names in metadata.

    Parameters
    ----------
    source
        The store.
    root
        The root's documents, by key; they are not read again.
    limits
        Bounds on each document, on nodes, and on requests (``max_walk_requests``).

    Returns
    -------
    Walked
        Whatever went wrong on the way is a problem in it; nothing is raised for what a store answers.

    Notes
    -----
    Cost: one request for each node in v3; two or three in v2, and one more for ``.zmetadata`` in each group whose own metadata
    name nothing for certain; one (v2: two) for each likely name where nothing is.
    """
    walk = _Walk(source, limits)
    walk.run(root)
    return Walked(walk.documents, tuple(dict.fromkeys(walk.problems)), source.requests - walk.before)


@dataclass(frozen=True, slots=True)
class _Node:
    """One node that was found."""

    link: Link
    attributes: Mapping[str, Json]
    is_array: bool
    dimension_names: Sequence[str | None] = ()
    consolidated: bool = False


class _Walk:
    """One walk: what is known, what comes next, what went wrong."""

    def __init__(self, source: Source, limits: DocumentLimits) -> None:
        self._source, self._limits = source, limits
        self.before = source.requests
        self.documents: dict[str, Document] = {}
        self.problems: list[Problem] = []
        self._formats: tuple[int, ...] = ()
        self._learned = False
        self._seen: set[str] = {""}
        self._pending: list[tuple[Link, str]] = []
        self._numbered: dict[str, int] = {}
        self._nodes = 1
        self._bytes = self._failures = self._refusals = 0
        self._stopped = False

    def run(self, root: Mapping[str, bytes]) -> None:
        """Walk from the root's documents until nothing more is named, or a limit is met."""
        fmt = 3 if "zarr.json" in root else 2
        self._formats = (fmt, 5 - fmt)
        for key, data in root.items():
            self.documents[key] = Document(key, data)
        here = Link("", "root", "group")
        self._follow([self._node_v3(here) if fmt == 3 else self._node_v2(here)])
        self._count_on([])
        while self._pending and not self._stopped:
            level, self._pending = self._pending, []
            found = self._visit(level)
            self._follow(found)
            self._count_on(found)
        if self._refusals:
            message = f"the store refused {self._refusals} documents that may not be there; they were taken for absent"
            self.problems.append(Problem("", "refused-as-absent", message, severity="info"))

    # -- what comes next

    def _follow(self, nodes: Iterable[_Node]) -> None:
        """Note what these nodes name; where one brought all that is in it along, what is merely likely is not looked for."""
        for node in nodes:
            named = children(
                node.attributes,
                path=node.link.path,
                is_array=node.is_array,
                dimension_names=node.dimension_names,
                reached_by=node.link.reason,
            )
            self._pending += [(link, node.link.path) for link in named.links if link.certain or not node.consolidated]
            if named.numbered and not node.consolidated:
                self._numbered[node.link.path] = -1  # once its group OME was looked for

    def _count_on(self, found: Iterable[_Node]) -> None:
        """Images ``0``, ``1``, … of bioformats2raw, unless its group ``OME`` names them."""
        there = {node.link.path: node for node in found}
        for path, start in list(self._numbered.items()):
            if start < 0:
                self._numbered[path] = 0
                continue
            ome = there.get(join(path, "OME"))
            is_named = ome is not None and "series" in (as_object(ome.attributes.get("ome")) or ome.attributes)
            last = join(path, str(start - 1))
            if is_named or (start and last not in there):
                del self._numbered[path]
                continue
            window = [join(path, str(index)) for index in range(start, start + _WINDOW)]
            self._numbered[path] = start + _WINDOW
            self._pending += [(Link(each, "series", "group", certain=False), path) for each in window]

    def _visit(self, level: Sequence[tuple[Link, str]]) -> list[_Node]:
        """The nodes that are there of those that were named."""
        wanted: dict[str, tuple[Link, str]] = {}
        for link, namer in level:
            known = wanted.get(link.path)
            if link.path in self._seen or (known and (known[0].certain or not link.certain)):
                continue
            if self._accept(link, namer):
                wanted[link.path] = (link, namer)
        self._seen.update(wanted)
        found: list[_Node] = []
        missing = list(wanted.values())
        for fmt in self._formats:
            links = [link for link, _ in missing]
            nodes = self._look_v3(links) if fmt == 3 else self._look_v2(links)
            found += nodes
            there = {node.link.path for node in nodes}
            # The other format is asked for only as long as nothing but the root is known, and only for what must be there.
            missing = [(link, namer) for link, namer in missing if link.path not in there]
            if self._learned or found:
                break
            missing = [pair for pair in missing if pair[0].certain]
        if found and not self._learned:
            self._learned, self._formats = True, (3,) if self._has_v3(found) else (2,)
        if not self._stopped:
            self._miss(missing)
        self._nodes += len(found)
        if self._nodes > self._limits.max_nodes and not self._stopped:
            self._stop(too_many(self._limits.max_nodes))
        return found

    def _has_v3(self, found: Iterable[_Node]) -> bool:
        return any(join(node.link.path, "zarr.json") in self.documents for node in found)

    def _accept(self, link: Link, namer: str) -> bool:
        """Whether a named path may be looked at; if not, that is a problem, and told once."""
        if link.fault:
            message = f"{link.path!r} is named ({link.reason}) and cannot be a node's path: it {link.fault}; it was left out"
            self.problems.append(Problem(namer, "unsafe-key", message))
            return False
        if link.path.count("/") >= MAX_DEPTH:
            self.problems.append(too_deep(link.path))
            return False
        return True

    def _miss(self, missing: Iterable[tuple[Link, str]]) -> None:
        told = {problem.path for problem in self.problems}
        for link, namer in missing:
            keys = (link.path, *(join(link.path, name) for name in ("zarr.json", ".zarray", ".zgroup")))
            if link.certain and told.isdisjoint(keys):
                message = f"{link.path!r} is named by /{namer} ({link.reason}), and nothing is there"
                self.problems.append(Problem(link.path, "named-not-found", message, severity="warning"))

    # -- one level, in one format

    def _look_v3(self, links: Sequence[Link]) -> list[_Node]:
        there = self._read(join(link.path, "zarr.json") for link in links)
        return [self._node_v3(link) for link in links if join(link.path, "zarr.json") in there]

    def _look_v2(self, links: Sequence[Link]) -> list[_Node]:
        """First what each most likely is; then the attributes of what is there, and the other document of what may be either."""
        likely = {link.path: ".zgroup" if link.kind == "group" else ".zarray" for link in links}
        there = self._read(join(path, name) for path, name in likely.items())
        other = {".zgroup": ".zarray", ".zarray": ".zgroup"}
        either = {link.path for link in links if link.certain or not link.kind}
        attributes = [join(path, ".zattrs") for path, name in likely.items() if join(path, name) in there]
        others = [join(path, other[name]) for path, name in likely.items() if join(path, name) not in there and path in either]
        there |= self._read(attributes + others)
        late = [path for path, name in likely.items() if join(path, other[name]) in there and join(path, name) not in there]
        self._read(join(path, ".zattrs") for path in late)
        found = [link for link in links if there.keys() & {join(link.path, ".zgroup"), join(link.path, ".zarray")}]
        nodes = [self._node_v2(link) for link in found]
        silent = [node for node in nodes if not node.is_array and not self._names_something(node)]
        packed = self._read([join(node.link.path, ".zmetadata") for node in silent], keep=False)
        whole = {path for key in packed if self._unpack_v2(path := key.removesuffix(".zmetadata").removesuffix("/"), packed[key])}
        return [self._node_v2(node.link, consolidated=True) if node.link.path in whole else node for node in nodes]

    def _names_something(self, node: _Node) -> bool:
        return any(link.certain for link in children(node.attributes, path=node.link.path).links)

    def _node_v3(self, link: Link) -> _Node:
        key = join(link.path, "zarr.json")
        value = self._value(self.documents[key])
        fields = as_object(value)
        names = fields.get("dimension_names")
        return _Node(
            link,
            as_object(fields.get("attributes")),
            fields.get("node_type") == "array",
            [name for name in names if isinstance(name, str)] if isinstance(names, list) else (),
            consolidated=bool(link.path) and is_consolidated_v3(value) and self._unpack_v3(link.path, value),
        )

    def _node_v2(self, link: Link, *, consolidated: bool = False) -> _Node:
        attributes = self.documents.get(join(link.path, ".zattrs"))
        is_array = join(link.path, ".zarray") in self.documents
        return _Node(link, as_object(self._value(attributes)) if attributes else {}, is_array, consolidated=consolidated)

    # -- groups that bring along all that is in them

    def _unpack_v3(self, path: str, value: Json) -> bool:
        inner = {
            f"{join(path, name)}/zarr.json": {key: member for key, member in document.items() if key != "consolidated_metadata"}
            for name, document in split_v3(value).items()
            if name and isinstance(document, dict) and accept_key(name, self.problems)
        }
        return self._unpack(path, "zarr.json", inner)

    def _unpack_v2(self, path: str, data: bytes) -> bool:
        value = self._value(Document(join(path, ".zmetadata"), data))
        if not is_consolidated_v2(value):
            return False
        parts = split_v2(value, self.problems)
        inner = {
            join(join(path, folder), name): document
            for name, documents in parts.items()
            for folder, document in documents.items()
            if folder and accept_key(folder, self.problems)
        }
        return self._unpack(path, ".zmetadata", inner)

    def _unpack(self, path: str, name: str, inner: Mapping[str, Json]) -> bool:
        """Take the documents inside a consolidated one as if they had been read one by one."""
        for key, document in inner.items():
            if self._nodes >= self._limits.max_nodes:
                self.problems.append(too_many(self._limits.max_nodes))
                break
            self._nodes += not key.endswith(".zattrs")
            self._seen.add(key.rpartition("/")[0])
            self.documents.setdefault(key, Document(key, canonical_json(document).encode()))
        if inner:
            message = f"its {name} is consolidated: the {len(inner)} documents in it were taken from there"
            self.problems.append(Problem(path, "consolidated-part", message, severity="info"))
        return bool(inner)

    # -- reading

    def _read(self, keys: Iterable[str], *, keep: bool = True) -> dict[str, bytes]:
        """The documents that are there of these; unless told not to, they are kept."""
        found: dict[str, bytes] = {}
        for batch in batched(keys, _BATCH):
            if self._stopped:
                break
            wanted = self._within_budget(batch)
            for key, outcome in self._source.read_many(wanted, self._limits.max_bytes).items():
                if isinstance(outcome, CatalogError):
                    self._fail(key, outcome)
                elif outcome is not None:
                    found[key] = outcome
                    self._bytes += len(outcome)
            if self._bytes > MAX_TOTAL_BYTES:
                message = f"the documents have more than {MAX_TOTAL_BYTES} bytes together; the rest was left out"
                self._stop(Problem("", "too-large", message))
        if keep:
            self.documents.update({key: Document(key, data) for key, data in found.items()})
        return found

    def _within_budget(self, keys: Sequence[str]) -> Sequence[str]:
        allowed = self._limits.max_walk_requests
        left = max(0, allowed - (self._source.requests - self.before))
        if len(keys) > left:
            message = (
                f"the walk by names needs more than {allowed} requests; the rest was left out"
                " (raise max_walk_requests, CATALOG_METADATA__MAX_WALK_REQUESTS, or consolidate the store)"
            )
            self._stop(Problem("", "too-many-requests", message))
        return keys[:left]

    def _stop(self, problem: Problem) -> None:
        self.problems.append(problem)
        self._stopped = True

    def _fail(self, key: str, error: CatalogError) -> None:
        """Note what could not be read; a refusal may mean that nothing is there (S3 without the right to list)."""
        if isinstance(error, StoreForbiddenError):
            self._refusals += 1
        elif isinstance(error, LimitExceededError):
            self.problems.append(too_large(key, self._limits.max_bytes))
        else:
            kind = "unavailable" if isinstance(error, StoreUnavailableError) else "unreadable"
            self.problems.append(Problem(key, "forbidden" if isinstance(error, ForbiddenError) else kind, str(error)))
            self._failures += 1
            if self._failures == MAX_FAILURES:
                message = f"the store failed to give {MAX_FAILURES} documents; the rest was not asked for"
                self._stop(Problem("", "unavailable", message))

    def _value(self, document: Document) -> Json:
        return parse_document(document, self._limits).value
