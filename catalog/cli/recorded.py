"""``get --record``, ``get --save OUT.zarr --register``: values together with where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.bootstrap import open_reader, open_workspace
from catalog.cli.output import note, say
from catalog.errors import InputError

if TYPE_CHECKING:
    from catalog.metadata.read_record import ReadRecord
    from catalog.services.provenance import Reading
    from catalog.services.read import Planned, ReadOptions
    from catalog.settings import Settings


NO_MASK = "a Zarr store has no mask, and a record knows none: write .npz, .nc, .csv, .parquet or .png, without --record"


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

    def check(self, *, plan: bool, points: bool, missing: str = "fill") -> None:
        """Refuse options that do not go together, before anything is read.

        Raises
        ------
        InputError
            Names them.
        """
        from catalog.services.provenance import check_record_path
        from catalog.services.write import check_file

        if missing != "fill" and points:
            raise InputError("--missing is of parts of arrays; at points of a missing chunk is the fill value")
        if missing == "mask" and self.recorded:
            raise InputError(f"--missing mask: {NO_MASK}")
        if self.record is not None:
            check_record_path(self.record)
        if points and self.save and not self.is_store:
            check_file(Path(self.save), points=True)
        if self.register and not self.is_store:
            raise InputError("--register catalogues a store: name one with --save OUT.zarr")
        if self.dataset_id and not self.register:
            raise InputError("--id names the new dataset: give --register, too")
        if self.agent and not self.recorded:
            raise InputError("--agent is part of a record: give --record FILE.jsonld, or --save OUT.zarr")
        if plan and (self.record is not None or self.register):
            raise InputError("--plan reads nothing, so there is nothing to record: leave out --record and --register")


@dataclass(frozen=True)
class Saving:
    """Values, on their way to where they are wanted.

    Attributes
    ----------
    settings, options
        Of the deployment, and how was read.
    wanted
        What shall be written.
    started
        When reading began.
    readings
        What was read.
    columns
        Of values at points: the points as they were given.
    """

    settings: "Settings"
    options: "ReadOptions"
    wanted: Wanted
    started: str
    readings: "Sequence[Reading]"
    columns: "Mapping[str, Any] | None" = None

    def write(self, paths: Sequence[Path]) -> None:
        """Write the values, to these files or as a store, and the record where one is wanted.

        Parameters
        ----------
        paths
            One for each array; of a store, they play no part.
        """
        record = self._to_store() if self.wanted.is_store else self._to_files(paths)
        if record is None or self.wanted.record is None:
            return
        from catalog.services.provenance import write_record

        write_record(record, self.wanted.record)
        say(f"{self.wanted.record}: record of {len(record.parts)} part{'s' * (len(record.parts) != 1)}, {record.id}")

    def _to_files(self, paths: Sequence[Path]) -> "ReadRecord | None":
        from catalog.services.provenance import record_reads
        from catalog.services.write import write_reading

        record, wanted = None, self.wanted
        if paths and paths[0].parent != Path(wanted.save).parent:
            paths[0].parent.mkdir(parents=True, exist_ok=True)
        with open_reader(self.settings) as (store, iris):
            if wanted.record is not None:
                record = record_reads(
                    store, iris, self.readings, query=wanted.query, agent=wanted.agent, started=self.started,
                    checked=not self.options.force,
                )  # fmt: skip
            for reading, path in zip(self.readings, paths, strict=True):
                said = write_reading(store, iris, reading, path, self.options.reading(), self.columns)
                count = f"{reading.values.size} values at points" if reading.points else f"shape {reading.values.shape}"
                say(f"{path}: {count} of {reading.ref.iri}")
                if said:
                    note(f"{path}: {said}")
        return record

    def _to_store(self) -> "ReadRecord":
        from catalog.services.derive import Result, save_store

        wanted, results = self.wanted, [Result(reading.values, (reading,)) for reading in self.readings]
        with open_workspace(self.settings, writable=wanted.register) as workspace:
            saved = save_store(
                workspace, wanted.save, results, register=wanted.register, dataset_id=wanted.dataset_id or None,
                query=wanted.query, agent=wanted.agent, how=self.options.reading(), started=self.started,
            )  # fmt: skip
        for text in saved.notes:
            note(text)
        say(f"{saved.location}: {len(results)} array{'s' * (len(results) != 1)}, and what describes their axes")
        if saved.dataset is not None:
            say(f"{saved.dataset.id}  registered  {saved.dataset.iri}")
        return saved.record


def save_recorded(settings: "Settings", planned: "list[Planned]", wanted: Wanted, options: "ReadOptions") -> None:
    """Read what was planned, write the values, and write the record."""
    from catalog.services.provenance import now
    from catalog.services.read import ENDINGS, paths_for
    from catalog.services.recorded import read_planned
    from catalog.services.write import check_file

    output, started = Path(wanted.save), now()
    paths = [] if wanted.is_store else paths_for(planned, output, folder=len(planned) > 1 and output.suffix not in ENDINGS)
    if len(paths) == 1:
        check_file(paths[0])
    Saving(settings, options, wanted, started, read_planned(planned, options, requested=wanted.select)).write(paths)
