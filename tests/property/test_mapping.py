"""Do the triples say exactly what the documents say, whatever these hold?"""

import json
from typing import Any
from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.key import fault_of_key
from catalog.rdf import literals
from catalog.rdf.attributes import MAX_ITEMS, MAX_KEY, MAX_REPEATED, MAX_STRING, AttributeWriter
from catalog.rdf.hierarchy import Description, describe
from catalog.rdf.iris import Iris, data_type
from tests.support import rebuild
from tests.support.plates import as_v2, as_v3, consolidated_v2, consolidated_v3
from tests.support.rebuild import same
from tests.support.reparse import XSD, ZO, Facts, Value, facts_of, only, read_with_pyoxigraph, read_with_rdflib, text_of

NODES = "http://localhost:8000/datasets/x/nodes/"
TEXTS = st.text(max_size=10) | st.sampled_from(
    ['">', "\\", "\n", "> <x> .", "a/b", "/a", "~1", "~", "", "0", "1", "{}", "\x7f", "\x85"]
)
NUMBERS = st.integers() | st.sampled_from([2**63, 2**64, -(2**70), 10**50]) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=12
)
EXTENTS = st.integers(0, 100) | st.sampled_from([2**31, 2**63 - 1, 2**64, 10**30])


def described(documents: dict[str, Any]) -> Description:
    tree = parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])
    return describe(tree, "x", Iris())


# -- single terms ----------------------------------------------------------------------------------------------------------------


@given(st.text())
@example("".join(map(chr, range(0x100))))
@example('"@en .\n<a> <b> "c')
@example("\\u0041\\U00000041\\")
@example("\u2028\u2029\ufeff\ufffe\uffff\U0010ffff\U0001fffe")
def test_any_text_is_one_literal(text: str) -> None:
    for written, value in ((literals.string(text), Value(text)), (literals.json(text), Value(text, f"{ZO}json"))):
        line = f"<http://e.org/s> <http://e.org/p> {written} .\n".encode()
        assert line.count(b"\n") == 1
        assert b"\r" not in line
        expected = {("http://e.org/s", "http://e.org/p", value)}
        assert read_with_pyoxigraph(line) == expected
        assert read_with_rdflib(line) == expected


@given(SCALARS.filter(lambda value: value is not None))
def test_any_scalar_is_one_literal(value: Any) -> None:
    line = f"<http://e.org/s> <http://e.org/p> {literals.scalar(value)} .\n".encode()
    ((_, _, found),) = read_with_pyoxigraph(line)
    assert same(rebuild.python_value(found), value)
    assert read_with_rdflib(line) == read_with_pyoxigraph(line)


@given(st.text(), st.integers(0, 10**30), st.integers(0, 63))
def test_any_text_is_part_of_one_iri(text: str, size: int, index: int) -> None:
    iris = Iris()
    for iri in (iris.node("x", text), iris.dimension(index, size, text), data_type(text), iris.attribute(text), iris.codec(text)):
        line = f"<{iri}> <{iri}> <{iri}> .\n".encode()
        assert read_with_pyoxigraph(line) == {(iri, iri, iri)}
        assert read_with_rdflib(line) == {(iri, iri, iri)}
    assert unquote(iris.node("x", text).removeprefix(NODES), errors="strict") == text


@given(
    st.tuples(st.integers(0, 3), st.integers(0, 30), st.none() | TEXTS),
    st.tuples(st.integers(0, 3), st.integers(0, 30), st.none() | TEXTS),
)
def test_different_dimensions_have_different_names(one: tuple[int, int, str | None], other: tuple[int, int, str | None]) -> None:
    assert (Iris().dimension(*one) == Iris().dimension(*other)) == (one == other)


# -- attributes ------------------------------------------------------------------------------------------------------------------


