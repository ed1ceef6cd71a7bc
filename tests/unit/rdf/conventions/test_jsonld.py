"""Does JSON-LD in attributes become the statements it stands for, and nothing else?"""

import json
from typing import Any

import pytest

from catalog.rdf.conventions.jsonld import MAX_DEPTH, holds_linked_data
from tests.support.jsonld import DATASET, read

E = "http://example.org/"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"
NODE = f"{DATASET}/nodes/a/b"


def kinds(attributes: dict[str, Any], **others: Any) -> list[str]:
    return [problem.kind for problem in read(attributes, **others).problems]


class TestForms:
    def test_expanded(self) -> None:
        attributes = {
            "@id": f"{E}s1",
            "@type": [f"{E}Sample"],
            f"{E}createdon": [{"@value": "2023-01-25_16:14:14"}],
            f"{E}hasDataset": [{"@id": f"{E}d1"}],
        }
        linked = read(attributes)
        assert linked.lines == (
            f'<{E}s1> <{E}createdon> "2023-01-25_16:14:14" .\n',
            f"<{E}s1> <{E}hasDataset> <{E}d1> .\n",
            f"<{E}s1> <{TYPE}> <{E}Sample> .\n",
        )
        assert linked.subjects == (f"{E}s1",)
        assert linked.rest == {}
        assert linked.problems == ()

    def test_compacted_by_an_inline_context(self) -> None:
        context = {
            "ex": E,
            "name": "ex:name",
            "knows": {"@id": "ex:knows", "@type": "@id"},
            "on": {"@id": "ex:on", "@type": f"{XSD}date"},
        }
        linked = read({"@context": context, "@id": "ex:s", "name": "N", "knows": "ex:t", "on": "2023-01-25", "units": "m"})
        assert linked.lines == (
            f"<{E}s> <{E}knows> <{E}t> .\n",
            f'<{E}s> <{E}name> "N" .\n',
            f'<{E}s> <{E}on> "2023-01-25"^^<{XSD}date> .\n',
        )
        assert linked.rest == {"units": "m"}

    def test_the_projects_own_context_by_its_url(self) -> None:
        attributes = {"@context": "https://w3id.org/zarr-catalog/context.jsonld", "@id": "", "title": "T", "hasUnit": "unit:M"}
        assert read(attributes).lines == (
            f'<{NODE}> <http://purl.org/dc/terms/title> "T" .\n',
            f"<{NODE}> <http://qudt.org/schema/qudt/hasUnit> <http://qudt.org/vocab/unit/M> .\n",
        )

    def test_contexts_in_a_list_with_a_pinned_one(self) -> None:
        pinned = {"https://example.org/c": {"ex": E, "name": "ex:name"}}
        linked = read(
            {"@context": ["https://example.org/c", {"age": "ex:age"}], "@id": "ex:s", "name": "N", "age": 7}, contexts=pinned
        )
        assert linked.lines == (f'<{E}s> <{E}age> "7"^^<{XSD}integer> .\n', f'<{E}s> <{E}name> "N" .\n')

    def test_graph(self) -> None:
        linked = read({"@graph": [{"@id": f"{E}s", f"{E}p": 1}, {"@id": f"{E}t", f"{E}p": 2}]})
        assert linked.subjects == (f"{E}s", f"{E}t")
        assert linked.problems == ()

    def test_nested_nodes_become_subjects_too(self) -> None:
        linked = read({"@id": f"{E}s", f"{E}has": {"@id": f"{E}t", f"{E}p": "x"}})
        assert linked.subjects == (f"{E}s", f"{E}t")

    @pytest.mark.parametrize(
        "value", [{"@id": f"{E}s", f"{E}p": 1}, [{"@id": f"{E}s", f"{E}p": 1}], {"@graph": [{"@id": f"{E}s", f"{E}p": 1}]}]
    )
    def test_node_objects_under_a_plain_key(self, value: Any) -> None:
        linked = read({"sample": value, "units": "m"})
        assert linked.lines == (f'<{E}s> <{E}p> "1"^^<{XSD}integer> .\n',)
        assert linked.rest == {"units": "m"}

    def test_the_context_of_all_attributes_holds_under_a_plain_key_too(self) -> None:
        linked = read({"@context": {"ex": E}, "sample": {"@id": "ex:s", "ex:p": 1, "volume": 3}})
        assert linked.lines == (f'<{E}s> <{E}p> "1"^^<{XSD}integer> .\n',)
        assert linked.rest == {"sample": {"volume": 3}}

    def test_the_root_group_has_no_other_rules(self) -> None:
        linked = read({"@id": "", f"{E}p": 1}, path="")
        assert linked.subjects == (f"{DATASET}/nodes/",)


