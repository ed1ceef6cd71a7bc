"""What does another endpoint answer, as part of a query? Its solutions, as a VALUES block.

Nothing of an answer is pasted: terms are read one by one and written by our own hand. A blank node means something inside its
answer only, and no VALUES block can hold one, so it becomes an IRI of its own: it joins with itself, and with nothing else.

Source: SPARQL 1.1 Query Results JSON Format, section 3; SPARQL 1.1 Query Language, section 10.2; RDF 1.1 Concepts, section 3.5.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from catalog.errors import EndpointUnavailableError, LimitExceededError
from catalog.graphstore.bindings import LANG_STRING, XSD_STRING, Blank, Iri, Literal, Term
from catalog.graphstore.queries import write_term
from catalog.graphstore.service_blocks import ServiceBlock
from catalog.rdf.iris import content_hash, replaced_blank

ONE_EMPTY: Final = "VALUES () { () }"
"""One solution that binds nothing: what a SILENT block is when its endpoint fails."""
_KEYS: Final = frozenset(["type", "value", "datatype", "xml:lang"])


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What other endpoints may answer to one query.

    Attributes
    ----------
    rows
        Most solutions of one block.
    answer_bytes
        Largest answer to one block.
    terms
        Most places for terms in one block, rows times variables.
    blocks
        Most SERVICE blocks of one query.
    at_once
        Most queries that ask other endpoints at the same time; more are refused.
    """

    rows: int = 10_000
    answer_bytes: int = 4 * 2**20
    terms: int = 200_000
    blocks: int = 8
    at_once: int = 8


def write_values(body: bytes, block: ServiceBlock, number: int, limits: ServiceLimits) -> str:
    """The VALUES block that an answer is.

    Parameters
    ----------
    body
        SPARQL results in JSON.
    block
        What was asked; only its variables count.
    number
        Which block of the query it is: blank nodes of two answers differ.
    limits
        What it may hold.

    Raises
    ------
    EndpointUnavailableError
        It is no such answer.
    LimitExceededError
        It has too many solutions.
    """
    columns, rows = _read_table(body, block)
    columns = [name for name in dict.fromkeys(columns) if name in block.variables]
    _check("solutions", "sparql-service-rows", len(rows), limits.rows, block)
    _check("places for terms", "sparql-service-terms", len(rows) * len(columns), limits.terms, block)
    answer = content_hash(f"{number} {block.endpoint} {block.question}")
    lines = [f"({' '.join(_write_cell(row, name, answer, block) for name in columns)})" for row in rows]
    return f"VALUES ({' '.join('?' + name for name in columns)}) {{ {' '.join(lines)} }}"


def _read_table(body: bytes, block: ServiceBlock) -> tuple[list[str], list[Mapping[str, Any]]]:
    try:
        answer = json.loads(body)
        columns, rows = answer["head"].get("vars", []), answer["results"]["bindings"]
        usable = all(isinstance(each, str) for each in columns) and all(isinstance(each, dict) for each in rows)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        usable = False
    if not usable or not isinstance(columns, list) or not isinstance(rows, list):
        _broken(block, "is no table of SPARQL results in JSON")
    return columns, rows


def _write_cell(row: Mapping[str, Any], name: str, answer: str, block: ServiceBlock) -> str:
    if row.get(name) is None:
        return "UNDEF"
    term = _read_term(row[name])
    written = ""
    with suppress(ValueError):  # half a character, or an InputError
        if isinstance(term, Blank):
            term = Iri(replaced_blank(answer, term.value))
        written = "" if term is None else write_term(term)
    if not written or written.lower().startswith("<java:"):  # such functions are closed to the query itself, too
        _broken(block, f"holds something for ?{name} that is no RDF 1.1 term")
    return written


def _read_term(cell: Any) -> Term | None:
    if not isinstance(cell, dict) or not isinstance(value := cell.get("value"), str) or not set(cell) <= _KEYS:
        return None
    language, datatype = cell.get("xml:lang"), cell.get("datatype")
    match cell.get("type"):
        case "uri":
            return Iri(value)
        case "bnode":
            return Blank(value)
        case "literal" | "typed-literal" if isinstance(language, str):
            return Literal(value, LANG_STRING, language)
        case "literal" | "typed-literal" if language is None and (datatype is None or isinstance(datatype, str)):
            return Literal(value, datatype or XSD_STRING)
    return None


def _check(what: str, limit: str, value: int, allowed: int, block: ServiceBlock) -> None:
    if value > allowed:
        raise LimitExceededError(
            f"{shown_endpoint(block.endpoint)} answered a SERVICE block with {value} {what}, at most {allowed} are allowed:"
            " narrow the block, or put VALUES in front of it",
            limit=limit,
            value=value,
            allowed=allowed,
        )


def _broken(block: ServiceBlock, why: str) -> NoReturn:
    raise EndpointUnavailableError(f"the answer of the SPARQL endpoint {shown_endpoint(block.endpoint)} {why}")


def shown_endpoint(endpoint: str) -> str:
    """An endpoint for messages: nothing of a query string, which may hold a key."""
    return endpoint.partition("?")[0]
