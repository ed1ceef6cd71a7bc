"""Do two services give the same answer, whatever the order of triples, the spelling of numbers and the times of ingests?"""

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import rdflib

from tests.support.linked_data import MEDIA_TYPES, read_graph

XSD_NUMBERS = {f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("decimal", "integer", "double", "float")}
_INGESTED = re.compile(r"20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
"""A time at which one of the two was told something; those in the stores are older."""
_DECIMAL = re.compile(r'(?<="xsd:decimal">)[-+\d.]+')
"""A decimal on a page."""


def _literal(text: str, datatype: str) -> object:
    """A literal's value: 0.30 and 0.3 are the same, whichever of them a store gives back."""
    return (datatype, Decimal(text)) if datatype in XSD_NUMBERS and text not in {"NaN", "INF", "-INF"} else (datatype, text)


def _term(term: Any) -> object:
    assert not isinstance(term, rdflib.BNode), "the catalogue keeps no blank nodes"
    return _literal(str(term), str(term.datatype)) if isinstance(term, rdflib.Literal) and term.datatype else term


def _cell(cell: dict[str, str]) -> object:
    value = _literal(cell["value"], cell["datatype"]) if "datatype" in cell else cell["value"]
    return cell["type"], cell.get("xml:lang"), value


def value_of(answer: httpx.Response) -> Any:
    """What an answer says, whatever the order of triples and the spelling of numbers, without the times of ingests."""
    media_type = answer.headers["content-type"].partition(";")[0]
    if media_type == "application/vnd.apache.arrow.stream":
        return pa.ipc.open_stream(answer.content).read_all().to_pylist()
    if media_type == "application/x-npy":
        return np.load(io.BytesIO(answer.content)).tolist()
    text = _INGESTED.sub("(when)", answer.text)
    if media_type in MEDIA_TYPES:
        return {tuple(_term(term) for term in triple) for triple in read_graph(text, media_type)}
    if media_type == "application/sparql-results+json":
        found = json.loads(text)
        if "boolean" in found:
            return found["boolean"]
        rows = found["results"]["bindings"]
        return found["head"]["vars"], [{name: _cell(cell) for name, cell in row.items()} for row in rows]
    if media_type.endswith("json"):
        return json.loads(text)
    if media_type == "text/csv":
        return list(csv.reader(io.StringIO(text, newline="")))
    text = _DECIMAL.sub(lambda found: str(Decimal(found[0]).normalize()), text)
    return sorted(re.split("</?tr>", text))  # the newest come first: the order of one second is nobody's


def assert_same(answers: tuple[httpx.Response, httpx.Response]) -> Any:
    """Both answered 200 with the same content; returns it."""
    one, other = answers
    assert (one.status_code, other.status_code) == (200, 200), other.text
    for name in ("content-type", "vary", "cache-control", "link", "catalog-total", "catalog-complete", "content-disposition"):
        mine, theirs = (each.headers.get(name) for each in answers)
        assert mine == theirs, name
    found = value_of(other)
    assert found, "an answer that says nothing shows nothing"
    assert found == value_of(one)
    return found