class TestValues:
    @pytest.mark.parametrize(
        ("value", "term"),
        [
            ({"@value": "41.05"}, '"41.05"'),
            ({"@value": "1", "@type": f"{XSD}decimal"}, f'"1"^^<{XSD}decimal>'),
            ({"@value": "2023-01-31-12h03m44s", "@type": f"{XSD}date"}, f'"2023-01-31-12h03m44s"^^<{XSD}date>'),
            ({"@value": "Probe", "@language": "de-CH"}, '"Probe"@de-ch'),
            (True, f'"true"^^<{XSD}boolean>'),
            (12345678901234567890, f'"12345678901234567890"^^<{XSD}integer>'),
            (1.5, f'"1.5E0"^^<{XSD}double>'),
            (2.0, f'"2"^^<{XSD}integer>'),
            (float("nan"), f'"NaN"^^<{XSD}double>'),
            (float("-inf"), f'"-INF"^^<{XSD}double>'),
            ({"@value": float("inf")}, f'"INF"^^<{XSD}double>'),
            ('a "b"\n\\\x01é', '"a \\"b\\"\\n\\\\\\u0001é"'),
            (
                {"@value": {"b": [1, None], "a": "x"}, "@type": "@json"},
                f'"{{\\"a\\":\\"x\\",\\"b\\":[1,null]}}"^^<{TYPE[:-4]}JSON>',
            ),
        ],
    )
    def test_literals(self, value: Any, term: str) -> None:
        assert read({"@id": f"{E}s", f"{E}p": value}).lines == (f"<{E}s> <{E}p> {term} .\n",)

    def test_lists_are_chains_of_skolem_iris(self) -> None:
        linked = read({"@id": f"{E}s", f"{E}p": {"@list": ["x", "y"]}})
        assert len(linked.lines) == 5
        assert linked.subjects == (f"{E}s",)
        assert not any("_:" in line for line in linked.lines)

    def test_direction_of_text_is_left_out_as_json_ld_does_by_default(self) -> None:
        attributes = {"@id": f"{E}s", f"{E}p": {"@value": "x", "@language": "ar", "@direction": "rtl"}}
        assert read(attributes).lines == (f'<{E}s> <{E}p> "x"@ar .\n',)
        assert kinds(attributes) == ["text-direction"]

    def test_nan_cannot_stand_in_a_json_literal(self) -> None:
        attributes = {"@context": {"p": {"@id": f"{E}p", "@type": "@json"}}, "@id": f"{E}s", "p": {"x": float("nan")}}
        linked = read(attributes)
        assert linked.lines == ()
        assert linked.rest is not attributes
        assert linked.rest.keys() == attributes.keys()
        assert kinds(attributes) == ["invalid-json-ld"]


