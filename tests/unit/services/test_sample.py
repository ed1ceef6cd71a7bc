"""Is a sample store what its truth says, for zarr-python and for the catalogue's own reader?"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.errors import CatalogError, InputError, LimitExceededError
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.conventions.jsonld import holds_linked_data
from catalog.services import sample as module
from catalog.services.consolidate import consolidate
from catalog.services.sample import LAB, TERMS, write_sample
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source
from tests.support.jsonld import read


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("zarr_format", [2, 3])
class TestStore:
    def test_zarr_reads_the_values_that_the_formula_gives(self, tmp_path: Path, zarr_format: int) -> None:
        truth = write_sample(tmp_path / "s", samples=3, shape=(7, 5), chunks=(3, 4), zarr_format=zarr_format)
        group = zarr.open_group(tmp_path / "s", mode="r", use_consolidated=True)
        for number in (1, 2, 3):
            path = truth.uris[f"{LAB}sample{number}Dataset"]
            expected = np.array([[number * 1e6 + i * 1000 + j for j in range(5)] for i in range(7)])
            found = np.asarray(group[path])
            assert (found == expected).all()
            assert truth.sha256[path] == hashlib.sha256(expected.astype("<f8").tobytes()).hexdigest()

    def test_every_uri_is_where_the_truth_says(self, tmp_path: Path, zarr_format: int) -> None:
        truth = write_sample(
            tmp_path / "s", campaigns=2, batches=2, samples=3, chemicals=2, zarr_format=zarr_format, values=False
        )
        hierarchy = parse_hierarchy(read_documents(open_source(str(tmp_path / "s"))).documents)
        assert hierarchy.problems == ()
        assert (len(hierarchy.groups), len(hierarchy.arrays)) == (truth.groups, truth.arrays) == (1 + 2 + 4 + 4 + 12 + 48, 12)
        described = {}
        for node in hierarchy.nodes:
            linked = read(node.attributes, path=node.path)
            assert linked.problems == ()
            described |= dict.fromkeys(linked.subjects, node.path)
        groups = {iri: path for iri, path in truth.uris.items() if path not in truth.sha256}
        assert described == groups
        assert described[f"{LAB}laboratory"] == ""

    def test_arrays_are_linked_to_and_say_nothing_about_themselves(self, tmp_path: Path, zarr_format: int) -> None:
        truth = write_sample(tmp_path / "s", zarr_format=zarr_format, values=False)
        hierarchy = parse_hierarchy(read_documents(open_source(str(tmp_path / "s"))).documents)
        lines = [line for node in hierarchy.nodes for line in read(node.attributes, path=node.path).lines]
        for array in hierarchy.arrays:
            assert not holds_linked_data(array.attributes)
            assert array.attributes["units"] == "1"
            assert array.dimension_names == ("time", "wavelength")
            sample = array.path.rpartition("/")[2].removesuffix("Dataset")
            assert truth.uris[f"{LAB}{sample}Dataset"] == array.path
            assert truth.uris[f"{LAB}{sample}"] == array.path.rpartition("/")[0]
            assert f"<{LAB}{sample}> <{TERMS}hasDataset> <{LAB}{sample}Dataset> .\n" in lines
            assert not any(line.startswith(f"<{LAB}{sample}Dataset>") for line in lines)

    def test_sample1_and_sample10(self, tmp_path: Path, zarr_format: int) -> None:
        uris = write_sample(tmp_path / "s", samples=10, zarr_format=zarr_format, values=False).uris
        assert uris[f"{LAB}sample1"] != uris[f"{LAB}sample10"]
        assert uris[f"{LAB}sample10"].endswith("/sample10")

    def test_the_same_arguments_give_the_same_bytes(self, tmp_path: Path, zarr_format: int) -> None:
        for name in ("a", "b"):
            write_sample(tmp_path / name, zarr_format=zarr_format, seed=5, shape=(4, 4), chunks=(2, 2))
        assert contents(tmp_path / "a") == contents(tmp_path / "b")
        other = write_sample(tmp_path / "c", zarr_format=zarr_format, seed=6, shape=(4, 4), chunks=(2, 2))
        assert contents(tmp_path / "c") != contents(tmp_path / "a")
        assert other.sha256 == json.loads((tmp_path / "a.truth.json").read_bytes())["sha256"]

    def test_it_is_consolidated_as_consolidate_would(self, tmp_path: Path, zarr_format: int) -> None:
        write_sample(tmp_path / "s", zarr_format=zarr_format, values=False)
        assert not consolidate(tmp_path / "s").changed

    def test_or_not_at_all(self, tmp_path: Path, zarr_format: int) -> None:
        write_sample(tmp_path / "s", zarr_format=zarr_format, values=False, consolidate=False)
        assert read_documents(open_source(str(tmp_path / "s"))).route == "listing"

    def test_without_values_all_is_fill_value(self, tmp_path: Path, zarr_format: int) -> None:
        truth = write_sample(tmp_path / "s", zarr_format=zarr_format, values=False)
        assert set(truth.sha256.values()) == {None}
        group = zarr.open_group(tmp_path / "s", mode="r")
        assert np.isnan(np.asarray(group[next(iter(truth.sha256))])).all()


def test_the_truth_beside_the_store(tmp_path: Path) -> None:
    truth = write_sample(tmp_path / "lab.zarr")
    assert truth.path == tmp_path / "lab.zarr.truth.json"
    table = json.loads(truth.path.read_bytes())
    assert (table["uris"], table["sha256"], table["arrays"]) == (truth.uris, truth.sha256, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.zarr", "lab.zarr.truth.json"]


def test_shards_and_more_dimensions(tmp_path: Path) -> None:
    truth = write_sample(tmp_path / "s", samples=1, shape=(5, 6, 7), chunks=(2, 3, 2), shards=(4, 6, 4))
    array: Any = zarr.open_group(tmp_path / "s", mode="r")[truth.uris[f"{LAB}sample1Dataset"]]
    assert (array.chunks, array.shards) == ((2, 3, 2), (4, 6, 4))
    assert array[4, 5, 6] == 1e6 + 4 * 1e6 + 5 * 1e3 + 6
    assert truth.sha256[array.path] == hashlib.sha256(np.asarray(array).tobytes()).hexdigest()


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    assert write_sample(tmp_path / "s", values=False).arrays == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            ({"campaigns": 0}, InputError),
            ({"samples": -1}, InputError),
            ({"chemicals": -1}, InputError),
            ({"zarr_format": 1}, InputError),
            ({"shape": ()}, InputError),
            ({"shape": (0, 3)}, InputError),
            ({"shape": (3,)}, InputError),
            ({"chunks": (1, 2, 3)}, InputError),
            ({"chunks": (0, 2)}, InputError),
            ({"shards": (45, 50)}, InputError),
            ({"shards": (60, 50), "zarr_format": 2}, InputError),
            ({"samples": 200_000}, LimitExceededError),
        ],
    )
    def test_arguments(self, tmp_path: Path, arguments: dict[str, Any], error: type[CatalogError]) -> None:
        with pytest.raises(error):
            write_sample(tmp_path / "s", **arguments)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("what", ["file", "store", "link"])
    def test_something_is_there_already(self, tmp_path: Path, what: str) -> None:
        target = tmp_path / "s"
        if what == "file":
            target.write_text("mine")
        elif what == "store":
            target.mkdir()
            (target / "mine").write_text("mine")
        else:
            target.symlink_to(tmp_path / "nowhere")
        with pytest.raises(InputError, match="something at"):
            write_sample(target)
        assert [path.name for path in tmp_path.iterdir()] == ["s"]

    def test_a_failure_half_way_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: Any) -> Any:
            yield (slice(0, 30), slice(None)), np.zeros((30, 100))
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(module, "_blocks", fail)
        with pytest.raises(CatalogError, match="No space left"):
            write_sample(tmp_path / "s")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(CatalogError):
            write_sample(tmp_path / "file" / "s")
