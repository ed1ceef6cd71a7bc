"""Gives a recorded read the same array again, and is what changed said?"""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zarr

from catalog.errors import (
    ConflictError,
    InputError,
    LimitExceededError,
    NotFoundError,
    StaleSnapshotError,
    ValuesChangedError,
    exit_code_of,
)
from catalog.rdf.iris import Iris
from catalog.services import provenance
from catalog.services import replay as module
from catalog.services.delete import delete
from catalog.services.provenance import Reading, record_reads, write_record
from catalog.services.replay import load_record, replay
from catalog.services.workspace import Workspace
from tests.support.recorded import T, read, record, take_in, write_climate


@pytest.fixture
def nodes(workspace: Workspace, tmp_path: Path) -> str:
    return take_in(workspace, str(write_climate(tmp_path / "a.zarr")), "a")


def again(workspace: Workspace, recorded: provenance.ReadRecord) -> module.Replay:
    return replay(workspace.catalog, workspace.iris, recorded)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_replay_gives_the_same_values(workspace: Workspace, tmp_path: Path, zarr_format: int) -> None:
    nodes = take_in(workspace, str(write_climate(tmp_path / "a.zarr", zarr_format)), "a")
    first, second = read(workspace, nodes + "t", "y=3:9:2,x=::-3"), read(workspace, nodes + "y", "y=[5,2,2]")
    made = record(workspace, first, second, query="SELECT * {}", agent="Ann")
    expected = T[3:9:2, ::-3]
    assert made.parts[0].sha256 == hashlib.sha256(expected.astype("<f4").tobytes()).hexdigest()
    assert (made.parts[0].shape, made.parts[0].data_type) == (expected.shape, "float32")
    for name in ("r.jsonld", "r.ttl", "r.nt"):
        write_record(made, tmp_path / name)
        found = again(workspace, load_record(tmp_path / name))
        assert found.notes == ()
        assert [part.notes for part in found.parts] == [(), ()]
        np.testing.assert_array_equal(found.parts[0].values, expected)
        assert found.parts[1].values.tolist() == [50.0, 20.0, 20.0]


