"""Does the explanation say what an ingest does, and why something is or is not found? The oracle is the ingest itself."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.errors import InputError, MetadataError, NotFoundError
from catalog.services.explain import Explanation, Verdict, explain
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from tests.support.workspace import RefuseAll
from tests.unit.stores.trees import GROUP2, GROUP3, array2, array3, consolidated3, write

SAMPLE = "http://lab.example/sample1"


def _group(**attributes: object) -> bytes:
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}).encode()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that a list of names shows: linked data, a plain key, a broken document."""
    linked = {"@id": SAMPLE, "http://lab.example/name": "one", "mine": 3}
    tree = {
        "zarr.json": _group(title="t"),
        "s/zarr.json": _group(**linked),
        "s/a/zarr.json": array3(attributes={"mine": 4}),
        "broken/zarr.json": b"{,}",
    }
    return write(tmp_path / "store.zarr", tree)


def _digest_of(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".lock", "LOCK")))
    text = b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in files)
    return hashlib.sha256(text).hexdigest()


def _verdict(found: Explanation) -> Verdict:
    assert len(found.verdicts) == 1
    return found.verdicts[0]


def test_it_takes_the_route_of_an_ingest_and_says_what_was_asked(workspace: Workspace, store: Path) -> None:
    found = explain(workspace, str(store))
    done = ingest(workspace, IngestRequest(str(store), dry_run=True))
    assert found.harvest is not None
    assert found.hierarchy is not None
    assert found.description is not None
    assert (found.harvest.route, found.harvest.requests, found.harvest.complete) == (done.route, done.requests, done.complete)
    assert (len(found.hierarchy.groups), len(found.hierarchy.arrays), found.description.triples) == (
        done.groups,
        done.arrays,
        done.triples,
    )
    first = [(step.way, step.key, step.outcome) for step in found.steps[:2]]
    assert first == [("read", "zarr.json", "found"), ("list", "", "found")]
    assert {step.key for step in found.steps if step.way == "listed"} == {
        "zarr.json", "s/zarr.json", "s/a/zarr.json", "broken/zarr.json",
    }  # fmt: skip
    assert found.dataset_id == done.id


def test_a_consolidated_document_is_told_as_the_reason(workspace: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "c.zarr", {"zarr.json": consolidated3({"a": array3()}), "a/zarr.json": array3()})
    told = explain(workspace, str(tmp_path / "c.zarr")).to_dict()["route"]
    assert (told["route"], told["key"]) == ("consolidated", "zarr.json")
    assert "'zarr.json' holds the documents of all nodes" in told["why"]


def test_each_attribute_key_is_told_with_what_became_of_it(workspace: Workspace, store: Path) -> None:
    fates = {(fate.key, fate.became): fate.nodes for fate in explain(workspace, str(store)).keys}
    assert fates[("@id", "linked data")] == 1
    assert fates[("http://lab.example/name", "linked data")] == 1
    assert sum(nodes for (key, _), nodes in fates.items() if key == "mine") == 2
    assert ("mine", "key and value") in fates


def test_a_convention_is_told_with_its_keys(workspace: Workspace, tmp_path: Path) -> None:
    attributes = {"units": "K", "standard_name": "air_temperature", "_ARRAY_DIMENSIONS": ["x"]}
    tree = {
        ".zgroup": GROUP2,
        ".zattrs": b'{"Conventions": "CF-1.11"}',
        "t/.zarray": array2(),
        "t/.zattrs": json.dumps(attributes).encode(),
    }
    found = explain(workspace, str(write(tmp_path / "cf.zarr", tree)))
    assert "cf" in found.conventions
    assert set(found.conventions) <= set(found.known_conventions)
    became = {fate.key: fate.became for fate in found.keys}
    assert "convention cf" in became["standard_name"]


def test_what_the_shapes_say_is_told(workspace: Workspace, store: Path) -> None:
    found = explain(replace(workspace, validator=RefuseAll()), str(store))
    assert found.report is not None
    assert (found.report.accepted, [result.shape for result in found.report.results]) == (False, ["urn:test:shape"])


def test_nothing_is_written(workspace: Workspace, store: Path, tmp_path: Path) -> None:
    ingest(workspace, IngestRequest(str(store)))
    write(store, {"new/zarr.json": GROUP3})
    before = _digest_of(tmp_path)
    explain(workspace, str(store), nodes=("s", "new"), uris=(SAMPLE, "http://nowhere.example/x"))
    assert _digest_of(tmp_path) == before


# -- why something is or is not found


