"""How is RDF of strangers parsed and judged without harm? In processes that may die, without a network.

Parsers and validators call themselves for what is nested, and some of them keep no time. So who serves others has it done there
(`catalog.confined`); what comes back are canonical N-Triples and a report, as plain text.
"""

import json
import pickle
from collections.abc import Sequence
from typing import Any

from catalog.confined.places import Cancel, Room
from catalog.confined.pool import Pool
from catalog.confined.process import (
    Confinement,
    FaultError,
    NoAnswerError,
    NotStartedError,
    OutOfTimeError,
    Process,
)
from catalog.confined.rights import NONE, Rights
from catalog.errors import CatalogError, LimitExceededError, UnavailableError
from catalog.rdf.iris import Iris
from catalog.services.curate import Curation
from catalog.validation.property_path import PropertyPath
from catalog.validation.report import Report, Result
from catalog.validation.shapes import Shapes

ROOM = Room(at_once=2, waiting=16, seconds=30.0)
"""Changes are written one after the other in any case."""


class JudgeWorkers:
    """Parses and judges in processes that may die; a `catalog.validation.door.Validator`. Threads share it.

    Parameters
    ----------
    seconds
        Until one step, parsing or judging, is given up.
    memory_bytes
        Address space of a process.
    rights
        What an operator wants of the processes.
    """

    def __init__(self, seconds: float = 10.0, memory_bytes: int = 2 * 2**30, rights: Rights = NONE) -> None:
        self._seconds, self._memory_bytes = seconds, memory_bytes
        confinement = Confinement(memory_bytes, rights=rights)
        self._pool = Pool(
            lambda: Process("catalog.services.judge_child", confinement),
            ROOM,
            full=lambda: UnavailableError("as many changes are judged as may be: ask again in a moment"),
            closed=lambda: UnavailableError("the service is being stopped: ask again in a moment"),
        )

    @property
    def pids(self) -> set[int]:
        """Ids of the processes."""
        return self._pool.pids

    def close(self) -> None:
        """End all processes."""
        self._pool.close()

    def changed(self, iris: Iris, dataset_id: str, before: bytes, change: Curation) -> bytes:
        """The curated graph after a change, as `catalog.services.curate.changed_graph` has it.

        Raises
        ------
        LimitExceededError
            Time (``judge_s``) or memory (``judge_memory_bytes``) ran out.
        UnavailableError
            Too much is judged at once.
        CatalogError
            As `changed_graph`.
        """
        return self._ask(("change", iris.base, dataset_id, before, change))

    def validate(self, data: Sequence[bytes], shapes: Shapes) -> Report:
        """Judge the union of some graphs; see ``catalog.validation.door.Validator``. Errors of workers as `changed`."""
        text = self._ask(("judge", list(data), shapes))
        try:
            said = json.loads(text)
            return Report(tuple(_result(each) for each in said["results"]), tuple(said["required"]))
        except (ValueError, LookupError, TypeError, RecursionError):
            raise FaultError("a process that judges gave no report") from None

    def _ask(self, task: tuple[Any, ...]) -> bytes:
        try:
            with self._pool.lent(Cancel()) as process:
                return b"".join(process.ask(pickle.dumps(task), self._seconds))
        except NoAnswerError as error:
            failure = error
        raise self._told(failure)

    def _told(self, failure: Exception) -> CatalogError:
        if isinstance(failure, NotStartedError):
            return UnavailableError("a process that judges could not be started: is there memory for one?")
        if isinstance(failure, OutOfTimeError):
            allowed = max(1, round(self._seconds))
            message = f"the change was given up after {self._seconds:g} s; nothing was written: send less, use `catalog curate`"
            return LimitExceededError(
                f"{message}, or raise CATALOG_WORKERS__JUDGE_S", limit="judge_s", value=allowed, allowed=allowed
            )
        message = (
            "the change needs more memory or stack than one may have; nothing was written: send less, or what is nested less"
        )
        return LimitExceededError(message, limit="judge_memory_bytes", value=self._memory_bytes, allowed=self._memory_bytes)


def _result(said: dict[str, Any]) -> Result:
    path = said["property_path"]
    return Result(**{**said, "paths": tuple(said["paths"]), "property_path": None if path is None else _path(path)})


def _path(said: dict[str, Any]) -> PropertyPath:
    return PropertyPath(said["operator"], str(said["iri"]), tuple(_path(part) for part in said["parts"]))
