"""What every kind of store must do, whatever it is made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from catalog.errors import InputError, LimitExceededError, MetadataError, NotFoundError
from catalog.metadata.document import DocumentLimits
from catalog.stores.arrays import ArrayReader, open_array
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.source import Source, open_source
from tests.unit.stores.trees import (
    GROUP2,
    GROUP3,
    VALUES,
    array2,
    array3,
    consolidated2,
    consolidated3,
    documents_in,
    write,
    write_real,
)


@dataclass
class Place:
    """Where a store was put, and how it is opened."""

    url: str
    options: dict[str, Any] = field(default_factory=dict)

    def source(self) -> Source:
        return open_source(self.url, **self.options)

    def harvest(self, **options: Any) -> Harvest:
        source = self.source()
        try:
            return read_documents(source, **options)
        finally:
            source.close()

    def array(self, path: str, document: bytes, zarr_format: int) -> ArrayReader:
        fields = json.loads(document)
        fields.pop("attributes", None)
        return open_array(self.url, path, fields, zarr_format=zarr_format, **self.options)


def documents_of(harvest: Harvest) -> dict[str, bytes]:
    return {document.key: document.data for document in harvest.documents}


def kinds_of(harvest: Harvest) -> list[str]:
    return [problem.kind for problem in harvest.problems]


class StoreTests:
    """Subclasses give the fixture ``folder`` and the method ``publish``."""

    folder: Path

    def publish(self, folder: Path) -> Place:
        """Put what is in a folder where this kind of store is read from."""
        raise NotImplementedError

    def served(self) -> list[str] | None:
        """Keys and folders that the server was asked for since this was called last; None where there is no server."""
        return None

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "a store"

    def put(self, tree: Mapping[str, bytes]) -> Place:
        return self.publish(write(self.folder, tree))

    # -- routes

    def test_consolidated_v3_takes_one_request(self) -> None:
        root = consolidated3({"a": array3(), "b": GROUP3})
        place = self.put({"zarr.json": root, "a/zarr.json": array3(), "b/zarr.json": GROUP3})
        self.served()
        harvest = place.harvest()
        assert (harvest.route, harvest.key, harvest.complete, harvest.requests) == ("consolidated", "zarr.json", True, 1)
        assert documents_of(harvest) == {"zarr.json": root}
        assert harvest.fresh == "unproven"
        assert (served := self.served()) is None or len(served) == 1

    def test_consolidated_v2_takes_two_requests_and_one_when_its_key_is_known(self) -> None:
        document = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()})
        place = self.put({".zmetadata": document, ".zgroup": GROUP2, "a/.zarray": array2()})
        self.served()
        first = place.harvest()
        assert (first.route, first.key, first.requests) == ("consolidated", ".zmetadata", 2)
        assert documents_of(first) == {".zmetadata": document}
        assert (served := self.served()) is None or len(served) == 2
        again = place.harvest(known_key=first.key)
        assert (again.documents, again.requests) == (first.documents, 1)
        assert (served := self.served()) is None or len(served) == 1

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_a_listing_gives_every_document_exactly(self, zarr_format: int) -> None:
        place = self.publish(write_real(self.folder, zarr_format))
        self.served()
        harvest = place.harvest()
        assert (harvest.route, harvest.key, harvest.complete, harvest.problems) == ("listing", "", True, ())
        assert documents_of(harvest) == documents_in(self.folder)
        assert (served := self.served()) is None or harvest.requests == len(served)

    def test_documents_come_sorted_by_key(self) -> None:
        place = self.put({"zarr.json": GROUP3, "b/zarr.json": array3(), "a/zarr.json": GROUP3, "a/c/zarr.json": array3()})
        assert [d.key for d in place.harvest().documents] == ["a/c/zarr.json", "a/zarr.json", "b/zarr.json", "zarr.json"]

    def test_nothing_is_looked_for_below_an_array(self) -> None:
        place = self.put(
            {
                "zarr.json": GROUP3,
                "a/zarr.json": array3(),
                "a/c/0": b"\1\2\3\4",
                "a/c/zarr.json": GROUP3,
                "b/.zarray": array2(),
                "b/0/0": b"x",
                "b/0/.zgroup": GROUP2,
            }
        )
        self.served()
        harvest = place.harvest()
        assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json", "b/.zarray"}
        asked = [unquote(path) for path in self.served() or []]
        assert not any("/a/c" in path or "/b/0" in path for path in asked)

    def test_a_v3_array_at_the_root_is_a_store_of_its_own(self) -> None:
        place = self.put({"zarr.json": array3(), "c/0": b"\1\2\3\4"})
        harvest = place.harvest()
        assert (harvest.route, harvest.complete, harvest.requests) == ("single", True, 1)
        assert documents_of(harvest) == {"zarr.json": array3()}

    def test_a_v2_array_at_the_root_is_a_store_of_its_own(self) -> None:
        harvest = self.put({".zarray": array2(), ".zattrs": b'{"u": 1}', "0": b"\1\2\3\4"}).harvest()
        assert (harvest.route, harvest.complete, set(documents_of(harvest))) == ("single", True, {".zarray", ".zattrs"})

    @pytest.mark.parametrize("key", [".zmetadata", ".all_metadata", "zmetadata"])
    def test_a_store_may_be_one_consolidated_document_and_nothing_else(self, key: str) -> None:
        document = consolidated2({".zgroup": GROUP2, "a/.zarray": array2()})
        harvest = self.put({key: document}).harvest()
        assert (harvest.route, harvest.key, documents_of(harvest)) == ("consolidated", key, {key: document})

    def test_another_key_can_be_named(self) -> None:
        document = consolidated2({".zgroup": GROUP2})
        place = self.put({".zgroup": GROUP2, "meta/all": document, ".zmetadata": consolidated2({})})
        harvest = place.harvest(metadata_key="meta/all")
        assert (harvest.key, harvest.requests, documents_of(harvest)) == ("meta/all", 1, {"meta/all": document})
        with pytest.raises(NotFoundError, match="none/such"):
            place.harvest(metadata_key="none/such")
        with pytest.raises(MetadataError, match=r"\.zgroup"):
            place.harvest(metadata_key=".zgroup")
        with pytest.raises(InputError, match=r"\.\."):
            place.harvest(metadata_key="../secret")

    def test_a_known_key_that_is_gone_does_no_harm(self) -> None:
        place = self.put({"zarr.json": GROUP3, "a/zarr.json": array3()})
        harvest = place.harvest(known_key=".all_metadata")
        assert (harvest.route, len(harvest.documents), harvest.problems) == ("listing", 2, ())

    def test_listing_comes_before_the_keys_that_some_writers_use(self) -> None:
        place = self.put({".zgroup": GROUP2, "a/.zarray": array2(), ".all_metadata": consolidated2({".zgroup": GROUP2})})
        assert place.harvest().route == "listing"

    # -- what is wrong is told, and the rest is read

    def test_nothing_there_says_what_was_tried(self) -> None:
        with pytest.raises(NotFoundError) as caught:
            self.put({"readme.txt": b"hello"}).harvest()
        assert all(key in str(caught.value) for key in ("zarr.json", ".zmetadata", ".all_metadata", "zmetadata"))

    @pytest.mark.parametrize("broken", [b"", b"{", b'{"hello": "world"}', b"[]", b'{"metadata": []}'])
    def test_a_broken_consolidated_document_is_a_problem_and_the_listing_is_taken(self, broken: bytes) -> None:
        tree = {".zgroup": GROUP2, "a/.zarray": array2()}
        harvest = self.put({**tree, ".zmetadata": broken}).harvest()
        assert (harvest.route, documents_of(harvest)) == ("listing", tree)
        assert [problem.path for problem in harvest.problems] == [".zmetadata"]

    def test_a_broken_consolidated_document_alone_is_an_error_with_its_problems(self) -> None:
        with pytest.raises(MetadataError, match=r"\.zmetadata") as caught:
            self.put({".zmetadata": b'{"hello": "world"}'}).harvest()
        assert [(problem.path, problem.kind) for problem in caught.value.problems] == [(".zmetadata", "invalid-consolidated")]

    def test_a_broken_root_is_a_problem_and_v2_is_taken(self) -> None:
        document = consolidated2({".zgroup": GROUP2})
        harvest = self.put({"zarr.json": b"<html>", ".zmetadata": document}).harvest()
        assert (harvest.key, [(p.path, p.kind) for p in harvest.problems]) == (".zmetadata", [("zarr.json", "invalid-json")])

    def test_a_v3_root_wins_over_zmetadata(self) -> None:
        harvest = self.put({"zarr.json": GROUP3, "a/zarr.json": array3(), ".zmetadata": consolidated2({})}).harvest()
        assert (harvest.route, len(harvest.documents)) == ("listing", 2)
        assert [(p.kind, p.severity) for p in harvest.problems] == [("both-formats", "info")]

    def test_broken_inline_metadata_is_a_problem_and_the_listing_is_taken(self) -> None:
        root = json.dumps(json.loads(GROUP3) | {"consolidated_metadata": {"metadata": 1}}).encode()
        harvest = self.put({"zarr.json": root, "a/zarr.json": array3()}).harvest()
        assert (harvest.route, len(harvest.documents), kinds_of(harvest)) == ("listing", 2, ["invalid-consolidated"])

    def test_the_old_draft_of_v3_is_named(self) -> None:
        with pytest.raises(MetadataError, match="old draft"):
            self.put({"zarr.json": b'{"metadata_encoding": "x", "zarr_format": "https://x"}'}).harvest()

    def test_both_formats_in_one_folder_take_v3(self) -> None:
        harvest = self.put({"zarr.json": GROUP3, "a/zarr.json": array3(), "a/.zarray": array2(), "a/.zattrs": b"{}"}).harvest()
        assert set(documents_of(harvest)) == {"zarr.json", "a/zarr.json"}
        assert [(p.path, p.kind, p.severity) for p in harvest.problems] == [("a", "both-formats", "info")]

    def test_a_document_that_is_too_large_is_a_problem_and_the_rest_is_read(self) -> None:
        big = array3(attributes={"x": "y" * 5000})
        place = self.put({"zarr.json": GROUP3, "a/zarr.json": big, "b/zarr.json": array3()})
        harvest = place.harvest(limits=DocumentLimits(max_bytes=2000))
        assert set(documents_of(harvest)) == {"zarr.json", "b/zarr.json"}
        assert [(p.path, p.kind) for p in harvest.problems] == [("a/zarr.json", "too-large")]
        assert not harvest.complete
        with pytest.raises(LimitExceededError, match="2000"):
            place.source().read("a/zarr.json", 2000)
        assert place.source().read("a/zarr.json", len(big)) == big

    def test_more_nodes_than_allowed_are_left_out(self) -> None:
        place = self.put({"zarr.json": GROUP3} | {f"n{i}/zarr.json": array3() for i in range(200)})
        harvest = place.harvest(limits=DocumentLimits(max_nodes=20))
        assert not harvest.complete
        assert kinds_of(harvest) == ["too-many-nodes"]
        assert 20 <= len(harvest.documents) < 200

    def test_names_are_taken_as_they_stand(self) -> None:
        names = ["my group", "größe", "100%", "a%2fb", "%2e%2e", "q?x=1", "#1", "a+b", "'x'", "[10ms]", "…"]
        tree = {"zarr.json": GROUP3} | {f"{name}/zarr.json": array3() for name in names}
        place = self.put({**tree, ".DS_Store": b"\0\0", "my group/c/0": b"\1\2\3\4"})
        assert documents_of(place.harvest()) == tree
        with place.array("my group", array3(), 3) as reader:
            assert reader.read().tolist() == [1, 2, 3, 4]

    # -- single keys

    @pytest.mark.parametrize("key", ["../zarr.json", "a/../../x", "/etc/hostname", "a//b", "a\\b", "a\0b", "./x", "a/", "a/./b"])
    def test_a_key_that_could_lead_out_is_refused(self, key: str) -> None:
        source = self.put({"zarr.json": GROUP3}).source()
        self.served()
        with pytest.raises(InputError):
            source.read(key, 100)
        assert not self.served()
        source.close()

    def test_many_keys_are_read_at_once(self) -> None:
        source = self.put({f"n{i}": bytes([i]) for i in range(50)} | {"empty": b""}).source()
        before = source.requests
        outcome = source.read_many([f"n{i}" for i in range(60)] + ["empty", "../x"], 10)
        assert [outcome[f"n{i}"] for i in range(60)] == [bytes([i]) for i in range(50)] + [None] * 10
        assert outcome["empty"] == b""
        assert isinstance(outcome["../x"], InputError)
        assert source.requests - before >= 61
        source.close()

    def test_the_keys_of_all_documents_can_be_had(self) -> None:
        source = self.put({"zarr.json": GROUP3, "b/zarr.json": array3(), "a/.zgroup": GROUP2}).source()
        assert source.list_documents() == ["a/.zgroup", "b/zarr.json", "zarr.json"]
        source.close()

    # -- values

    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_values_are_what_zarr_python_wrote(self, zarr_format: int) -> None:
        place = self.publish(write_real(self.folder, zarr_format))
        documents = documents_in(self.folder)
        document = documents["my group/plain/" + (".zarray" if zarr_format == 2 else "zarr.json")]
        wanted = VALUES.copy()
        wanted[4:] = -1
        self.served()
        with place.array("my group/plain", document, zarr_format) as reader:
            assert reader.shape == (6, 10)
            np.testing.assert_array_equal(reader.read(), wanted)
            np.testing.assert_array_equal(reader.read((slice(1, 5, 2), 3)), wanted[1:5:2, 3])
            np.testing.assert_array_equal(reader.read((-3,)), wanted[-3])
        served = self.served()
        assert served is None or not any(path.endswith((".zarray", ".zattrs", "zarr.json", ".zgroup")) for path in served)

    def test_only_the_chunks_touched_are_asked_for(self) -> None:
        place = self.publish(write_real(self.folder, 3))
        self.served()
        with place.array("my group/plain", documents_in(self.folder)["my group/plain/zarr.json"], 3) as reader:
            np.testing.assert_array_equal(reader.read((slice(0, 2), slice(5, 7))), VALUES[0:2, 5:7])
            assert reader.requests == 1
        served = self.served()
        assert served is None or [path.rpartition("plain/")[2] for path in served] == ["c/0/1"]

    def test_shards_are_read_in_parts(self) -> None:
        place = self.publish(write_real(self.folder, 3))
        with place.array("sharded", documents_in(self.folder)["sharded/zarr.json"], 3) as reader:
            np.testing.assert_array_equal(reader.read((slice(2, 4), slice(0, 5))), VALUES[2:4, :5])
            np.testing.assert_array_equal(reader.read(), VALUES)

    def test_a_missing_chunk_is_the_fill_value(self) -> None:
        place = self.publish(write_real(self.folder, 3))
        with place.array("my group/scalar", documents_in(self.folder)["my group/scalar/zarr.json"], 3) as reader:
            value = reader.read()
            assert (value.shape, value.dtype, float(value)) == ((), np.dtype("<f8"), 0.5)

    def test_a_chunk_that_is_something_else_is_named(self) -> None:
        self.publish(write_real(self.folder, 3))
        write(self.folder, {"my group/plain/c/1/1": b"<html>Please log in</html>"})
        place = self.publish(self.folder)
        with place.array("my group/plain", documents_in(self.folder)["my group/plain/zarr.json"], 3) as reader:
            np.testing.assert_array_equal(reader.read((slice(0, 2),)), VALUES[:2])
            with pytest.raises(MetadataError, match=r"'c/1/1'.*my group/plain"):
                reader.read()
