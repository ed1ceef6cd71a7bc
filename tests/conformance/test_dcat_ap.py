"""How far does the catalogue as DCAT follow DCAT-AP? Its published shapes judge a page; what fails stands in the reference.

Shapes of a file that SHACL does not take for any (a property shape needs exactly one path) are left out.
"""

import re
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib.namespace import SH

from catalog.rdf.dcat import Entry, catalogue_lines
from catalog.rdf.iris import Iris
from tests.support.corpora import ROOT

PAGE = ROOT / "docs" / "reference" / "linked-data.md"
IRIS = Iris()
FILES = (
    "3.0.1/shacl/dcat-ap-SHACL.ttl",
    "3.0.1/shacl/ranges.ttl",
    "3.0.1/html/shacl/shapes.ttl",
    "3.0.1/html/shacl/shapes_recommended.ttl",
    "3.0.1/html/shacl/range.ttl",
    "3.0.1/html/shacl/mdr-vocabularies.shape.ttl",
    "2.1.1/dcat-ap_2.1.1_shacl_shapes.ttl",
)


@pytest.fixture
def folder(corpora: Path) -> Path:
    return corpora / "dcat-ap" / "releases"


def _catalogue(publisher: str) -> rdflib.Graph:
    """A dataset of which everything is known, and one of which nothing is."""
    when = "2026-01-01T00:00:00Z"
    known = Entry(
        "known", IRIS.dataset("known"), "Known", "All is known of it.", "public",
        modified=when, issued=when, licence="https://creativecommons.org/licenses/by/4.0/", rights="As the licence has it",
        keywords=("sea",), creators=("Ada",), publishers=("https://ror.org/0",), themes=("https://example.org/themes/sea",),
        conforms_to=("https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html",), location="https://example.org/a.zarr",
    )  # fmt: skip
    plain = Entry("plain", IRIS.dataset("plain"), "Plain", "A Zarr hierarchy.", "restricted", licence="ours", modified=when)
    lines = catalogue_lines(IRIS, [known, plain], title="Catalogue", publisher=publisher, page=1, pages=2, total=2)
    return rdflib.Graph().parse(data="".join(lines), format="nt")


def _shapes(path: Path) -> rdflib.Graph:
    shapes = rdflib.Graph().parse(path)
    for shape, member in list(shapes.subject_objects(SH.property)):
        if len(list(shapes.objects(member, SH.path))) != 1:
            shapes.remove((shape, SH.property, member))
    return shapes


def _failures(publisher: str, file: Path, severity: rdflib.URIRef) -> set[str]:
    """What fails: the property, and the kind of constraint."""
    _, report, _ = pyshacl.validate(_catalogue(publisher), shacl_graph=_shapes(file))
    return {
        f"{_name(report.value(result, SH.resultPath))} {_name(report.value(result, SH.sourceConstraintComponent))}"
        for result in report.subjects(rdflib.RDF.type, SH.ValidationResult)
        if report.value(result, SH.resultSeverity) == severity
    }


def _name(iri: object) -> str:
    return re.split(r"[#/]", str(iri))[-1].removesuffix("ConstraintComponent")


def _listed() -> dict[str, set[str]]:
    """The rows of the reference: file, then what fails in it."""
    found: dict[str, set[str]] = {}
    for file, names in re.findall(r"^\| `([\w./-]+\.ttl)` \| (.*?) \|", PAGE.read_text(), re.MULTILINE):
        found[file] = set(re.findall(r"`([^`]+)`", names))
    return found


@pytest.mark.parametrize("file", FILES)
def test_what_fails_is_what_the_reference_lists(file: str, folder: Path) -> None:
    assert _failures("Lab of things", folder / file, SH.Violation) == _listed()[file]


def test_a_publisher_is_asked_for(folder: Path) -> None:
    assert _failures("", folder / FILES[2], SH.Violation) == {"publisher MinCount"}


def test_a_broken_page_would_fail(folder: Path) -> None:
    graph = _catalogue("Lab")
    graph.remove((None, rdflib.URIRef("http://www.w3.org/ns/dcat#accessURL"), None))
    assert not pyshacl.validate(graph, shacl_graph=_shapes(folder / FILES[2]))[0]
