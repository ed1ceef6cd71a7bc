"""Do the rows of an answer lead to the arrays and parts that they name, in few queries and without a look at any store?"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from catalog.bridge.answer import ResolvedAnswer, resolve_answer
from catalog.bridge.levels import LevelWish
from catalog.errors import InputError, NotFoundError
from catalog.graphstore.bindings import XSD, Bindings, Iri, Literal, Term
from tests.support.zarr_documents import array_v3, group_v3
from tests.unit.bridge.catalogue import Catalogue, v3

BASE = "http://localhost:8000/datasets/lab/nodes/"
EX = "https://example.org/"


def integer(value: int) -> Literal:
    return Literal(str(value), XSD + "integer")


def double(value: float) -> Literal:
    return Literal(repr(value), XSD + "double")


def table(columns: str, *rows: Sequence[Term | None]) -> Bindings:
    return Bindings(tuple(columns.split()), [tuple(row) for row in rows])


def image(*, unit: str = "micrometer", name: str = "DAPI") -> dict[str, Any]:
    """A group with two levels of 0.25 and 0.5 micrometres, moved by (1, 2), and two channels."""
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space", "unit": unit} for axis in "yx")]
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, scale, scale]},
                {"type": "translation", "translation": [0.0, 1.0, 2.0]},
            ],
        }
        for level, scale in enumerate([0.25, 0.5])
    ]
    channels = [{"label": name}, {"label": "GFP"}]
    return group_v3(
        ome={"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}], "omero": {"channels": channels}}
    )


NODES = {
    "": group_v3(),
    "a": array_v3([10, 6], [2, 3], dimension_names=["time", "x"]),
    "b": array_v3([4], attributes={"@id": EX + "b", EX + "name": [{"@value": "b"}]}),
    "img": image(),
    "img/0": array_v3([2, 40, 80], [1, 8, 8]),
    "img/1": array_v3([2, 20, 40], [1, 8, 8]),
    "img/labels": group_v3(ome={"version": "0.5", "labels": []}),
}


@pytest.fixture
def lab(catalogue: Catalogue) -> Catalogue:
    """Two plain arrays and an image of two levels."""
    catalogue.add("lab", v3(NODES))
    return catalogue


class Counting:
    """A graph store that counts what it is asked."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._store = catalogue.store
        self.audience = catalogue.store.audience
        self.queries = 0

    def select(self, text: str, values: Mapping[str, Sequence[Term]] | None = None, **how: Any) -> Bindings:
        self.queries += 1
        return self._store.select(text, values, **how)


def parts(answer: ResolvedAnswer) -> list[tuple[int, str, tuple[Any, ...]]]:
    """Row, path, and index of each part."""
    return [(part.row, part.ref.path, part.part.selection.ascending) for part in answer.parts]


def test_iris_of_arrays_groups_and_things_that_are_described(lab: Catalogue) -> None:
    bindings = table("name node", [Literal("one"), Iri(BASE + "a")], [Literal("two"), Iri(EX + "b")], [None, Iri(BASE + "img")])
    answer = resolve_answer(lab.store, bindings)
    assert answer.column == "node"
    assert [(row, path) for row, path, _ in parts(answer)] == [(0, "a"), (1, "b"), (2, "img/0"), (2, "img/1")]
    assert answer.unresolved == ()


def test_the_first_column_that_leads_to_arrays_counts_unless_one_is_named(lab: Catalogue) -> None:
    bindings = table("kind uri node", [Iri(EX + "Thing"), Literal(EX + "b"), Iri(BASE + "a")])
    assert parts(resolve_answer(lab.store, bindings))[0][1] == "b"
    assert parts(resolve_answer(lab.store, bindings, column="node"))[0][1] == "a"
    with pytest.raises(InputError, match=r"no column 'nodes'; its columns are kind, uri, node"):
        resolve_answer(lab.store, bindings, column="nodes")
    with pytest.raises(NotFoundError, match=r"nothing in the column 'kind' leads to an array: https://example.org/Thing"):
        resolve_answer(lab.store, bindings, column="kind")
    with pytest.raises(InputError, match="no column leads to arrays: kind"):
        resolve_answer(lab.store, table("kind", [Iri(EX + "Thing")]))
    with pytest.raises(NotFoundError, match="the query has no answer"):
        resolve_answer(lab.store, table("kind"))


def test_rows_that_lead_nowhere_are_told(lab: Catalogue) -> None:
    answer = resolve_answer(lab.store, table("a", [Iri(BASE + "a")], [Iri(BASE + "zz")], [None], [Literal("text")]))
    assert [part.row for part in answer.parts] == [0]
    assert answer.unresolved == ((1, BASE + "zz"), (2, ""), (3, "text"))


