"""What does a request to the SPARQL endpoint ask, and in which format is it answered?

Source: SPARQL 1.1 Protocol, sections 2.1.1 to 2.1.3 (three ways to send a query), 2.1.4 (dataset), 2.1.5 (formats).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

from catalog.api.negotiation import choose
from catalog.api.problems import refuse
from catalog.errors import ForbiddenError, InputError

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
MAX_PARAMETERS: Final = 200

TABLE_TYPES: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
}
"""Media types for SELECT and ASK → our names of formats, the best first."""
GRAPH_TYPES: Final[Mapping[str, str]] = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdfxml",
    "application/json": "jsonld",
}
"""The same for CONSTRUCT and DESCRIBE."""
_TABLE_NAMES: Final = {"json": "json", "xml": "xml", "csv": "csv", "tsv": "tsv"}
_GRAPH_NAMES: Final = {
    **dict.fromkeys(("turtle", "ttl", "n3"), "turtle"),
    **dict.fromkeys(("ntriples", "n-triples", "nt"), "ntriples"),
    **dict.fromkeys(("jsonld", "json-ld", "json"), "jsonld"),
    **dict.fromkeys(("rdfxml", "rdf/xml", "rdf+xml", "rdf", "xml"), "rdfxml"),
}
FORMAT_NAMES: Final = tuple(sorted({*_TABLE_NAMES, *_GRAPH_NAMES}))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks.

    Attributes
    ----------
    query
        The text; None: for the service description.
    default_graphs, named_graphs
        The dataset that it describes.
    format
        What it names the format by; SPARQLWrapper gives its name and its media types.
    """

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: tuple[str, ...] = ()


def read_get(query_string: bytes) -> Asked:
    """What a GET asks.

    Raises
    ------
    InputError
        There are two queries, or none although something else is said of one; or it is not UTF-8.
    ForbiddenError
        It is an update.
    """
    asked = _read(_parse(query_string))
    if asked.query is None and (asked.default_graphs or asked.named_graphs or asked.format):
        raise InputError("there is no query: send it as `query`")
    return asked


def read_post(query_string: bytes, content_type: str | None, body: bytes) -> Asked:
    """What a POST asks.

    Raises
    ------
    InputError
        There is no query, or more than one, or it is not UTF-8.
    ForbiddenError
        It is an update.
    HTTPException
        415: the body is of another media type.
    """
    pairs = _parse(query_string)
    media_type = _media_type(content_type)
    if media_type == FORM:
        pairs += _parse(body)
    elif media_type == QUERY:
        pairs.append(("query", _decode(body)))
    elif media_type == UPDATE:
        raise _only_reads()
    else:
        what = f"a body of the type {content_type[:80]!r}" if content_type else "a body of no type"
        raise refuse(
            415,
            f"{what} is not read here: send a query as {QUERY}, or a form as {FORM}",
            "unsupported-media-type",
            {"Accept-Post": f"{QUERY}, {FORM}"},
        )
    asked = _read(pairs)
    if asked.query is None:
        raise InputError("there is no query: send it as `query` in a form, or as the body itself")
    return asked


def _media_type(content_type: str | None) -> str:
    """Its name; UTF-8 is the only encoding there is.

    Raises
    ------
    HTTPException
        415: the body is in another encoding.
    """
    if not content_type:
        return ""
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset")
    if charset is not None and str(charset).lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise refuse(415, f"a body in {str(charset)[:40]!r} is not read here: send UTF-8", "unsupported-media-type")
    return content_type.partition(";")[0].strip().lower()


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"the request is not UTF-8: byte {error.start} cannot be read") from None


def _parse(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_decode(raw), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise InputError("a parameter is not UTF-8") from None
    except ValueError:
        raise InputError(f"there are more than {MAX_PARAMETERS} parameters") from None


def _read(pairs: Sequence[tuple[str, str]]) -> Asked:
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    if "update" in given:
        raise _only_reads()
    queries = given.get("query", [])
    if len(queries) > 1:
        raise InputError(f"there are {len(queries)} queries, and one is answered at a time")
    return Asked(
        queries[0] if queries else None,
        tuple(given.get("default-graph-uri", ())),
        tuple(given.get("named-graph-uri", ())),
        tuple(each for each in given.get("format", ()) if each.strip()),
    )


def _only_reads() -> ForbiddenError:
    return ForbiddenError("this endpoint answers queries; it takes no updates")


def likes_page(asked: Sequence[str], accept: str | None, *, is_table: bool) -> bool:
    """Whether the client likes a page better than what programs read, as browsers do. Parameters as for `choose_format`."""
    types = TABLE_TYPES if is_table else GRAPH_TYPES
    return not asked and choose(accept, (*types, "text/html")) == "text/html"


def choose_format(asked: Sequence[str], accept: str | None, *, is_table: bool) -> tuple[str, str]:
    """The name of a format and its media type.

    Parameters
    ----------
    asked
        What each ``format`` says: a name, or media types joined by commas, of the one format; it goes before `accept`. Where one
        of these types is known, others that are not are passed over.
    accept
        The header.
    is_table
        Whether the query gives a table, or yes or no; else triples.

    Raises
    ------
    InputError
        There is no such format for this query, or several are named.
    HTTPException
        406: none of the formats is taken.
    """
    types, names = (TABLE_TYPES, _TABLE_NAMES) if is_table else (GRAPH_TYPES, _GRAPH_NAMES)
    if asked:
        spelled = [[each.strip().lower().replace(" ", "+") for each in said.split(",")] for said in asked]
        found = [{types.get(each) or names.get(each) for each in said} - {None} for said in spelled]
        if not all(found) or len(set().union(*found)) > 1:
            problem = "there are several formats" if all(found) else "this query has no answer in the format"
            raise InputError(f"{problem} {', '.join(asked)[:80]!r}: use one of {', '.join(names)}")
        [name] = found[0]
        media_type = next((each for said in spelled for each in said if each in types), None)
        return str(name), media_type or next(each for each, known in types.items() if known == name)
    chosen = choose(accept, tuple(types))
    if chosen is None:
        raise refuse(
            406, f"there is no format that this request takes; there are {', '.join(types)}", "not-acceptable", {"Vary": "Accept"}
        )
    return types[chosen], chosen