def attribute_facts(many: list[dict[str, Any]]) -> Facts:
    writer, lines = AttributeWriter(Iris()), list[str]()
    for index, attributes in enumerate(many):
        links = writer.write(attributes, lines)
        lines += [f"<{NODES}{index}>{link}" for link in links]
    return facts_of("".join(lines).encode())


@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=5), min_size=1, max_size=3))
@example([{"a": {"0": {"x": 1}}}, {"a": [{"x": 1}]}])
@example([{"a/b": 1, "/a": 2, "": {"a": 3}, "a": {"b": 4}}])
@example([{"a": 1}, {"a": 1.0}, {"a": True}, {"a": "1"}, {"a": [1]}])
def test_attributes_come_back(many: list[dict[str, Any]]) -> None:
    found = attribute_facts(many)
    for index, attributes in enumerate(many):
        if attributes:
            assert same(rebuild.attributes(found, f"{NODES}{index}"), attributes)
        else:
            assert f"{NODES}{index}" not in found


LONG = st.one_of(
    st.integers(MAX_STRING - 3, MAX_STRING + 3).map(lambda size: "x" * size),
    st.integers(MAX_ITEMS - 1, MAX_ITEMS + 1).map(lambda size: [{"i": i} for i in range(size)]),
    st.integers(MAX_ITEMS - 1, MAX_ITEMS + 1).map(lambda size: list(range(size))),
    st.integers(MAX_REPEATED // 50, MAX_REPEATED // 30).map(lambda size: [{"name": "n" * 30}] * size),
)


@given(st.dictionaries(TEXTS, LONG | VALUES, min_size=1, max_size=3))
def test_what_is_too_long_is_replaced_by_its_digest_and_nothing_else_is(attributes: dict[str, Any]) -> None:
    def cut(value: Any) -> Any:
        text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        if isinstance(value, str) and len(value) <= MAX_STRING:
            return value
        is_apart = isinstance(value, list) and len(value) <= MAX_ITEMS and any(isinstance(item, dict | list) for item in value)
        return "too long" if not is_apart and len(text) > MAX_STRING else value

    found = rebuild.attributes(attribute_facts([attributes]), f"{NODES}0")
    shown = {key: "too long" if isinstance(value, rebuild.Digest) else value for key, value in found.items()}
    assert same(shown, {key: cut(value) for key, value in attributes.items()})


@given(st.dictionaries(st.text(max_size=3).map(lambda text: text * MAX_KEY) | TEXTS, VALUES, max_size=4))
def test_keys_of_any_length_make_one_triple_per_line(attributes: dict[str, Any]) -> None:
    attribute_facts([attributes])


# -- arrays ----------------------------------------------------------------------------------------------------------------------

NAMED = st.builds(
    lambda name, configuration: {"name": name, "configuration": configuration}, TEXTS, st.dictionaries(TEXTS, VALUES, max_size=2)
)
SIMPLE_CODECS = st.sampled_from(
    [
        "bytes",
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "zstd", "configuration": {"level": -5, "checksum": True}},
        {"name": "crc32c"},
        {"name": "https://codec.example/é", "configuration": {"x": [1.0, None]}, "must_understand": False},
    ]
) | NAMED  # fmt: skip
FILLS = st.sampled_from(["NaN", "Infinity", "0x7ff8000000000001", 0, 0.0, -0.0, False, None, "", [1, "NaN"], 2**64]) | VALUES
TIMES = {"name": "numpy.datetime64", "configuration": {"unit": "ns", "scale_factor": 1}}
TYPES_V3 = st.sampled_from(["float64", "uint8", "string", "r24", TIMES]) | NAMED
TYPES_V2 = (
    st.sampled_from(["<f8", "|b1", "<M8[ns]", "|O", ">U4", [["x", "<f4"], ["y", "<i2", [2, 2]]], [["z", [["a", "|u1"]]]]]) | TEXTS
)


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[int], list[int], list[int] | None]:
    """Shape, chunk or shard shape, and inner chunk shape where there are shards."""
    rank = draw(st.integers(0, 4))
    shape = draw(st.lists(EXTENTS, min_size=rank, max_size=rank))
    inner = draw(st.lists(st.integers(1, 50), min_size=rank, max_size=rank))
    if draw(st.booleans()):
        return shape, inner, None
    factors = draw(st.lists(st.integers(1, 9), min_size=rank, max_size=rank))
    return shape, [extent * factor for extent, factor in zip(inner, factors, strict=True)], inner


