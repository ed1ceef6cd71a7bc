"""An ingest puts what it read in force, once, and tells what came of it."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.errors import ConflictError, InputError, MetadataError, NotFoundError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.rdf.iris import ASSERTED, CURATED, RECORD, REJECTED
from catalog.services.delete import delete
from catalog.services.ingest import ingest
from catalog.services.reference import add_reference
from catalog.services.registry import Registry
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.report import Report
from catalog.validation.shapes import Shapes
from tests.support.workspace import AcceptAll, RefuseAll
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3


def paths(store: GraphStore) -> list[str]:
    answer = store.query("SELECT ?path WHERE { ?node zo:path ?path } ORDER BY ?path", "json")
    return [row["path"]["value"] for row in json.loads(answer.body)["results"]["bindings"]]


def graphs(store: GraphStore) -> set[str]:
    answer = store.query("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }", "json")
    return {row["g"]["value"] for row in json.loads(answer.body)["results"]["bindings"]}


def two_arrays(root: Path) -> Path:
    return write_v3(root, {"": group_v3(title="t"), "a": array_v3([4, 6]), "b/c": array_v3([3]), "b": group_v3()})


def test_a_store_is_described(workspace: Workspace, tmp_path: Path) -> None:
    result = ingest(workspace, IngestRequest(str(two_arrays(tmp_path / "s.zarr"))))
    assert (result.groups, result.arrays, result.accepted, result.changed) == (2, 2, True, True)
    assert result.id.startswith("s-")
    assert result.iri == f"http://localhost:8000/datasets/{result.id}"
    assert paths(workspace.catalog) == ["", "a", "b", "b/c"]


def test_the_same_again_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    url = str(two_arrays(tmp_path / "s.zarr"))
    first = ingest(workspace, IngestRequest(url))
    graph = workspace.catalog.read_graph(first.iri)
    again = ingest(workspace, IngestRequest(url))
    assert (again.id, again.changed, again.triples, again.arrays) == (first.id, False, first.triples, 2)
    assert workspace.catalog.read_graph(first.iri) == graph


def test_a_change_is_seen(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s.zarr")
    ingest(workspace, IngestRequest(str(root)))
    write_v3(root, {"a": array_v3([4, 7])})
    assert ingest(workspace, IngestRequest(str(root))).changed
    answer = workspace.catalog.query('SELECT ?shape WHERE { ?a zo:path "a" ; zo:shape ?shape }', "csv")
    assert answer.body.split() == [b"shape", b'"[4,7]"']


def test_a_dry_run_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    before = graphs(workspace.catalog)
    result = ingest(workspace, IngestRequest(str(two_arrays(tmp_path / "s.zarr")), dry_run=True))
    assert (result.arrays, result.accepted, result.changed) == (2, True, False)
    assert graphs(workspace.catalog) == before


def test_listing_and_consolidated_give_the_same_graph(workspace: Workspace, tmp_path: Path) -> None:
    nodes = {"": group_v3(a=1), "x": array_v3([2, 2], dimension_names=["p", None]), "g": group_v3(), "g/y": array_v3([5])}
    listed = ingest(workspace, IngestRequest(str(write_v3(tmp_path / "s", nodes)), dataset_id="d"))
    graph = workspace.catalog.read_graph(listed.iri)
    delete(workspace, "d")
    other = tmp_path / "other"
    write_v3(other / "s", nodes, consolidate=True)
    consolidated = ingest(workspace, IngestRequest(str(other / "s"), dataset_id="d"))
    assert (listed.route, consolidated.route) == ("listing", "consolidated")
    assert workspace.catalog.read_graph(consolidated.iri) == graph


def test_the_archive_returns_the_exact_bytes(workspace: Workspace, tmp_path: Path) -> None:
    text = b'{ "zarr_format" : 2 }\n'
    root = write_documents(tmp_path / "s", {".zgroup": text, "a/.zarray": array_v2([3]), "a/.zattrs": b'{"x": 1.0e0}'})
    result = ingest(workspace, IngestRequest(str(root)))
    dataset = Registry(workspace.catalog, workspace.iris).require(result.id)
    assert dataset.current is not None
    documents = {each.key: each.data for each in workspace.archive.read_documents(dataset.current.documents)}
    assert documents == {key: (root / key).read_bytes() for key in (".zgroup", "a/.zarray", "a/.zattrs")}


def test_a_lost_archive_stops_nothing(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    first = ingest(workspace, IngestRequest(str(root)))
    shutil.rmtree(tmp_path / "catalogue" / "archive")
    again = ingest(workspace, IngestRequest(str(root)))
    assert (again.changed, again.triples) == (True, first.triples)
    shutil.rmtree(tmp_path / "catalogue" / "archive")
    write_v3(root, {"a": array_v3([1])})
    assert ingest(workspace, IngestRequest(str(root))).accepted
    answer = workspace.catalog.query('SELECT ?shape WHERE { ?a zo:path "a" ; zo:shape ?shape }', "csv")
    assert answer.body.split() == [b"shape", b"[1]"]


def test_a_broken_document_does_not_hide_the_rest(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    (root / "a" / "zarr.json").write_text('{"zarr_format": 3,}')
    result = ingest(workspace, IngestRequest(str(root)))
    assert (result.groups, result.arrays) == (2, 1)
    assert [(problem.path, problem.kind) for problem in result.problems if problem.severity == "error"] == [
        ("a/zarr.json", "invalid-json")
    ]


def test_a_refused_state_leaves_the_old_one_in_force(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    first = ingest(workspace, IngestRequest(str(root)))
    graph = workspace.catalog.read_graph(first.iri)
    write_v3(root, {"new": array_v3([9])})
    refused = ingest(replace(workspace, validator=RefuseAll()), IngestRequest(str(root)))
    assert (refused.accepted, refused.arrays) == (False, 3)
    assert workspace.catalog.read_graph(first.iri) == graph
    assert b'"new"' in workspace.catalog.read_graph(workspace.iris.graph(first.id, REJECTED))
    assert "new" not in paths(workspace.catalog)
    dataset = Registry(workspace.catalog, workspace.iris).require(first.id)
    assert dataset.rejected is not None
    assert dataset.current is not None
    assert dataset.current.digest != dataset.rejected.digest
    again = ingest(replace(workspace, validator=RefuseAll()), IngestRequest(str(root)))
    assert (again.accepted, again.changed) == (False, False)


def test_an_accepted_state_clears_the_refused_one(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    refused = ingest(replace(workspace, validator=RefuseAll()), IngestRequest(str(root)))
    assert paths(workspace.catalog) == []
    write_v3(root, {"new": array_v3([9])})
    assert ingest(workspace, IngestRequest(str(root))).accepted
    assert workspace.catalog.read_graph(workspace.iris.graph(refused.id, REJECTED)) == b""
    dataset = Registry(workspace.catalog, workspace.iris).require(refused.id)
    assert dataset.rejected is None


def test_an_id_at_another_place_is_a_conflict(workspace: Workspace, tmp_path: Path) -> None:
    first, second = two_arrays(tmp_path / "one"), two_arrays(tmp_path / "two")
    ingest(workspace, IngestRequest(str(first), dataset_id="plate"))
    with pytest.raises(ConflictError, match="--relocate"):
        ingest(workspace, IngestRequest(str(second), dataset_id="plate"))
    moved = ingest(workspace, IngestRequest(str(second), dataset_id="plate", relocate=True))
    assert moved.id == "plate"
    dataset = Registry(workspace.catalog, workspace.iris).require("plate")
    assert dataset.location.endswith("/two")
    assert Registry(workspace.catalog, workspace.iris).by_location(dataset.location.replace("/two", "/one")) is None


def test_a_known_place_under_another_id_is_a_conflict(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "one")
    ingest(workspace, IngestRequest(str(root), dataset_id="plate"))
    with pytest.raises(ConflictError, match="'plate' already"):
        ingest(workspace, IngestRequest(str(root), dataset_id="other"))


@pytest.mark.parametrize("group_first", [False, True])
def test_a_group_inside_a_known_store_is_linked_to_it(workspace: Workspace, tmp_path: Path, group_first: bool) -> None:
    root = two_arrays(tmp_path / "s")
    order = [(str(root / "b"), "part"), (str(root), "whole")]
    for url, dataset_id in order if group_first else reversed(order):
        ingest(workspace, IngestRequest(url, dataset_id=dataset_id))
    part = Registry(workspace.catalog, workspace.iris).require("part")
    assert part.part_of == workspace.iris.node("whole", "b")
    delete(workspace, "whole")
    assert Registry(workspace.catalog, workspace.iris).require("part").part_of is None


def test_names_are_not_encoded_twice(workspace: Workspace, tmp_path: Path) -> None:
    root = write_v3(tmp_path / "my store", {"": group_v3(), "my group": group_v3(), "my group/a": array_v3([1])})
    ingest(workspace, IngestRequest(str(root), dataset_id="whole"))
    ingest(workspace, IngestRequest(str(root / "my group"), dataset_id="part"))
    part = Registry(workspace.catalog, workspace.iris).require("part")
    assert part.name == "my group"
    assert part.part_of == "http://localhost:8000/datasets/whole/nodes/my%20group"
    nodes = workspace.catalog.query("SELECT ?n WHERE { ?n a zo:ZarrGroup ; zo:inDataset ?d ; zo:path 'my group' }", "csv")
    assert nodes.body.split()[1].decode() == part.part_of


def test_deleting_leaves_no_quad(workspace: Workspace, tmp_path: Path) -> None:
    before = {store.audience: graphs(store) for store in (workspace.catalog, workspace.public)}
    root = two_arrays(tmp_path / "s")
    result = ingest(workspace, IngestRequest(str(root)))
    write_v3(root, {"new": array_v3([9])})
    ingest(replace(workspace, validator=RefuseAll()), IngestRequest(str(root)))
    delete(workspace, result.id)
    for store in (workspace.catalog, workspace.public):
        assert graphs(store) == before[store.audience]
        for part in ("", ASSERTED, CURATED, RECORD, REJECTED):
            assert store.read_graph(workspace.iris.graph(result.id, part)) == b""
    with pytest.raises(NotFoundError, match="no dataset"):
        delete(workspace, result.id)


def test_public_and_restricted_are_held_apart(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    result = ingest(workspace, IngestRequest(str(root)))
    assert result.access == "public"
    assert paths(workspace.public) == ["", "a", "b", "b/c"]
    hidden = ingest(workspace, IngestRequest(str(root), access="restricted"))
    assert (hidden.access, hidden.changed) == ("restricted", True)
    assert paths(workspace.public) == []
    assert paths(workspace.catalog) == ["", "a", "b", "b/c"]
    assert ingest(workspace, IngestRequest(str(root))).access == "restricted"
    ingest(workspace, IngestRequest(str(root), access="public"))
    assert paths(workspace.public) == ["", "a", "b", "b/c"]


def test_the_public_record_names_no_local_folder(workspace: Workspace, tmp_path: Path) -> None:
    result = ingest(workspace, IngestRequest(str(two_arrays(tmp_path / "s"))))
    record = workspace.iris.graph(result.id, RECORD)
    assert b"file:" in workspace.catalog.read_graph(record)
    assert b"file:" not in workspace.public.read_graph(record)
    assert str(tmp_path).encode() not in workspace.public.read_graph(record)


def test_a_restricted_whole_is_not_named_in_public(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    ingest(workspace, IngestRequest(str(root), dataset_id="secret", access="restricted"))
    ingest(workspace, IngestRequest(str(root / "b"), dataset_id="part"))
    assert b"secret" in workspace.catalog.read_graph(workspace.iris.graph("part", RECORD))
    assert b"secret" not in workspace.public.read_graph(workspace.iris.graph("part", RECORD))
    ingest(workspace, IngestRequest(str(root), access="public"))
    assert b"secret" in workspace.public.read_graph(workspace.iris.graph("part", RECORD))
    ingest(workspace, IngestRequest(str(root), access="restricted"))
    assert b"secret" not in workspace.public.read_graph(workspace.iris.graph("part", RECORD))


def test_what_people_added_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    root = two_arrays(tmp_path / "s")
    result = ingest(workspace, IngestRequest(str(root)))
    curated = workspace.iris.graph(result.id, CURATED)
    line = f'<{result.iri}> <http://purl.org/dc/terms/title> "Mine" .\n'.encode()
    workspace.catalog.apply([GraphUpdate(curated, line)])
    write_v3(root, {"a": array_v3([1])})
    assert ingest(workspace, IngestRequest(str(root))).changed
    assert workspace.catalog.read_graph(curated) == line
    assert workspace.public.read_graph(curated) == line


def test_reference_graphs_are_judged_with_the_rest(workspace: Workspace, tmp_path: Path) -> None:
    seen: list[list[bytes]] = []

    class Watch(AcceptAll):
        def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
            seen.append(list(data))
            return super().validate(data, shapes)

    watched = replace(workspace, validator=Watch())
    root = str(two_arrays(tmp_path / "s"))
    ingest(watched, IngestRequest(root))
    line = b"<urn:test:cat> <urn:test:is> <urn:test:animal> .\n"
    (tmp_path / "taxonomy.nt").write_bytes(line)
    add_reference(workspace, tmp_path / "taxonomy.nt")
    assert ingest(watched, IngestRequest(root)).changed
    assert line not in seen[0]
    assert line in seen[1]
    assert not ingest(watched, IngestRequest(root)).changed


@pytest.mark.parametrize(
    ("documents", "error"),
    [
        ({"readme.txt": b"hello"}, NotFoundError),
        ({"zarr.json": b"{"}, MetadataError),
        ({".zmetadata": b'{"hello": "world"}'}, MetadataError),
        ({"zarr.json": {"zarr_format": 3, "metadata_encoding": "x"}}, MetadataError),
    ],
)
def test_nothing_to_describe_writes_nothing(
    workspace: Workspace, tmp_path: Path, documents: dict[str, object], error: type[Exception]
) -> None:
    before = graphs(workspace.catalog)
    with pytest.raises(error):
        ingest(workspace, IngestRequest(str(write_documents(tmp_path / "s", documents))))
    assert graphs(workspace.catalog) == before


def test_an_id_must_be_plain(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dataset's id"):
        ingest(workspace, IngestRequest(str(two_arrays(tmp_path / "s")), dataset_id="a/../b"))
