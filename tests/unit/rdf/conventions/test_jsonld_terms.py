"""Are blank nodes named by place and content alone?"""

import json
import os
import subprocess
import sys
from pathlib import Path

from catalog.rdf.conventions.jsonld_terms import context_fault
from tests.support.jsonld import read

ROOT = Path(__file__).resolve().parents[4]
E = "http://example.org/"
BLANK = {f"{E}p": [{f"{E}q": 1}, {f"{E}q": 1}], "sample": [{"@type": f"{E}T"}], "@reverse": {f"{E}r": {f"{E}q": 2}}}


class TestBlankNodes:
    def test_no_blank_node_is_left(self) -> None:
        lines = read(BLANK).lines
        assert len(lines) == 7
        assert not any("_:" in line for line in lines)
        assert len({line.split()[0] for line in lines}) == 5

    def test_names_depend_on_place_and_content(self) -> None:
        here = read({f"{E}p": 1}).subjects
        assert here == read({f"{E}p": 1}).subjects
        assert here != read({f"{E}p": 1}, path="c").subjects
        assert here != read({f"{E}p": 2}).subjects
        assert here != read({"x": {"@graph": [{f"{E}p": 1}]}}).subjects

    def test_the_order_of_keys_is_not_content(self) -> None:
        turned = dict(reversed(BLANK.items()))
        assert list(turned) != list(BLANK)
        assert read(turned).lines == read(BLANK).lines

    def test_a_label_names_one_node_within_a_part_and_two_in_two(self) -> None:
        linked = read({"x": [{"@id": "_:n", f"{E}p": 1}, {"@id": "_:n", f"{E}q": 1}], "y": {"@id": "_:n", f"{E}p": 1}})
        assert len(linked.subjects) == 2

    def test_nodes_that_nothing_leads_to_are_described_by_the_zarr_node(self) -> None:
        linked = read({f"{E}p": {f"{E}q": 1}})
        (subject,) = linked.subjects
        assert any(line.startswith(f"<{subject}> <{E}p> ") for line in linked.lines)

    def test_other_processes_give_the_same_lines(self) -> None:
        program = (
            "import json, sys\nfrom tests.support.jsonld import read\nlinked = read(json.load(sys.stdin))\n"
            "json.dump([linked.lines, linked.subjects, [p.to_dict() for p in linked.problems]], sys.stdout)"
        )
        attributes = {**BLANK, f"{E}bad": {"@id": "http://a b"}, "@type": "relative"}
        answers = {
            subprocess.run(
                [sys.executable, "-c", program],
                input=json.dumps(attributes),
                env={**os.environ, "PYTHONHASHSEED": seed},
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for seed in ("1", "2")
        }
        assert len(answers) == 1
        assert json.loads(answers.pop())[0] == list(read(attributes).lines)


class TestContextFault:
    """The parser meets the terms of a context in an order that changes from run to run; what is said about it must not."""

    def test_the_first_faulty_term_is_named(self) -> None:
        text = json.dumps({"@context": {f"k{i}": 5 for i in range(50)}, "@id": "x"})
        assert {context_fault(text) for _ in range(20)} == {context_fault(text)}
        assert "'k0'" in str(context_fault(text))

    def test_terms_that_contradict_each_other(self) -> None:
        fault = context_fault(json.dumps({"@context": {"a": "b:c", "b": "a:d"}}))
        assert fault == "the terms of a context contradict each other: a, b"

    def test_settings(self) -> None:
        assert "a keyword" in str(context_fault(json.dumps({"@context": {"@version": 1.0, "a": f"{E}a"}})))

    def test_what_is_no_object(self) -> None:
        assert context_fault(json.dumps({"x": [{"@context": 5}]})) == "a context is a int; it must be an object"

    def test_contexts_without_fault(self) -> None:
        assert context_fault(json.dumps({"@context": [{"a": f"{E}a"}, None], "x": {"@context": {"b": f"{E}b"}}})) is None