def names(rank: int) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.none() | TEXTS, min_size=rank, max_size=rank)


@st.composite
def arrays_v3(draw: st.DrawFn) -> tuple[dict[str, Any], list[int] | None]:
    shape, grid, inner = draw(grids())
    codecs = draw(st.lists(SIMPLE_CODECS, max_size=3))
    if inner is not None:
        inside = draw(st.lists(SIMPLE_CODECS, max_size=2))
        configuration = {"chunk_shape": inner, "codecs": inside, "index_codecs": ["bytes", "crc32c"], "index_location": "end"}
        codecs = [{"name": "sharding_indexed", "configuration": configuration}, *codecs]
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": draw(TYPES_V3),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": grid}},
        "chunk_key_encoding": draw(st.sampled_from(["default", {"name": "v2", "configuration": {"separator": "/"}}]) | NAMED),
        "fill_value": draw(FILLS),
        "codecs": codecs,
    }
    optional = {
        "dimension_names": draw(names(len(shape))),
        "storage_transformers": draw(st.sampled_from([[], [{"name": "cache"}]])),
        "attributes": draw(st.dictionaries(TEXTS, VALUES, max_size=2)),
        "extension": draw(st.sampled_from([{"must_understand": False}, {"name": "é"}, 5])),
        "consolidated_metadata": None,
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional))))
    return document | {key: optional[key] for key in sorted(chosen)}, inner


