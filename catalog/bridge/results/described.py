"""Which coordinates, units and attributes go with the values of an array?

Coordinates are the arrays that are called like one of its dimensions, beside it or in a group above it, and those that the graph
says are its coordinates or its grid mapping, as far as their dimensions are among its own. Of each the part is read that belongs
to the selection.

Source: CF Conventions 1.11, chapter 5 "Coordinate Systems"; section 2.7 "Groups"; section 5.6 "Grid Mappings".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.bridge.array_ref import ArrayRef, read_refs
from catalog.bridge.node_ref import ask_nodes, ask_rows, is_own
from catalog.bridge.results.attributes import read_attributes
from catalog.bridge.selection import Selection, select
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris

_NUMBERS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
"""What JSON has no numbers for, as Zarr writes them."""


@dataclass(frozen=True)
class Described:
    """An array's part, with what the graph says of it.

    Attributes
    ----------
    ref, selection
        The array, and the part.
    dimensions
        A name for each axis, as `ArrayRef.axes` has them.
    attributes
        As far as the graph holds them.
    coordinates
        By name, each with the part that belongs to the selection; coordinates of coordinates are not followed.
    """

    ref: ArrayRef
    selection: Selection
    dimensions: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    coordinates: "dict[str, Described]" = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last segment of the array's path."""
        return self.ref.path.rpartition("/")[2]

    @property
    def group(self) -> str:
        """The path of its group."""
        return self.ref.path.rpartition("/")[0]

    @property
    def kept(self) -> tuple[str, ...]:
        """The dimensions of the values: without those that an integer dropped."""
        pairs = zip(self.dimensions, self.selection.axes, strict=True)
        return tuple(name for name, axis in pairs if axis.kept)


def describe_parts(store: GraphStore, iris: Iris, parts: Iterable[tuple[ArrayRef, Selection | None]]) -> list[Described]:
    """What the graph says of parts of arrays; no store is asked.

    Raises
    ------
    NotFoundError, MetadataError
        As `catalog.bridge.array_ref.read_refs`.

    Notes
    -----
    A fixed number of queries, however many arrays.
    """
    wanted = [(ref, select(ref.array) if selection is None else selection) for ref, selection in parts]
    candidates = {ref.iri: _candidates(iris, ref) for ref, _ in wanted}
    _add_stated(store, iris, candidates)
    asked = sorted({iri for each in candidates.values() for iri in each})
    nodes = [node for node, _ in ask_nodes(store, iris, "resolve-nodes", "node", asked) if node.is_array]
    refs = {ref.iri: ref for ref in read_refs(store, nodes, iris)} if nodes else {}
    attributes = read_attributes(store, iris, [*refs, *(ref.iri for ref, _ in wanted)])
    return [
        _described(ref, selection, [refs[iri] for iri in candidates[ref.iri] if iri in refs], attributes)
        for ref, selection in wanted
    ]


def alone(ref: ArrayRef, selection: Selection | None = None) -> Described:
    """An array's part without anything that only the graph could tell."""
    return Described(ref, select(ref.array) if selection is None else selection, ref.axes)


def _candidates(iris: Iris, ref: ArrayRef) -> list[str]:
    """IRIs of arrays that are called like a dimension, the nearest group first."""
    found = []
    for name in ref.array.dimension_names:
        group = ref.path.rpartition("/")[0]
        while name and "/" not in name:
            found.append(iris.node(ref.dataset_id, f"{group}/{name}" if group else name))
            if not group:
                break
            group = group.rpartition("/")[0]
    return found


def _add_stated(store: GraphStore, iris: Iris, candidates: dict[str, list[str]]) -> None:
    """Add what the graph says are coordinates of these arrays, and their grid mappings."""
    for query in ("array-coordinates", "array-grid-mappings"):
        for row in ask_rows(store, iris, query, "node", list(candidates)):
            if is_own(row):
                candidates[row["node"]].append(row["coordinate"])


def _described(
    ref: ArrayRef, selection: Selection, candidates: Sequence[ArrayRef], attributes: dict[str, dict[str, Any]]
) -> Described:
    dimensions = ref.axes
    whole = Described(ref, selection, dimensions, _with_missing(ref, attributes[ref.iri]))
    for found in candidates:
        part = _matching(found, dimensions, ref, selection)
        if part is not None and found.iri != ref.iri:
            described = Described(found, part, found.axes, _with_missing(found, attributes[found.iri]))
            whole.coordinates.setdefault(described.name, described)
    return whole


def _with_missing(ref: ArrayRef, attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes that say of format 2, too, which value is missing: its fill value stands for that, as xarray has it.

    Only of arrays that xarray would open, which have names for their dimensions; in an image without, 0 is as good as any value.
    """
    layout = ref.array.layout
    fill = layout.fill_value
    if layout.zarr_format != 2 or fill is None or isinstance(fill, dict | list) or None in ref.array.dimension_names:
        return attributes
    return {"_FillValue": _NUMBERS.get(str(fill), fill), **attributes}


def _matching(found: ArrayRef, dimensions: tuple[str, ...], ref: ArrayRef, selection: Selection) -> Selection | None:
    """The part of a coordinate that belongs to a selection; None where its dimensions are not the array's."""
    axes = []
    for name, extent in zip(found.axes, found.array.shape, strict=True):
        if name not in dimensions or ref.array.shape[dimensions.index(name)] != extent:
            return None
        axes.append(selection.axes[dimensions.index(name)])
    return Selection(tuple(axes))
