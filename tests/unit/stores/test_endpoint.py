"""Which endpoints may be asked? Those that the operator named and the gate lets through. No socket is opened here."""

import pytest

from catalog.errors import ForbiddenError, InputError
from catalog.stores.endpoint import Endpoints
from catalog.stores.gate import Outgoing

NAMED = ("https://query.example.org/bigdata/sparql", "http://lab.example.org:8080", "data.example.org", "http://10.0.0.5:3030/ds")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://query.example.org/bigdata/sparql",
        "https://query.example.org/bigdata/sparql/",
        "https://QUERY.example.org:443/bigdata/sparql?timeout=5",
        "https://query.example.org/bigdata/sparql/inner",
        "http://lab.example.org:8080/any/place",
        "http://lab.example.org:8080/",
        "http://data.example.org/sparql",
        "https://data.example.org/sparql",
    ],
)
def test_what_is_named_may_be_asked(endpoint: str) -> None:
    Endpoints(NAMED, Outgoing(private="refuse")).admit(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://query.example.org/bigdata/sparql",
        "https://query.example.org/bigdata",
        "https://query.example.org/bigdata/sparqlx",
        "https://query.example.org/bigdata/sparql/../other",
        "https://query.example.org/bigdata/sparql/%2e%2e/other",
        "https://query.example.org.evil.example/bigdata/sparql",
        "https://query.example.org@evil.example/bigdata/sparql",
        "https://evil.example/https://query.example.org/bigdata/sparql",
        "https://me:pw@query.example.org/bigdata/sparql",
        "https://query.example.org\\@evil.example/bigdata/sparql",
        "https://query.example.org/bigdata/sparql#part",
        "http://lab.example.org/any",
        "http://lab.example.org:80800/any",
        "https://sub.data.example.org/sparql",
        "ftp://data.example.org/sparql",
        "file:///etc/passwd",
        "/etc/passwd",
        "data.example.org",
        "urn:x",
        "",
    ],
)
def test_what_is_not_named_may_not(endpoint: str) -> None:
    with pytest.raises((ForbiddenError, InputError)) as caught:
        Endpoints(NAMED, Outgoing(private="refuse")).admit(endpoint)
    assert "pw" not in str(caught.value).replace("passwd", "")


def test_private_places_need_the_word_of_the_gate_too() -> None:
    endpoint = "http://10.0.0.5:3030/ds/sparql"
    with pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
        Endpoints(NAMED, Outgoing(private="refuse")).admit(endpoint)
    Endpoints(NAMED, Outgoing(private="refuse", allowed=("http://10.0.0.5:3030",))).admit(endpoint)
    Endpoints(NAMED, Outgoing(private="allow")).admit(endpoint)
    with pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
        Endpoints(NAMED, Outgoing(private="allow", only_allowed=True)).admit(endpoint)


@pytest.mark.parametrize(
    "prefix", ["https://me:pw@x.example/", "https://x.example/?key=pw", "ftp://x.example/", "file:///srv", "a b", "//x"]
)
def test_a_prefix_that_is_none_is_refused_at_once(prefix: str) -> None:
    with pytest.raises(InputError, match="CATALOG_SPARQL__SERVICES") as caught:
        Endpoints([prefix], Outgoing())
    assert "pw" not in str(caught.value)
