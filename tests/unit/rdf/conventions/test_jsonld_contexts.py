"""Are contexts taken from the pinned set alone, whole, and within bounds?"""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import InputError
from catalog.rdf.conventions.jsonld_contexts import (
    CONTEXT_URL,
    MAX_WORK,
    Inliner,
    Unreadable,
    contexts_digest,
    load_contexts,
    relevant_terms,
    words_of,
)
from catalog.rdf.prefixes import PREFIXES
from tests.support.jsonld import read

E = "http://example.org/"
URL = "https://example.org/context"


def test_the_projects_own_context_is_always_there() -> None:
    assert list(load_contexts()) == [CONTEXT_URL]


def test_its_prefixes_are_those_of_queries() -> None:
    context = load_contexts()[CONTEXT_URL]
    assert {prefix: context.get(prefix) for prefix in PREFIXES} == PREFIXES


def test_its_terms_stand_on_its_prefixes() -> None:
    context = load_contexts()[CONTEXT_URL]
    names = [value if isinstance(value, str) else value["@id"] for key, value in context.items() if not key.startswith("@")]
    compact = [name for name in names if "://" not in name]
    assert len(compact) > 20
    assert {name.partition(":")[0] for name in compact} <= context.keys()


def test_the_digest_follows_what_is_pinned() -> None:
    assert contexts_digest(None) == contexts_digest({}) == contexts_digest(load_contexts())
    assert contexts_digest({URL: {"a": f"{E}a"}}) != contexts_digest({URL: {"a": f"{E}b"}}) != contexts_digest(None)


class TestFolder:
    def write(self, folder: Path, index: Any, **files: Any) -> Path:
        (folder / "index.json").write_text(json.dumps(index))
        for name, content in files.items():
            (folder / f"{name}.jsonld").write_text(json.dumps(content))
        return folder

    def test_urls_of_a_folder(self, tmp_path: Path) -> None:
        folder = self.write(tmp_path, {URL: "lab.jsonld", f"{URL}/": "lab.jsonld"}, lab={"@context": {"p": f"{E}p"}})
        contexts = load_contexts(folder)
        assert contexts.keys() == {CONTEXT_URL, URL, f"{URL}/"}
        linked = read({"@context": URL, "@id": f"{E}s", "p": "x"}, contexts=contexts)
        assert linked.lines == (f'<{E}s> <{E}p> "x" .\n',)

    @pytest.mark.parametrize(
        ("index", "word"),
        [
            ({URL: "none.jsonld"}, "none.jsonld"),
            ({URL: "../lab.jsonld"}, "same folder"),
            ({URL: "/etc/passwd"}, "same folder"),
            ({URL: 5}, "object from context URL"),
            ([], "object from context URL"),
            ({URL: "empty.jsonld"}, "@context"),
            ({URL: "text.jsonld"}, "@context"),
        ],
    )
    def test_what_a_folder_must_be(self, tmp_path: Path, index: Any, word: str) -> None:
        folder = self.write(tmp_path, index, empty={}, text={"@context": "https://schema.org"})
        with pytest.raises(InputError, match=word):
            load_contexts(folder)

    def test_a_folder_without_an_index(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"index\.json"):
            load_contexts(tmp_path)

    def test_an_index_that_is_no_json(self, tmp_path: Path) -> None:
        (tmp_path / "index.json").write_text("{")
        with pytest.raises(InputError, match=r"index\.json"):
            load_contexts(tmp_path)


class TestLargeContexts:
    """Of a context with thousands of terms, only what can matter is handed on."""

    def test_terms_bring_what_they_stand_on(self) -> None:
        context = {
            "@vocab": "base:",
            "base": E,
            "a": "b:x",
            "b": "c:y",
            "c": E,
            "d": {"@id": "e:z", "@type": "t:T"},
            "e": E,
            "t": E,
            "z": E,
        }
        assert relevant_terms(context, {"a"}).keys() == {"@vocab", "base", "a", "b", "c"}
        assert relevant_terms(context, {"d"}).keys() == {"@vocab", "base", "d", "e", "t"}

    def test_words_are_all_strings_and_their_prefixes(self) -> None:
        assert words_of({"ex:p": ["v", {"@type": "x:T"}], "n": 5}) == {"ex:p", "ex", "v", "@type", "x:T", "x", "n"}

    def test_the_statements_are_those_of_the_whole_context(self) -> None:
        context: dict[str, Any] = {f"other{i}": f"{E}other{i}" for i in range(500)}
        context |= {
            "ex": E,
            "name": "ex:name",
            "T": {"@id": "ex:T", "@context": {"inner": "ex:inner"}},
            "link": {"@id": "ex:l", "@type": "@vocab"},
        }
        attributes = {"@id": "ex:s", "@type": "T", "name": "N", "inner": 1, "link": "other7", "sub": "left"}
        pinned = read({"@context": URL, **attributes}, contexts={URL: context})
        assert pinned.lines == read({"@context": context, **attributes}).lines
        assert len(pinned.lines) == 4
        assert pinned.rest == {"sub": "left"}

    def test_a_context_may_stand_on_another_pinned_one(self) -> None:
        many = {f"other{i}": f"{E}other{i}" for i in range(500)}
        contexts = {URL: {**many, "ex": E}, f"{URL}2": {**many, "name": "ex:name"}}
        linked = read({"@context": [URL, f"{URL}2"], "@id": f"{E}s", "name": "N"}, contexts=contexts)
        assert linked.lines == (f'<{E}s> <{E}name> "N" .\n',)


class TestBounds:
    def test_a_context_that_leads_to_itself(self) -> None:
        contexts = {URL: [f"{URL}2"], f"{URL}2": {"a": {"@id": f"{E}a", "@context": URL}}}
        with pytest.raises(Unreadable, match="leads back to itself"):
            Inliner(contexts, {}).context(URL)

    def test_the_same_context_twice_is_no_circle(self) -> None:
        assert Inliner({URL: {"a": f"{E}a"}}, {}).context([URL, URL]) == [{"a": f"{E}a"}] * 2

    def test_import(self) -> None:
        context = Inliner({URL: {"a": f"{E}a", "b": f"{E}b"}}, {}).context({"@import": URL, "b": f"{E}c"})
        assert context == {"a": f"{E}a", "b": f"{E}c"}

    def test_import_of_a_list(self) -> None:
        with pytest.raises(Unreadable, match="one object"):
            Inliner({URL: [{"a": f"{E}a"}]}, {}).context({"@import": URL})

    def test_the_work_of_nested_contexts_is_bounded(self) -> None:
        side = int(MAX_WORK**0.5) + 1
        terms = {f"k{i}": f"{E}k{i}" for i in range(side)}
        value = [{"@context": {"T": {"@id": f"{E}T", "@context": terms}}, "@graph": [{"@type": "T"}] * side}]
        with pytest.raises(Unreadable) as caught:
            Inliner({}, value).value(value)
        assert caught.value.kind == "json-ld-too-large"

    def test_plain_contexts_are_not_what_is_bounded(self) -> None:
        side = int(MAX_WORK**0.5) + 1
        terms = {f"k{i}": f"{E}k{i}" for i in range(side)}
        value = {"@context": terms, "@graph": [{"k1": 1}] * side}
        assert Inliner({}, value).value(value) == value
