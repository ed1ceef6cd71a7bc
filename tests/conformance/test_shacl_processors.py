"""Does another SHACL processor find the same in every published store?

Jena's, behind Fuseki, judges what the catalogue's validator judges, by the same shapes and profiles. Equal means: the same set of
focus, path, component, severity and value.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.resources import resource
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.report import to_turtle
from catalog.validation.shapes import add_profiles, load_shapes
from tests.conformance.shapes.cases import parse_as_written, result_signatures
from tests.conformance.test_corpora import EXPECTED, REFUSED
from tests.support.fuseki import FusekiServer, our_fuseki

CONFIG = Path(__file__).parents[1] / "support" / "shacl.ttl"
SH = "http://www.w3.org/ns/shacl#"
SUBCLASSES = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


@pytest.fixture(scope="module")
def jena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusekiServer]:
    """A Fuseki with a SHACL service."""
    server = our_fuseki(tmp_path_factory.mktemp("shacl"), config=CONFIG).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def subclasses() -> bytes:
    """What the ontology says of classes; the catalogue's validator takes it as known."""
    triples = [triple for path in resource("ontology").glob("*.ttl") for triple in parse_as_written(path)]
    lines = {f"<{s}> <{p}> <{o}> .\n" for s, p, o in triples if str(p) == SUBCLASSES}
    return "".join(sorted(lines)).encode()


def found_by_jena(server: FusekiServer, data: bytes, shapes: bytes) -> str:
    """The report of Fuseki's SHACL service, as Turtle."""

    def send(method: str, path: str, body: bytes, kind: str) -> httpx.Response:
        headers = {"Content-Type": kind, "Accept": "text/turtle"}
        login = (server.user, server.password)
        answer = httpx.request(
            method, f"{server.url}/judge/{path}", content=body, headers=headers, auth=login, timeout=120, trust_env=False
        )
        assert answer.is_success, answer.text[:1000]
        return answer

    send("PUT", "data?default", data, "application/n-triples")
    return send("POST", "shacl?graph=default", shapes, "text/turtle").text


ALTERNATIVE = f"{SH}alternativePath"


def flat(path: Any) -> Any:
    """A path with alternatives of alternatives, and sequences of sequences, taken together: Jena writes both in pairs.

    Paths are as `path_signature` has them: an IRI, a tuple of steps, or a tuple of one pair of operator and what it is about.
    """
    if not isinstance(path, tuple):
        return path
    if _is_operator(path):
        [(operator, inner)] = path
        if operator != ALTERNATIVE:
            return ((operator, flat(inner)),)
        parts = [each for part in map(flat, inner) for each in (part[0][1] if _is_alternative(part) else (part,))]
        return ((operator, tuple(parts)),)
    return tuple(each for part in map(flat, path) for each in (part if _is_sequence(part) else (part,)))


def _is_operator(path: Any) -> bool:
    first = path[0] if isinstance(path, tuple) and len(path) == 1 else None
    return isinstance(first, tuple) and len(first) == 2 and type(first[0]) is str


def _is_alternative(path: Any) -> bool:
    return _is_operator(path) and path[0][0] == ALTERNATIVE


def _is_sequence(path: Any) -> bool:
    return isinstance(path, tuple) and not _is_operator(path)


def signatures(turtle: str) -> set[tuple[Any, ...]]:
    """Focus, path, component, severity and value of each result."""
    found = result_signatures(parse_as_written(turtle))
    return {(each.focus, flat(each.path), each.component, each.severity, each.value) for each in found}


_FOUND: list[int] = []


@pytest.mark.parametrize("store", sorted(set(EXPECTED) - set(REFUSED)))
def test_they_find_the_same(corpora: Path, jena: FusekiServer, subclasses: bytes, store: str) -> None:
    source = open_source(str(corpora / store))
    hierarchy = parse_hierarchy(read_documents(source).documents)
    source.close()
    description = describe(hierarchy, "judged", Iris())
    shapes = add_profiles(load_shapes(), description.conventions)
    graphs = [description.structure, description.asserted]
    mine = signatures(to_turtle(PyShaclValidator().validate(graphs, shapes)))
    text = b"\n".join(file.text for file in shapes.files)
    theirs = signatures(found_by_jena(jena, b"".join([*graphs, subclasses]), text))
    assert mine == theirs
    _FOUND.append(len(mine))


def test_something_was_found(corpora: Path) -> None:
    """Shapes that find nothing compare nothing."""
    assert sum(_FOUND) > 100
