"""What does the graph say of images: how their pixels lie, which levels, channels and regions they have?

Everything is asked for many arrays or images at once, and once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from catalog.bridge.axis_request import AxisRequest, World
from catalog.bridge.node_ref import Row, ask_rows, is_own
from catalog.bridge.world import Sampling
from catalog.errors import MetadataError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris

_UNITS: Final = {"x": "micrometer", "y": "micrometer", "z": "micrometer", "t": "second"}


@dataclass(frozen=True, slots=True)
class Region:
    """A box in an image, counted from its corner.

    Attributes
    ----------
    iri
        The region.
    image
        The image that it is a part of.
    boxes
        One for each axis that it names.
    """

    iri: str
    image: str
    boxes: tuple[AxisRequest, ...]


class ImageFacts:
    """Asks a graph store about images.

    Parameters
    ----------
    store, iris
        The graph store of the caller's audience, and the IRIs of its deployment.
    """

    def __init__(self, store: GraphStore, iris: Iris) -> None:
        self._store, self._iris = store, iris

    def _rows(self, query: str, iris: Iterable[str]) -> list[Row]:
        wanted = sorted(set(iris))
        return [row for row in ask_rows(self._store, self._iris, query, "node", wanted) if is_own(row)]

    def samplings(self, arrays: Iterable[str]) -> dict[str, tuple[Sampling, ...]]:
        """How the pixels of each array lie, axis by axis; nothing of arrays that are no levels."""
        found: dict[str, dict[int, Sampling]] = {}
        for row in self._rows("array-samplings", arrays):
            position = int(row["position"])
            sampling = Sampling(
                row.get("axis", ""), position, _number(row, "scale"), _number(row, "translation", 0.0), row.get("unit", "")
            )
            if found.setdefault(row["node"], {}).setdefault(position, sampling) != sampling:
                raise MetadataError(
                    f"{row['node']} is a level of two images that disagree about axis {position}: select by position"
                )
        return {node: tuple(axes[position] for position in sorted(axes)) for node, axes in found.items()}

    def levels(self, images: Iterable[str]) -> dict[str, dict[int, str]]:
        """The arrays of each image by level, from 0, the finest."""
        found: dict[str, dict[int, str]] = {}
        for row in self._rows("image-levels", images):
            found.setdefault(row["node"], {})[int(row["level"])] = row["array"]
        return {image: dict(sorted(levels.items())) for image, levels in found.items()}

    def images(self, arrays: Iterable[str]) -> dict[str, str]:
        """The image that each array is a level of; the first by IRI where there are several."""
        rows = sorted(self._rows("array-images", arrays), key=lambda row: row["image"], reverse=True)
        return {row["node"]: row["image"] for row in rows}

    def channels(self, images: Iterable[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        """The places of each image's channels by name."""
        found: dict[str, dict[str, set[int]]] = {}
        for row in self._rows("image-channels", images):
            found.setdefault(row["node"], {}).setdefault(row["name"], set()).add(int(row["index"]))
        ordered = {image: sorted((sorted(at), name) for name, at in names.items()) for image, names in found.items()}
        return {image: {name: tuple(at) for at, name in names} for image, names in ordered.items()}

    def regions(self, iris: Iterable[str]) -> dict[str, Region]:
        """The regions among these IRIs."""
        return {row["node"]: _region(row) for row in self._rows("regions", iris)}


def _region(row: Row) -> Region:
    boxes = []
    for axis, unit in _UNITS.items():
        length = _number(row, f"{axis}Length") if f"{axis}Length" in row else None
        if axis in row or length is not None:
            start = _number(row, axis, 0.0)
            stop = None if length is None else start + length
            boxes.append(AxisRequest(axis, World(start, stop, unit, "corner"), offset=-1))
    return Region(row["node"], row["image"], tuple(boxes))


def _number(row: Mapping[str, str], key: str, default: float | None = None) -> float:
    text = row.get(key)
    if text is None and default is not None:
        return default
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise MetadataError(f"{row['node']} has the {key} {text!r}, which is no number: its metadata need mending")
    return value
