"""What every graph store must do when words are looked for."""

import pytest

from catalog.errors import InputError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.rdf.prefixes import PREFIXES, RDFS_LABEL
from catalog.rdf.terms import ACCESS, ATTRIBUTE, CHANNEL, DESCRIBES, DIMENSION, IN_DATASET, PATH, STANDARD_NAME, VALUE
from tests.support.graph_content import BASE, EX, HOSTILE, A, B, lines_of, triple

TITLE, KEYWORD = PREFIXES["dct"] + "title", PREFIXES["dcat"] + "keyword"
OME_NAME = PREFIXES["ome"] + "name"


def iri_triple(subject: str, predicate: str, value: str) -> bytes:
    return f"<{subject}> <{predicate}> <{value}> .\n".encode()


def node(dataset: str, path: str, *more: bytes) -> bytes:
    """A node as an ingest states it, and what more is said."""
    iri = f"{dataset}/nodes/{path}"
    name = path.rpartition("/")[2]
    return lines_of(iri_triple(iri, IN_DATASET, dataset), triple(iri, PATH, path), triple(iri, RDFS_LABEL, name), *more)


def record(dataset: str, *more: bytes) -> bytes:
    return lines_of(triple(dataset, ACCESS, "public"), *more)


def dataset_graphs(dataset: str, title: str, *nodes: bytes) -> list[GraphUpdate]:
    known = lines_of(triple(dataset, TITLE, title), triple(dataset, RDFS_LABEL, dataset.rpartition("/")[2]))
    return [
        GraphUpdate(dataset, lines_of(*nodes), b""),
        GraphUpdate(dataset + "/record", record(dataset, known), b""),
    ]


def found(store: GraphStore, words: str, limit: int = 20) -> list[str]:
    """What is found, without what all IRIs begin with."""
    return [hit.iri.removeprefix(f"{BASE}datasets/") for hit in store.find_text(words, limit=limit)]


def sea(store: GraphStore) -> None:
    """Two datasets: a sea with its temperature, and cells with a channel, a note and a sample."""
    sst, cells = f"{A}/nodes/met/sst", f"{B}/nodes/cells"
    attribute, channel, dimension = (BASE + name for name in ("attributes/1", "channels/1", "dimensions/1-lat"))
    store.apply(
        [
            *dataset_graphs(
                A,
                "North Sea buoys, ERA5",
                node(
                    A,
                    "met/sst",
                    triple(sst, STANDARD_NAME, "sea_surface_temperature"),
                    triple(sst, TITLE, "Température at the airSeaInterface"),
                    iri_triple(sst, DIMENSION, dimension),
                ),
                node(A, "lat"),
                triple(dimension, RDFS_LABEL, "lat"),
            ),
            *dataset_graphs(
                B,
                "Stained cells",
                node(
                    B,
                    "cells",
                    iri_triple(cells, ATTRIBUTE, attribute),
                    iri_triple(cells, CHANNEL, channel),
                    iri_triple(cells, DESCRIBES, EX + "sample"),
                ),
                triple(attribute, VALUE, "kept below the surface of 細胞 medium"),
                triple(channel, OME_NAME, "GFP-488"),
            ),
            GraphUpdate(B + "/asserted", triple(EX + "sample", EX + "smiles", "CC#N acetonitrile"), b""),
            GraphUpdate(B + "/curated", lines_of(triple(B, TITLE, "Yeast under stress"), triple(B, KEYWORD, "osmosis")), b""),
        ]
    )


ODD = [
    *(text for text in HOSTILE if text.strip() and len(text) < 500),
    *("buoys AND yeast", "buoys OR yeast", "NOT buoys", "-buoys +yeast", "buoys^2 yeast", "NEAR(buoys yeast)"),
    *("rdfs_label:buoys", "names : buoys", "uri:*", "*:*", "bu?ys", "b*s", "buoys~", "/bu.*/", "[a TO z]", "{a b}"),
    *("buoys\\", "'", '"', '"""', '" OR "', "*", "a* *", "(buoys", "buoys)", "AND", "^buoys", "&& ||", "\ud800", "a\x00b"),
]
"""What means something to one engine or another."""

FOUND = [
    ("buoys", ["a"]),
    ("north sea", ["a", "a/nodes/met/sst"]),
    ("yeast", ["b"]),
    ("osmosis", ["b"]),
    ("gfp", ["b/nodes/cells"]),
    ("acetonitrile", ["b/nodes/cells"]),
    ("medium", ["b/nodes/cells"]),
    ("met", ["a/nodes/met/sst"]),
    ("surface", ["a/nodes/met/sst", "b/nodes/cells"]),
    ("SURFACE Temperature", ["a/nodes/met/sst"]),
    ("temperature surface", ["a/nodes/met/sst"]),
    ('"surface temperature"', ["a/nodes/met/sst"]),
    ('"temperature surface"', []),
    ("sea_surface", ["a/nodes/met/sst"]),
    ("surface-sea", []),
    ("interface", ["a/nodes/met/sst"]),
    ("airseainterface", ["a/nodes/met/sst"]),
    ("tempera*", ["a/nodes/met/sst"]),
    ("emperature", []),
    ("胞", ["b/nodes/cells"]),
    ("細胞", ["b/nodes/cells"]),
    ("胞細", []),
    ("lat", ["a/nodes/lat"]),
    ("surface buoys", ["a/nodes/met/sst"]),
    ("surface yeast", ["b/nodes/cells"]),
    ("surface nothing", []),
    ("temp", ["a/nodes/met/sst"]),
]
"""Words, and what they lead to in `sea`."""


