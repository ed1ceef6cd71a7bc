"""Can a store pass for the catalogue by what it says about itself?"""

from typing import Any

import pytest

from tests.support.jsonld import BASE, DATASET, read

E = "http://example.org/"
NODE = f"{DATASET}/nodes/a/b"


def kinds(attributes: dict[str, Any]) -> list[str]:
    return [problem.kind for problem in read(attributes).problems]


class TestFilter:
    """What a store says may not pass for what the catalogue says."""

    @pytest.mark.parametrize(
        ("statement", "kind"),
        [
            ({"https://w3id.org/zarr-catalog/ns#path": "../other"}, "structural-term"),
            ({"https://w3id.org/zarr-catalog/ns#location": "file:///etc"}, "structural-term"),
            ({"http://www.w3.org/ns/dcat#accessURL": {"@id": "http://evil.example/"}}, "structural-term"),
            ({"http://www.w3.org/ns/dcat#downloadURL": {"@id": "http://evil.example/"}}, "structural-term"),
            ({"http://www.w3.org/ns/dcat#endpointURL": {"@id": "http://evil.example/"}}, "structural-term"),
            ({"http://www.w3.org/ns/dcat#distribution": {"@id": "http://evil.example/"}}, "structural-term"),
            ({"@type": "https://w3id.org/zarr-catalog/ns#ZarrArray"}, "structural-term"),
            ({"@type": "http://www.w3.org/ns/dcat#Distribution"}, "structural-term"),
            ({"@type": "http://www.w3.org/ns/dcat#DataService"}, "structural-term"),
        ],
    )
    def test_terms_of_the_catalogue_are_nobodys(self, statement: dict[str, Any], kind: str) -> None:
        linked = read({"@id": f"{E}s", f"{E}p": "good", **statement})
        assert linked.lines == (f'<{E}s> <{E}p> "good" .\n',)
        (problem,) = linked.problems
        assert (problem.kind, problem.severity) == (kind, "warning")

    @pytest.mark.parametrize(
        "subject",
        [
            BASE,
            BASE[:-1],
            f"{BASE}datasets/other",
            f"{BASE}datasets/other/nodes/a",
            f"{BASE}datasets/lab2",
            f"{BASE}datasets/lab/../other",
            f"{BASE}datasets/lab/nodes/../../other",
            f"{DATASET}/record",
            f"{DATASET}/asserted",
            f"{DATASET}/distribution",
            f"{BASE}layouts/0",
            f"{BASE}.well-known/genid/0",
            "../../../other/nodes/a",
        ],
    )
    def test_iris_of_the_catalogue_are_not_described(self, subject: str) -> None:
        attributes = {"@id": subject, "http://purl.org/dc/terms/title": "mine now"}
        linked = read(attributes)
        assert (linked.lines, linked.subjects, linked.rest) == ((), (), attributes)
        assert "foreign-subject" in kinds(attributes)

    def test_by_reverse_properties_neither(self) -> None:
        attributes = {"@id": f"{E}s", f"{E}p": 1, "@reverse": {f"{E}q": {"@id": f"{BASE}datasets/other"}}}
        assert len(read(attributes).lines) == 1
        assert kinds(attributes) == ["foreign-subject"]

    @pytest.mark.parametrize("subject", ["", NODE, f"{DATASET}", f"{DATASET}/nodes/a/b/c", "#part"])
    def test_the_datasets_own_nodes_may_be_described(self, subject: str) -> None:
        assert len(read({"@id": subject, "http://purl.org/dc/terms/title": "T"}).lines) == 1

    @pytest.mark.parametrize(
        "statement",
        [
            {"http://purl.org/dc/terms/isPartOf": {"@id": f"{BASE}datasets/other"}},
            {"http://purl.org/dc/terms/hasPart": {"@id": f"{E}x"}},
            {"https://www.opengis.net/def/binary-array-ld/shape": 3},
            {"@type": "https://www.opengis.net/def/binary-array-ld/Array"},
        ],
    )
    def test_but_not_their_structure(self, statement: dict[str, Any]) -> None:
        linked = read({"@id": "", f"{E}p": 1, **statement})
        assert len(linked.lines) == 1
        assert [problem.kind for problem in linked.problems] == ["structural-term"]

    def test_the_same_about_other_things_is_fine(self) -> None:
        assert len(read({"@id": f"{E}s", "http://purl.org/dc/terms/hasPart": {"@id": f"{E}x"}}).lines) == 1

    def test_links_to_other_datasets_are_fine(self) -> None:
        assert len(read({"@id": f"{E}s", f"{E}from": {"@id": f"{BASE}datasets/other"}}).lines) == 1

    def test_one_problem_for_each_kind_with_a_count(self) -> None:
        dcat = "http://www.w3.org/ns/dcat#"
        linked = read({"@id": f"{E}s", f"{E}p": 1, f"{dcat}accessURL": [{"@id": f"{E}{i}"} for i in range(5)]})
        (problem,) = linked.problems
        assert problem.message.startswith("5 statement")
        assert f"{E}0" in problem.message

    def test_named_graphs_are_merged(self) -> None:
        attributes = {"@id": f"{E}g", "@graph": [{"@id": f"{E}s", f"{E}p": "x"}]}
        assert read(attributes).lines == (f'<{E}s> <{E}p> "x" .\n',)
        assert kinds(attributes) == ["named-graph"]
