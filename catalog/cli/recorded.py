"""``get --record``, ``get --save OUT.zarr --register``: values together with where they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bootstrap import open_reader, open_workspace
from catalog.cli.output import note, say
from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.metadata.read_record import ReadRecord
    from catalog.services.provenance import Reading
    from catalog.services.read import Planned, ReadOptions
    from catalog.settings import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be written, and what is known of the request.

    Attributes
    ----------
    save
        File, store or folder for the values.
    record
        File for the record.
    query, select
        Text of the query, and of the selection.
    register, dataset_id
        Whether the store is catalogued, and under which id.
    agent
        Who reads.
    """

    save: str
    record: Path | None
    query: str = ""
    select: str = ""
    register: bool = False
    dataset_id: str = ""
    agent: str = ""

    @property
    def is_store(self) -> bool:
        """Whether the values become a Zarr store."""
        return self.save.rstrip("/").endswith(".zarr") or "://" in self.save

    @property
    def recorded(self) -> bool:
        """Whether a record is needed."""
        return self.record is not None or self.is_store

    def check(self, *, plan: bool, points: bool, force: bool) -> None:
        """Refuse options that do not go together, before anything is read.

        Raises
        ------
        InputError
            Names them.
        """
        from catalog.services.provenance import check_record_path

        if self.record is not None:
            check_record_path(self.record)
        if points and self.recorded:
            raise InputError("--points goes with --save OUT.npy, and with none of --record and OUT.zarr")
        if force and self.recorded:
            raise InputError("--force reads what is not what was catalogued, of which there is no record: ingest it again")
        if self.register and not self.is_store:
            raise InputError("--register catalogues a store: name one with --save OUT.zarr")
        if self.dataset_id and not self.register:
            raise InputError("--id names the new dataset: give --register, too")
        if self.agent and not self.recorded:
            raise InputError("--agent is part of a record: give --record FILE.jsonld, or --save OUT.zarr")
        if plan and (self.record is not None or self.register):
            raise InputError("--plan reads nothing, so there is nothing to record: leave out --record and --register")


def save_recorded(settings: "Settings", planned: "list[Planned]", wanted: Wanted, options: "ReadOptions") -> None:
    """Read, write the values, and write the record."""
    from catalog.services.provenance import now
    from catalog.services.recorded import read_planned

    started = now()
    readings = read_planned(planned, options, requested=wanted.select)
    if wanted.is_store:
        record = _save_store(settings, readings, wanted, options, started)
    else:
        record = _save_files(settings, readings, planned, wanted, started)
    if wanted.record is not None:
        from catalog.services.provenance import write_record

        write_record(record, wanted.record)
        say(f"{wanted.record}: record of {len(record.parts)} part{'s' * (len(record.parts) != 1)}, {record.id}")


def _save_files(
    settings: "Settings",
    readings: "list[Reading]",
    planned: "list[Planned]",
    wanted: Wanted,
    started: str,
) -> "ReadRecord":
    from catalog.bridge.npy import to_npy
    from catalog.services.provenance import record_reads
    from catalog.services.read import paths_for

    output = Path(wanted.save)
    paths = paths_for(planned, output, folder=len(planned) > 1 and output.suffix != ".npy")
    if any(path.suffix != ".npy" for path in paths):
        raise InputError(f"--save is {wanted.save!r}; with --record, a name that ends in .npy or .zarr is allowed")
    with open_reader(settings) as (store, iris):
        record = record_reads(store, iris, readings, query=wanted.query, agent=wanted.agent, started=started)
    if paths and paths[0].parent != output.parent:
        output.mkdir(parents=True, exist_ok=True)
    for reading, path in zip(readings, paths, strict=True):
        to_npy(reading.values, path)
        say(f"{path}: shape {reading.values.shape} of {reading.ref.iri}")
    return record


def _save_store(
    settings: "Settings",
    readings: "list[Reading]",
    wanted: Wanted,
    options: "ReadOptions",
    started: str,
) -> "ReadRecord":
    from catalog.services.derive import Result, save_store

    results = [Result(reading.values, (reading,)) for reading in readings]
    with open_workspace(settings, writable=wanted.register) as workspace:
        saved = save_store(
            workspace,
            wanted.save,
            results,
            register=wanted.register,
            dataset_id=wanted.dataset_id or None,
            query=wanted.query,
            agent=wanted.agent,
            through=options.reading().access,
            limits=options.limits,
            started=started,
        )
    for text in saved.notes:
        note(text)
    say(f"{saved.location}: {len(results)} array{'s' * (len(results) != 1)}, and what describes their axes")
    if saved.dataset is not None:
        say(f"{saved.dataset.id}  registered  {saved.dataset.iri}")
    return saved.record
