"""Which documents describe the hierarchy in this store?

The cheapest complete answer is one consolidated document; a listing is next; where a store refuses to list, what is known by
name is all there is, and the answer says that it is not complete.

Order: a key that was named or known from before; ``zarr.json``; ``.zmetadata``; a listing; and where nothing else is there,
``.all_metadata`` and ``zmetadata``, which some writers use.
Source: Zarr v3 "Metadata documents"; zarr-python, "Consolidated metadata".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.errors import (
    LimitExceededError,
    ListingRefusedError,
    MetadataError,
    NotFoundError,
    Problem,
    StoreForbiddenError,
)
from catalog.metadata.consolidated import is_consolidated_v2, is_consolidated_v3
from catalog.metadata.document import (
    DEFAULT_LIMITS,
    Document,
    DocumentLimits,
    Json,
    as_object,
    digest_of_documents,
    parse_document,
)
from catalog.metadata.key import safe_key
from catalog.metadata.tree import is_tree
from catalog.stores.by_name import walk_by_name
from catalog.stores.listing import is_array_v3, nested_copy, too_large
from catalog.stores.source import Source

OTHER_KEYS = (".all_metadata", "zmetadata")
"""Keys of v2 consolidated documents that are tried where nothing else is there."""

MAX_TOTAL_BYTES = 2 * 2**30
"""Bytes of all documents of a listing together."""

_ROOT_V2 = (".zgroup", ".zarray", ".zattrs")


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was read of a store's metadata.

    Attributes
    ----------
    documents
        The documents, sorted by key: one consolidated document, or those of single nodes.
    route
        ``consolidated``, ``listing``, ``walk`` where no listing was to be had, or ``single`` where the root is an array.
    key
        The consolidated document's key; ``""`` on other routes.
    requests
        Requests that it took.
    complete
        Whether everything that should be there was read.
    fresh
        ``unproven``: nothing has compared a consolidated document with the ones it was made from; see ``freshness``.
    problems
        What could not be read, and what is worth knowing; ``path`` is a key.
    container
        What held the documents: ``""`` for a folder, else as ``Source.container``.
    """

    documents: tuple[Document, ...]
    route: str
    key: str
    requests: int
    complete: bool
    fresh: str = "unproven"
    problems: tuple[Problem, ...] = ()
    container: str = ""


def read_documents(
    source: Source,
    *,
    metadata_key: str | None = None,
    known_key: str | None = None,
    known_digest: str | None = None,
    limits: DocumentLimits = DEFAULT_LIMITS,
) -> Harvest:
    """The documents that describe a store's hierarchy.

    Parameters
    ----------
    source
        The store.
    metadata_key
        Key of the consolidated document to use; nothing else is tried.
    known_key
        Key of the consolidated document that was used last time; tried first.
    known_digest
        What `digest_of_documents` gave last time; a document that gives the same is not parsed to see what it is.
    limits
        Bounds on each document, and on the number of nodes.

    Returns
    -------
    Harvest
        A document that is too large, unreadable or not what its name says is a problem in it; the rest is there all the same.

    Raises
    ------
    NotFoundError
        No metadata document is there; the message names the keys that were tried.
    MetadataError
        There are documents, but none that describes a hierarchy; ``problems`` says what was found.
    StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
        The store refused, or did not answer as it should.

    Notes
    -----
    Cost: one request where the document is consolidated v3 or its key is known, two where it is ``.zmetadata``; on a listing, one
    per document and folder.
    """
    search = _Search(source, limits)
    if metadata_key is not None:
        return search.named(safe_key(metadata_key))
    return (
        search.known(known_key, known_digest)
        or search.only()
        or search.root_v3()
        or search.root_v2()
        or search.listed()
        or search.others()
        or search.nothing()
    )


