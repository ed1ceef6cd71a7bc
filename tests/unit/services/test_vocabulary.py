"""What is published of ontology and shapes is what their files say, as rdflib reads them."""

import pytest
import rdflib
from rdflib.compare import isomorphic

from catalog.errors import NotFoundError
from catalog.resources import resource
from catalog.services.vocabulary import published_file, read_vocabulary, to_ntriples, vocabulary_names

FOLDERS = {"ns": ("ontology", "*.ttl"), "shapes": ("shapes", "*.ttl core/*.ttl recommended/*.ttl")}


@pytest.mark.parametrize("name", vocabulary_names())
def test_a_vocabulary_is_what_its_files_say(name: str) -> None:
    folder, patterns = FOLDERS.get(name, ("shapes", f"{name}/*.ttl"))
    wanted = rdflib.Graph()
    for pattern in patterns.split():
        for path in resource(folder).glob(pattern):  # type: ignore[arg-type]
            wanted.parse(path, format="turtle", publicID="https://w3id.org/zarr-catalog/shapes/")
    found = read_vocabulary(name)
    assert isomorphic(rdflib.Graph().parse(data=found.ntriples, format="nt"), wanted)
    assert all(published_file(file.partition("/")[0], file.partition("/")[2])[0] for file in found.files)  # type: ignore[arg-type]


def test_terms_have_label_definition_and_source() -> None:
    for term in read_vocabulary("ns").terms.values():
        assert term.label, term.iri
        assert term.definition, term.iri
        assert term.source, term.iri


def test_a_shape_comes_with_its_unnamed_parts() -> None:
    term = read_vocabulary("profiles/cf").terms["units-given"]
    graph = rdflib.Graph().parse(data=to_ntriples(term.statements), format="nt")
    path = graph.value(rdflib.URIRef(term.iri), rdflib.URIRef("http://www.w3.org/ns/shacl#path"))
    [members] = graph.objects(path, rdflib.URIRef("http://www.w3.org/ns/shacl#alternativePath"))
    assert len(list(graph.items(members))) == 3
    assert term.definition == 'Give the array the attribute "units", such as "m s-1" ("1" where there is none).'


@pytest.mark.parametrize("name", ["../pyproject.toml", "core/../../README.md", "/etc/hostname", "README.md", "", "core"])
def test_no_other_file_is_published(name: str) -> None:
    with pytest.raises(NotFoundError):
        published_file("shapes", name)


def test_an_unknown_vocabulary_is_not_found() -> None:
    with pytest.raises(NotFoundError) as told:
        read_vocabulary("profiles/none")
    assert "profiles/cf" in told.value.near
