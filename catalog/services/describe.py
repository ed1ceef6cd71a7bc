"""What does the catalogue say about the thing that an IRI names?

Everything that is said of it, and of what only it consists of; whatever links to it; and, of a group, a page of what lies in it.
The answer is bounded, however large the dataset is: what did not fit is said to be missing. Only the graph store of one audience
is asked, so a thing that this audience may not see is told of in the same words as one that is not there.

Source: W3C Member Submission, CBD - Concise Bounded Description.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.graphstore.bindings import Blank, Iri, Term
from catalog.graphstore.bindings import Literal as Value
from catalog.graphstore.compose import part
from catalog.graphstore.door import GraphStore
from catalog.graphstore.queries import load_query, write_iri, write_term
from catalog.rdf import terms
from catalog.rdf.iris import CURATED, Iris
from catalog.rdf.paging import page_lines
from catalog.rdf.prefixes import DCAT, DCT, RDF_TYPE, RDFS_LABEL

Kind = Literal["dataset", "group", "array", "snapshot", "thing"]

MAX_STATEMENTS: Final = 2000
"""Statements about a thing and what it consists of."""
MAX_LINKS: Final = 100
"""Statements of others that link to it."""
MAX_GRAPH: Final = 50_000
"""Statements of a graph that is given as a document."""
PAGE: Final = 100
"""Nodes in one page of a group."""
MAX_SORTED: Final = 20_000
"""Nodes right below a group that are put in order; more come in the order of the graph store."""
_DEPTH: Final = 3
_KINDS: Final[dict[str, Kind]] = {
    terms.CLASS_ZARR_ARRAY: "array",
    terms.CLASS_ZARR_GROUP: "group",
    terms.CLASS_SNAPSHOT: "snapshot",
    f"{DCAT}Dataset": "dataset",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One statement."""

    subject: str
    predicate: str
    target: Term

    @property
    def line(self) -> str:
        """The statement as a line of N-Triples."""
        return f"{write_iri(self.subject)} {write_iri(self.predicate)} {write_term(self.target)} .\n"


@dataclass(frozen=True, slots=True)
class Child:
    """A node in a group.

    Attributes
    ----------
    iri, path, label
        Its IRI, its path in the hierarchy and its name.
    is_array
        Whether it is an array; else it is a group.
    shape, data_type
        Of an array, as JSON and by name; ``""`` of a group.
    """

    iri: str
    path: str
    label: str
    is_array: bool
    shape: str = ""
    data_type: str = ""


