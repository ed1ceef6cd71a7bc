"""Are conventions found by their file, told apart, and kept from breaking the graph?"""

import json
from collections.abc import Collection
from types import SimpleNamespace

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf import conventions, hierarchy
from catalog.rdf.convention import About, Findings, Given, Wanted, fact
from catalog.rdf.hierarchy import describe, read_conventions
from catalog.rdf.iris import Iris
from tests.support import rebuild
from tests.support.plates import as_v3
from tests.support.reparse import facts_of
from tests.support.zarr_documents import array_v3, group_v3

NODE = "http://localhost:8000/datasets/d/nodes/a"


def tree(**attributes: object) -> Hierarchy:
    documents = as_v3({"": group_v3(), "a": array_v3([4], attributes=attributes)})
    return parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])


def colours(tree: Hierarchy, about: About, given: Given) -> Findings:
    found = Findings()
    for node in tree.nodes:
        if "colour" in node.attributes:
            value = node.attributes["colour"]
            found.say(about.node(node.path), "urn:colour", f"<urn:{value}>", f'"{given.files.get("palette", b"").decode()}"')
            found.consume(node.path, ["colour"])
    return found


def applies(tree: Hierarchy, keys: Collection[str]) -> bool:
    assert {key for node in tree.nodes for key in node.attributes} == set(keys)
    return "colour" in keys


@pytest.fixture
def colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convention of the test's own, in place of the others."""
    module = SimpleNamespace(
        NAME="colour", applies=applies, wants=lambda _: Wanted(files=("palette",), ends=("a", "a")), describe=colours
    )
    monkeypatch.setattr(conventions, "load_conventions", lambda: (module,))
    monkeypatch.setattr(hierarchy, "find_conventions", conventions.find_conventions)


@pytest.mark.usefixtures("colour")
def test_what_is_said_in_full_is_no_key_and_value() -> None:
    found = describe(tree(colour="red", other=5), "d", Iris(), given=Given(files={"palette": b"warm"}))
    about = facts_of(found.structure)
    assert about[NODE]["urn:colour"] == {"urn:red", next(iter(about[NODE]["urn:colour"] - {"urn:red"}))}
    assert rebuild.attributes(about, NODE) == {"other": 5}
    assert found.conventions == read_conventions(found.structure) == ("colour",)


@pytest.mark.usefixtures("colour")
def test_a_term_that_no_graph_store_takes_is_left_out_and_reported() -> None:
    found = describe(tree(colour="light red>"), "d", Iris())
    assert b"light red" not in found.structure
    assert [problem.kind for problem in found.problems] == ["invalid-iri"]
    assert b'<urn:colour> "" .' in found.structure, "the rest is kept"


@pytest.mark.usefixtures("colour")
def test_what_does_not_apply_says_nothing() -> None:
    found = describe(tree(other=5), "d", Iris())
    assert found.conventions == read_conventions(found.structure) == ()


def test_two_conventions_may_say_the_same_of_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    def shades(tree: Hierarchy, about: About, given: Given) -> Findings:
        found = colours(tree, about, given)
        found.tell(about.node("a"), [fact("urn:shade", '"dark"')])
        return found

    both = [
        SimpleNamespace(NAME=name, applies=applies, wants=lambda _: Wanted(), describe=describes)
        for name, describes in (("colour", colours), ("shade", shades))
    ]
    monkeypatch.setattr(conventions, "load_conventions", lambda: both)
    found = describe(tree(colour="red"), "d", Iris())
    lines = found.structure.decode().splitlines()
    assert [line for line in lines if "<urn:" in line] == [
        f'<{NODE}> <urn:colour> "" .',
        f"<{NODE}> <urn:colour> <urn:red> .",
        f'<{NODE}> <urn:shade> "dark" .',
    ]
    assert len(lines) == len(set(lines))


@pytest.mark.usefixtures("colour")
def test_what_is_wanted_is_wanted_once() -> None:
    hierarchy = tree(colour="red")
    twice = [*conventions.find_conventions(hierarchy), *conventions.find_conventions(hierarchy)]
    assert conventions.all_wanted(hierarchy, twice) == Wanted(files=("palette",), ends=("a",))


def test_every_file_is_a_whole_convention() -> None:
    found = conventions.load_conventions()
    assert [each.NAME for each in found] == sorted(each.NAME for each in found)
    for each in found:
        assert each.__name__.rpartition(".")[2] == each.NAME  # type: ignore[attr-defined]
        assert all(callable(getattr(each, name)) for name in ("applies", "wants", "describe"))