def test_before_and_after_an_ingest(workspace: Workspace, store: Path) -> None:
    before = explain(workspace, str(store), nodes=("s/a",))
    assert (before.known, _verdict(before).found) == (None, False)
    assert "catalog ingest" in before.state
    assert any("the store has a node" in reason for reason in _verdict(before).reasons)
    done = ingest(workspace, IngestRequest(str(store), access="public"))
    after = explain(workspace, str(store), nodes=("s/a",))
    assert (_verdict(after).found, after.state) == (True, "the store is in the state that is in force")
    assert after.shown is not None
    by_id = explain(workspace, done.id)
    assert by_id.location == after.location
    by_iri = explain(workspace, workspace.iris.node(done.id, "s/a"))
    assert _verdict(by_iri) == _verdict(after)


def test_a_node_that_came_later(workspace: Workspace, store: Path) -> None:
    ingest(workspace, IngestRequest(str(store)))
    write(store, {"new/zarr.json": GROUP3})
    found = explain(workspace, str(store), nodes=("new",))
    assert "has changed" in found.state
    assert not _verdict(found).found
    assert found.state in _verdict(found).reasons


def test_a_node_that_is_gone(workspace: Workspace, store: Path) -> None:
    ingest(workspace, IngestRequest(str(store)))
    (store / "s" / "a" / "zarr.json").unlink()
    verdict = _verdict(explain(workspace, str(store), nodes=("s/a",)))
    assert verdict.found, "what is in force stays"
    assert any("does not show a node" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("broken", "invalid-json"), ("s/a/x", "/s/a is an array, below which no node can lie"), ("S", "does not show")],
)
def test_a_node_that_cannot_be_there(workspace: Workspace, store: Path, path: str, reason: str) -> None:
    verdict = _verdict(explain(workspace, str(store), nodes=(path,)))
    assert not verdict.found
    assert any(reason in each for each in verdict.reasons), verdict.reasons


def test_near_names_are_told(workspace: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "n.zarr", {"zarr.json": GROUP3, "temperature/zarr.json": array3()})
    assert _verdict(explain(workspace, str(tmp_path / "n.zarr"), nodes=("temprature",))).near == ("temperature",)


def test_a_restricted_dataset_is_not_seen_by_the_public(workspace: Workspace, store: Path) -> None:
    ingest(workspace, IngestRequest(str(store), access="restricted"))
    found = explain(workspace, str(store), nodes=("s",))
    assert found.known is not None
    assert found.shown is None
    assert any("restricted" in reason for reason in _verdict(found).reasons)


def test_a_refused_state_is_told(workspace: Workspace, store: Path) -> None:
    refusing = replace(workspace, validator=RefuseAll())
    ingest(refusing, IngestRequest(str(store)))
    found = explain(workspace, str(store), nodes=("s",))
    assert "refused" in found.state
    assert found.state in _verdict(found).reasons


def test_a_uri_is_told_with_what_it_leads_to(workspace: Workspace, store: Path) -> None:
    before = _verdict(explain(workspace, str(store), uris=(SAMPLE,)))
    assert not before.found
    assert any("state it now" in reason and "do not" not in reason for reason in before.reasons)
    done = ingest(workspace, IngestRequest(str(store)))
    after = _verdict(explain(workspace, str(store), uris=(SAMPLE,)))
    assert after.found
    assert f"it is described by attributes of {done.id}:/s" in after.reasons
    other = _verdict(explain(workspace, str(store), uris=("http://lab.example/sample2",)))
    assert (other.found, other.near) == (False, (SAMPLE,))


# -- what goes wrong


def test_a_store_that_cannot_be_read_is_explained_as_far_as_it_goes(workspace: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "x.zarr", {"readme.txt": b""})
    found = explain(workspace, str(tmp_path / "x.zarr"))
    assert isinstance(found.error, NotFoundError)
    assert [step.outcome for step in found.steps if step.way == "read"] == ["absent"] * 4
    assert found.to_dict()["error"]["code"] == "not-found"
    write(tmp_path / "y.zarr", {"zarr.json": b"{,}"})
    broken = explain(workspace, str(tmp_path / "y.zarr"))
    assert isinstance(broken.error, MetadataError)
    assert "invalid-json" in {problem.kind for problem in broken.problems}


def test_a_store_that_went_away_leaves_what_is_in_force(workspace: Workspace, store: Path) -> None:
    done = ingest(workspace, IngestRequest(str(store)))
    store.rename(store.with_name("moved.zarr"))
    found = explain(workspace, done.id, nodes=("s/a",))
    assert isinstance(found.error, NotFoundError)
    assert "stays" in found.state
    assert _verdict(found).found


def test_what_cannot_be_a_store_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(InputError):
        explain(workspace, "http://[broken")
    with pytest.raises(NotFoundError):
        explain(workspace, f"{workspace.iris.base}datasets/none")


def test_the_answer_is_json(workspace: Workspace, store: Path) -> None:
    ingest(workspace, IngestRequest(str(store)))
    value = json.loads(json.dumps(explain(workspace, str(store), nodes=("s",), uris=(SAMPLE,)).to_dict()))
    assert value["index"]["catalog"]["id"] == value["id"]
    assert [verdict["found"] for verdict in value["verdicts"]] == [True, True]