@st.composite
def arrays_v2(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    shape, chunks, _ = draw(grids())
    coders = st.dictionaries(TEXTS, VALUES, max_size=2).map(lambda rest: {"id": "zlib", **rest})
    document = {
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks,
        "dtype": draw(TYPES_V2),
        "compressor": draw(st.none() | coders),
        "filters": draw(st.none() | st.lists(coders, max_size=2)),
        "fill_value": draw(FILLS),
        "order": draw(st.sampled_from("CF")),
    }
    if draw(st.booleans()):
        document["dimension_separator"] = draw(st.sampled_from("./"))
    attributes = draw(st.dictionaries(TEXTS, VALUES, max_size=2))
    if dimensions := draw(names(len(shape))):
        attributes["_ARRAY_DIMENSIONS"] = dimensions
    return document, attributes


def literal_json(facts: Facts, subject: str, term: str) -> Any:
    return json.loads(text_of(facts[subject][ZO + term]))


@given(arrays_v3())
def test_the_triples_alone_rebuild_a_v3_array(case: tuple[dict[str, Any], list[int] | None]) -> None:
    document, inner = case
    facts = facts_of(described({"a/zarr.json": document}).structure)
    rank, node = len(document["shape"]), f"{NODES}a"
    stated = {key: value for key, value in document.items() if key not in {"node_type", "attributes", "consolidated_metadata"}}
    given_names = document.get("dimension_names") or [None] * rank
    assert same(rebuild.array_document(facts, node), {**stated, "dimension_names": given_names})
    as_objects = [{"name": each} if isinstance(each, str) else each for each in document["codecs"]]
    assert same(rebuild.codecs(facts, node), [[each["name"], "codec", each.get("configuration", {})] for each in as_objects])
    layout = str(only(facts[node][ZO + "layout"]))
    grid = document["chunk_grid"]["configuration"]["chunk_shape"]
    assert literal_json(facts, layout, "chunkShape") == (grid if inner is None else inner)
    assert (ZO + "shardShape" in facts[layout]) == (inner is not None)
    assert inner is None or literal_json(facts, layout, "shardShape") == grid
    assert same(literal_json(facts, layout, "fillValue"), document["fill_value"])
    assert facts[layout][ZO + "zarrFormat"] == {Value("3", f"{XSD}integer")}


@given(arrays_v2())
def test_the_triples_alone_rebuild_a_v2_array(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    document, attributes = case
    facts = facts_of(described({"a/.zarray": document, "a/.zattrs": attributes}).structure)
    rank, node = len(document["shape"]), f"{NODES}a"
    given_names = attributes.get("_ARRAY_DIMENSIONS") or [None] * rank
    assert same(rebuild.array_document(facts, node), {**document, "dimension_names": given_names})
    filters = [(each, "filter") for each in document["filters"] or []]
    pipeline = filters + ([(document["compressor"], "compressor")] if document["compressor"] else [])
    rest = [[each["id"], role, {key: value for key, value in each.items() if key != "id"}] for each, role in pipeline]
    assert same(rebuild.codecs(facts, node), rest)
    layout = str(only(facts[node][ZO + "layout"]))
    assert literal_json(facts, layout, "chunkShape") == document["chunks"]
    assert same(literal_json(facts, layout, "fillValue"), document["fill_value"])
    assert text_of(facts[layout][ZO + "order"]) == document["order"]


# -- whole hierarchies -----------------------------------------------------------------------------------------------------------

SEGMENTS = st.text(min_size=1, max_size=8).filter(lambda text: "/" not in text and fault_of_key(text) is None)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)
GROUPS = st.builds(
    lambda attributes: {"zarr_format": 3, "node_type": "group", "attributes": attributes},
    st.dictionaries(TEXTS, VALUES, max_size=3),
)


@st.composite
def hierarchies(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    nodes = draw(st.dictionaries(PATHS, GROUPS | arrays_v3().map(lambda case: case[0]), max_size=4))
    return {"": draw(GROUPS), **nodes}


@given(hierarchies())
def test_any_hierarchy_is_one_triple_per_line_for_two_parsers(nodes: dict[str, dict[str, Any]]) -> None:
    found = described(as_v3(nodes))
    facts = facts_of(found.structure)
    assert read_with_pyoxigraph(found.structure) == read_with_rdflib(found.structure)
    assert read_with_pyoxigraph(found.asserted) == read_with_rdflib(found.asserted)
    assert {text_of(about[ZO + "path"]) for about in facts.values() if ZO + "path" in about} == set(nodes)
    assert all(subject.startswith("http://localhost:8000/") for subject in facts)


@given(hierarchies(), st.randoms())
def test_the_route_and_the_order_change_no_byte(nodes: dict[str, dict[str, Any]], random: Any) -> None:
    listing = list(as_v3(nodes).items())
    inside = list(nodes.items())
    random.shuffle(listing)
    random.shuffle(inside)
    expected = described(as_v3(nodes))
    shuffled = {path: dict(random.sample(list(node.items()), len(node))) for path, node in inside}
    for documents in (dict(listing), {"zarr.json": consolidated_v3(nodes)}, {"zarr.json": consolidated_v3(shuffled)}):
        found = described(documents)
        assert (found.structure, found.asserted) == (expected.structure, expected.asserted)


@given(st.dictionaries(PATHS, arrays_v2(), max_size=4))
def test_v2_by_listing_and_consolidated(nodes: dict[str, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    documents: dict[str, Any] = as_v2({"": {"node_type": "group"}})
    for path, (zarray, zattrs) in nodes.items():
        documents |= {f"{path}/.zarray": zarray, f"{path}/.zattrs": zattrs}
    one, other = described(documents), described({".zmetadata": consolidated_v2(dict(reversed(documents.items())))})
    assert (one.structure, one.asserted) == (other.structure, other.asserted)
