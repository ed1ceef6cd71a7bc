"""Which ontologies, taxonomies and exports of other systems stand beside the datasets?

Each is a named graph of its own, so that a query follows subclasses and finds labels. The small ones take part in validation.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.queries import load_query
from catalog.metadata.dataset import Access
from catalog.rdf import literals, terms
from catalog.rdf.curated import catalogue_fault
from catalog.rdf.iris import Iris, safe_id
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE, RDFS_LABEL
from catalog.rdf.statements import Statement, read_statements
from catalog.services.workspace import Workspace

MAX_BYTES = 512 * 2**20
"""Bytes of a reference file."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference graph.

    Attributes
    ----------
    name, graph
        The name that people gave it, and the IRI of its graph.
    digest
        sha256 of its canonical N-Triples, 64 hex digits.
    triples
        How many it holds.
    access
        Who may see it.
    added
        When it was last replaced, as ISO 8601 in UTC.
    """

    name: str
    graph: str
    digest: str
    triples: int
    access: Access
    added: str


def add_reference(workspace: Workspace, path: Path, name: str = "", access: Access = "restricted") -> tuple[Reference, bool]:
    """Load a file as a reference graph, or replace the one of that name.

    Parameters
    ----------
    path
        An RDF file: Turtle, N-Triples, JSON-LD or RDF/XML, by its ending.
    name
        What it shall be called; ``""``: the file's name without its ending.
    access
        ``public``: anonymous users see it as well; it may then not mention a dataset, which may be or become restricted.

    Returns
    -------
    tuple of Reference and bool
        As recorded now, and whether anything changed. Datasets are judged by it at their next ingest.

    Raises
    ------
    InputError, LimitExceededError
        The file or a statement in it cannot be used; nothing was written.
    """
    iris = workspace.iris
    name = safe_id(name or path.name.partition(".")[0])
    graph = iris.reference(name)
    statements = read_statements(_read(path), path.name, base=f"{graph}/", skolem=iris.skolem)
    _check(statements, iris, access)
    ntriples = "".join(sorted({each.line for each in statements})).encode()
    if not ntriples:
        raise InputError(f"{path.name!r} states nothing")
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    digest = hashlib.sha256(ntriples).hexdigest()
    reference = Reference(name, graph, digest, ntriples.count(b"\n"), access, now)
    known = next((each for each in list_references(workspace.catalog, iris) if each.name == name), None)
    if known and (known.digest, known.access) == (digest, access):
        return known, False
    others = [each for each in list_references(workspace.catalog, iris) if each.name != name]
    _write(workspace, [*others, reference], graph, ntriples, public=access == "public")
    return reference, True


def list_references(store: GraphStore, iris: Iris) -> list[Reference]:
    """The reference graphs, by name."""
    answer = store.select(load_query("references"), {"list": [Iri(iris.references)]})
    columns = [answer.values(each) for each in ("name", "graph", "digest", "triples", "access", "added")]
    rows = [[value or "" for value in row] for row in zip(*columns, strict=True)]
    return sorted(
        (
            Reference(name, graph, digest, int(triples), "public" if access == "public" else "restricted", added)
            for name, graph, digest, triples, access, added in rows
        ),
        key=lambda each: each.name,
    )


def delete_reference(workspace: Workspace, name: str) -> Reference:
    """Remove a reference graph.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    known = list_references(workspace.catalog, workspace.iris)
    found = next((each for each in known if each.name == name), None)
    if found is None:
        raise NotFoundError(f"no reference graph is called {name!r}", [each.name for each in known][:5])
    _write(workspace, [each for each in known if each.name != name], found.graph, None, public=False)
    return found


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"{path.name!r} has {size} bytes; a reference has at most {MAX_BYTES}"
            raise LimitExceededError(message, limit="reference", value=size, allowed=MAX_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _check(statements: Sequence[Statement], iris: Iris, access: Access) -> None:
    """Refuse what a reference may not say."""
    datasets = f"{iris.base}datasets/"
    for each in statements:
        fault = catalogue_fault(each)
        if fault:
            raise InputError(fault)
        if each.subject.startswith(iris.base) and not each.subject.startswith((datasets, iris.skolem, iris.references)):
            raise InputError(
                f"<{each.subject}> belongs to the catalogue itself: a reference may describe datasets and other things"
            )
        if access == "public" and (each.subject.startswith(datasets) or each.target.startswith(f"<{datasets}")):
            raise InputError(f"a public reference may not mention datasets, which may be restricted: {each.line.strip()[:200]}")


def _write(workspace: Workspace, known: Sequence[Reference], graph: str, ntriples: bytes | None, *, public: bool) -> None:
    """The graph and the list of all, in each audience."""
    shown = [each for each in known if each.access == "public"]
    workspace.public.apply([GraphUpdate(graph, ntriples if public else None), _list(workspace.iris, shown)])
    workspace.catalog.apply([GraphUpdate(graph, ntriples), _list(workspace.iris, known)])


def _list(iris: Iris, references: Sequence[Reference]) -> GraphUpdate:
    lines = []
    for each in references:
        facts = [
            (RDF_TYPE, f"<{terms.CLASS_REFERENCE_GRAPH}>"),
            (RDFS_LABEL, literals.string(each.name)),
            (terms.DIGEST, literals.string(each.digest)),
            (f"{PREFIXES['void']}triples", literals.integer(each.triples)),
            (terms.ACCESS, literals.string(each.access)),
            (f"{DCT}modified", literals.date_time(each.added)),
        ]
        lines += [f"<{each.graph}> <{predicate}> {value} .\n" for predicate, value in facts]
    return GraphUpdate(iris.references, "".join(sorted(lines)).encode() or None)
