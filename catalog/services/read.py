"""From an IRI or a query to values: which arrays are meant, what would they cost, and what do they hold?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from catalog.bridge.answer import resolve_answer, resolve_level, resolve_part
from catalog.bridge.answer_columns import read_columns, row_region
from catalog.bridge.array_ref import ArrayRef, recorded_iris, resolve_one
from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.levels import LevelWish
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits
from catalog.bridge.part import Part
from catalog.bridge.selection_text import asks_for_labels
from catalog.bridge.uri_lookup import look_up
from catalog.errors import InputError
from catalog.graphstore.door import GraphStore
from catalog.services.query import answer_as_bindings

if TYPE_CHECKING:
    from catalog.bridge.coordinates import Coordinates, Reading
    from catalog.bridge.missing import Missing
    from catalog.bridge.read import StoreAccess

_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_SHOWN: Final = 5
ENDINGS: Final = (".npy", ".npz", ".zarr", ".nc", ".csv", ".parquet", ".png")
"""What arrays can be saved as."""


@dataclass(frozen=True)
class ReadOptions:
    """How values are read.

    Attributes
    ----------
    limits
        Bounds on one read.
    access
        How stores are reached; made when first needed, for it takes a second to load what reads them.
    force
        Read even where an array is no longer what the graph says.
    tell
        Is given notes: of rows that lead nowhere, and of arrays that grew.
    missing
        What becomes of chunks that a store does not have, as `catalog.bridge.read.read_array` takes it.
    """

    limits: PlanLimits = DEFAULT_PLAN_LIMITS
    access: "Callable[[], StoreAccess] | None" = None
    force: bool = False
    tell: Callable[[str], None] | None = None
    missing: "Missing" = "fill"

    def reading(self) -> "Reading":
        """The same for the bridge."""
        from catalog.bridge.coordinates import Reading

        access = self.access() if self.access is not None else None
        return Reading(access=access, check="never" if self.force else "always", limits=self.limits, tell=self.tell)


DEFAULT_OPTIONS: Final = ReadOptions()


@dataclass(frozen=True, slots=True)
class Planned:
    """One array, what is wanted of it, and what that costs.

    Attributes
    ----------
    ref
        The array.
    plan
        The chunks that the selection touches.
    notes
        How world units and labels became positions, and whether the array was only guessed.
    row
        The solution that it comes from, from 0; -1 where it comes from an IRI.
    region
        IRI of the region of interest that the solution asks for; ``""`` where it asks for none.
    """

    ref: ArrayRef
    plan: ChunkPlan
    notes: tuple[str, ...] = ()
    row: int = -1
    region: str = ""


def plan_read(
    store: GraphStore, iri: str, select: str = "", options: ReadOptions = DEFAULT_OPTIONS, level: LevelWish | None = None
) -> Planned:
    """Say what a read would cost. Only where labels are asked for, coordinates are read for it.

    Parameters
    ----------
    level
        Which level of the image that the IRI means; None: the array itself.

    Raises
    ------
    InputError
        The IRI or the selection, or the IRI leads to several arrays.
    NotFoundError
        It leads to no array.
    MetadataError
        The array is described but cannot be read here.
    CatalogError
        A coordinate could not be read.
    """
    return _planned(read_part_of(store, iri, select, options, level))


def read_part_of(
    store: GraphStore, iri: str, select: str = "", options: ReadOptions = DEFAULT_OPTIONS, level: LevelWish | None = None
) -> Part:
    """The part of the one array that an IRI means; arguments and errors as `plan_read`."""
    if level is not None:
        iris = recorded_iris(store)
        look_up(store, iri, iris)  # nothing there has an error of its own
        return resolve_level(store, iri, level, select, iris=iris, labels=coordinates_of(store, options)).part
    ref = resolve_one(store, iri)
    labels = coordinates_of(store, options) if asks_for_labels(select) else None
    return resolve_part(store, ref, select, labels=labels)


def plan_query(
    store: GraphStore,
    query: str,
    *,
    column: str | None = None,
    select: str = "",
    timeout: float | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
    level: LevelWish | None = None,
) -> list[Planned]:
    """Say what reading the parts would cost that the answer of a SELECT means.

    Parameters
    ----------
    column
        The column that leads to arrays; None: the first that does.
    select
        What else is wanted of every array.
    timeout
        Seconds for the query; None: the graph store's own limit.
    level
        Which level of images; a row's own ``?level`` counts more.

    Raises
    ------
    InputError
        The query, or a part that an array does not have.
    NotFoundError
        The column leads to no array.
    CatalogError
        The graph store did not answer, or a coordinate could not be read.
    """
    bindings = answer_as_bindings(store, query, timeout=timeout)
    labels = coordinates_of(store, options)
    answer = resolve_answer(store, bindings, column=column, select=select, level=level, labels=labels)
    if answer.unresolved and options.tell is not None:
        shown = ", ".join(value or "unbound" for _, value in answer.unresolved[:_SHOWN])
        options.tell(f"{len(answer.unresolved)} of {len(bindings)} rows lead to no array by ?{answer.column}: {shown}")
    columns, rows = read_columns(bindings, column), list(bindings)
    return [_planned(part.part, part.row, row_region(rows[part.row], columns) or "") for part in answer.parts]


def _planned(part: Part, row: int = -1, region: str = "") -> Planned:
    return Planned(part.ref, plan_chunks(part.ref.array, part.selection), part.notes, row, region)


def coordinates_of(store: GraphStore, options: ReadOptions) -> "Coordinates":
    """What looks labels up."""
    from catalog.bridge.coordinates import Coordinates  # zarr and NumPy take a second that a plan does not need

    return Coordinates(store, recorded_iris(store), options.reading())


def save(
    planned: Planned, path: Path, options: ReadOptions = DEFAULT_OPTIONS, store: GraphStore | None = None
) -> tuple[int, ...]:
    """Read what was planned and write it, as the path's ending has it; the shape of what was written comes back.

    Parameters
    ----------
    store
        Where to ask for coordinates and attributes; only ``.npy`` and ``.png`` can do without.

    Raises
    ------
    LimitExceededError
        Nothing was read.
    InputError
        The path cannot be written.
    StaleSnapshotError
        The array changed since it was catalogued.
    ForbiddenError, UnavailableError, MetadataError
        The store, or what it holds.
    """
    _check_path(path, ENDINGS)
    from catalog.bridge.results.described import alone, describe_parts
    from catalog.bridge.results.files import check_ending, save_part

    check_ending(path, masked=options.missing == "mask")
    ref, selection = planned.ref, planned.plan.selection
    if store is None or path.suffix in {".npy", ".png"}:
        described = alone(ref, selection)
    else:
        (described,) = describe_parts(store, recorded_iris(store), [(ref, selection)])
    shape, note = save_part(described, path, options.reading(), options.missing)
    if note and options.tell is not None:
        options.tell(f"{path}: {note}")
    return shape


def paths_for(planned: Sequence[Planned], output: Path, *, folder: bool) -> list[Path]:
    """The file for each array: the one named, or one each in a folder.

    Raises
    ------
    InputError
        There are several arrays, and one file.
    """
    if folder or output.is_dir():
        return [output / f"{place:05d}-{_name(each)}.npy" for place, each in enumerate(planned)]
    if len(planned) != 1:
        raise InputError(
            f"the query means {len(planned)} arrays, and {str(output)!r} is one file: give --save a folder (ending in /) to have"
            " one file for each, or ask for less"
        )
    return [output]


def _name(planned: Planned) -> str:
    return _ODD.sub("_", f"{planned.ref.dataset_id}-{planned.ref.path}")[-120:]


def _check_path(path: Path, endings: Sequence[str]) -> None:
    if path.suffix not in endings:
        raise InputError(f"--save is {str(path)!r}; a name that ends in {', '.join(endings)} is allowed")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--save is {str(path)!r}; its folder does not exist")
