"""What does the catalogue answer, as a table?"""

import json

from catalog.errors import InputError
from catalog.graphstore.bindings import Bindings
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
    answer = json.loads(store.query(text, "json", timeout=timeout).body)
    if "boolean" in answer:
        return ("answer",), [("true" if answer["boolean"] else "false",)]
    columns = tuple(answer["head"]["vars"])
    rows = answer["results"]["bindings"]
    return columns, [tuple(row[name]["value"] if name in row else "" for name in columns) for row in rows]


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
