"""Attributes that look like linked data and want to be taken for more than they are."""

from typing import Any

from tests.support.zoo.specimen import CANARY, add, array, group, text

READ = {"good": "values"}
EX = "http://example.org/"


def attributes(name: str, what: str, value: dict[str, Any], **about: Any) -> None:
    """A group with these attributes, beside an array."""
    objects = {"zarr.json": text(group(**value)), "good/zarr.json": text(array()), "good/c/0": b"\1\2\3\4"}
    add(f"jsonld-{name}", what, objects, reads=READ, **about)


attributes("remote-context", "a context that lies somewhere else", {"@context": f"{CANARY}context", "@id": f"{EX}a", "name": "x"})
attributes(
    "remote-contexts", "many contexts that lie somewhere else", {"@context": [f"{CANARY}{n}" for n in range(50)], "name": "x"}
)
attributes("file-context", "a context that is a file of this machine", {"@context": "file:///etc/hostname", "name": "x"})
attributes(
    "import-context", "a context that imports another", {"@context": {"@version": 1.1, "@import": f"{CANARY}c"}, "name": "x"}
)
attributes(
    "scoped-context",
    "a context hidden in a term",
    {"@context": {"a": {"@id": f"{EX}a", "@context": f"{CANARY}c"}}, "a": {"b": 1}},
)
attributes("cyclic-context", "terms that define each other", {"@context": {"a": "b:x", "b": "a:x"}, "a": 1})
attributes("null-context", "null as the context", {"@context": None, "@id": f"{EX}a", f"{EX}p": 1})
attributes("iri-injection", "an IRI that closes its bracket", {"@id": "http://x/> <http://y> <http://z", f"{EX}p": "x"})
attributes("iri-with-controls", "IRIs with spaces and controls", {"@id": "http://x/a b\u0000c", f"{EX}p": {"@id": "http://x/\n"}})
attributes("javascript-iri", "an IRI that is a script", {"@id": "javascript:alert(1)", f"{EX}p": "x"})
attributes("foreign-dataset", "a statement about another dataset", {"@id": "http://localhost:8000/datasets/other", f"{EX}p": "x"})
attributes("moves-the-store", "a store that says where its data lie", {
    "@id": "http://localhost:8000/datasets/self", "http://www.w3.org/ns/dcat#accessURL": {"@id": "file:///etc"},
    "https://w3id.org/zarr-catalog/ns#path": "../..", "https://w3id.org/zarr-catalog/ns#layoutDocument": "{}",
})  # fmt: skip
attributes("quotes-and-newlines", "literals that close their quotes", {"@id": f"{EX}a", f"{EX}p": 'x" .\n<a> <b> "\\u0000\u0000'})
attributes("bad-language", "a language tag that is none", {"@id": f"{EX}a", f"{EX}p": {"@value": "x", "@language": 'en"@>'}})
attributes("bad-type", "a datatype that is no IRI", {"@id": f"{EX}a", f"{EX}p": {"@value": "x", "@type": "x y"}})
attributes(
    "reverse",
    "reversed statements about a foreign node",
    {"@id": f"{EX}a", "@reverse": {f"{EX}p": {"@id": "http://localhost:8000/datasets/other"}}},
)
attributes(
    "graph-container",
    "named graphs of its own",
    {"@graph": [{"@id": f"{EX}a", f"{EX}p": 1}], "@id": "http://localhost:8000/datasets/other/record"},
)
attributes("blank-names", "blank nodes with strange names", {"@id": "_:a b", f"{EX}p": {"@id": "_:\u0000"}})
attributes("empty-names", "names that are empty or keywords", {"@id": "", "@type": "", "": "x", "@": "y", "@foo": "z"})
attributes("wrong-kinds", "numbers and lists in place of names", {"@id": 5, "@type": [1, {}], "@context": 7, "@graph": "x"})
attributes("big-numbers", "numbers beyond every type", {"@id": f"{EX}a", f"{EX}p": 10**40, f"{EX}q": 1e308})
_deep: dict[str, Any] = {"@id": f"{EX}0"}
for _n in range(1, 50):
    _deep = {"@id": f"{EX}{_n}", f"{EX}p": _deep}
attributes("deep", "fifty nodes inside each other", _deep)
