"""Do other engines join what this service knows with what others know? Comunica over three endpoints, and a Fuseki by SERVICE.

Expected answers are those of rdflib over the union of all data, taken from the stores' own JSON-LD.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib

from catalog.services.sample import write_sample
from tests.support.fuseki import FusekiServer, fuseki, fuseki_server, our_fuseki
from tests.support.linked_data import read_graph
from tests.support.node import run_node
from tests.support.service import ServedCatalogue, served, take_in

__all__ = ["fuseki", "fuseki_server"]

# What a register of substances says: CAS number, and boiling point in degrees Celsius.
REGISTER = """
<https://example.org/substances/water> r:cas "7732-18-5" ; r:boilsAt 99.97 .
<https://example.org/substances/ethanol> r:cas "64-17-5" ; r:boilsAt 78.23 .
<https://example.org/substances/toluene> r:cas "108-88-3" ; r:boilsAt 110.6 .
<https://example.org/substances/acetone> r:cas "67-64-1" ; r:boilsAt 56.08 .
<https://example.org/substances/butene> r:cas "590-18-1" ; r:boilsAt 3.7 .
"""
PREFIXES = "PREFIX lab: <https://example.org/lab/terms#> PREFIX r: <https://example.org/register#>\n"
USED = "?used lab:hasChemical ?chemical ; lab:amountInMillimoles ?amount . ?chemical lab:casNumber ?cas ."
BOILS = "?substance r:cas ?cas ; r:boilsAt ?boils ."
JSON = "application/sparql-results+json"
CONFIG = """
PREFIX fuseki: <http://jena.apache.org/fuseki#>
PREFIX ja:     <http://jena.hpl.hp.com/2005/11/Assembler#>
[] a fuseki:Server ; fuseki:services ( <#register> ) .
<#register> a fuseki:Service ; fuseki:name "register" ; fuseki:dataset [ a ja:MemoryDataset ] ;
    fuseki:endpoint [ fuseki:operation fuseki:query ; fuseki:name "sparql" ] ,
                    [ fuseki:operation fuseki:update ; fuseki:name "update" ] .
"""


def said_by(store: Path) -> rdflib.Graph:
    """The JSON-LD in the attributes of a store's groups."""
    graph = rdflib.Graph()
    for file in store.rglob("zarr.json"):
        attributes = json.loads(file.read_bytes())["attributes"]
        if "@id" in attributes:
            graph += read_graph(json.dumps(attributes), "application/ld+json")
    return graph


def reckoned(query: str, *graphs: rdflib.Graph) -> list[dict[str, str]]:
    """What rdflib finds in the union of graphs and the register."""
    union = rdflib.Graph().parse(data=PREFIXES + REGISTER, format="turtle")
    for graph in graphs:
        union += graph
    return ordered([{name: str(value) for name, value in row.asdict().items()} for row in union.query(query)])


def ordered(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows in an order of their own; numbers by what they are, as a graph store may write 0.30 as 0.3."""
    plain = [{name: str(float(value)) if name in {"amount", "boils"} else value for name, value in row.items()} for row in rows]
    return sorted(plain, key=lambda row: sorted(row.items()))


@pytest.fixture(scope="module")
def laboratories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[ServedCatalogue], list[rdflib.Graph]]]:
    """Two services, each with the store of a laboratory that uses the same words; and what the stores say."""
    folder = tmp_path_factory.mktemp("federated")
    sizes = {"first": 3, "second": 5}
    for seed, (name, samples) in enumerate(sizes.items()):
        write_sample(folder / f"{name}.zarr", samples=samples, chemicals=2, seed=seed)
    hasty = {"timeout_s": 3}
    with served(folder / "a", sparql=hasty) as first, served(folder / "b") as second:
        for service, name in ((first, "first"), (second, "second")):
            take_in(service, folder / f"{name}.zarr", name)
        take_in(first, folder / "second.zarr", "hidden", "restricted")
        yield [first, second], [said_by(folder / f"{name}.zarr") for name in sizes]


@pytest.fixture(scope="module")
def other_fuseki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusekiServer]:
    """A Fuseki of somebody else, who lets queries ask other servers."""
    folder = tmp_path_factory.mktemp("other-fuseki")
    (folder / "config.ttl").write_text(CONFIG)
    server = our_fuseki(folder, config=folder / "config.ttl").start()
    try:
        server.update("register/update", f"{PREFIXES} INSERT DATA {{ {REGISTER} }}")
        yield server
    finally:
        server.stop()


def test_comunica_joins_two_catalogues_and_a_fuseki(
    laboratories: tuple[list[ServedCatalogue], list[rdflib.Graph]], fuseki: FusekiServer, tmp_path: Path
) -> None:
    services, graphs = laboratories
    fuseki.update("public-update/update", f"{PREFIXES} INSERT DATA {{ GRAPH <https://example.org/register> {{ {REGISTER} }} }}")
    # Distinct, because a triple that both laboratories have counts once in a graph, and twice in answers that are put together.
    query = f"{PREFIXES} SELECT DISTINCT ?used ?amount ?cas ?boils {{ {USED} {BOILS} }}"
    endpoints = [*(f"{service.base}sparql" for service in services), f"{fuseki.url}/public/sparql"]
    found = ordered(json.loads(run_node("ask_federated.mjs", tmp_path, query, *endpoints)))
    expected = reckoned(query, *graphs)
    assert found == expected
    assert len(expected) > sum(len(reckoned(query, graph)) for graph in graphs), "some answers need both laboratories"


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_fuseki_joins_its_own_data_with_ours(
    laboratories: tuple[list[ServedCatalogue], list[rdflib.Graph]], other_fuseki: FusekiServer, ours_first: bool
) -> None:
    services, graphs = laboratories
    ours = f"SERVICE <{services[0].base}sparql> {{ {USED} }}"
    pattern = f"{ours} {BOILS}" if ours_first else f"{BOILS} {ours}"
    answer = other_fuseki.ask("register/sparql", f"{PREFIXES} SELECT ?used ?amount ?cas ?boils {{ {pattern} }}", JSON)
    assert answer.status_code == 200, answer.text
    rows = [{name: term["value"] for name, term in row.items()} for row in answer.json()["results"]["bindings"]]
    expected = reckoned(f"{PREFIXES} SELECT ?used ?amount ?cas ?boils {{ {USED} {BOILS} }}", graphs[0])
    assert expected
    assert ordered(rows) == expected, "what is restricted is not among them"


def test_a_fuseki_joins_what_two_catalogues_say(
    laboratories: tuple[list[ServedCatalogue], list[rdflib.Graph]], other_fuseki: FusekiServer
) -> None:
    """Chemicals that both laboratories name alike, with the number that each of them gives."""
    services, graphs = laboratories
    one, other = (f"SERVICE <{s.base}sparql> {{ ?chemical lab:casNumber ?{v} }}" for s, v in zip(services, "ab", strict=True))
    answer = other_fuseki.ask("register/sparql", f"{PREFIXES} SELECT ?chemical ?a ?b {{ {one} {other} }}", JSON)
    assert answer.status_code == 200, answer.text
    cas = rdflib.URIRef("https://example.org/lab/terms#casNumber")
    expected = {(str(s), str(a), str(b)) for s, a in graphs[0].subject_objects(cas) for b in graphs[1].objects(s, cas)}
    assert expected
    rows = answer.json()["results"]["bindings"]
    assert sorted(tuple(row[name]["value"] for name in ("chemical", "a", "b")) for row in rows) == sorted(expected)


@pytest.mark.parametrize(
    "refused",
    [
        "SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o }",  # this service asks no other
        "?s ?p ?o . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l",  # cannot be answered within the time that there is
    ],
)
def test_what_ours_refuses_is_an_error_there_too(
    laboratories: tuple[list[ServedCatalogue], list[rdflib.Graph]], other_fuseki: FusekiServer, refused: str
) -> None:
    services, _ = laboratories
    asked = f"SERVICE <{services[0].base}sparql> {{ {refused} }}"
    answer = other_fuseki.ask("register/sparql", f"SELECT * {{ {asked} }}", JSON)
    assert answer.status_code >= 400, answer.text[:500]
    silent = other_fuseki.ask("register/sparql", f"SELECT * {{ {asked.replace('SERVICE', 'SERVICE SILENT', 1)} }}", JSON)
    assert silent.json()["results"]["bindings"] == [{}], "who asks to be spared errors gets one empty solution"
