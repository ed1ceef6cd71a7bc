"""Is what people add kept, judged with the rest, and limited to what they can know?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import InputError, LimitExceededError, NonConformantError, NotFoundError
from catalog.services.curate import Curation, curate, read_curated
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes
from tests.support.workspace import open_test_workspace
from tests.support.zarr_documents import array_v3, group_v3, write_v3

DCT = "http://purl.org/dc/terms/"
SHAPES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://lab.example/shapes#licence> a sh:PropertyShape ;
    sh:targetClass dcat:Dataset ; sh:path dct:license ; sh:minCount 1 ; sh:nodeKind sh:IRI ; sh:message "Give it a licence." .
<https://lab.example/shapes#one-title> a sh:PropertyShape ;
    sh:targetClass dcat:Dataset ; sh:path dct:title ; sh:maxCount 1 ; sh:message "Give it one title." .
"""


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Workspace]:
    """A deployment whose shapes want a licence."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    (folder / "lab.ttl").write_text(SHAPES)
    with open_test_workspace(tmp_path / "strict", PyShaclValidator()) as opened:
        yield Workspace(**{**vars(opened), "shapes": load_shapes(folder=folder)})


def store(root: Path, size: int = 4) -> str:
    return str(write_v3(root / "s.zarr", {"": group_v3(), "a": array_v3([size])}))


def test_a_curated_graph_outlives_every_ingest(workspace: Workspace, tmp_path: Path) -> None:
    first = ingest(workspace, IngestRequest(store(tmp_path)))
    file = tmp_path / "about.ttl"
    file.write_text(f'<> <{DCT}title> "North Sea" . <nodes/a> <{DCT}source> <https://lab.example/cruise/7> .')
    result = curate(workspace, first.id, Curation(file=file))
    assert (result.statements, result.changed) == (2, True)
    ingest(workspace, IngestRequest(store(tmp_path, size=8)))
    found = workspace.catalog.select(f'SELECT ?d ?s {{ ?d <{DCT}title> "North Sea" . ?a <{DCT}source> ?s }}')
    assert [[term.value for term in row if term] for row in found.rows] == [[first.iri, "https://lab.example/cruise/7"]]
    assert workspace.public.read_graph(f"{first.iri}/curated") == read_curated(workspace, first.iri)


def test_settings_replace_the_values_of_a_property(workspace: Workspace, tmp_path: Path) -> None:
    dataset = ingest(workspace, IngestRequest(store(tmp_path))).id
    curate(
        workspace, dataset, Curation(set=["title=One", "title=Two", "license=https://spdx.org/licenses/MIT", 'dct:extent="5"'])
    )
    curate(workspace, dataset, Curation(set=["title=Three = 3"], unset=["dct:extent"]))
    curate(workspace, dataset, Curation(set=["sample=rat 12"], node="/a"))
    iri = f"http://localhost:8000/datasets/{dataset}"
    assert read_curated(workspace, dataset).decode().splitlines() == [
        f'<{iri}/nodes/a> <http://www.w3.org/ns/sosa/hasFeatureOfInterest> "rat 12" .',
        f"<{iri}> <{DCT}license> <https://spdx.org/licenses/MIT> .",
        f'<{iri}> <{DCT}title> "Three = 3" .',
    ]
    assert not curate(workspace, dataset, Curation(set=["title=Three = 3"])).changed
    assert curate(workspace, dataset, Curation(clear=True)).statements == 0
    assert workspace.catalog.read_graph(f"{iri}/curated") == b""


def test_what_people_add_lets_a_refused_state_pass(strict: Workspace, tmp_path: Path) -> None:
    first = ingest(strict, IngestRequest(store(tmp_path)))
    assert not first.accepted
    assert strict.catalog.read_graph(first.iri) == b""
    result = curate(strict, first.id, Curation(set=["license=https://spdx.org/licenses/MIT"]))
    assert result.report
    assert result.report.accepted
    assert result.dataset.rejected is None
    for audience in (strict.catalog, strict.public):
        assert b"ZarrArray" in audience.read_graph(first.iri)
        assert b"spdx" in audience.read_graph(f"{first.iri}/curated")
    again = ingest(strict, IngestRequest(store(tmp_path)))
    assert (again.accepted, again.changed) == (True, False), "the next ingest finds it judged"
    assert not [problem for problem in again.problems if "licence" in problem.message]


def test_what_the_shapes_refuse_is_not_written(strict: Workspace, tmp_path: Path) -> None:
    dataset = ingest(strict, IngestRequest(store(tmp_path))).id
    curate(strict, dataset, Curation(set=["license=https://spdx.org/licenses/MIT"]))
    before = read_curated(strict, dataset)
    for change in (Curation(clear=True), Curation(set=["title=a", "title=b"])):
        with pytest.raises(NonConformantError, match="nothing was written") as caught:
            curate(strict, dataset, change)
        assert not caught.value.report.accepted
        assert read_curated(strict, dataset) == before


def test_a_restricted_dataset_stays_so(workspace: Workspace, tmp_path: Path) -> None:
    first = ingest(workspace, IngestRequest(store(tmp_path), access="restricted"))
    curate(workspace, first.id, Curation(set=["title=secret"]))
    assert workspace.public.read_graph(f"{first.iri}/curated") == b""
    assert b"secret" in workspace.catalog.read_graph(f"{first.iri}/curated")
    ingest(workspace, IngestRequest(store(tmp_path), access="public"))
    assert b"secret" in workspace.public.read_graph(f"{first.iri}/curated")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<> <http://www.w3.org/ns/dcat#accessURL> <https://evil.example/> .", "only|for the catalogue"),
        ("<> <https://w3id.org/zarr-catalog/ns#location> 'file:///etc' .", "for the catalogue"),
        ("<nodes/a> <https://w3id.org/zarr-catalog/ns#shape> '[9]' .", "for the catalogue"),
        ("<nodes/b> a <https://w3id.org/zarr-catalog/ns#ZarrArray> .", "only the catalogue"),
        ("<http://localhost:8000/datasets/other> <urn:p> 1 .", "another dataset"),
        ("<http://localhost:8000/datasets/other/nodes/../x> <urn:p> 1 .", "another dataset"),
        ("<http://localhost:8000/> <urn:p> 1 .", "belongs to the catalogue"),
        ("<record> <urn:p> 1 .", "belongs to the catalogue"),
    ],
)
def test_nobody_states_what_only_the_catalogue_knows(workspace: Workspace, tmp_path: Path, text: str, words: str) -> None:
    dataset = ingest(workspace, IngestRequest(store(tmp_path), dataset_id="mine")).id
    file = tmp_path / "x.ttl"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        curate(workspace, dataset, Curation(file=file))
    assert read_curated(workspace, dataset) == b""


def test_errors_name_what_was_wrong(workspace: Workspace, tmp_path: Path) -> None:
    dataset = ingest(workspace, IngestRequest(store(tmp_path))).id
    for setting, words in (("title", "PROPERTY=VALUE"), ("colour=red", "'colour' is no property"), ("title=<a", "is no term")):
        with pytest.raises(InputError, match=words):
            curate(workspace, dataset, Curation(set=[setting]))
    with pytest.raises(NotFoundError):
        curate(workspace, "nobody", Curation(set=["title=x"]))
    with pytest.raises(InputError, match="cannot be read"):
        curate(workspace, dataset, Curation(file=tmp_path / "missing.ttl"))
    large = tmp_path / "large.nt"
    with large.open("wb") as handle:
        handle.truncate(8 * 2**20 + 1)
    with pytest.raises(LimitExceededError, match="8388608"):
        curate(workspace, dataset, Curation(file=large))


def test_values_are_terms_and_never_statements(workspace: Workspace, tmp_path: Path) -> None:
    dataset = ingest(workspace, IngestRequest(store(tmp_path))).id
    evil = 'x" . <urn:a> <urn:b> <urn:c> . #\\ "; DROP ALL\n\u202e'
    curate(workspace, dataset, Curation(set=[f"title={evil}"]))
    assert workspace.catalog.select(f"SELECT ?t {{ ?s <{DCT}title> ?t }}").values("t") == [evil]
    assert not workspace.catalog.select("SELECT ?o { <urn:a> ?p ?o }").rows


def test_a_text_may_hold_what_python_takes_for_the_end_of_a_line(workspace: Workspace, tmp_path: Path) -> None:
    dataset = ingest(workspace, IngestRequest(store(tmp_path))).id
    text = "one\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven\reight\nnine"
    curate(workspace, dataset, Curation(set=[f"title={text}"]))
    assert curate(workspace, dataset, Curation(set=["sample=rat 12"])).statements == 2
    assert workspace.catalog.select(f"SELECT ?t {{ ?s <{DCT}title> ?t }}").values("t") == [text]
