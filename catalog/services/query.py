"""What does the catalogue answer, as a table?"""

import json
from collections.abc import Mapping
from typing import Any

from catalog.errors import InputError
from catalog.graphstore.bindings import LANG_STRING, XSD, XSD_STRING, Bindings, Blank, Iri, Literal, Term
from catalog.graphstore.door import GraphStore
from catalog.graphstore.guard import guard_query

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def preferred_format(text: str) -> str:
    """The format that suits a reader: a table for SELECT and ASK, Turtle for what gives triples.

    Raises
    ------
    InputError, ForbiddenError, LimitExceededError
        The query cannot be asked.
    """
    return "table" if guard_query(text, services=True).form in {"SELECT", "ASK"} else "turtle"


def answer_as_table(store: GraphStore, text: str, *, timeout: float | None = None) -> Table:
    """Column names and rows of a SELECT, or the one cell of an ASK; IRIs and literals as plain text, unbound as nothing.

    Raises
    ------
    InputError
        The query has no table: use a format for triples.
    """
    guard_query(text, services=True).check_format("json")
    table = read_table(store.query(text, "json", timeout=timeout).body)
    return table.columns, [tuple("" if term is None else term.value for term in row) for row in table.rows]


def read_table(body: bytes) -> Bindings:
    """The table that an answer in SPARQL's JSON holds; of an ASK one cell."""
    answer = json.loads(body)
    if "boolean" in answer:
        return Bindings(("answer",), [(Literal(str(answer["boolean"]).lower(), f"{XSD}boolean"),)])
    columns = tuple(answer["head"]["vars"])
    return Bindings(columns, [tuple(_term(row.get(name)) for name in columns) for row in answer["results"]["bindings"]])


def _term(said: Mapping[str, Any] | None) -> Term | None:
    if said is None:
        return None
    value = said["value"] if isinstance(said["value"], str) else json.dumps(said["value"])  # a triple
    if said["type"] == "uri":
        return Iri(value)
    if said["type"] == "bnode":
        return Blank(value)
    language = said.get("xml:lang")
    return Literal(value, LANG_STRING if language else said.get("datatype", XSD_STRING), language)


def answer_as_bindings(store: GraphStore, text: str, *, timeout: float | None = None) -> Bindings:
    """The typed rows of a user's SELECT.

    Raises
    ------
    InputError
        The query is no SELECT, or does not parse.
    ForbiddenError, LimitExceededError, GraphStoreUnavailableError
        As the graph store answers.
    """
    from catalog.graphstore.oxigraph import parse_bindings  # noqa: PLC0415  what only reads IRIs does without it

    form = guard_query(text, services=True).form
    if form != "SELECT":
        raise InputError(f"the query is of the form {form}; a SELECT is needed, with a column that leads to arrays")
    return parse_bindings(store.query(text, "tsv", timeout=timeout).body)
