"""Does JSON-LD give the statements that another program finds in it, and do any attributes at all give lines that can be read?"""

from typing import Any

import pyoxigraph
import rdflib
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from catalog.rdf.conventions.jsonld import read_linked_data
from tests.support.jsonld import BASE, DATASET, as_graph, read, read_by_rdflib

E = "http://example.org/"
IRIS = [f"{E}{name}" for name in ("a", "b", "c")]
# Whole floats are left out: JSON-LD makes integers of them, rdflib doubles.
scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    st.integers(-(10**18), 10**18),
    st.booleans(),
    st.integers(-1000, 1000).map(lambda n: n + 0.5),
)
values = st.one_of(
    scalars,
    st.builds(lambda text, tag: {"@value": text, "@language": tag}, st.text("xyz", max_size=3), st.sampled_from(["en", "de-ch"])),
    st.builds(lambda text, kind: {"@value": text, "@type": kind}, st.text("xyz", max_size=3), st.sampled_from(IRIS)),
    st.sampled_from(IRIS).map(lambda iri: {"@id": iri}),
)


def nodes(
    keys: list[str], ids: list[str], types: list[str], **special: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Node objects whose members are values, lists and other nodes; ``special`` are keys with values of their own."""

    def node(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        member = st.one_of(values, inner, st.lists(st.one_of(values, inner), max_size=3))
        member = st.one_of(member, st.lists(scalars, min_size=1, max_size=3).map(lambda items: {"@list": items}))
        names = {"@id": st.sampled_from(ids), "@type": st.sampled_from(types)}
        named = st.fixed_dictionaries({}, optional={**names, **special})
        return st.builds(
            lambda named, members: {**members, **named}, named, st.dictionaries(st.sampled_from(keys), member, max_size=3)
        )

    return node(st.recursive(values, node, max_leaves=8))


expanded = nodes([f"{E}p", f"{E}q", "urn:x:r"], [*IRIS, "_:b"], [*IRIS])
CONTEXT = {
    "ex": E,
    "p": "ex:p",
    "link": {"@id": "ex:link", "@type": "@id"},
    "date": {"@id": "ex:date", "@type": "ex:Date"},
    "all": {"@id": "ex:all", "@container": "@list"},
    "label": {"@id": "ex:label", "@container": "@language"},
    "Kind": "ex:Kind",
}
# Numbers under "link" are left out: JSON-LD keeps them numbers, rdflib makes references of them.
compacted = nodes(
    ["p", "ex:q", "unknown"],
    ["ex:a", f"{E}b", "_:b", "relative"],
    ["Kind", "ex:Other"],
    link=st.one_of(st.sampled_from(["ex:a", f"{E}c", "relative/too"]), st.lists(st.sampled_from(["ex:a", "_:b"]), max_size=2)),
    date=st.text("0123-", max_size=6),
    all=st.lists(scalars, max_size=3),
    label=st.dictionaries(st.sampled_from(["en", "de"]), st.text("xyz", max_size=3), max_size=2),
)


@settings(max_examples=150)
@given(document=expanded)
def test_expanded_documents(document: dict[str, Any]) -> None:
    assert isomorphic(as_graph(read(document).lines), read_by_rdflib(document))


@settings(max_examples=150)
@given(document=compacted, vocab=st.booleans())
def test_compacted_documents(document: dict[str, Any], vocab: bool) -> None:
    context = {**CONTEXT, "@vocab": f"{E}v#"} if vocab else CONTEXT
    document.pop("unknown", None)  # at the top, a node object under such a key is read for itself
    document = {"@context": context, **document}
    assert isomorphic(as_graph(read(document).lines), read_by_rdflib(document))


@given(documents=st.lists(expanded, min_size=1, max_size=3))
def test_a_list_under_a_plain_key_says_what_the_list_says(documents: list[dict[str, Any]]) -> None:
    assume(all("@id" in document or "@type" in document for document in documents))
    assert isomorphic(as_graph(read({"samples": documents}).lines), read_by_rdflib(documents))


KEYS = [
    "@id",
    "@type",
    "@context",
    "@graph",
    "@value",
    "@list",
    "@reverse",
    "@language",
    "@included",
    f"{E}p",
    "p",
    "ex:p",
    "a b",
    "",
]
texts = st.one_of(
    st.text(max_size=6), st.sampled_from([E, "rel", "_:b", "http://a b/<>", "@id", "@json", "ex:", "ex:q", f"{BASE}x", "en"])
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(KEYS), texts), inner, max_size=4)
    ),
    max_leaves=12,
)
attributes_of_any_kind = st.dictionaries(st.one_of(st.sampled_from(KEYS), texts), anything, max_size=5)


@settings(max_examples=300)
@given(attributes=attributes_of_any_kind, path=st.sampled_from(["", "a", "a/b c/d"]))
def test_any_attributes_give_lines_that_two_parsers_read_alike(attributes: dict[str, Any], path: str) -> None:
    linked = read(attributes)
    text = "".join(linked.lines)
    quads = list(pyoxigraph.parse(text, pyoxigraph.RdfFormat.N_TRIPLES))
    assert len(quads) == len(linked.lines), "one line, one statement"
    assert len(rdflib.Graph().parse(data=text, format="nt")) <= len(quads), "rdflib takes some different literals as equal"
    assert {quad.subject.value for quad in quads} >= set(linked.subjects)
    for quad in quads:
        assert isinstance(quad.subject, pyoxigraph.NamedNode)
        assert not isinstance(quad.object, pyoxigraph.BlankNode)
        assert not quad.predicate.value.startswith("https://w3id.org/zarr-catalog/ns#")
    assert set(linked.rest) <= set(attributes)


@settings(max_examples=100)
@given(attributes=attributes_of_any_kind)
def test_reading_twice_gives_the_same(attributes: dict[str, Any]) -> None:
    first = read_linked_data(attributes, path="x", node_iri=f"{DATASET}/nodes/x", dataset_iri=DATASET, base_iri=BASE)
    again = read_linked_data(attributes, path="x", node_iri=f"{DATASET}/nodes/x", dataset_iri=DATASET, base_iri=BASE)
    assert first.lines == again.lines
    assert first.problems == again.problems