class TestRest:
    """What JSON-LD makes nothing of stays a plain attribute."""

    @pytest.mark.parametrize("key", ["units", "proj:code", "_ARRAY_DIMENSIONS", "@foo", "https", "urn"])
    def test_keys_without_meaning(self, key: str) -> None:
        attributes = {"@id": f"{E}s", f"{E}p": 1, key: "kept"}
        assert read(attributes).rest == {key: "kept"}

    @pytest.mark.parametrize("key", ["known", "ex:p", "http://example.org/q", "urn:x:y"])
    def test_keys_with_meaning(self, key: str) -> None:
        linked = read({"@context": {"ex": E, "known": "ex:known"}, "@id": "ex:s", key: "used"})
        assert linked.rest == {}
        assert len(linked.lines) == 1

    @pytest.mark.parametrize("definition", [None, {"@id": None}])
    def test_terms_that_a_context_takes_away(self, definition: Any) -> None:
        context = {"@vocab": E, "units": definition}
        assert read({"@context": context, "@id": f"{E}s", "p": 1, "units": "m"}).rest == {"units": "m"}

    def test_a_vocabulary_takes_every_key(self) -> None:
        linked = read({"@context": {"@vocab": E}, "@id": f"{E}s", "units": "m"})
        assert linked.lines == (f'<{E}s> <{E}units> "m" .\n',)
        assert linked.rest == {}

    def test_relative_types_without_a_context_make_no_statement(self) -> None:
        """The objects of modos look like JSON-LD but name their types by a word."""
        attributes = {"@type": "Assay", "name": "Assay 1", "omics_type": ["GENOMICS"]}
        linked = read(attributes)
        assert (linked.lines, linked.subjects, linked.rest) == ((), (), attributes)
        (problem,) = linked.problems
        assert (problem.kind, problem.severity, problem.path) == ("json-ld-without-statement", "info", "a/b")

    def test_a_relative_type_beside_statements_is_left_out_alone(self) -> None:
        attributes = {"@id": f"{E}s", "@type": ["Assay", f"{E}Assay"]}
        assert read(attributes).lines == (f"<{E}s> <{TYPE}> <{E}Assay> .\n",)
        assert kinds(attributes) == ["relative-type"]

    def test_a_context_for_nothing(self) -> None:
        attributes = {"@context": {"name": f"{E}name"}, "units": "m"}
        assert read(attributes).rest == attributes
        assert kinds(attributes) == ["json-ld-without-statement"]

    def test_plain_keys_inside_a_node_are_named(self) -> None:
        attributes = {"@id": f"{E}s", f"{E}has": {"@id": f"{E}t", f"{E}p": 1, "volume": 3, "of": {"@id": f"{E}u", f"{E}p": 1}}}
        linked = read(attributes)
        assert linked.subjects == (f"{E}s", f"{E}t"), "what stands below a key without meaning has none either"
        (problem,) = linked.problems
        assert (problem.kind, problem.severity) == ("json-ld-key-ignored", "info")
        assert "2 key(s)" in problem.message
        assert "'volume'" in problem.message

    def test_a_list_below_a_key_without_meaning_leaves_nothing(self) -> None:
        linked = read({"@id": f"{E}s", f"{E}p": {"@list": ["x"]}, f"{E}has": {"@id": f"{E}t", "of": {"@list": ["y", "z"]}}})
        assert len(linked.lines) == 4
        assert not any('"y"' in line or '"z"' in line for line in linked.lines)

    def test_nothing_is_changed_in_what_was_given(self) -> None:
        attributes = {"@context": {"ex": E}, "sample": {"@id": "ex:s", "ex:p": [1, {"@value": float("inf")}], "v": 1}, "u": [1]}
        before = json.dumps(attributes)
        read(attributes)
        assert json.dumps(attributes) == before


