"""How does an Oxigraph store answer a guarded query? As bytes for users, as typed terms for us."""

import io
import re
from collections.abc import Callable
from typing import IO, Final, cast

import pyoxigraph as ox

from catalog.errors import ForbiddenError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.bindings import Bindings, Blank, Iri, Literal, Term
from catalog.graphstore.guard import SafeQuery
from catalog.graphstore.outside import too_large, too_many_rows
from catalog.graphstore.row_count import RowCount

RESULT_FORMATS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_POSITION: Final = re.compile(r"^error at (\d+):(\d+)")
_EXPECTED: Final = 160
"""Characters of an Oxigraph syntax error worth showing: it goes on to list every token that the grammar would have taken."""


class _Measured(io.RawIOBase):
    """Passes an answer on as far as the limits allow. An engine may turn our error into one of its own, so it is kept here."""

    def __init__(self, give: Callable[[bytes], None], rows: RowCount, max_bytes: int, max_rows: int | None) -> None:
        self._give, self._rows, self._max_rows = give, rows, max_rows
        self._size, self._max_bytes = 0, max_bytes
        self.refused: LimitExceededError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        part = bytes(data)
        self._size += len(part)
        if self._size > self._max_bytes:
            self.refused = too_large(self._max_bytes)
            raise self.refused
        if self._max_rows is not None:
            self._rows.add(part)
            if self._rows.rows > self._max_rows:
                self.refused = too_many_rows(self._max_rows)
                raise self.refused
        self._give(part)
        return len(part)


def _run(store: ox.Store, safe: SafeQuery) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    if safe.services:
        raise ForbiddenError("a query that still has SERVICE in it is given to no engine")
    try:
        if safe.dataset is None:
            return store.query(safe.text, base_iri=safe.base or None, prefixes=dict(safe.prefixes))
        default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [ox.NamedNode(name) for name in safe.dataset[0]]
        named: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(name) for name in safe.dataset[1]]
        return store.query(
            safe.text,
            base_iri=safe.base or None,
            prefixes=dict(safe.prefixes),
            default_graph=default,
            named_graphs=named,
        )
    except SyntaxError as error:
        raise InputError(_syntax(error)) from error
    except (RuntimeError, ValueError) as error:  # a function that does not exist
        raise InputError(f"the query cannot run: {error}") from error
    except OSError as error:
        raise GraphStoreUnavailableError(f"the graph store could not be read: {error}") from error


def _syntax(error: SyntaxError) -> str:
    message = " ".join(str(error.msg).split())
    message = _POSITION.sub(r"line \1, column \2", message)
    return f"syntax error in the query: {message[:_EXPECTED]}{'…' if len(message) > _EXPECTED else ''}"


def write_answer(
    store: ox.Store,
    safe: SafeQuery,
    format: str,  # noqa: A002
    give: Callable[[bytes], None],
    *,
    max_bytes: int,
    max_rows: int | None = None,
) -> None:
    """Serialise the answer of a query, piece by piece.

    Parameters
    ----------
    store
        Where to look.
    safe
        What `guard_query` let through.
    format
        One that goes with the query's form.
    give
        Takes the pieces, some kilobytes each.
    max_bytes, max_rows
        Largest answer. No rows are counted in Turtle, JSON-LD and RDF/XML.

    Raises
    ------
    InputError
        A syntax error that the guard does not see, an unknown function, or triples that RDF/XML cannot say.
    LimitExceededError
        The answer is larger; some pieces were given.
    GraphStoreUnavailableError
        The store's files could not be read.
    """
    results = _run(store, safe)
    out = _Measured(give, RowCount(format), max_bytes, max_rows)
    sink = cast("IO[bytes]", out)
    try:
        if isinstance(results, ox.QueryTriples):
            results.serialize(sink, GRAPH_FORMATS[format])
        else:
            results.serialize(sink, RESULT_FORMATS[format])
    except (OSError, RuntimeError, ValueError) as error:
        if out.refused is not None:
            raise out.refused from None
        if format == "rdfxml" and "RDF/XML" in str(error):
            raise InputError(f"this cannot be written as RDF/XML, ask for Turtle: {error}") from error
        if isinstance(error, OSError):
            raise GraphStoreUnavailableError(f"the graph store could not be read: {error}") from error
        raise InputError(f"the query cannot run: {error}") from error


def answer_query(store: ox.Store, safe: SafeQuery, format: str, max_bytes: int) -> bytes:  # noqa: A002
    """The whole answer of a query; parameters and errors as for `write_answer`."""
    parts: list[bytes] = []
    write_answer(store, safe, format, parts.append, max_bytes=max_bytes)
    return b"".join(parts)


def from_oxigraph(term: object) -> Term | None:
    """An Oxigraph term as ours.

    Raises
    ------
    InputError
        A triple term: our graphs hold none.
    """
    match term:
        case None:
            return None
        case ox.NamedNode():
            return Iri(term.value)
        case ox.Literal():
            return Literal(term.value, term.datatype.value, term.language)
        case ox.BlankNode():
            return Blank(term.value)
    raise InputError(f"a term of this kind cannot be read: {term}")


def parse_boolean(body: bytes) -> bool:
    """The yes or no of an ASK, from SPARQL JSON results.

    Raises
    ------
    GraphStoreUnavailableError
        It is not one: the server did not say what it should.
    """
    try:
        answer = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    except (SyntaxError, ValueError) as error:
        raise GraphStoreUnavailableError(f"the graph store's answer is broken: {error}") from error
    if not isinstance(answer, ox.QueryBoolean):
        raise GraphStoreUnavailableError("the graph store answered a yes-or-no question with a table")
    return bool(answer)


def parse_bindings(body: bytes) -> Bindings:
    """The table of a SELECT, from SPARQL TSV results.

    Raises
    ------
    GraphStoreUnavailableError
        It is not one: the server did not say what it should.
    """
    try:
        answer = ox.parse_query_results(body, format=ox.QueryResultsFormat.TSV)
        if isinstance(answer, ox.QuerySolutions):
            return to_bindings(answer)
    except (SyntaxError, ValueError) as error:
        raise GraphStoreUnavailableError(f"the graph store's answer is broken: {error}") from error
    raise GraphStoreUnavailableError("the graph store answered a question for a table with yes or no")


def to_bindings(solutions: ox.QuerySolutions) -> Bindings:
    """All solutions as typed terms."""
    columns = tuple(variable.value for variable in solutions.variables)
    rows = [tuple(from_oxigraph(term) for term in solution) for solution in solutions]
    return Bindings(columns, rows)


def read_bindings(store: ox.Store, safe: SafeQuery) -> Bindings | bool:
    """The typed answer of one of our own SELECT or ASK queries.

    Raises
    ------
    InputError
        It is neither, or does not parse.
    GraphStoreUnavailableError
        The store's files could not be read.
    """
    results = _run(store, safe)
    if isinstance(results, ox.QueryTriples):
        raise InputError("CONSTRUCT and DESCRIBE have no bindings: use `query`")
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    try:
        return to_bindings(results)
    except OSError as error:
        raise GraphStoreUnavailableError(f"the graph store could not be read: {error}") from error
