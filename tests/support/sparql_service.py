"""A service to be asked with SPARQL: the samples, and graphs that suites of the W3C ask about, on either graph store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from catalog.bootstrap import open_graph_store
from catalog.graphstore.door import GraphUpdate
from tests.support.corpora import find_corpora
from tests.support.fuseki import ROOT, FusekiServer, our_fuseki
from tests.support.service import ServedCatalogue, served, take_in_samples

LIMITS = {"max_rows": 2000, "max_answer_bytes": 1_000_000, "concurrency": 2, "waiting": 2}
SUITE = find_corpora() / "w3c-rdf-tests" / "sparql" / "sparql11"
KASEI = "http://kasei.us/2009/09/sparql/data/"
SKOLEM = "http://example.org/.well-known/genid/"


def impatient_fuseki(folder: Path) -> FusekiServer:
    """Our own Fuseki, which gives queries from outside one second."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "fuseki" / "config.ttl").read_text()
    assert text.count('"10000,10000"') == 3
    config = folder / "config.ttl"
    config.write_text(text.replace('"10000,10000"', '"1000,1000"'))
    return our_fuseki(folder / "fuseki", config=config)


def on_fuseki(server: FusekiServer) -> dict[str, Any]:
    """Settings for a service over it."""
    return {
        "graph_store": f"fuseki:{server.url}/catalog",
        "fuseki": {"user": server.user, "password": server.password},
    }


def load(catalogue: ServedCatalogue, graphs: dict[str, bytes], audience: str = "public") -> None:
    """Put graphs into the store of an audience, as ingests do."""
    store = open_graph_store(catalogue.settings, audience, writable=True)
    try:
        store.apply([GraphUpdate(name, lines) for name, lines in graphs.items()])
    finally:
        store.close()


def canonical(path: Path) -> bytes:
    """A file's triples as we keep them: blank nodes are given names."""
    lines = set()
    for triple in ox.parse(path=str(path)):
        subject, value = (
            ox.NamedNode(SKOLEM + each.value) if isinstance(each, ox.BlankNode) else each
            for each in (triple.subject, triple.object)
        )
        lines.add(f"{subject} {triple.predicate} {value} .\n".encode())
    return b"".join(sorted(lines))


@pytest.fixture(scope="session")
def embedded_sparql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    """The service on the embedded store."""
    with sparql_service(tmp_path_factory.mktemp("sparql")) as catalogue:
        yield catalogue


@pytest.fixture(scope="module")
def fuseki_sparql(tmp_path_factory: pytest.TempPathFactory, fuseki_server: FusekiServer) -> Iterator[ServedCatalogue]:
    """The service on the one Fuseki that tests share, which is emptied before."""
    fuseki_server.clear()
    with sparql_service(tmp_path_factory.mktemp("sparql"), **on_fuseki(fuseki_server)) as catalogue:
        yield catalogue


@contextmanager
def sparql_service(folder: Path, timeout_s: float = 10.0, **settings: Any) -> Iterator[ServedCatalogue]:
    """The samples and, where the corpora are, the data of the W3C's suites, in both audiences."""
    with served(folder / "catalogue", sparql={**LIMITS, "timeout_s": timeout_s}, **settings) as catalogue:
        take_in_samples(catalogue, folder)
        if SUITE.is_dir():
            graphs = {f"{KASEI}data{n}.rdf": canonical(SUITE / "protocol" / f"data{n}.nt") for n in (1, 2, 3)}
            for name in ("csv-tsv-res/data.ttl", "csv-tsv-res/data2.ttl", "json-res/data.ttl"):
                graphs[f"http://example.org/suite/{name}"] = canonical(SUITE / name)
            load(catalogue, graphs)
        yield catalogue
