"""Does the graph say which values cannot be read here, and why, without losing what is described?"""

import json
from typing import Any

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from tests.support import rebuild
from tests.support.reparse import XSD, ZO, Facts, Value, facts_of, only, text_of
from tests.support.zarr_documents import array_v2, array_v3, group_v3

NO = {Value("false", f"{XSD}boolean")}


def parsed(**nodes: dict[str, Any]) -> Hierarchy:
    found = {"zarr.json": group_v3()} | {
        f"{name}/{'zarr.json' if 'node_type' in node else '.zarray'}": node for name, node in nodes.items()
    }
    return parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in found.items()])


def graph(hierarchy: Hierarchy) -> tuple[Facts, dict[str, str]]:
    """The facts, and each node's name by its path."""
    facts = facts_of(describe(hierarchy, "x", Iris()).structure)
    return facts, {text_of(about[ZO + "path"]): subject for subject, about in facts.items() if ZO + "path" in about}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (array_v3([4], data_type="float7"), "'float7'"),
        (array_v3([4], data_type={"name": "optional", "configuration": {"name": "int8"}}), "'optional'"),
        (array_v3([4], codecs=["bytes", "evil"]), "bytes"),
        (array_v3([4], codecs=[{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "evil"}]), "'evil'"),
        (array_v3([4], chunk_grid={"name": "hexagonal", "configuration": {"side": 3}}), "hexagonal"),
        (array_v3([4], chunk_key_encoding={"name": "hash", "configuration": {"salt": "x"}}), "hash"),
        (array_v3([4], storage_transformers=[{"name": "encrypt", "configuration": {"key": 1}}]), "encrypt"),
        (array_v3([4], lock={"must_understand": True, "by": "me"}), "lock"),
        (array_v3([4], lock="me"), "lock"),
        (array_v2([4], compressor={"id": "evil", "level": 3}), "'evil'"),
        (array_v2([4], filters=[{"id": "pickle", "protocol": 4}]), "'pickle'"),
        (array_v2([4], dtype="|O", fill_value=None), "'object'"),
        (array_v2([4], dtype=[["a", "|O"], ["b", "<f4"]], fill_value=None), "'object'"),
        (array_v2([4], dtype="<f16"), "float128"),
    ],
)
def test_what_is_not_readable_is_marked_at_array_and_layout_and_rebuilt(document: dict[str, Any], words: str) -> None:
    hierarchy = parsed(a=document, good=array_v3([4]))
    facts, nodes = graph(hierarchy)
    layout = facts[str(only(facts[nodes["a"]][ZO + "layout"]))]
    for about in (facts[nodes["a"]], layout):
        assert about[ZO + "readable"] == NO
        assert words in text_of(about[ZO + "notReadableBecause"])
    names = {"dimension_names": [None]}
    assert rebuild.same(
        rebuild.array_document(facts, nodes["a"]), {**{k: v for k, v in document.items() if k != "node_type"}, **names}
    )
    good = facts[nodes["good"]]
    assert ZO + "readable" not in good
    assert ZO + "readable" not in facts[str(only(good[ZO + "layout"]))]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (array_v3([4], [2, 2]), "2 dimensions and its shape 1"),
        (array_v2([4, 4], [2]), "1 dimensions and its shape 2"),
        (array_v3([2**63], [2]), "at most 9223372036854775807"),
    ],
)
def test_an_array_may_be_unreadable_though_its_layout_is_not(document: dict[str, Any], words: str) -> None:
    facts, nodes = graph(parsed(a=document))
    about = facts[nodes["a"]]
    assert about[ZO + "readable"] == NO
    assert words in text_of(about[ZO + "notReadableBecause"])
    assert ZO + "readable" not in facts[str(only(about[ZO + "layout"]))]


@pytest.mark.parametrize(
    ("member", "severity"),
    [({"must_understand": False}, "info"), ({"must_understand": True}, "warning"), (5, "warning"), (None, "warning")],
)
def test_members_of_groups_that_are_not_known_are_told(member: Any, severity: str) -> None:
    document = json.dumps({**group_v3(), "consolidated_metadata": None, "magic/spell": member}).encode()
    (problem,) = parse_hierarchy([Document("zarr.json", document)]).problems
    assert (problem.kind, problem.severity, problem.pointer) == ("extension", severity, "/magic~1spell")
    assert problem.line == 1
    assert document.decode()[problem.column - 1 :].startswith('"magic/spell"')
