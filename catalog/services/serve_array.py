"""Parts of arrays as the bodies of answers: what is meant, what would it cost, and what are the bytes?

A plan follows from the graph alone, and limits are checked against it before a store hears of anything. Where the public is not
told where a store lies, it is read all the same, and no answer says where it lies.
"""

import copy
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from catalog import __version__
from catalog.bridge.answer import resolve_level, resolve_part
from catalog.bridge.array_ref import ArrayRef, read_refs, resolve_one
from catalog.bridge.chunk_plan import ChunkPlan, plan_chunks
from catalog.bridge.coordinates import Coordinates, Reading
from catalog.bridge.levels import parse_level
from catalog.bridge.limits import DEFAULT_PLAN_LIMITS, PlanLimits, check_limits
from catalog.bridge.missing import Missing
from catalog.bridge.npy import npy_bytes
from catalog.bridge.part import Part
from catalog.bridge.read import StoreAccess
from catalog.bridge.results.columns import MAX_COLUMNS, arrow_stream
from catalog.bridge.results.described import describe_parts
from catalog.bridge.results.files import to_csv
from catalog.bridge.results.held import Held, hold, read_coordinates, read_described
from catalog.bridge.results.json_values import to_plain
from catalog.bridge.results.picture import to_png
from catalog.bridge.selection_text import asks_for_labels
from catalog.bridge.staleness import CheckLog, Within
from catalog.bridge.uri_lookup import look_up
from catalog.confined.places import Cancel, Places, Room
from catalog.errors import CatalogError, InputError, LimitExceededError, UnavailableError
from catalog.graphstore.door import GraphStore
from catalog.rdf.iris import Iris
from catalog.services.registry import Registry
from catalog.services.serve_store_errors import reading_store, shown_to_public

FORMATS: Final[Mapping[str, str]] = {
    "npy": "application/x-npy",
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "png": "image/png",
}
"""Name of a format → its media type; the first is the one for who does not say."""
MAX_PICTURE: Final = 2**26
"""Elements of an image."""
MAX_RESOLVED: Final = 1000
"""Arrays that one answer describes."""
MAX_WAITING: Final = 64
"""Reads that wait for their turn."""
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_COLOURS: Final = frozenset({3, 4})


@dataclass(frozen=True)
class ArrayOptions:
    """What an operator may change.

    Attributes
    ----------
    limits
        Bounds on one read.
    check_s
        Seconds for which an array that was found as catalogued is not looked at again.
    max_text_values
        Elements of an answer in JSON or CSV.
    max_reads
        Reads at the same time.
    wait_s
        Seconds that a read waits for its turn.
    """

    limits: PlanLimits = DEFAULT_PLAN_LIMITS
    check_s: float = 60.0
    max_text_values: int = 1_000_000
    max_reads: int = 4
    wait_s: float = 20.0


@dataclass(frozen=True)
class PlannedPart:
    """A part of an array that somebody asks for.

    Attributes
    ----------
    ref, plan
        The array, and the chunks that are touched.
    notes
        How world units and labels became positions, and whether the array was only guessed.
    asked
        The IRI as it was given.
    """

    ref: ArrayRef
    plan: ChunkPlan
    notes: tuple[str, ...]
    asked: str

    def etag(self, form: str) -> str:
        """A weak validator: another digest, selection or format gives another. Chunks that were written anew do not."""
        content = [__version__, self.ref.iri, self.ref.digest, repr(self.plan.selection), form]
        name = hashlib.blake2b(orjson.dumps(content), digest_size=16).hexdigest()
        return f'W/"{name}"'

    def to_dict(self) -> dict[str, Any]:
        """What the plan says, as JSON."""
        head = {"iri": self.ref.iri, "dataset": self.ref.dataset, "inferred": self.ref.inferred, "notes": list(self.notes)}
        return {**head, **self.plan.to_dict()}


@dataclass(frozen=True, slots=True)
class Body:
    """The body of an answer.

    Attributes
    ----------
    data, media_type
        Its bytes, and what they are.
    note
        How values became an image; ``""`` for other formats.
    """

    data: bytes
    media_type: str
    note: str = ""


