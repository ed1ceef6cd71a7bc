"""How do results become a new Zarr store that says what it was made of?

::

    results ─ metadata that still fit ─▶ documents and values ─ stores ─▶ a store, all or nothing
            ─ record of the read ─▶ the graph …/derived ─ ingest ─▶ a dataset, in the same transaction as its other graphs

What fails after the store was written takes it back, and the dataset with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.errors import ConflictError, NonConformantError
from catalog.metadata.dataset import Access, Dataset
from catalog.metadata.read_record import ReadRecord
from catalog.rdf.derivation import derived_lines
from catalog.rdf.iris import safe_id
from catalog.services.delete import delete
from catalog.services.derived_store import NewStore, Result
from catalog.services.force import remove
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.provenance import Reading, now, record_reads
from catalog.services.registry import Registry, new_id
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

if TYPE_CHECKING:
    from catalog.bridge.coordinates import Reading as How
    from catalog.stores.upload import WrittenStore

__all__ = ["Result", "Saved", "save_store"]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved.

    Attributes
    ----------
    location
        Canonical URL of the store.
    record
        Where its values come from.
    dataset
        What came of registering it; None where that was not asked for.
    notes
        What of the metadata did not fit.
    """

    location: str
    record: ReadRecord
    dataset: IngestResult | None
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Where, and what is to be said of it."""
        registered = f", dataset {self.dataset.id}" if self.dataset is not None else ""
        return f"<Saved {self.location}{registered}{''.join(f'; {note}' for note in self.notes)}>"


def save_store(  # noqa: PLR0913  what to write, where, and how it is registered
    workspace: Workspace,
    url: str,
    results: Sequence[Result],
    *,
    register: bool = False,
    dataset_id: str | None = None,
    access: Access | None = None,
    query: str = "",
    agent: str = "",
    how: "How | None" = None,
    started: str = "",
) -> Saved:
    """Write results as a new Zarr v3 store, and take it into the catalogue.

    Parameters
    ----------
    url
        A folder that does not exist yet, or a URL that can be written (``s3://…``).
    results
        What to write. One array lies at the root, with its coordinates; each of several in a group of its own.
    register
        Ingest the store; its dataset says what it was made of.
    dataset_id, access
        As for an ingest; the access is ``restricted`` unless given where one of the sources is.
    query, agent, started
        As for `catalog.services.provenance.record_reads`.
    how
        How the results were read, and coordinates are.

    Raises
    ------
    InputError
        There is something at that place, a name cannot be used, or values cannot be written.
    ConflictError
        The id or the location belongs to a dataset already.
    NonConformantError
        The shapes refuse the new dataset; ``report`` says why.
    CatalogError
        Whatever reading, writing and ingesting raise. In every case neither store nor dataset is left.
    """
    from catalog.stores.upload import check_writable, write_store_at  # noqa: PLC0415  zarr takes a second

    began = now()
    place = check_writable(url, outgoing=workspace.outgoing)
    new = _checked_id(workspace, place.location, dataset_id) if register else ""
    build = NewStore(workspace, how)
    build.add_all(results)
    record = record_reads(
        workspace.catalog,
        workspace.iris,
        build.readings,
        query=query,
        agent=agent,
        started=started or began,
        checked=how is None or how.check != "never",
    )
    written = write_store_at(url, build.documents(), build.values, credentials=workspace.credentials, outgoing=workspace.outgoing)
    dataset = None
    if register:
        lines = derived_lines(record, build.derivations, new, workspace.iris, began, now())
        request = IngestRequest(url, dataset_id=new, access=access or _access(workspace, build.readings), derived=lines)
        dataset = _register(workspace, request, written)
    return Saved(written.location, record, dataset, tuple(dict.fromkeys(build.notes)))


def _checked_id(workspace: Workspace, location: str, dataset_id: str | None) -> str:
    """The id that the new dataset will have."""
    registry = Registry(workspace.catalog, workspace.iris)
    here = registry.by_location(location)
    if here is not None:
        raise ConflictError(f"{location} is the dataset {here.id!r} already: choose another place, or delete that dataset first")
    new = safe_id(dataset_id) if dataset_id else new_id(location)
    taken = registry.by_id(new)
    if taken is not None:
        raise ConflictError(f"the id {new!r} belongs to {taken.location}: choose another one")
    return new


def _access(workspace: Workspace, readings: Sequence[Reading]) -> Access | None:
    """Who may learn of what was made of these: no more people than of each of them."""
    found = Registry(workspace.catalog, workspace.iris).by_ids(sorted({each.ref.dataset_id for each in readings}))
    return "restricted" if any(each.access == "restricted" for each in found.values()) else None


def _register(workspace: Workspace, request: IngestRequest, written: "WrittenStore") -> IngestResult:
    """Ingest the store, or take back all there is of it."""
    try:
        outcome = ingest(workspace, request)
        if not outcome.accepted:
            raise NonConformantError(
                f"the shapes refuse what was to be saved at {written.location}; nothing is left of it", outcome.report
            )
    except BaseException as error:
        undo: list[Callable[[], object]] = [written.remove, lambda: _forget(workspace, str(request.dataset_id), written.location)]
        for step in undo:
            try:
                step()
            except Exception as left:
                error.add_note(f"and it could not be taken back altogether: {left}")
        raise
    return outcome


def _forget(workspace: Workspace, dataset_id: str, location: str) -> None:
    """Delete the new dataset, where it came to be; never one that somebody else registered meanwhile."""
    found = Registry(workspace.catalog, workspace.iris).by_id(dataset_id)
    if found is None:  # the public audience is written first, and may hold what the other one does not
        remove(workspace, Dataset(dataset_id, "", location, "restricted"), [])
    elif found.location == location:
        delete(workspace, dataset_id)
