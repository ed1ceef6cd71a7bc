"""A request's path leads back to the IRI that was minted, however the client encodes it."""

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rdf.iris import SHARED, Iris
from tests.support.sources import python_files, text_of

IRIS = Iris("http://localhost:8000/catalogue/")
_NAME = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="/\0"), min_size=1, max_size=12)


def _path(iri: str) -> str:
    return iri.removeprefix(IRIS.base)


@given(st.lists(_NAME, max_size=3))
def test_a_node_is_found_however_its_path_is_encoded(names: list[str]) -> None:
    path = "/".join(names)
    iri = IRIS.node("a", path)
    everything = "datasets/a/nodes/" + "".join("/" if c == "/" else "".join(f"%{b:02x}" for b in c.encode()) for c in path)
    little = "datasets/a/nodes/" + quote(path, safe="/~!$&'()*+,;=:@")
    assert IRIS.from_path(_path(iri)) == IRIS.from_path(everything) == IRIS.from_path(little) == iri


@given(st.integers(0, 5), st.integers(0, 99), _NAME)
def test_a_dimension_is_found_by_its_own_path(index: int, size: int, name: str) -> None:
    iri = IRIS.dimension(index, size, name)
    assert IRIS.from_path(_path(iri)) == iri
    assert IRIS.from_path(_path(iri).replace("%2F", "%2f")) == iri


@pytest.mark.parametrize("path", ["layouts/0a", "axes/0b", "datasets/a", "datasets/a/snapshots/0c", "", "catalog"])
def test_plain_paths_stand_for_themselves(path: str) -> None:
    assert IRIS.from_path(path) == IRIS.base + path


def test_a_mark_that_means_something_stays_encoded() -> None:
    hashed, named = IRIS.dimension(0, 1, "x" * 65), IRIS.dimension(0, 1, "~abc")
    assert IRIS.from_path(_path(hashed)) == hashed
    assert IRIS.from_path(_path(named)) == named
    assert unquote(named) != named


def test_documents_lie_beside_the_things() -> None:
    base = IRIS.base
    assert IRIS.document(f"{base}datasets/a/nodes/x#channel-0", "ttl") == f"{base}data/datasets/a/nodes/x.ttl"
    assert IRIS.document(f"{base}datasets/a", "html", 3) == f"{base}data/datasets/a.html?page=3"
    assert IRIS.document(base, "nt") == f"{base}data/.nt"


def test_terms_are_told_of_here() -> None:
    assert IRIS.published("https://w3id.org/zarr-catalog/ns#ZarrArray") == f"{IRIS.base}ns/ZarrArray"
    assert IRIS.published("https://w3id.org/zarr-catalog/profiles/cf#axis") == f"{IRIS.base}profiles/cf/axis"
    assert IRIS.published("https://example.org/x") == ""


def test_every_kind_of_what_is_shared_has_its_place() -> None:
    sources = "".join(text_of(path) for path in python_files("catalog"))
    kinds = set(re.findall(r"\.shared\(\s*[\"']([\w-]+)", sources))
    assert {"axes", "channels"} <= kinds <= set(SHARED)