class ArrayServer:
    """Answers with parts of the arrays of one deployment. Threads share it.

    Parameters
    ----------
    iris
        Of the deployment.
    access
        How stores are reached.
    options
        What an operator may change.
    """

    def __init__(self, iris: Iris, access: StoreAccess, options: ArrayOptions | None = None) -> None:
        self.options = options or ArrayOptions()
        self.iris = iris
        self._access = access
        self._log = CheckLog()
        self._places = Places(Room(self.options.max_reads, MAX_WAITING, self.options.wait_s), self.full)
        self._cancel = Cancel()

    def asked_by(self, cancel: Cancel) -> "ArrayServer":
        """The same for one asker: what waits and reads ends when they leave (`CancelledError`)."""
        found = copy.copy(self)
        found._cancel = cancel
        if self._access.workers is not None:
            found._access = replace(self._access, workers=self._access.workers.asked_by(cancel))
        return found

    def full(self) -> UnavailableError:
        """The error for who finds no place to read."""
        return UnavailableError(f"{self.options.max_reads} reads are going on, which is as many as may: ask again in a moment")

    def close(self) -> None:
        """End what reads."""
        if self._access.workers is not None:
            self._access.workers.close()

    def plan(self, shown: GraphStore, everything: GraphStore, iri: str, select: str = "", level: str = "") -> PlannedPart:
        """What a part of the one array that an IRI means would cost. Where labels are asked for, coordinates are read for it.

        Parameters
        ----------
        shown
            The graph store of the audience.
        everything
            Says where stores lie where the public is not told.
        level
            Of an image, the level, as `catalog.bridge.levels.parse_level` takes it; ``""``: the array itself.

        Raises
        ------
        InputError
            The IRI, the selection or the level, or the IRI leads to several arrays.
        NotFoundError
            It leads to no array.
        MetadataError
            The array is described but cannot be read here.
        LimitExceededError
            No level is as small as is wanted.
        CatalogError
            A coordinate could not be read.
        """
        part, guessed = self.part(shown, everything, iri, select, level)
        return PlannedPart(part.ref, plan_chunks(part.ref.array, part.selection), (*guessed, *part.notes), iri)

    def part(self, shown: GraphStore, everything: GraphStore, iri: str, select: str, level: str) -> tuple[Part, tuple[str, ...]]:
        """The part that is meant, and whether the array was only guessed; arguments and errors as `plan`."""
        wish = parse_level(level)
        if wish is not None:
            look_up(shown, iri, self.iris, bounded=True)  # nothing there has an error of its own
            with self.labels_of(shown, everything, iri) as labels:
                found = resolve_level(shown, iri, wish, select, iris=self.iris, labels=labels)
            return found.part, ()
        ref = resolve_one(shown, iri, self.iris, bounded=True)
        guessed = (f"{iri} is only linked to: what it links from holds this array",) if ref.inferred else ()
        if not asks_for_labels(select):
            return resolve_part(shown, ref, select, iris=self.iris), guessed
        with self.labels_of(shown, everything, ref.iri) as labels:
            return resolve_part(shown, ref, select, iris=self.iris, labels=labels), guessed

    def refusal(self, planned: PlannedPart, form: str = "npy") -> LimitExceededError | None:
        """The limit that a read would exceed; None where there is none. Nothing is asked of any store."""
        try:
            check_limits(planned.plan, self.options.limits)
            self.check_form(planned.plan, form)
        except LimitExceededError as error:
            return error
        except InputError:
            return None
        return None

    def read(self, shown: GraphStore, everything: GraphStore, planned: PlannedPart, form: str, missing: Missing = "fill") -> Body:
        """The values in a format; ``missing`` as `catalog.bridge.read.read_array` takes it.

        Raises
        ------
        LimitExceededError
            A limit of the plan; nothing was read.
        InputError
            The values have no such form.
        StaleSnapshotError
            The array changed in its store after it was catalogued.
        ForbiddenError, UnavailableError, MetadataError
            The store, or what it holds; or too much is read at the same time.
        """
        check_limits(planned.plan, self.options.limits)
        self.check_form(planned.plan, form)
        (described,) = describe_parts(shown, self.iris, [(planned.ref, planned.plan.selection)])
        with self.turn(shown, everything, planned.ref.iri) as reading:
            values = read_described(described, reading, missing)
            tabular = form in {"csv", "arrow"} and values.ndim == 1
            coordinates = read_coordinates(described, reading) if tabular else {}
        return to_body(planned.ref.iri, hold(described, values, coordinates), planned.notes, form)

    @contextmanager
    def turn(self, shown: GraphStore, everything: GraphStore, iri: str) -> Iterator[Reading]:
        """Wait for a turn to read, and say how is read; errors tell the public nothing of where a store lies.

        Raises
        ------
        UnavailableError
            Too much is read at the same time.
        """
        self._places.take(self._cancel)
        try:
            with reading_store(iri, public=_is_public(shown)):
                yield self._reading(shown, everything)
        finally:
            self._places.give_back()

    def resolve(self, shown: GraphStore, uri: str, limit: int = 100) -> dict[str, Any]:
        """What a URI means, as JSON: none, one or many arrays, and where it was found; the first ``limit`` are described.

        Raises
        ------
        InputError
            It is no absolute IRI, or the limit is out of range.
        NotFoundError
            Nothing is known under it; ``near`` has URIs that come close.
        """
        if not 1 <= limit <= MAX_RESOLVED:
            raise InputError(f"limit is {limit}; 1 to {MAX_RESOLVED} is allowed")
        found = look_up(shown, uri, self.iris, bounded=True)
        refs = read_refs(shown, found.arrays[:limit], self.iris, inferred=found.kind == "linked")
        return {
            "uri": uri,
            "kind": found.kind,
            "inferred": found.kind == "linked",
            "count": len(found.arrays),
            "complete": len(refs) == len(found.arrays),
            "arrays": [_told(ref) for ref in refs],
            "via": [node.iri for node in found.via[:limit]],
        }

    def check_form(self, plan: ChunkPlan, form: str) -> None:
        """Refuse what a format cannot hold, or what would take too long to write in it; InputError, LimitExceededError."""
        shape, size = plan.shape, plan.selection.size
        if form in {"json", "csv"} and size > self.options.max_text_values:
            allowed = self.options.max_text_values
            message = (
                f"the result has {size:,} values; as text at most {allowed:,} are written: select less, or ask for npy or arrow"
            )
            raise LimitExceededError(
                f"{message}, or raise CATALOG_API__MAX_TEXT_VALUES", limit="max_text_values", value=size, allowed=allowed
            )
        if form in {"csv", "arrow"}:
            if len(shape) not in {1, 2}:
                raise InputError(
                    f"the values have {len(shape)} dimensions; a table is made of values with one or two: select less"
                )
            if len(shape) == 2 and shape[1] > MAX_COLUMNS:
                message = f"the table would have {shape[1]:,} columns; at most {MAX_COLUMNS:,} are written: select less"
                raise LimitExceededError(message, limit="max_columns", value=shape[1], allowed=MAX_COLUMNS)
        if form == "png":
            if len(shape) != 2 and not (len(shape) == 3 and shape[2] in _COLOURS):
                raise InputError(f"the values have the shape {shape}; an image has two axes, or a third one of 3 or 4 colours")
            if size > MAX_PICTURE:
                message = f"the image would have {size:,} values; at most {MAX_PICTURE:,} are drawn: select less, or every nth"
                raise LimitExceededError(message, limit="max_picture", value=size, allowed=MAX_PICTURE)

    def _reading(self, shown: GraphStore, everything: GraphStore) -> Reading:
        access = self._access
        if _is_public(shown):
            access = replace(access, locations=self._locations(everything))
        return Reading(access=access, check=Within(self.options.check_s), log=self._log, limits=self.options.limits)

    def _locations(self, everything: GraphStore) -> Callable[[str], str]:
        """Where the stores of public datasets lie."""

        def location(dataset_id: str) -> str:
            known = Registry(everything, self.iris).by_id(dataset_id)
            return known.location if known is not None and known.access == "public" else ""

        return location

    @contextmanager
    def labels_of(self, shown: GraphStore, everything: GraphStore, iri: str) -> Iterator[Coordinates]:
        """What looks labels up, which reads coordinates."""
        found: CatalogError
        try:
            yield Coordinates(shown, self.iris, self._reading(shown, everything))
        except CatalogError as error:
            if not _is_public(shown):
                raise
            found = shown_to_public(error, iri, (self.iris.base,))
        else:
            return
        raise found