def test_positions_by_columns(lab: Catalogue) -> None:
    columns = "a time_start time_stop time_step x_at"
    a = Iri(BASE + "a")
    answer = resolve_answer(
        lab.store,
        table(
            columns,
            [a, integer(2), integer(8), integer(3), integer(-1)],
            [a, None, integer(4), None, None],
            [a, integer(-3), None, None, None],
            [a, None, None, None, None],
        ),
    )
    whole = slice(0, 6, 1)
    assert [index for _, _, index in parts(answer)] == [
        (slice(2, 6, 3), 5),
        (slice(0, 4, 1), whole),
        (slice(7, 10, 1), whole),
        (slice(0, 10, 1), whole),
    ]


def test_a_selection_as_text_and_one_for_all_rows(lab: Catalogue) -> None:
    bindings = table("a select", [Iri(BASE + "a"), Literal("time=[3,1]")], [Iri(BASE + "a"), None])
    answer = resolve_answer(lab.store, bindings, select={"x": slice(1, 3)})
    assert [part.part.selection.shape for part in answer.parts] == [(2, 2), (10, 2)]
    assert answer.parts[0].part.selection.axes[0].elements == range(3, 0, -2)


def test_world_units_levels_and_channels(lab: Catalogue) -> None:
    bindings = table(
        "image level channel x_start x_stop", [Iri(BASE + "img"), integer(1), Literal("GFP"), double(4.0), double(7.1)]
    )
    (part,) = resolve_answer(lab.store, bindings).parts
    # (4 - 2) / 0.5 = 4 and (7.1 - 2) / 0.5 = 10.2, so the pixels 4 to 10 are covered
    assert (part.ref.path, part.part.selection.ascending) == ("img/1", (1, slice(0, 20, 1), slice(4, 11, 1)))
    assert "x = [4, 7.1) is pixels [4, 11): (value - 2) / 0.5 micrometer, whole where within 0.01" in part.part.notes[0]
    (finest,) = resolve_answer(lab.store, bindings, column="image", units="world", select="y=0").parts[:1]
    assert finest.part.selection.shape == (7,)


def test_an_array_stands_for_its_image_where_a_level_is_asked_for(lab: Catalogue) -> None:
    answer = resolve_answer(lab.store, table("a level", [Iri(BASE + "img/0"), integer(1)], [Iri(BASE + "img/1"), None]))
    assert [part.ref.path for part in answer.parts] == ["img/1", "img/1"]
    with pytest.raises(InputError, match=r"row 0 .*there is no level 7; the levels are 0, 1"):
        resolve_answer(lab.store, table("a level", [Iri(BASE + "img"), integer(7)]))
    with pytest.raises(InputError, match="no image with levels"):
        resolve_answer(lab.store, table("a level", [Iri(BASE + "a"), integer(0)]))


@pytest.mark.parametrize(
    ("wish", "path", "note"),
    [
        (LevelWish(pixel_size={"x": 0.5}), "img/1", "level 1 is the coarsest that is as fine as wanted"),
        (LevelWish(pixel_size={"x": 0.49}), "img/0", "level 0 is the coarsest that is as fine as wanted"),
        (LevelWish(pixel_size={"x": 3.0, "y": 0.3}), "img/0", "level 0 is the coarsest"),
        (LevelWish(pixel_size={"x": 0.1}), "img/0", "level 0 is the finest, though coarser than wanted"),
        (LevelWish(max_bytes=4 * 2 * 40 * 80), "img/0", "has at most 25,600 bytes: 25,600"),
        (LevelWish(max_bytes=4 * 2 * 40 * 80 - 1), "img/1", "has at most 25,599 bytes: 6,400"),
        (LevelWish(index=1), "img/1", None),
    ],
)
def test_a_level_by_pixel_size_or_bytes(lab: Catalogue, wish: LevelWish, path: str, note: str | None) -> None:
    (part,) = resolve_answer(lab.store, table("image", [Iri(BASE + "img")]), level=wish).parts
    assert part.ref.path == path
    assert not part.part.notes if note is None else note in part.part.notes[-1]


def test_level_wishes_that_make_no_sense(lab: Catalogue) -> None:
    with pytest.raises(InputError, match="exactly one of"):
        LevelWish()
    with pytest.raises(InputError, match="above 0"):
        LevelWish(pixel_size={"x": 0})
    with pytest.raises(InputError, match=r"states no pixel size along z; it does along c, x, y"):
        resolve_answer(lab.store, table("image", [Iri(BASE + "img")]), level=LevelWish(pixel_size={"z": 1.0}))


