"""Does each thing have one IRI, and each IRI name one thing?"""

import pytest

from catalog.errors import InputError
from catalog.rdf import iris
from catalog.rdf.iris import Iris, data_type, object_digest, object_iri, safe_base, safe_id
from tests.support.reparse import read_with_pyoxigraph, read_with_rdflib

MINT = Iris("https://data.example.org/zarr/")


def test_what_belongs_to_a_dataset_lies_below_it() -> None:
    assert MINT.dataset("cube") == "https://data.example.org/zarr/datasets/cube"
    assert MINT.graph("cube") == "https://data.example.org/zarr/datasets/cube"
    assert MINT.graph("cube", iris.ASSERTED) == "https://data.example.org/zarr/datasets/cube/asserted"
    assert MINT.graph("cube", iris.RECORD) == "https://data.example.org/zarr/datasets/cube/record"
    assert MINT.node("cube", "") == "https://data.example.org/zarr/datasets/cube/nodes/"
    assert MINT.node("cube", "a/b.c") == "https://data.example.org/zarr/datasets/cube/nodes/a/b.c"
    assert MINT.distribution("cube") == "https://data.example.org/zarr/datasets/cube/distribution"
    assert MINT.snapshot("cube", "abc") == "https://data.example.org/zarr/datasets/cube/snapshots/abc"
    assert Iris().dataset("x") == "http://localhost:8000/datasets/x"


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("my group with spaces", "my%20group%20with%20spaces"),
        ("datetime64[10ms].zarr", "datetime64%5B10ms%5D.zarr"),
        ("a%2Fb", "a%252Fb"),
        ("µ/ß", "%C2%B5/%C3%9F"),
        ("a?b#c", "a%3Fb%23c"),
        ("a~b_c-d.e", "a~b_c-d.e"),
        ('x> <y> "z', "x%3E%20%3Cy%3E%20%22z"),
        ("a:b@c", "a%3Ab%40c"),
    ],
)
def test_paths_are_percent_encoded(path: str, encoded: str) -> None:
    assert MINT.node("cube", path) == f"https://data.example.org/zarr/datasets/cube/nodes/{encoded}"


def test_dimensions() -> None:
    base = "https://data.example.org/zarr/dimensions/"
    assert MINT.dimension(0, 365, "time") == f"{base}0-365-time"
    assert MINT.dimension(1, 5, None) == f"{base}1-5"
    assert MINT.dimension(1, 5, "") == f"{base}1-5-"
    assert MINT.dimension(1, 5, "a/b c") == f"{base}1-5-a%2Fb%20c"
    long = MINT.dimension(1, 5, "x" * 65)
    assert long.startswith(f"{base}1-5-~")
    assert MINT.dimension(1, 5, long.removeprefix(f"{base}1-5-")) != long, "no name can pass for the hash of another"


def test_data_types() -> None:
    base = "https://w3id.org/zarr-catalog/ns#dtype/"
    assert data_type("float32") == f"{base}float32"
    assert data_type("numpy.datetime64") == f"{base}numpy.datetime64"
    assert data_type("http://example.org/t x") == f"{base}http%3A%2F%2Fexample.org%2Ft%20x"
    assert data_type("<weird>") == f"{base}%3Cweird%3E"
    assert len(data_type("x" * 10**6)) < 200
    assert data_type("x" * 1000) != data_type("x" * 1001)


def test_named_by_content() -> None:
    assert MINT.layout("0123456789abcdef" * 4) == "https://data.example.org/zarr/layouts/0123456789abcdef01234567"
    assert MINT.codec("a") == MINT.codec("a") != MINT.codec("b")
    assert MINT.attribute("a") == MINT.attribute("a") != MINT.attribute("b")
    # blake2b with a digest of 12 bytes, as coreutils' b2sum -l 96 prints it
    assert iris.content_hash("abc") == "48b4f1f9042a2d5033b382b5"


def test_archived_objects() -> None:
    assert object_iri("ab" * 32) == "urn:sha256:" + "ab" * 32
    assert object_digest(object_iri("ab" * 32)) == "ab" * 32


@pytest.mark.parametrize(
    ("iri", "found"),
    [
        ("https://data.example.org/zarr/datasets/cube", "cube"),
        ("https://data.example.org/zarr/datasets/cube/nodes/a", "cube"),
        ("https://data.example.org/zarr/datasets/cube/record", "cube"),
        ("https://data.example.org/zarr/datasets/", None),
        ("https://data.example.org/zarr/datasets/a b", None),
        ("https://data.example.org/zarr/layouts/cube", None),
        ("https://other.example.org/zarr/datasets/cube", None),
        ("cube", None),
    ],
)
def test_the_dataset_of_an_iri(iri: str, found: str | None) -> None:
    assert MINT.dataset_id(iri) == found


@pytest.mark.parametrize("text", ["a", "cube-1.2_3~x", "0", "x" * 128])
def test_ids(text: str) -> None:
    assert safe_id(text) == text


@pytest.mark.parametrize("text", ["", "-a", ".", "..", "a/b", "a b", "x" * 129, "ü", "a\n", "a%20b", "a>b"])
def test_no_ids(text: str) -> None:
    with pytest.raises(InputError, match="dataset's id"):
        safe_id(text)


@pytest.mark.parametrize("text", ["http://localhost:8000/", "https://example.org/a/b/", "http://[::1]:80/"])
def test_bases(text: str) -> None:
    assert safe_base(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "http://localhost",
        "http:///",
        "ftp://x/",
        "http://a b/",
        "http://a/?q/",
        "http://a/#f/",
        'http://a"/',
        "http://a>/",
        "http://a\x00/",
        "http://a\n/",
    ],
)
def test_no_bases(text: str) -> None:
    with pytest.raises(InputError, match="base IRI"):
        safe_base(text)


def test_two_parsers_read_every_iri() -> None:
    names = [
        MINT.node("cube", 'a> <b> "c" {d} |\\^` \x01 é'),
        MINT.dimension(0, 1, "> <x> ."),
        MINT.dimension(0, 1, "y" * 100),
        data_type("> <x> ."),
        MINT.layout("ab" * 32),
        MINT.codec("\x00"),
        MINT.attribute("> <x>"),
        object_iri("ab" * 32),
    ]
    for name in names:
        line = f"<{name}> <{name}> <{name}> .\n".encode()
        assert read_with_pyoxigraph(line) == {(name, name, name)}
        assert read_with_rdflib(line) == {(name, name, name)}