def _is_public(store: GraphStore) -> bool:
    return store.audience == "public"


def to_body(iri: str, held: Held, notes: Sequence[str], form: str) -> Body:
    """Values as the body of an answer, in one of the `FORMATS`."""
    media_type, note, values = FORMATS[form], "", held.values
    if form == "npy":
        data = npy_bytes(values)
    elif form == "png":
        data, note = to_png(values)
    elif form == "json":
        head = {
            "iri": iri,
            "shape": list(values.shape),
            "dimensions": list(held.axes),
            "data_type": str(values.dtype),
            "notes": list(notes),
        }
        data = orjson.dumps({**head, "values": to_plain(values)})
    else:
        data = to_csv(held.columns()).encode() if form == "csv" else arrow_stream(held.columns())
    return Body(data, media_type, note)


def file_name(planned: PlannedPart, form: str) -> str:
    """A name for who keeps the values: of the dataset and the array's path, in plain letters."""
    return f"{_ODD.sub('_', f'{planned.ref.dataset_id}-{planned.ref.path}').strip('_')[-120:]}.{form}"


def _told(ref: ArrayRef) -> dict[str, Any]:
    array = ref.array
    return {
        "iri": ref.iri,
        "dataset": ref.dataset,
        "path": ref.path,
        "shape": list(array.shape),
        "data_type": array.layout.data_type.document,
        "dimension_names": list(array.dimension_names),
        "zarr_format": array.zarr_format,
        "digest": ref.digest,
        "inferred": ref.inferred,
    }
