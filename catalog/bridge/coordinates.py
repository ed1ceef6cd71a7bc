"""Which values has the coordinate that an axis is labelled by?

A coordinate is found by its name, like the axis': beside the array, or in the nearest group above it; else among what the graph
says are the array's coordinates. It has one dimension, which is one of the array's. Its values are read through the bridge, with
a budget of their own, and kept for the catalogued state that they were read of.

Source: CF Conventions 1.11, section 2.7 "Groups", chapter 5 "Coordinate Systems", 8.1 "Packed Data".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from catalog.bridge.array_ref import ArrayRef, read_refs
from catalog.bridge.axis_request import AxisRequest, PixelIndex
from catalog.bridge.coordinate_values import decode
from catalog.bridge.labels import Coordinate, to_positions
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits
from catalog.bridge.node_ref import NodeRef, Row, ask_nodes, ask_rows, is_own
from catalog.bridge.read import StoreAccess, read_array
from catalog.bridge.staleness import CheckLog, Policy
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris

MAX_COORDINATE_BYTES: Final = 16 * 2**20
"""Size of one coordinate that is read for its labels."""
_SHOWN: Final = 10


@dataclass(frozen=True)
class Reading:
    """How values are read.

    Attributes
    ----------
    access
        How stores are reached; the defaults where None.
    check
        When to ask whether an array is still the one that was catalogued.
    log
        What is known of earlier looks.
    limits
        Bounds on one read.
    tell
        Is given notes.
    """

    access: StoreAccess | None = None
    check: Policy = "always"
    log: CheckLog = field(default_factory=CheckLog)
    limits: PlanLimits = DEFAULT_PLAN_LIMITS
    tell: Callable[[str], None] | None = None


class Coordinates:
    """The coordinates of the arrays of one call.

    Parameters
    ----------
    store, iris
        The graph store of the caller's audience, and the IRIs of its deployment.
    reading
        How their values are read.
    max_bytes
        Size of one coordinate, at most.
    """

    def __init__(
        self, store: GraphStore, iris: Iris, reading: Reading | None = None, max_bytes: int = MAX_COORDINATE_BYTES
    ) -> None:
        self._store, self._iris = store, iris
        self._reading = reading or Reading()
        self._max_bytes = max_bytes
        self._stated: dict[str, dict[str, str]] = {}
        self._refs: dict[str, ArrayRef | None] = {}
        self._facts: dict[str, list[Row]] = {}
        self._values: dict[tuple[str, str], Coordinate] = {}

    def prepare(self, wanted: Iterable[tuple[ArrayRef, str]]) -> None:
        """Ask the graph for the coordinates of many arrays at once: pairs of array and name."""
        pairs = list(wanted)
        unknown = sorted({ref.iri for ref, _ in pairs} - self._stated.keys())
        self._stated |= {iri: {} for iri in unknown}
        for row in self._rows("array-coordinates", unknown):
            self._stated[row["node"]][row["coordinate"]] = row["path"]
        candidates = {iri for ref, name in pairs for iri in self._candidates(ref, name)}
        missing = sorted(candidates - self._refs.keys())
        nodes = {node.iri: node for node, _ in ask_nodes(self._store, self._iris, "resolve-nodes", "node", missing)}
        arrays: list[NodeRef] = [node for node in nodes.values() if node.is_array]
        self._refs |= dict.fromkeys(missing)
        self._refs |= {ref.iri: ref for ref in read_refs(self._store, arrays, self._iris)} if arrays else {}
        for row in self._rows("coordinate-facts", [node.iri for node in arrays]):
            self._facts.setdefault(row["node"], []).append(row)

    def _rows(self, query: str, iris: list[str]) -> list[Row]:
        return [row for row in ask_rows(self._store, self._iris, query, "node", iris) if is_own(row)]

    def _candidates(self, ref: ArrayRef, name: str) -> list[str]:
        """Where a coordinate of a name may be, in the order in which the first that is one counts."""
        folder = ref.path.rpartition("/")[0]
        found = []
        while name and "/" not in name:
            found.append(self._iris.node(ref.dataset_id, f"{folder}/{name}" if folder else name))
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        stated = self._stated.get(ref.iri, {})
        return [*found, *sorted(iri for iri, path in stated.items() if path.rpartition("/")[2] == name)]

    def positions(self, ref: ArrayRef, request: AxisRequest) -> tuple[int, PixelIndex, str]:
        """Which axis of an array a request by labels means, which elements of it, and a note where that is not obvious.

        Raises
        ------
        InputError
            There is no such coordinate or label, or there are several.
        LimitExceededError, StaleSnapshotError, StoreUnavailableError, ForbiddenError, MetadataError
            As `values`.
        """
        found, axis = self.find(ref, request.axis)
        index, note = to_positions(request, self.values(found))
        return axis, index, note

    def find(self, ref: ArrayRef, name: str) -> tuple[ArrayRef, int]:
        """The coordinate of a name, and which axis of the array it is along.

        Raises
        ------
        InputError
            There is none; the message has those that there are.
        """
        self.prepare([(ref, name)])
        for iri in self._candidates(ref, name):
            found = self._refs.get(iri)
            if found is None or len(found.array.shape) != 1:
                continue
            dimension = found.array.dimension_names[0]
            axes = [axis for axis, each in enumerate(ref.array.dimension_names) if each is not None and each == dimension]
            if len(axes) == 1 and found.array.shape[0] == ref.array.shape[axes[0]]:
                return found, axes[0]
        stated = sorted(path for path in self._stated.get(ref.iri, {}).values())
        known = f"the graph knows of the coordinates {', '.join(stated[:_SHOWN])}" if stated else "the graph knows of none"
        axes_named = ", ".join(each or f"dim{axis}" for axis, each in enumerate(ref.array.dimension_names))
        way = "select by position" if name in ref.array.dimension_names else f"its axes are {axes_named}"
        raise InputError(f"array {ref.path!r} has no coordinate {name!r} along one of its axes: {known}; {way}")

    def values(self, ref: ArrayRef) -> Coordinate:
        """The decoded values of a coordinate that was found.

        Raises
        ------
        LimitExceededError
            It is larger than the budget.
        InputError
            Its values are neither numbers, times nor names.
        StaleSnapshotError, StoreUnavailableError, ForbiddenError, MetadataError
            As `catalog.bridge.read.read_array`.
        """
        key = ref.iri, ref.digest
        if key not in self._values:
            reading = self._reading
            limits = replace(reading.limits, max_result_bytes=min(self._max_bytes, reading.limits.max_result_bytes))
            raw = read_array(
                ref, None, limits=limits, check=reading.check, access=reading.access, log=reading.log, tell=reading.tell
            )
            self._values[key] = decode(ref, raw, self._facts.get(ref.iri, []))
        return self._values[key]