class TestFaults:
    """A fault costs the statements that have it, not the rest."""

    @pytest.mark.parametrize(
        ("attributes", "kind"),
        [
            ({f"{E}q": {"@id": "http://a b/"}}, "invalid-iri"),
            ({f"{E}q": {"@id": "http://example.org/<x>"}}, "invalid-iri"),
            ({f"{E}q q": "x"}, "invalid-iri"),
            ({f"{E}q": {"@id": "http://e/%zz"}}, "invalid-iri"),
            ({f"{E}q": {"@value": "x", "@language": "e n"}}, "invalid-literal"),
            ({f"{E}q": {"@value": "x", "@type": f"{E}<t>"}}, "invalid-literal"),
            ({f"{E}q": {"@value": "x", "@type": f"{TYPE[:-4]}langString"}}, "invalid-literal"),
            ({f"{E}q": {"@value": "x", "@type": "rel"}}, "relative-type"),
        ],
    )
    def test_one_bad_statement(self, attributes: dict[str, Any], kind: str) -> None:
        linked = read({"@id": f"{E}s", f"{E}p": "good", **attributes})
        assert linked.lines == (f'<{E}s> <{E}p> "good" .\n',)
        assert [problem.kind for problem in linked.problems] == [kind]

    @pytest.mark.parametrize(
        "attributes",
        [
            {"@id": 5, f"{E}p": 1},
            {"@type": 7},
            {"@id": f"{E}s", f"{E}p": {"@value": [1]}},
            {"@context": 5, "p": 1},
            {"@context": {"a": "b:c", "b": "a:d"}, "a": 1, "@id": "x"},
            {"@context": {"@version": 1.0, "a": f"{E}a"}, "a": 1},
            {"@context": {"@protected": True, "p": f"{E}p"}, "@id": f"{E}s", "p": {"@context": {"p": f"{E}z"}, "p": 1}},
        ],
    )
    def test_what_is_no_json_ld_stays_plain(self, attributes: dict[str, Any]) -> None:
        linked = read(attributes)
        assert (linked.lines, linked.rest) == ((), attributes)
        assert linked.problems

    def test_a_fault_under_one_key_leaves_the_others(self) -> None:
        linked = read({"bad": {"@id": 5, f"{E}p": 1}, "good": {"@id": f"{E}s", f"{E}p": 1}})
        assert linked.subjects == (f"{E}s",)
        assert linked.rest == {"bad": {"@id": 5, f"{E}p": 1}}
        assert [problem.pointer for problem in linked.problems] == ["/bad"]

    @pytest.mark.parametrize(
        "context",
        [
            "https://schema.org",
            ["https://schema.org"],
            {"@import": "https://schema.org"},
            {"p": {"@id": f"{E}p", "@context": "https://schema.org"}},
        ],
    )
    def test_contexts_that_are_not_pinned(self, context: Any) -> None:
        attributes = {"@context": context, "@id": f"{E}s", "p": {"@id": f"{E}t", f"{E}q": 1}}
        linked = read(attributes)
        assert (linked.lines, linked.rest) == ((), attributes)
        (problem,) = linked.problems
        assert (problem.kind, problem.severity) == ("context-not-pinned", "warning")
        assert "https://schema.org" in problem.message

    def test_a_context_that_is_not_pinned_deeper_down(self) -> None:
        attributes = {"@id": f"{E}s", f"{E}p": {"@context": "file:///etc/passwd", "x": 1}}
        assert kinds(attributes) == ["context-not-pinned"]
        assert read(attributes).rest == attributes

    def test_deep_nesting(self) -> None:
        value: Any = {"@id": f"{E}s"}
        for _ in range(MAX_DEPTH + 1):
            value = {f"{E}p": value}
        assert kinds(value) == ["json-ld-too-deep"]
        assert read(value).rest == value

    def test_as_deep_as_documents_may_be(self) -> None:
        value: Any = {"@id": f"{E}s"}
        for _ in range(63):
            value = {f"{E}p": value}
        assert len(read(value).lines) == 63

    def test_contexts_that_would_cost_hours(self) -> None:
        """A type-scoped context is copied for every node of the type."""
        terms = {f"k{i}": f"{E}k{i}" for i in range(2000)}
        nodes = [{"@type": "T", "k1": 1} for _ in range(2000)]
        attributes = {"@context": {"T": {"@id": f"{E}T", "@context": terms}}, "@graph": nodes}
        assert kinds(attributes) == ["json-ld-too-large"]

    def test_blank_nodes_that_labelling_by_graph_would_choke_on(self) -> None:
        links = [{"@id": f"_:b{i}"} for i in range(40)]
        nodes = [{"@id": f"_:b{i}", f"{E}p": links} for i in range(40)]
        assert len(read({"@graph": nodes}).lines) == 1600


class TestHoldsLinkedData:
    @pytest.mark.parametrize(
        "attributes",
        [
            {"@id": "x"},
            {"@context": {}},
            {"units": "m", f"{E}p": 1},
            {"urn:uuid:0": 1},
            {"sample": {"@id": "x"}},
            {"samples": [{"@type": "x"}]},
        ],
    )
    def test_yes(self, attributes: dict[str, Any]) -> None:
        assert holds_linked_data(attributes)

    @pytest.mark.parametrize(
        "attributes",
        [
            {},
            {"units": "m", "scale": 1.5, "x": None},
            {"proj:code": "EPSG:4326"},
            {"multiscales": [{"axes": []}]},
            {"list": []},
            {"@foo": 1},
        ],
    )
    def test_no(self, attributes: dict[str, Any]) -> None:
        assert not holds_linked_data(attributes)
        assert read(attributes).rest == attributes
        assert read(attributes).lines == ()
