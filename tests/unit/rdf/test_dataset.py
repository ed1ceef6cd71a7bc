"""Does the record of a dataset come back, and does the public one keep silent about what is private?"""

from dataclasses import replace
from typing import Any

import pytest

from catalog.metadata.dataset import Dataset, Snapshot
from catalog.rdf.dataset import read_record, record_ntriples
from catalog.rdf.iris import Iris
from tests.support.reparse import Value, facts_of, read_with_pyoxigraph, read_with_rdflib

IRIS = Iris("https://data.example.org/")
SNAPSHOT = Snapshot(
    digest="1" * 64,
    source_digest="2" * 64,
    route="consolidated",
    metadata_key="zarr.json",
    complete=True,
    fresh="unproven",
    zarr_formats=(2, 3),
    groups=3,
    arrays=10**12,
    triples=99,
    mapping_version="1",
    shapes_digest="3" * 64,
    conforms=False,
    accepted=True,
    structure="a" * 64,
    asserted="b" * 64,
    documents="c" * 64,
    report="d" * 64,
    generated="2026-11-21T09:00:00Z",
)
DATASET = Dataset(
    id="cube-1",
    name='A "cube" > 1\n\\',
    location="https://example.org/cube%201.zarr",
    access="public",
    part_of="https://data.example.org/datasets/whole/nodes/a",
    current=SNAPSHOT,
    rejected=None,
    checked="2026-11-21T10:00:00Z",
)
STALE = replace(
    SNAPSHOT,
    route="members",
    fresh="stale",
    proved="2026-11-21T09:30:00Z",
    disagreements=3,
    stale=(".zattrs", 'a "b"/.zarray'),
    consolidated_digest="5" * 64,
)
REFUSED = replace(SNAPSHOT, digest="4" * 64, accepted=False, zarr_formats=(3,), complete=False, metadata_key="")


def rows(data: bytes) -> list[tuple[str, str, str]]:
    found = read_with_pyoxigraph(data)
    assert found == read_with_rdflib(data)
    return [(s, p, o.text if isinstance(o, Value) else o) for s, p, o in found]


@pytest.mark.parametrize(
    "dataset",
    [
        DATASET,
        replace(DATASET, access="restricted", part_of=None),
        replace(DATASET, current=None, rejected=REFUSED),
        replace(DATASET, rejected=REFUSED),
        replace(DATASET, current=STALE),
        replace(DATASET, current=replace(STALE, stale=(), disagreements=0, fresh="proven")),
        replace(DATASET, current=None, location="file:///data/cube.zarr"),
        replace(DATASET, name="", location="s3://bucket/a%20b/cube.zarr"),
        replace(DATASET, location='memory://x/<y> "z"{|}^`\\'),
    ],
)
def test_a_record_comes_back(dataset: Dataset) -> None:
    assert read_record(rows(record_ntriples(dataset, IRIS)), IRIS, dataset.id) == dataset


def test_a_record_is_canonical() -> None:
    data = record_ntriples(DATASET, IRIS)
    facts_of(data)
    assert data == record_ntriples(replace(DATASET), IRIS)
    assert data.splitlines() == sorted(data.splitlines())


def test_the_store_lies_where_the_record_says() -> None:
    about = facts_of(record_ntriples(DATASET, IRIS))
    distribution = about["https://data.example.org/datasets/cube-1/distribution"]
    assert distribution["http://www.w3.org/ns/dcat#accessURL"] == {DATASET.location}
    assert distribution["http://purl.org/dc/terms/format"] == {"http://edamontology.org/format_3915"}


@pytest.mark.parametrize(
    "location", ["file:///srv/secret/cube.zarr", "memory://cube", "http+unix:///run/x", "http://10.1.2.3/a", "http://store/a"]
)
def test_the_public_record_tells_no_location_of_this_machine(location: str) -> None:
    data = record_ntriples(replace(DATASET, location=location), IRIS, audience="public")
    assert location.encode() not in data
    assert b"accessURL" not in data
    found = read_record(rows(data), IRIS, DATASET.id)
    assert found == replace(DATASET, location="")


@pytest.mark.parametrize(
    "location", ["https://example.org/a.zarr", "http://example.org/a.zarr", "s3://b/a.zarr", "gs://b/a.zarr"]
)
def test_the_public_record_tells_public_locations(location: str) -> None:
    data = record_ntriples(replace(DATASET, location=location), IRIS, audience="public")
    assert read_record(rows(data), IRIS, DATASET.id) == replace(DATASET, location=location)


def test_the_public_record_says_nothing_about_what_was_refused() -> None:
    data = record_ntriples(replace(DATASET, rejected=REFUSED), IRIS, audience="public")
    assert REFUSED.digest.encode() not in data
    assert read_record(rows(data), IRIS, DATASET.id) == DATASET


@pytest.mark.parametrize("facts", [[], [("https://data.example.org/datasets/other", "p", "o")]])
def test_no_record(facts: list[Any]) -> None:
    assert read_record(facts, IRIS, "cube-1") is None
