"""Does SERVICE pass the W3C's tests of SPARQL 1.1 Federated Query, with rdflib in place of the endpoints?"""

import io
from collections import Counter
from pathlib import Path

import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF
from rdflib.query import Result

from catalog.errors import ForbiddenError
from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.federation import Federation
from tests.support.endpoint_door import Door, endpoint, failing, ntriples

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
NAMES = ("service1", "service2", "service3", "service4a", "service5", "service6", "service7")
REFUSED = {
    "service3": "inside another SERVICE",
    "service5": "list the endpoints",
    "service6": "inside another SERVICE",
}
"""What is not met, and the words that say why."""


def local(name: object) -> Path:
    return Path(str(name).removeprefix("file://"))


def table(body: bytes) -> Counter[tuple[tuple[str, str], ...]]:
    """The rows of results in XML."""
    rows = Result.parse(io.BytesIO(body), format="xml").bindings
    return Counter(tuple(sorted((str(name), term.n3()) for name, term in row.items())) for row in rows)


@pytest.fixture(scope="module")
def suite(corpora: Path) -> rdflib.Graph:
    path = corpora / "w3c-rdf-tests" / "sparql" / "sparql11" / "service" / "manifest.ttl"
    return rdflib.Graph().parse(path, format="turtle", publicID=path.as_uri())


def test_the_suite_has_no_other_tests(suite: rdflib.Graph) -> None:
    (manifest,) = suite.subjects(RDF.type, MF.Manifest)
    entries = Collection(suite, suite.value(manifest, MF.entries))
    assert tuple(str(each).rpartition("#")[2] for each in entries) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_of_the_w3c(suite: rdflib.Graph, name: str, tmp_path: Path) -> None:
    (entry,) = (each for each in suite.subjects(MF.action) if str(each).endswith(f"#{name}"))
    action = suite.value(entry, MF.action)
    door = Door()
    door.answers = {"http://invalid.endpoint.org/sparql": failing}
    for data in suite.objects(action, QT.serviceData):
        door.answers[str(suite.value(data, QT.endpoint))] = endpoint(local(suite.value(data, QT.data)).read_text())
    query = local(suite.value(action, QT.query)).read_text()
    with EmbeddedGraphStore(tmp_path) as store:
        store._federation = Federation(door)
        if (here := suite.value(action, QT.data)) is not None:
            store.apply([GraphUpdate("http://localhost:8000/datasets/a", ntriples(local(here).read_text()))])
        if name in REFUSED:
            with pytest.raises(ForbiddenError, match=REFUSED[name]):
                store.query(query)
            assert not door.questions
            return
        body = store.query(query, "xml").body
    found = table(body)
    assert found == table(local(suite.value(entry, MF.result)).read_bytes())
    assert found