@dataclass(frozen=True, slots=True)
class Children:
    """One page of what lies right below a node or dataset.

    Attributes
    ----------
    parent
        What they lie in.
    page, pages
        Which page this is, from 1, and how many there are.
    total
        Nodes on all pages.
    items
        The nodes of this page.
    """

    parent: str
    page: int
    pages: int
    total: int
    items: tuple[Child, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """What the catalogue says about a thing.

    Attributes
    ----------
    iri, kind
        What it is.
    statements
        About it, and about what it consists of; sorted.
    links
        Statements of others that have it as object.
    children
        Of a dataset or a group that has any.
    complete
        Whether everything is in it, children on other pages apart.
    """

    iri: str
    kind: Kind
    statements: tuple[Said, ...]
    links: tuple[Said, ...]
    children: Children | None
    complete: bool

    def all(self, predicate: str, subject: str = "") -> list[Term]:
        """The values that a thing has of a property, sorted; of the thing itself unless another one is named."""
        about = subject or self.iri
        return [each.target for each in self.statements if each.subject == about and each.predicate == predicate]

    def one(self, predicate: str, subject: str = "") -> str:
        """The first of the values as plain text; ``""`` where there is none."""
        found = self.all(predicate, subject)
        return found[0].value if found else ""

    @property
    def ntriples(self) -> bytes:
        """All of it as canonical N-Triples."""
        lines = {each.line for each in (*self.statements, *self.links)}
        if self.children is not None:
            shown = self.children
            lines |= {each.line for child in shown.items for each in _child_statements(shown.parent, child)}
            lines |= set(page_lines(self.iri, shown.page, shown.pages))
        return "".join(sorted(lines)).encode()


def describe(store: GraphStore, iris: Iris, iri: str, page: int = 1, *, mentioned: bool = False) -> Description:
    """What an audience is told about an IRI of this deployment.

    Parameters
    ----------
    iri
        As `catalog.rdf.iris.Iris` mints it.
    page
        Which page of the nodes in it, from 1.
    mentioned
        Whether it is enough that others link to it, as for a data type, of which nobody says anything else.

    Raises
    ------
    NotFoundError
        The catalogue says nothing about it, or nothing that this audience may see; or it has no such page.
    InputError
        It is no IRI, or the page is less than 1.

    Notes
    -----
    At most eight queries, each for a bounded number of rows.
    """
    if page < 1:
        raise InputError(f"the page is {page}; pages are numbered from 1")
    closure = _Closure(store, iris, iri)
    links, all_links = _links(store, iri)
    if not closure.said and not (mentioned and links):
        raise NotFoundError(f"nothing is known about <{iri}>")
    closure.follow([link.subject for link in links if link.subject.startswith(f"{iri}#")])
    statements = tuple(sorted(closure.said, key=lambda each: each.line))
    kind = _kind(statements, iri)
    children = _children(store, _holder(statements, iri), page) if kind in {"dataset", "group"} else None
    if page > (children.pages if children else 1):
        raise NotFoundError(f"<{iri}> has no page {page}")
    return Description(iri, kind, statements, links, children, closure.complete and all_links)


def is_known(store: GraphStore, iri: str) -> bool:
    """Whether an audience is told anything about an IRI."""
    return store.ask(load_query("describe-known"), {"subject": [Iri(iri)]})


def describe_graph(store: GraphStore, iris: Iris, iri: str) -> Description:
    """What a named graph holds; the curated graph of a dataset may be empty.

    Raises
    ------
    NotFoundError
        There is no such graph, or none that this audience may see.
    LimitExceededError
        It is larger than a document may be; SPARQL gives parts of it.
    """
    query = f"{load_query('describe-graph')}\n{part('limit', number=MAX_GRAPH + 1).value}"
    rows = store.select(query, {"graph": [Iri(iri)]}).rows
    if len(rows) > MAX_GRAPH:
        message = f"<{iri}> holds more than {MAX_GRAPH} statements: ask for the parts that you need with SPARQL (GRAPH <{iri}> …)"
        raise LimitExceededError(message, limit="graph-statements", value=len(rows), allowed=MAX_GRAPH)
    dataset_id = iris.dataset_id(iri) or ""
    if not rows and not (iri == iris.graph(dataset_id, CURATED) and is_known(store, iris.dataset(dataset_id))):
        raise NotFoundError(f"nothing is known about <{iri}>")
    statements = sorted({said for row in rows if (said := _said(row))}, key=lambda each: each.line)
    return Description(iri, "thing", tuple(statements), (), None, complete=True)


def _kind(statements: Iterable[Said], iri: str) -> Kind:
    classes = {each.target.value for each in statements if each.subject == iri and each.predicate == RDF_TYPE}
    return next((kind for name, kind in _KINDS.items() if name in classes), "thing")


def _holder(statements: Iterable[Said], iri: str) -> str:
    """What the children lie in: of a dataset its root node, where it has one."""
    roots = [each.target.value for each in statements if each.subject == iri and each.predicate == terms.ROOT_NODE]
    return roots[0] if roots else iri


class _Closure:
    """Collects what is said of a thing and of what it consists of, nearest first, up to the limit."""

    def __init__(self, store: GraphStore, iris: Iris, iri: str) -> None:
        self._store, self._iris, self._iri = store, iris, iri
        self._seen: set[str] = set()
        self.said: set[Said] = set()
        self.complete = True
        self.follow([iri])

    def follow(self, subjects: Sequence[str]) -> None:
        """Add what is said of these things, and of what they consist of."""
        for _ in range(_DEPTH):
            subjects = sorted({each for each in subjects if each not in self._seen})
            if not subjects:
                return
            found = self._statements(subjects)
            self._seen.update(subjects)
            self.said.update(found)
            subjects = [each.target.value for each in found if self._belongs(each)]
        self.complete &= self._seen.issuperset(subjects)

    def _statements(self, subjects: Sequence[str]) -> list[Said]:
        room = MAX_STATEMENTS - len(self.said)
        if room <= 0:
            self.complete = False
            return []
        query = f"{load_query('describe-statements')}\n{part('limit', number=room + 1).value}"
        rows = self._store.select(query, {"subject": [Iri(each) for each in subjects]}).rows
        self.complete &= len(rows) <= room
        return [said for row in rows[:room] if (said := _said(row))]

    def _belongs(self, said: Said) -> bool:
        """Whether a target is told of together with the thing itself: it has no meaning without it, or is small and shared."""
        iris, own, iri = self._iris, self._iri, said.target.value
        if not isinstance(said.target, Iri):
            return False
        if iri.startswith((f"{own}#", iris.skolem)) or (said.predicate == terms.DESCRIBES and said.subject == own):
            return True
        if iri.startswith(f"{iris.base}datasets/"):
            return iris.dataset(iris.dataset_id(own) or "") == own and iri.startswith(own + "/") and "/nodes/" not in iri
        return iri.startswith(iris.base) and not iri.startswith(iris.references) and "/" in iri.removeprefix(iris.base)


def _said(row: Sequence[Term | None]) -> Said | None:
    subject, predicate, target = row
    if subject is None or predicate is None or target is None or isinstance(target, Blank):
        return None
    return Said(subject.value, predicate.value, target)


def _links(store: GraphStore, iri: str) -> tuple[tuple[Said, ...], bool]:
    query = f"{load_query('describe-links')}\n{part('limit', number=MAX_LINKS + 1).value}"
    rows = store.select(query, {"object": [Iri(iri)]}).rows
    found = sorted({Said(row[0].value, row[1].value, Iri(iri)) for row in rows if row[0] and row[1]}, key=lambda each: each.line)
    return tuple(found[:MAX_LINKS]), len(found) <= MAX_LINKS


def _children(store: GraphStore, parent: str, page: int) -> Children | None:
    values = {"parent": [Iri(parent)]}
    query = load_query("describe-children")
    total = int(store.select(load_query("describe-child-count"), values).values("count")[0] or 0)
    start = (page - 1) * PAGE
    if not total:
        return None
    if total <= MAX_SORTED:
        found = store.select(f"{query}\n{part('limit', number=MAX_SORTED + 1).value}", values).values("child")
        names = sorted({each for each in found if each})[start : start + PAGE]
    else:
        slice_ = f"{query}\n{part('limit', number=PAGE).value} {part('offset', number=start).value}"
        names = [each for each in store.select(slice_, values).values("child") if each]
    return Children(parent, page, -(-total // PAGE), total, tuple(_facts(store, names)))


def _facts(store: GraphStore, names: Sequence[str]) -> list[Child]:
    """The nodes of these IRIs, in their order."""
    facts: dict[str, Child] = {}
    for row in store.select(load_query("describe-child-facts"), {"child": [Iri(each) for each in names]}):
        plain = {column: term.value if term else "" for column, term in row.items()}
        is_array = plain["kind"] == terms.CLASS_ZARR_ARRAY
        shape, kind = plain["shape"], plain["type"]
        facts[plain["child"]] = Child(plain["child"], plain["path"], plain["label"], is_array, shape, kind)
    return [facts[each] for each in names if each in facts]


def _child_statements(parent: str, child: Child) -> list[Said]:
    kind = terms.CLASS_ZARR_ARRAY if child.is_array else terms.CLASS_ZARR_GROUP
    return [
        Said(parent, f"{DCT}hasPart", Iri(child.iri)),
        Said(child.iri, RDF_TYPE, Iri(kind)),
        Said(child.iri, RDFS_LABEL, Value(child.label)),
    ]
