"""Which snapshot of a dataset is the newest?"""

from dataclasses import replace

from catalog.metadata.dataset import Dataset, Snapshot

SNAPSHOT = Snapshot(
    digest="d1",
    source_digest="s1",
    route="listing",
    metadata_key="",
    complete=True,
    fresh="unproven",
    zarr_formats=(3,),
    groups=1,
    arrays=2,
    triples=40,
    mapping_version="1",
    shapes_digest="h",
    conforms=True,
    accepted=True,
    structure="a",
    asserted="b",
    documents="c",
    report="e",
    generated="2026-11-21T00:00:00Z",
)


def test_a_refused_snapshot_is_newer_than_the_one_in_force() -> None:
    refused = replace(SNAPSHOT, digest="d2", accepted=False)
    dataset = Dataset("x", "x", "file:///x", "restricted")
    assert dataset.latest is None
    assert replace(dataset, current=SNAPSHOT).latest == SNAPSHOT
    assert replace(dataset, current=SNAPSHOT, rejected=refused).latest == refused
    assert replace(dataset, rejected=refused).latest == refused