def test_nothing_in_a_record_says_where_the_store_lies(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    write_record(record(workspace, read(workspace, nodes + "t")), tmp_path / "r.ttl")
    text = (tmp_path / "r.ttl").read_text()
    assert str(tmp_path) not in text
    assert "a.zarr" not in text
    assert "file:" not in text


def test_the_dataset_is_gone(workspace: Workspace, nodes: str) -> None:
    made = record(workspace, read(workspace, nodes + "t"))
    delete(workspace, "a")
    with pytest.raises(NotFoundError, match="'a' of the record is not in the catalogue any more") as caught:
        again(workspace, made)
    assert exit_code_of(caught.value) == 4


def test_it_is_a_record_of_another_catalogue(workspace: Workspace, nodes: str) -> None:
    made = record(workspace, read(workspace, nodes + "t"))
    with pytest.raises(NotFoundError, match="another catalogue"):
        replay(workspace.catalog, Iris("https://elsewhere.example/"), made)


def test_another_snapshot_with_the_same_array_is_noted(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    made = record(workspace, read(workspace, nodes + "t", "x=2"))
    zarr.open_group(tmp_path / "a.zarr", mode="r+").create_array("new", shape=(2,), dtype="i4")
    take_in(workspace, str(tmp_path / "a.zarr"), "a")
    [part] = again(workspace, made).parts
    [note] = part.notes
    assert "is the same in both" in note
    np.testing.assert_array_equal(part.values, T[:, 2])


def test_other_attributes_are_noted(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    made = record(workspace, read(workspace, nodes + "t", "x=2"))
    zarr.open_array(tmp_path / "a.zarr" / "t", mode="r+").attrs["comment"] = "calibrated"
    take_in(workspace, str(tmp_path / "a.zarr"), "a")
    [part] = again(workspace, made).parts
    assert "only attributes changed" in part.notes[0]


@pytest.mark.parametrize("taken_in", [True, False])
def test_growth_is_noted(workspace: Workspace, nodes: str, tmp_path: Path, taken_in: bool) -> None:
    made = record(workspace, read(workspace, nodes + "t", "y=15:,x=::-1"))
    grown = zarr.open_array(tmp_path / "a.zarr" / "t", mode="r+")
    grown.resize((25, 30))
    grown[20:] = 7
    if taken_in:
        take_in(workspace, str(tmp_path / "a.zarr"), "a")
    [part] = again(workspace, made).parts
    assert any("grew along axis 0" in note and "from 20 to 25" in note for note in part.notes)
    np.testing.assert_array_equal(part.values, T[15:, ::-1])


@pytest.mark.parametrize("taken_in", [True, False])
def test_a_change_that_matters_is_named(workspace: Workspace, nodes: str, tmp_path: Path, taken_in: bool) -> None:
    made = record(workspace, read(workspace, nodes + "t"))
    zarr.create_array(
        tmp_path / "a.zarr" / "t", shape=(20, 30), dtype="f8", chunks=(10, 7), dimension_names=["y", "x"], overwrite=True
    )
    if taken_in:
        take_in(workspace, str(tmp_path / "a.zarr"), "a")
    with pytest.raises(
        StaleSnapshotError, match=r"data type is .*float64.* and was .*float32.*chunk shape is .*\[10,7\]"
    ) as caught:
        again(workspace, made)
    assert exit_code_of(caught.value) == 5


@pytest.mark.parametrize("then", ["gone", "group"])
def test_the_array_is_gone(workspace: Workspace, nodes: str, tmp_path: Path, then: str) -> None:
    made = record(workspace, read(workspace, nodes + "t"))
    shutil.rmtree(tmp_path / "a.zarr" / "t")
    if then == "group":
        inner = zarr.open_group(tmp_path / "a.zarr" / "t", mode="w")
        inner.create_array("t", shape=(20, 30), dtype="f4")
    take_in(workspace, str(tmp_path / "a.zarr"), "a")
    with pytest.raises(StaleSnapshotError, match="is no array in it"):
        again(workspace, made)


@pytest.mark.parametrize("how", ["written", "lost"])
def test_changed_chunks_are_found(workspace: Workspace, nodes: str, tmp_path: Path, how: str) -> None:
    made = record(workspace, read(workspace, nodes + "t", "y=0:5"))
    elsewhere = record(workspace, read(workspace, nodes + "t", "y=5:10"))
    if how == "written":
        zarr.open_array(tmp_path / "a.zarr" / "t", mode="r+")[4, 6] = 99
    else:
        (tmp_path / "a.zarr" / "t" / "c" / "0" / "0").unlink()
    with pytest.raises(ValuesChangedError, match=r"y=0:5,x=0:30.*SHA-256") as caught:
        again(workspace, made)
    assert isinstance(caught.value, ConflictError)
    assert exit_code_of(caught.value) == 5
    np.testing.assert_array_equal(again(workspace, elsewhere).parts[0].values, T[5:10])


def test_other_software_is_noted(workspace: Workspace, nodes: str) -> None:
    made = record(workspace, read(workspace, nodes + "t", "x=0"))
    older = replace(made, software=(*((name, "0.0.1") for name, _ in made.software), ("lost", "3")))
    notes = again(workspace, older).notes
    assert len(notes) == len(made.software) + 1
    assert "lost was 3 and is not installed" in notes
    assert f"numpy was 0.0.1 and is {np.__version__}" in notes


def test_a_forged_record_reads_nothing_but_what_is_catalogued(workspace: Workspace, nodes: str) -> None:
    """The document in it is compared, not believed; and it cannot name an array of one dataset as another's."""
    made = record(workspace, read(workspace, nodes + "t", "x=0"))
    [part] = made.parts
    document = json.loads(part.document) | {"shape": [20, 31]}
    forged = replace(part, document=json.dumps(document), digest="0" * 64)
    with pytest.raises(StaleSnapshotError, match="the shape is"):
        again(workspace, replace(made, parts=(forged,)))
    for broken in ('{"node_type":"array"}', "{}", "[]", "nothing"):
        with pytest.raises(InputError, match="describes no array"):
            again(workspace, replace(made, parts=(replace(part, document=broken),)))


def test_an_array_that_changes_while_it_is_read_has_no_record(workspace: Workspace, nodes: str, tmp_path: Path) -> None:
    reading = read(workspace, nodes + "t")
    zarr.open_array(tmp_path / "a.zarr" / "t", mode="r+").attrs["units"] = "degC"
    take_in(workspace, str(tmp_path / "a.zarr"), "a")
    with pytest.raises(ConflictError, match="read it again"):
        record(workspace, reading)
    delete(workspace, "a")
    with pytest.raises(NotFoundError, match="left the catalogue"):
        record(workspace, reading)


def test_what_cannot_be_recorded(workspace: Workspace, nodes: str) -> None:
    with pytest.raises(InputError, match="nothing was read"):
        record_reads(workspace.catalog, workspace.iris, [])
    reading: Reading = read(workspace, nodes + "t")
    for given in ({"agent": "https://example.org/> <x"}, {"agent": "urn:a b"}):
        with pytest.raises(InputError, match="not an absolute IRI"):
            record(workspace, reading, **given)
    with pytest.raises(InputError, match="not an absolute IRI"):
        record(workspace, replace(reading, region="x> . <y"))


def test_files(workspace: Workspace, nodes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = record(workspace, read(workspace, nodes + "t"))
    with pytest.raises(InputError, match="cannot be read"):
        load_record(tmp_path / "none.jsonld")
    with pytest.raises(InputError, match="cannot be written"):
        write_record(made, tmp_path / "none" / "r.jsonld")
    write_record(made, tmp_path / "r.jsonld")
    monkeypatch.setattr(module, "MAX_RECORD_BYTES", 10)
    with pytest.raises(LimitExceededError, match="at most 10"):
        load_record(tmp_path / "r.jsonld")