@pytest.mark.parametrize(
    ("columns", "terms", "message"),
    [
        ("x_start x_stop", [integer(1), double(2.5)], "have different types"),
        ("x_at x_start", [integer(1), integer(2)], "leave .x_start"),
        ("x_step", [integer(0)], "is 0"),
        ("x_start x_step", [double(2.5), integer(2)], "goes with positions"),
        ("depth_start", [integer(1)], "there is no axis 'depth'; the axes are dim0 or c, dim1 or y, dim2 or x"),
        ("channel", [Literal("RFP")], "is no channel; the channels are 'DAPI', 'GFP'"),
        ("channel", [integer(2)], "out of range"),
        ("level", [double(0.5)], "an integer is needed"),
        ("roi", [Literal("here")], "the IRI of a region is needed"),
        ("roi", [Iri(EX + "roi")], "no region that the graph knows"),
        ("select", [Literal("x=")], "expected an integer"),
        ("x_start", [Iri(EX)], "a number, date or string is needed"),
        ("x_start x_stop", [double(500.0), double(600.0)], r"out of range: allowed is \[2, 22\) micrometer"),
        ("x_start x_stop", [double(6.0), double(4.0)], "before it starts"),
        ("x_start", [Literal("2020-01-01", XSD + "date")], "labels, which are not looked up here"),
    ],
)
def test_parts_that_an_array_does_not_have(lab: Catalogue, columns: str, terms: list[Term], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve_answer(lab.store, table(f"image {columns}", [Iri(BASE + "img/0"), *terms]))


def test_two_channels_of_one_name_are_ambiguous(catalogue: Catalogue) -> None:
    catalogue.add("lab", v3({**NODES, "img": image(name="GFP")}))
    with pytest.raises(InputError, match="ambiguous: the channels 0, 1 have that name"):
        resolve_answer(catalogue.store, table("image channel", [Iri(BASE + "img/0"), Literal("GFP")]))


def test_regions_of_a_table(catalogue: Catalogue) -> None:
    table_group = group_v3(type="roi_table", table_version="1", backend="json", index_key="FieldIndex", index_type="str")
    rows = {
        "FieldIndex": ["FOV_1", "FOV_2"],
        "x_micrometer": [0.0, 9.999], "y_micrometer": [0.0, 2.6], "z_micrometer": [0.0, 0.0],
        "len_x_micrometer": [10.0, 4.0], "len_y_micrometer": [5.0, 100.0], "len_z_micrometer": [1.0, 1.0],
    }  # fmt: skip
    nodes = {
        **NODES,
        "img/tables": group_v3(tables=["fov"]),
        "img/tables/fov": table_group,
        "img/tables/fov/table": group_v3(**rows),
    }
    catalogue.add("lab", v3(nodes))
    regions = catalogue.store.select("SELECT ?roi ?name WHERE { ?t zo:roi ?roi . ?roi ome:name ?name } ORDER BY ?name")
    assert [row["name"].value for row in regions if row["name"]] == ["FOV_1", "FOV_2"]
    answer = resolve_answer(catalogue.store, regions)
    assert answer.column == "roi"
    # From the corner, without the translation: 10 / 0.25 and 5 / 0.25; 9.999 / 0.25 = 39.996, which is near 40, as 13.999 is near
    # 56; 2.6 / 0.25 = 10.4 begins in pixel 10, and 102.6 lies beyond the 40 pixels.
    assert [part.part.selection.ascending for part in answer.parts] == [
        (slice(0, 2, 1), slice(0, 20, 1), slice(0, 40, 1)),
        (slice(0, 2, 1), slice(10, 40, 1), slice(40, 56, 1)),
    ]
    assert {part.ref.path for part in answer.parts} == {"img/0"}
    assert "z is no axis of the array" in " ".join(answer.parts[0].part.notes)
    assert "cut at the image from [10, 411)" in " ".join(answer.parts[1].part.notes)
    coarse = resolve_answer(catalogue.store, regions, level=LevelWish(index=1))
    assert coarse.parts[0].part.selection.ascending == (slice(0, 2, 1), slice(0, 10, 1), slice(0, 20, 1))


def test_what_is_only_linked_to_is_inferred(catalogue: Catalogue) -> None:
    attributes = {"@id": EX + "sample", EX + "hasDataset": [{"@id": EX + "d"}]}
    catalogue.add("lab", v3({"": group_v3(), "s": group_v3(**attributes), "s/d": array_v3([2])}))
    (part,) = resolve_answer(catalogue.store, table("d", [Iri(EX + "d")])).parts
    assert (part.ref.path, part.inferred) == ("s/d", True)
    assert part.part.notes == (f"inferred: the graph only links to {EX}d",)


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_thousand_rows_take_as_many_queries_as_one(catalogue: Catalogue, rows: int) -> None:
    """Base, nodes, facts, dimensions, names, record, samplings, images, channels: each is asked once."""
    nodes = {"": group_v3(), **{f"a{n:04}": array_v3([10, n + 1], dimension_names=["time", "x"]) for n in range(rows)}}
    catalogue.add("lab", v3(nodes))
    counting = Counting(catalogue)
    bindings = table(
        "array time_start time_stop", *([Iri(f"{BASE}a{n:04}"), integer(n % 5), integer(n % 5 + 2)] for n in range(rows))
    )
    answer = resolve_answer(counting, bindings)  # type: ignore[arg-type]
    assert [part.ref.path for part in answer.parts] == [f"a{n:04}" for n in range(rows)]
    assert answer.parts[-1].part.selection.ascending == (slice((rows - 1) % 5, (rows - 1) % 5 + 2, 1), slice(0, rows, 1))
    assert counting.queries <= 9