class TextTests:
    """Words lead to the datasets and nodes that speak of them."""

    folds = True
    """Whether marks on letters do not count: looking at every text cannot know."""

    def test_words_lead_to_what_speaks_of_them(self, store: GraphStore) -> None:
        sea(store)
        assert {words: found(store, words) for words, _ in FOUND} == dict(FOUND)

    def test_case_and_marks_do_not_count(self, store: GraphStore) -> None:
        sea(store)
        words = [
            "TEMPÉRATURE interface",
            '"température at"',
            *(["temperature airsea*", '"TEMPERATURE AT"'] if self.folds else []),
        ]
        assert {each: found(store, each) for each in words} == {each: ["a/nodes/met/sst"] for each in words}

    def test_a_hit_says_what_was_found_where(self, store: GraphStore) -> None:
        sea(store)
        (hit,) = store.find_text("acetonitrile")
        assert (hit.iri, hit.dataset, hit.path) == (f"{B}/nodes/cells", B, "cells")
        assert (hit.property, hit.text, hit.graph) == (EX + "smiles", "CC#N acetonitrile", B + "/asserted")
        (hit,) = store.find_text("stress")
        assert (hit.iri, hit.dataset, hit.path) == (B, B, "")
        assert (hit.property, hit.text, hit.graph) == (TITLE, "Yeast under stress", B + "/curated")

    def test_words_are_words_and_no_syntax(self, store: GraphStore) -> None:
        sea(store)
        for words in ODD:
            hits = found(store, words)
            assert not {"buoys", "yeast"} <= set(words.replace("-", " ").replace("+", " ").split()) or hits == [], words
            assert len(hits) < 4, f"{words!r} finds everything"

    def test_nothing_and_too_much_are_refused(self, store: GraphStore) -> None:
        for words in ("", " \t\n", "x" * 501, " ".join(f"w{i}" for i in range(33))):
            with pytest.raises(InputError, match="to search for"):
                store.find_text(words)

    @pytest.mark.parametrize("limit", [0, -1, 1001])
    def test_a_limit_has_its_bounds(self, store: GraphStore, limit: int) -> None:
        with pytest.raises(InputError, match="1 to 1000"):
            store.find_text("x", limit=limit)

    def test_texts_go_when_they_are_replaced_or_dropped(self, store: GraphStore) -> None:
        sea(store)
        store.apply([GraphUpdate(B + "/curated", triple(B, TITLE, "Beer under stress"))])
        assert found(store, "yeast") == []
        assert found(store, "osmosis") == []
        assert found(store, "beer") == ["b"]
        store.apply([GraphUpdate(A, None), GraphUpdate(B + "/curated", None)])
        assert found(store, "beer") == []
        assert found(store, "temperature") == []
        assert found(store, "buoys") == ["a"]
        assert found(store, "surface") == ["b/nodes/cells"]

    def test_a_text_in_two_graphs_stays_until_both_let_go(self, store: GraphStore) -> None:
        twice = triple(A, TITLE, "Twice told")
        store.apply([*dataset_graphs(A, "Twice told", node(A, "x")), GraphUpdate(A + "/curated", twice, b"")])
        assert found(store, "told") == ["a"]
        store.apply([GraphUpdate(A + "/curated", None)])
        assert found(store, "told") == ["a"]
        store.apply([GraphUpdate(A + "/record", record(A))])
        assert found(store, "told") == []

    def test_what_the_shapes_refused_is_not_found(self, store: GraphStore) -> None:
        store.apply([*dataset_graphs(A, "Accepted", node(A, "x")), GraphUpdate(A + "/rejected", node(A, "refused"), b"")])
        assert found(store, "refused") == []
        assert found(store, "accepted") == ["a"]

    def test_languages_are_texts_and_numbers_are_not(self, store: GraphStore) -> None:
        said = f'<{A}> <{TITLE}> "Nordsee"@de .\n<{A}> <{TITLE}> "Nordsee"@nds .\n'.encode()
        number = f'<{A}> <{TITLE}> "1984"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'.encode()
        store.apply([GraphUpdate(A + "/record", record(A, said, number), b"")])
        assert found(store, "nordsee") == ["a"]
        assert found(store, "1984") == []
        store.apply([GraphUpdate(A + "/record", record(A, said.splitlines(keepends=True)[0]))])
        assert found(store, "nordsee") == ["a"]

    def test_names_go_before_what_begins_before_what_holds_before_attributes(self, store: GraphStore) -> None:
        noted = f"{A}/nodes/z"
        store.apply(
            dataset_graphs(
                A,
                "Sea",
                *(node(A, path) for path in ("ice", "deep/ice_cover", "thick_ice_cover", "ice_cover_of_the_sea")),
                node(A, "z", iri_triple(noted, ATTRIBUTE, BASE + "attributes/2")),
                triple(BASE + "attributes/2", VALUE, "some ice"),
            )
        )
        order = ["ice", "deep/ice_cover", "ice_cover_of_the_sea", "thick_ice_cover", "z"]
        assert found(store, "ice") == [f"a/nodes/{path}" for path in order]
        assert found(store, "ice", limit=2) == [f"a/nodes/{path}" for path in order[:2]]

    def test_equal_hits_come_in_the_order_of_their_names(self, store: GraphStore) -> None:
        store.apply(dataset_graphs(A, "Many", *(node(A, f"g{i:02}/lat") for i in range(40))))
        assert found(store, "lat", limit=10) == [f"a/nodes/g{i:02}/lat" for i in range(10)]
