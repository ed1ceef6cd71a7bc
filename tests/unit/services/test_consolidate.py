"""Is a consolidated document what zarr-python would have written, and is nothing lost or half written?"""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.errors import CatalogError, ConflictError, ForbiddenError, InputError, MetadataError, NotFoundError
from catalog.metadata.document import DocumentLimits
from catalog.services import consolidate as module
from catalog.services.consolidate import consolidate
from catalog.stores.writer import write_document


def make_store(folder: Path, zarr_format: Any) -> Path:
    """A hierarchy by zarr-python, not consolidated."""
    group = zarr.open_group(folder, mode="w", zarr_format=zarr_format, attributes={"title": "Größe", "n": 1})
    group.create_group("a", attributes={"x": [1.5, None, {"y": True}]})
    inner = group.create_group("b/c")
    array = inner.create_array("values", shape=(4, 4), chunks=(2, 2), dtype="f8", fill_value=np.nan, attributes={"units": "m"})
    array[:] = np.arange(16).reshape(4, 4)
    group.create_array("top", shape=(3,), dtype="i4")
    if zarr_format == 3:
        group.create_array("b/sharded", shape=(8,), chunks=(2,), shards=(4,), dtype="i4", dimension_names=["t"])
    return folder


def by_zarr(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(folder)


def documents_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class TestV3:
    def test_the_document_is_zarrs_own(self, tmp_path: Path) -> None:
        ours, theirs = make_store(tmp_path / "ours", 3), make_store(tmp_path / "theirs", 3)
        report = consolidate(ours)
        by_zarr(theirs)
        written = (ours / "zarr.json").read_bytes()
        assert json.loads(written) == json.loads((theirs / "zarr.json").read_bytes())
        assert (report.key, report.documents, report.bytes, report.changed) == ("zarr.json", 7, len(written), True)

    def test_zarr_reads_through_it(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 3)
        consolidate(folder)
        for path in folder.rglob("zarr.json"):
            if path.parent != folder:
                path.unlink()
        group = zarr.open_group(folder, mode="r", use_consolidated=True)
        assert group["b/c/values"][2, 3] == 11.0

    def test_again_changes_nothing(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 3)
        consolidate(folder)
        before = (folder / "zarr.json").read_bytes()
        assert not consolidate(folder).changed
        assert (folder / "zarr.json").read_bytes() == before

    def test_what_zarr_consolidated_is_renewed(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 3)
        by_zarr(folder)
        zarr.open_group(folder / "a", mode="r+", use_consolidated=False).attrs["x"] = "new"
        consolidate(folder)
        assert json.loads((folder / "zarr.json").read_bytes())["consolidated_metadata"]["metadata"]["a"]["attributes"] == {
            "x": "new"
        }

    def test_a_key_has_no_place(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="leave the key out"):
            consolidate(make_store(tmp_path / "s", 3), key=".all_metadata")

    def test_documents_of_v2_beside_it_are_no_part_of_it(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 3)
        (folder / "a" / ".zgroup").write_text('{"zarr_format": 2}')
        assert consolidate(folder).documents == 7


class TestV2:
    @pytest.mark.parametrize("key", [None, ".zmetadata", ".all_metadata", "zmetadata"])
    def test_every_document_as_it_is(self, tmp_path: Path, key: str | None) -> None:
        folder = make_store(tmp_path / "s", 2)
        before = documents_of(folder)
        report = consolidate(folder, key=key)
        assert report.key == (key or ".zmetadata")
        written = json.loads((folder / report.key).read_bytes())
        expected = {name: json.loads(data) for name, data in before.items() if name.rpartition("/")[2].startswith(".z")}
        assert written == {"metadata": expected, "zarr_consolidated_format": 1}
        assert report.documents == len(expected) == 12

    def test_zarr_finds_the_same_in_it_as_in_its_own(self, tmp_path: Path) -> None:
        ours, theirs = make_store(tmp_path / "ours", 2), make_store(tmp_path / "theirs", 2)
        consolidate(ours)
        by_zarr(theirs)
        found, expected = json.loads((ours / ".zmetadata").read_bytes()), json.loads((theirs / ".zmetadata").read_bytes())
        for value in expected["metadata"].values():
            value.pop("consolidated_metadata", None)  # zarr-python 3 puts it into .zgroup, where the format has no such member
        assert found == expected

    @pytest.mark.parametrize("key", [".zmetadata", ".all_metadata"])
    def test_zarr_reads_through_it(self, tmp_path: Path, key: str) -> None:
        folder = make_store(tmp_path / "s", 2)
        consolidate(folder, key=key)
        group = zarr.open_group(folder, mode="r", zarr_format=2, use_consolidated=key)
        assert group["b/c/values"][2, 3] == 11.0
        assert group.metadata.consolidated_metadata is not None

    def test_text_is_as_zarr_python_2_wrote_it(self, tmp_path: Path) -> None:
        (tmp_path / ".zgroup").write_text('{"zarr_format":2}')
        (tmp_path / ".zattrs").write_text('{"z":[],"a":{"é":[1,{}]}}', "utf-8")
        consolidate(tmp_path)
        assert (tmp_path / ".zmetadata").read_text() == "\n".join(
            [
                "{",
                '    "metadata": {',
                '        ".zattrs": {',
                '            "a": {',
                '                "\\u00e9": [',
                "                    1,",
                "                    {}",
                "                ]",
                "            },",
                '            "z": []',
                "        },",
                '        ".zgroup": {',
                '            "zarr_format": 2',
                "        }",
                "    },",
                '    "zarr_consolidated_format": 1',
                "}",
            ]
        )

    @pytest.mark.parametrize("key", ["", "..", "a/b", ".zgroup", ".zattrs", "zarr.json", "b", "top", "back\\slash"])
    def test_keys_that_cannot_be(self, tmp_path: Path, key: str) -> None:
        folder = make_store(tmp_path / "s", 2)
        before = documents_of(folder)
        if key == "":
            assert consolidate(folder, key=key).key == ".zmetadata"
            return
        with pytest.raises(InputError):
            consolidate(folder, key=key)
        assert documents_of(folder) == before

    def test_what_is_no_consolidated_document_is_not_replaced(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 2)
        (folder / "notes.json").write_text('{"mine": 1}')
        with pytest.raises(InputError, match="remove it"):
            consolidate(folder, key="notes.json")
        assert (folder / "notes.json").read_text() == '{"mine": 1}'


class TestExactness:
    NUMBERS = "[1.10, 1E400, -0.0, 0.1000000000000000055511151231257827, 123456789012345678901234567890, NaN, -Infinity]"

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_numbers_keep_every_digit(self, tmp_path: Path, zarr_format: int) -> None:
        if zarr_format == 2:
            (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
            (tmp_path / ".zattrs").write_text(f'{{"n": {self.NUMBERS}}}')
        else:
            (tmp_path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
            (tmp_path / "a").mkdir()
            (tmp_path / "a/zarr.json").write_text(
                f'{{"zarr_format": 3, "node_type": "group", "attributes": {{"n": {self.NUMBERS}}}}}'
            )
        written = (tmp_path / consolidate(tmp_path).key).read_text()
        assert "".join(self.NUMBERS.split()) in "".join(written.split())

    def test_half_a_character_stays_half(self, tmp_path: Path) -> None:
        (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
        (tmp_path / ".zattrs").write_text('{"s": "\\ud800"}')
        assert '"\\ud800"' in (tmp_path / consolidate(tmp_path).key).read_text()


class TestRefusals:
    """Nothing is written where anything cannot be taken over."""

    @pytest.mark.parametrize(
        ("key", "text", "kind"),
        [
            ("a/.zattrs", "{", "invalid-json"),
            ("a/.zattrs", "[]", "invalid-document"),
            ("a/.zgroup", '{"zarr_format": 3}', "invalid-document"),
            ("b/c/values/.zarray", "null", "invalid-document"),
            ("b/c/values/.zarray", "7", "invalid-document"),
            ("a/.zattrs", '{"x": "' + "y" * 5000 + '"}', "too-large"),
        ],
    )
    def test_broken_members(self, tmp_path: Path, key: str, text: str, kind: str) -> None:
        folder = make_store(tmp_path / "s", 2)
        (folder / key).write_text(text)
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        before = documents_of(folder)
        with pytest.raises(MetadataError) as caught:
            consolidate(folder, limits=DocumentLimits(max_bytes=4000))
        assert documents_of(folder) == before
        found = {problem.path: problem.kind for problem in caught.value.problems}
        assert found == {key: kind}

    def test_all_broken_members_are_listed(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 3)
        (folder / "a/zarr.json").write_text("{")
        (folder / "top/zarr.json").write_text('{"zarr_format": 3}')
        with pytest.raises(MetadataError) as caught:
            consolidate(folder)
        assert [(problem.path, problem.kind) for problem in caught.value.problems] == [
            ("a/zarr.json", "invalid-json"),
            ("top/zarr.json", "invalid-document"),
        ]

    @pytest.mark.parametrize(
        ("document", "text", "error"),
        [
            (None, "", NotFoundError),
            (".zattrs", "{}", MetadataError),
            (".zarray", '{"zarr_format": 2, "shape": []}', InputError),
            ("zarr.json", '{"zarr_format": 3, "node_type": "array"}', InputError),
        ],
    )
    def test_roots_that_are_no_group(self, tmp_path: Path, document: str | None, text: str, error: type[CatalogError]) -> None:
        if document:
            (tmp_path / document).write_text(text)
        with pytest.raises(error):
            consolidate(tmp_path)

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            consolidate(tmp_path / "none")

    @pytest.mark.parametrize("url", ["s3://bucket/store.zarr", "https://user:geheim@example.org/store.zarr"])
    def test_stores_elsewhere(self, url: str) -> None:
        with pytest.raises(InputError, match="local copy") as caught:
            consolidate(url)
        assert "geheim" not in str(caught.value)

    def test_the_root_was_changed_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = make_store(tmp_path / "s", 3)
        changed = (folder / "zarr.json").read_bytes().replace(b'"n": 1', b'"n": 2')

        def write_after_another(*arguments: Any, **named: Any) -> None:
            (folder / "zarr.json").write_bytes(changed)
            write_document(*arguments, **named)

        monkeypatch.setattr(module, "write_document", write_after_another)
        with pytest.raises(ConflictError):
            consolidate(folder)
        assert (folder / "zarr.json").read_bytes() == changed
        assert not list(folder.glob("*.partial")) + list(folder.glob(".*.partial"))

    def test_links_out_of_the_store(self, tmp_path: Path) -> None:
        folder = make_store(tmp_path / "s", 2)
        secret = tmp_path / "secret"
        secret.write_text("{}")
        (folder / "a/.zattrs").unlink()
        (folder / "a/.zattrs").symlink_to(secret)
        with pytest.raises((MetadataError, ForbiddenError)):
            consolidate(folder)
        assert not (folder / ".zmetadata").exists()


def test_a_file_url(tmp_path: Path) -> None:
    folder = make_store(tmp_path / "a store", 2)
    assert consolidate(folder.as_uri()).documents == 12


def test_permissions_of_the_replaced_file_stay(tmp_path: Path) -> None:
    folder = make_store(tmp_path / "s", 3)
    (folder / "zarr.json").chmod(0o640)
    consolidate(folder)
    assert (folder / "zarr.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["zarr-linked-data/test_store.zarr/.all_metadata", "xcube/cube-1-250-250.zarr/.zmetadata"])
def test_published_documents_come_out_byte_for_byte(corpora: Path, tmp_path: Path, name: str) -> None:
    """Written by zarr-python 2 from the documents beside them."""
    published = corpora / name
    shutil.copytree(
        published.parent,
        tmp_path / "s",
        ignore=lambda folder, names: [n for n in names if not n.startswith(".z") and not (Path(folder) / n).is_dir()],
        copy_function=lambda source, target: Path(target).write_bytes(Path(source).read_bytes()),
    )
    for folder in [tmp_path / "s", *(path for path in (tmp_path / "s").rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    consolidate(tmp_path / "s", key=published.name)
    assert (tmp_path / "s" / published.name).read_bytes() == published.read_bytes()