class _Search:
    """One search through one store: what was tried, found and refused so far."""

    def __init__(self, source: Source, limits: DocumentLimits) -> None:
        self._source, self._limits = source, limits
        self._before = source.requests - source.opening
        self._tried: list[str] = []
        self._found: dict[str, bytes] = {}
        self._looked_at: dict[str, Document] = {}
        self._problems: list[Problem] = []
        self._refused: StoreForbiddenError | None = None
        self._unlisted: Problem | None = None

    # -- the steps, in their order; each returns a harvest, or None to go on

    def named(self, key: str) -> Harvest:
        """The consolidated document at a key that the caller gave."""
        data = self._probe(key)
        if data is None:
            self._raise_refusal()
            if self._problems:
                raise MetadataError(self._problems[0].message, self._problems)
            raise NotFoundError(f"{self._source.location} has no document {key!r}")
        harvest = self._consolidated(key, data) or (self._root_v3(data) if key == "zarr.json" else None)
        if harvest is None:
            raise MetadataError(f"{key!r} in {self._source.location} is no consolidated document", self._problems)
        return harvest

    def known(self, key: str | None, digest: str | None) -> Harvest | None:
        """The consolidated document where it was last time."""
        data = self._probe(safe_key(key)) if key else None
        if key and data is not None and digest == digest_of_documents([self._document(key, data)]):
            return self._harvest({key: data}, "consolidated", key=key)
        harvest = self._consolidated(str(key), data) if data is not None else None
        if harvest is None:
            self._problems.clear()
        return harvest

    def only(self) -> Harvest | None:
        """The document, where the store is one and nothing else."""
        return self.named(self._source.only) if self._source.only else None

    def root_v3(self) -> Harvest | None:
        """The root's ``zarr.json``: an array, consolidated, or a group to be listed."""
        data = self._probe("zarr.json")
        return None if data is None else self._root_v3(data)

    def root_v2(self) -> Harvest | None:
        """The usual consolidated document of v2, unless a v3 root is there."""
        if "zarr.json" in self._found:
            return None
        data = self._probe(".zmetadata")
        return None if data is None else self._consolidated(".zmetadata", data)

    def listed(self) -> Harvest | None:
        """All documents below the root, by name."""
        found = {key: data for key, data in self._found.items() if key == "zarr.json"}
        complete, size = True, 0
        nodes: dict[str, bytes] = {}
        refused: str | None = None
        try:
            for item in self._source.walk(self._limits, found):
                if item.problem is not None:
                    self._problems.append(item.problem)
                    complete = complete and item.problem.severity != "error"
                elif item.data is not None:
                    nodes[item.key] = item.data
                    size += len(item.data)
                if size > MAX_TOTAL_BYTES:
                    message = f"the documents have more than {MAX_TOTAL_BYTES} bytes together; the rest was left out"
                    self._problems.append(Problem("", "too-large", message))
                    complete = False
                    break
        except ListingRefusedError as error:
            refused = str(error)
        if refused is not None:
            return self._unlistable(refused)
        if not nodes:
            return None
        # What is wrong inside a document that is handed on is for its reader to say.
        self._problems = [p for p in self._problems if p.path not in nodes or p.kind == "invalid-consolidated"]
        self._both_formats(nodes)
        self._nested(nodes)
        route = "single" if _is_root_array(nodes) else "listing"
        return self._harvest(nodes, route, complete=complete)

    def others(self) -> Harvest | None:
        """Consolidated documents under the names that some writers use."""
        for key in OTHER_KEYS:
            data = None if "zarr.json" in self._found else self._probe(key)
            harvest = self._consolidated(key, data) if data is not None else None
            if harvest is not None:
                return harvest
        return self._root_only()

    def nothing(self) -> Harvest:
        """No step found a hierarchy."""
        if all(problem.kind in {"forbidden", "listing-refused"} for problem in self._problems):
            self._raise_refusal()
        if self._problems:
            reasons = "; ".join(problem.message for problem in self._problems[:3])
            raise MetadataError(f"{self._source.location} holds no readable metadata: {reasons}", self._problems)
        hint = f"; is it an Icechunk repository? Name it as icechunk+{self._source.location}" if self._source.seen("repo") else ""
        raise NotFoundError(f"{self._source.location} holds no Zarr metadata; tried {', '.join(self._tried)}{hint}")

    # -- what the steps are made of

    def _probe(self, key: str) -> bytes | None:
        """The document at a key. A refusal is kept in mind: some servers refuse what is not there."""
        if key in self._found:
            return self._found[key]
        self._tried.append(key)
        try:
            data = self._source.read(key, self._limits.max_bytes)
        except StoreForbiddenError as error:
            self._refused = self._refused or error
            return None
        except LimitExceededError:
            self._problems.append(too_large(key, self._limits.max_bytes))
            return None
        if data is not None:
            self._found[key] = data
        return data

    def _raise_refusal(self) -> None:
        if self._refused is not None:
            raise self._refused

    def _value(self, key: str, data: bytes) -> Json:
        """The JSON value, or None with the reason among the problems. The document remembers it for whoever reads its nodes."""
        parsed = parse_document(self._document(key, data), self._limits)
        self._problems.extend(problem for problem in parsed.problems if problem.severity == "error")
        return parsed.value

    def _document(self, key: str, data: bytes) -> Document:
        """The document with these bytes, which remembers what it was asked before."""
        known = self._looked_at.get(key)
        if not known or known.data != data:
            known = self._looked_at[key] = Document(key, data)
        return known

    def _consolidated(self, key: str, data: bytes) -> Harvest | None:
        before = len(self._problems)
        value = self._value(key, data)
        if is_consolidated_v3(value) or is_consolidated_v2(value) or (key != "zarr.json" and is_tree(value)):
            return self._harvest({key: data}, "consolidated", key=key)
        if key != "zarr.json" and len(self._problems) == before:
            self._problems.append(Problem(key, "invalid-consolidated", f"{key!r} has no object 'metadata'; it was not used"))
        return None

    def _root_v3(self, data: bytes) -> Harvest | None:
        before = len(self._problems)
        value = self._value("zarr.json", data)
        fields = as_object(value)
        if "metadata_encoding" in fields:
            message = (
                "'zarr.json' is of an old draft of Zarr v3 ('metadata_encoding'), which is not read; write the store again as v3"
            )
            raise MetadataError(f"{self._source.location}: {message}", [Problem("zarr.json", "old-draft", message)])
        if is_consolidated_v3(value):
            return self._harvest({"zarr.json": data}, "consolidated", key="zarr.json")
        if fields.get("zarr_format") != 3:
            if len(self._problems) == before:
                found = fields.get("zarr_format")
                self._problems.append(
                    Problem("zarr.json", "not-v3", f"'zarr.json' has the 'zarr_format' {found!r}; it must be 3")
                )
            self._found.pop("zarr.json")
            return None
        if fields.get("node_type") == "array":
            return self._harvest({"zarr.json": data}, "single")
        if fields.get("consolidated_metadata") is not None:
            message = "'consolidated_metadata' has no object 'metadata'; it was not used"
            self._problems.append(Problem("zarr.json", "invalid-consolidated", message, "/consolidated_metadata", "warning"))
        return None

    def _unlistable(self, reason: str) -> Harvest | None:
        """What is left without a listing: the root. Where that is no v3 root, other keys come before it."""
        self._unlisted = Problem("", "listing-refused", reason)
        if "zarr.json" in self._found:
            return self._root_only()
        for key in _ROOT_V2:
            data = self._probe(key)
            if data is not None and not isinstance(self._value(key, data), dict):
                del self._found[key]
        return self._root_only() if ".zarray" in self._found else None

    def _root_only(self) -> Harvest | None:
        nodes = {key: data for key, data in self._found.items() if key == "zarr.json" or key in _ROOT_V2}
        if self._unlisted is None or not nodes.keys() - {".zattrs"}:
            return None
        if _is_root_array(nodes):
            return self._harvest(nodes, "single", complete=not self._problems)
        return self._walked(nodes, self._unlisted.message)

    def _walked(self, root: dict[str, bytes], reason: str) -> Harvest:
        """What can be reached from the root by the names that metadata give."""
        walked = walk_by_name(self._source, root, self._limits)
        message = (
            f"{reason} {len(walked.documents)} documents were found by the names that metadata give; what none of them names was"
            " not looked for. Consolidate the store's metadata, so that one document holds all"
        )
        self._problems.append(Problem("", "listing-refused", message, severity="warning"))
        self._problems.extend(walked.problems)
        self._looked_at.update(walked.documents)
        documents = {key: document.data for key, document in walked.documents.items()}
        return self._harvest(documents, "walk", complete=False)

    def _both_formats(self, nodes: dict[str, bytes]) -> None:
        """Leave out the v2 documents of a node that has a v3 document too."""
        for key in sorted(nodes):
            folder, slash, name = key.rpartition("/")
            if name != "zarr.json" or b'"node_type"' not in nodes[key]:
                continue
            others = [old for old in _ROOT_V2 if folder + slash + old in nodes]
            if set(others) - {".zattrs"}:
                message = f"holds zarr.json and {', '.join(others)}; zarr.json is used"
                self._problems.append(Problem(folder, "both-formats", message, severity="info"))
                for old in others:
                    del nodes[folder + slash + old]

    def _nested(self, nodes: dict[str, bytes]) -> None:
        """Note groups inside that are consolidated, though the root is not: each node's own document counts."""
        for key in sorted(nodes):
            if (
                key.endswith("/zarr.json")
                and b'"consolidated_metadata"' in nodes[key]
                and is_consolidated_v3(parse_document(self._document(key, nodes[key]), self._limits).value)
            ):
                self._problems.append(nested_copy(key.removesuffix("/zarr.json"), "zarr.json"))

    def _harvest(self, documents: dict[str, bytes], route: str, *, key: str = "", complete: bool = True) -> Harvest:
        if "zarr.json" in documents and self._source.seen(".zmetadata"):
            message = "holds zarr.json and .zmetadata; zarr.json is used"
            self._problems.append(Problem("", "both-formats", message, severity="info"))
        rows = tuple(self._document(name, documents[name]) for name in sorted(documents))
        problems = tuple(dict.fromkeys((*self._source.problems, *self._problems)))
        complete = complete and not any(problem.severity == "error" for problem in self._source.problems)
        requests = self._source.requests - self._before
        return Harvest(rows, route, key, requests, complete, problems=problems, container=self._source.container)


def _is_root_array(nodes: Iterable[str] | dict[str, bytes]) -> bool:
    """Whether these documents are those of one array at the root."""
    names = set(nodes)
    if ".zarray" in names:
        return names <= {".zarray", ".zattrs"}
    return isinstance(nodes, dict) and names == {"zarr.json"} and is_array_v3(nodes["zarr.json"])
