"""How does an Oxigraph store answer a guarded query? As bytes for users, as typed terms for us."""

import io
import re
from typing import IO, Final, cast

import pyoxigraph as ox

from catalog.errors import GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.bindings import Bindings, Blank, Iri, Literal, Term
from catalog.graphstore.guard import SafeQuery

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
}
_POSITION: Final = re.compile(r"^error at (\d+):(\d+)")
_EXPECTED: Final = 160
"""Characters of an Oxigraph syntax error worth showing: it goes on to list every token that the grammar would have taken."""


class _Capped(io.RawIOBase):
    """Collects an answer up to a limit."""

    def __init__(self, limit: int) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        if self.size > self._limit:
            raise _too_large(self._limit)
        self.parts.append(bytes(data))
        return len(data)


def _too_large(limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"the answer is larger than {limit} bytes: ask for fewer columns, or add a LIMIT",
        limit="sparql-answer-bytes",
        value=limit + 1,
        allowed=limit,
    )


def _run(store: ox.Store, safe: SafeQuery) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    try:
        return store.query(safe.text, prefixes=dict(safe.prefixes))
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


def answer_query(store: ox.Store, safe: SafeQuery, format: str, max_bytes: int) -> bytes:  # noqa: A002
    """Serialise the answer of a query.

    Parameters
    ----------
    store
        Where to look.
    safe
        What `guard_query` let through.
    format
        One that goes with the query's form.
    max_bytes
        Largest answer.

    Raises
    ------
    InputError
        A syntax error that the guard does not see, or an unknown function.
    LimitExceededError
        The answer is larger than `max_bytes`.
    GraphStoreUnavailableError
        The store's files could not be read.
    """
    results = _run(store, safe)
    out = _Capped(max_bytes)
    sink = cast("IO[bytes]", out)
    try:
        if isinstance(results, ox.QueryTriples):
            results.serialize(sink, GRAPH_FORMATS[format])
        else:
            results.serialize(sink, RESULT_FORMATS[format])
    except LimitExceededError:
        raise
    except (RuntimeError, ValueError) as error:
        raise InputError(f"the query cannot run: {error}") from error
    except OSError as error:
        if out.size > max_bytes:
            raise _too_large(max_bytes) from None
        raise GraphStoreUnavailableError(f"the graph store could not be read: {error}") from error
    return b"".join(out.parts)


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
