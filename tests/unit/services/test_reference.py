"""Can a query follow what an ontology says, and see no more than it may?"""

from pathlib import Path

import pytest

from catalog.errors import InputError, NotFoundError
from catalog.services.ingest import ingest
from catalog.services.reference import add_reference, delete_reference, list_references
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.zarr_documents import array_v3, group_v3, write_v3

TAXONOMY = """@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix lab: <https://lab.example/terms#> .
lab:Rat rdfs:subClassOf lab:Rodent ; rdfs:label "rat"@en , "Ratte"@de .
lab:Mouse rdfs:subClassOf lab:Rodent .
lab:Rodent rdfs:subClassOf lab:Mammal .
"""
QUERY = """PREFIX zo: <https://w3id.org/zarr-catalog/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?path { ?array zo:path ?path ; zo:describes ?thing . ?thing a/rdfs:subClassOf* <https://lab.example/terms#Mammal> }
ORDER BY ?path"""


def taxonomy(folder: Path) -> Path:
    path = folder / "taxonomy.ttl"
    path.write_text(TAXONOMY)
    return path


def animals(folder: Path) -> str:
    def about(kind: str) -> dict[str, object]:
        return {"@id": f"https://lab.example/{kind}", "@type": f"https://lab.example/terms#{kind}"}

    nodes = {"": group_v3(), **{kind: array_v3([2], attributes=about(kind)) for kind in ("Rat", "Mouse", "Fern")}}
    return str(write_v3(folder / "s.zarr", nodes))


def test_queries_follow_subclasses(workspace: Workspace, tmp_path: Path) -> None:
    ingest(workspace, IngestRequest(animals(tmp_path)))
    assert workspace.catalog.select(QUERY).values("path") == []
    reference, changed = add_reference(workspace, taxonomy(tmp_path))
    assert changed
    assert (reference.name, reference.triples, reference.access) == ("taxonomy", 5, "restricted")
    assert workspace.catalog.select(QUERY).values("path") == ["Mouse", "Rat"]
    delete_reference(workspace, "taxonomy")
    assert workspace.catalog.select(QUERY).values("path") == []
    assert list_references(workspace.catalog, workspace.iris) == []


def test_only_public_ones_reach_anonymous_users(workspace: Workspace, tmp_path: Path) -> None:
    graph = add_reference(workspace, taxonomy(tmp_path))[0].graph
    assert workspace.public.read_graph(graph) == b""
    assert workspace.public.read_graph(workspace.iris.references) == b""
    add_reference(workspace, taxonomy(tmp_path), access="public")
    assert workspace.public.read_graph(graph) == workspace.catalog.read_graph(graph)
    assert [each.name for each in list_references(workspace.public, workspace.iris)] == ["taxonomy"]
    add_reference(workspace, taxonomy(tmp_path))
    assert workspace.public.read_graph(graph) == b""


def test_the_same_file_changes_nothing_and_another_replaces_it(workspace: Workspace, tmp_path: Path) -> None:
    add_reference(workspace, taxonomy(tmp_path), "terms")
    assert not add_reference(workspace, taxonomy(tmp_path), "terms")[1]
    (tmp_path / "new.nt").write_text("<urn:a> <urn:b> <urn:c> .\n")
    reference, changed = add_reference(workspace, tmp_path / "new.nt", "terms")
    assert changed
    assert workspace.catalog.read_graph(reference.graph) == b"<urn:a> <urn:b> <urn:c> .\n"
    assert len(list_references(workspace.catalog, workspace.iris)) == 1


def test_an_export_may_say_what_was_measured(workspace: Workspace, tmp_path: Path) -> None:
    first = ingest(workspace, IngestRequest(animals(tmp_path)))
    path = tmp_path / "lims.ttl"
    path.write_text(f"<{first.iri}/nodes/Fern> <http://www.w3.org/ns/sosa/hasFeatureOfInterest> <https://lims.example/s/1> .")
    add_reference(workspace, path)
    query = (
        "SELECT ?s { ?a <http://www.w3.org/ns/sosa/hasFeatureOfInterest> ?s ; <https://w3id.org/zarr-catalog/ns#path> 'Fern' }"
    )
    assert workspace.catalog.select(query).values("s") == ["https://lims.example/s/1"]
    with pytest.raises(InputError, match="public reference may not mention datasets"):
        add_reference(workspace, path, access="public")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<http://localhost:8000/> <urn:p> 1 .", "belongs to the catalogue itself"),
        ("<urn:x> <http://www.w3.org/ns/dcat#accessURL> <urn:y> .", "for the catalogue"),
        ("<urn:x> a <https://w3id.org/zarr-catalog/ns#ZarrArray> .", "only the catalogue"),
        ("", "states nothing"),
        ("<urn:x> <urn:y>", "line 1"),
    ],
)
def test_what_is_no_reference(workspace: Workspace, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.ttl"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        add_reference(workspace, path)
    assert list_references(workspace.catalog, workspace.iris) == []


def test_names(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be a dataset's id"):
        add_reference(workspace, taxonomy(tmp_path), "../x")
    with pytest.raises(NotFoundError, match="'nothing'"):
        delete_reference(workspace, "nothing")
