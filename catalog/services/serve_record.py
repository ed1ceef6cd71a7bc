"""Where do the values come from that the service gave? Nothing is kept of an answer: its record is of the same part, read again.

Whoever has an answer knows which part it is of, and in which state the array was. Where the array is in another state by now,
there is no record. Small parts are read once more, so that the record has the digest of their values; of large ones it has none,
and says so.
"""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

import numpy as np

from catalog.bridge.array_ref import ArrayRef
from catalog.bridge.canonical_text import is_points_text, parse_canonical
from catalog.bridge.chunk_plan import ChunkPlan
from catalog.bridge.limits import LEAST_ELEMENT_BYTES, check_limits
from catalog.bridge.point_places import Places, selection_of
from catalog.bridge.points import plan_points
from catalog.bridge.read import StoreAccess, look
from catalog.bridge.selection import Selection
from catalog.errors import ConflictError, InputError, LimitExceededError
from catalog.graphstore.door import GraphStore
from catalog.metadata.read_record import ReadRecord
from catalog.services.points import check_recordable
from catalog.services.provenance import Reading, Unread, now, record_reads
from catalog.services.recorded import read_part, read_places
from catalog.services.serve_array import ArrayServer
from catalog.services.serve_points import PlannedPoints, PointsRequest, plan_sample

CHEAP_BYTES: Final = 16 * 2**20
"""What may be decoded for the digest of values where nobody says whether it is wanted."""
LONGEST_QUERY: Final = 4000
"""Characters of an address that is told: clients read headers of 8 KiB."""


@dataclass(frozen=True)
class RecordRequest:
    """What a request for a record says.

    Attributes
    ----------
    iri, select, level
        As for the values; ``select`` may also be points as a record names them, ``points(y=[7,0],x=[0,29])``.
    state
        Digest of the array as it was when the values were given; ``""``: as it is now.
    digest
        Whether to read the values for their digest; None: where at most `CHEAP_BYTES` are decoded for it.
    """

    iri: str
    select: str = ""
    level: str = ""
    state: str = ""
    digest: bool | None = None


@dataclass(frozen=True)
class _Meant:
    """What a record is of: a part of an array, or points of it."""

    ref: ArrayRef
    selection: Selection
    plan: ChunkPlan
    notes: tuple[str, ...]
    places: Places | None = None


def record_part(server: ArrayServer, shown: GraphStore, everything: GraphStore, wanted: RecordRequest) -> ReadRecord:
    """The record of a part of an array, or of points that are named as a record names them.

    Parameters
    ----------
    shown, everything
        As for `ArrayServer.plan`.

    Raises
    ------
    ConflictError
        The array is in another state by now.
    LimitExceededError
        It costs too much to read, or the record would be too long; nothing was read.
    StaleSnapshotError
        The array changed in its store after it was catalogued.
    CatalogError
        As `ArrayServer.plan` and `ArrayServer.read`.
    """
    if is_points_text(wanted.select):
        part, guessed = server.part(shown, everything, wanted.iri, "", wanted.level)
        array = part.ref.array
        selection, _ = parse_canonical(wanted.select, array.shape, array.dimension_names)
        places = np.stack([np.asarray(axis.elements, dtype=np.int64) for axis in selection.axes], axis=1)
        meant = _Meant(part.ref, selection, plan_points(part.ref, places).plan, (*guessed, *part.notes), places)
    else:
        planned = server.plan(shown, everything, wanted.iri, wanted.select, wanted.level)
        meant = _Meant(planned.ref, planned.plan.selection, planned.plan, planned.notes)
    return _recorded(server, shown, everything, meant, wanted)


def record_sample(
    server: ArrayServer, shown: GraphStore, everything: GraphStore, request: PointsRequest, wanted: RecordRequest
) -> ReadRecord:
    """The record of values at points; errors as `record_part` and `catalog.services.serve_points.plan_sample`."""
    planned = plan_sample(server, shown, everything, request)
    check_recordable(planned.placed)
    ref, places = planned.placed.part.ref, planned.placed.places
    meant = _Meant(ref, selection_of(ref, places), planned.plan, planned.notes, places)
    return _recorded(server, shown, everything, meant, wanted)


def record_query(part: tuple[str, str, str], state: str) -> str:
    """The query string of the address where the record of a part is, by IRI, selection and level, in a state of the array.

    ``""`` where it would be too long to be told: the same parameters as for the values lead to the record, too.
    """
    given = dict(zip(("iri", "select", "level", "state"), (*part, state), strict=True))
    query = urlencode({name: value for name, value in given.items() if value})
    return query if len(query) <= LONGEST_QUERY else ""


def sample_query(planned: PlannedPoints) -> str:
    """The same of points; ``""`` where they are too many to stand in an address."""
    ref = planned.placed.part.ref
    try:
        text = check_recordable(planned.placed)
    except (InputError, LimitExceededError):
        return ""
    return record_query((ref.iri, text, ""), ref.digest) if len(planned.placed.places) else ""


def _recorded(server: ArrayServer, shown: GraphStore, everything: GraphStore, meant: _Meant, wanted: RecordRequest) -> ReadRecord:
    ref, plan = meant.ref, meant.plan
    if wanted.state and wanted.state != ref.digest:
        raise ConflictError(f"{ref.iri} was catalogued anew since it was read, so there is no record of that: read it again")
    cheap = plan.decoded_elements * (plan.item_size or LEAST_ELEMENT_BYTES) <= CHEAP_BYTES
    reads = cheap if wanted.digest is None else wanted.digest
    if reads:
        check_limits(plan, server.options.limits)
    started, points = now(), meant.places is not None
    requested = "" if points else wanted.select
    found: Reading | Unread
    with server.turn(shown, everything, ref.iri) as how:
        if not reads:
            look(ref, how.access or StoreAccess(), how.check, how.log)
            found = Unread(ref, meant.selection, requested, meant.notes, points)
        elif meant.places is not None:
            found = read_places(ref, meant.places, how, meant.notes)
        else:
            found = replace(read_part(ref, meant.selection, how), requested=requested, notes=meant.notes)
    return record_reads(shown, server.iris, [found], started=started)
