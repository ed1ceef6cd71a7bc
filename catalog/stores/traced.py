"""What was asked of a store, in which order, and what came back?"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import CatalogError
from catalog.metadata.document import DEFAULT_LIMITS, DocumentLimits
from catalog.stores.listing import Found
from catalog.stores.signs import Signs
from catalog.stores.source import Source

MAX_STEPS = 10_000
"""Steps that are remembered."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was asked for.

    Attributes
    ----------
    key
        Key of a document; ``""`` with the way ``list`` is the whole store.
    way
        ``read``: by name; ``look``: its size, time and tag alone; ``list``: a listing was asked for; ``listed``: it was in one.
    outcome
        ``found``, ``absent``, or the code of an error.
    size
        Bytes that came.
    message
        What the error says; else empty.
    """

    key: str
    way: str
    outcome: str
    size: int = 0
    message: str = ""


class TracedSource:
    """A source that remembers what it was asked; all else is that of the source behind it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.steps: list[Step] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """See ``Source.read``."""
        try:
            data = self._source.read(key, max_bytes)
        except CatalogError as error:
            self._note(key, "read", error)
            raise
        self._note(key, "read", data)
        return data

    def read_many(self, keys: Iterable[str], max_bytes: int) -> dict[str, bytes | CatalogError | None]:
        """See ``Source.read_many``."""
        outcomes = self._source.read_many(keys, max_bytes)
        for key, outcome in outcomes.items():
            self._note(key, "read", outcome)
        return outcomes

    def look(self, keys: Collection[str]) -> dict[str, Signs | CatalogError | None]:
        """See ``Source.look``."""
        outcomes = self._source.look(keys)
        for key, outcome in outcomes.items():
            if isinstance(outcome, CatalogError):
                self._note(key, "look", outcome)
            else:
                self._keep(Step(key, "look", "absent" if outcome is None else "found"))
        return outcomes

    def walk(self, limits: DocumentLimits = DEFAULT_LIMITS, known: Mapping[str, bytes] | None = None) -> Iterator[Found]:
        """See ``Source.walk``."""
        first = True
        try:
            for found in self._source.walk(limits, known):
                if first:
                    self._keep(Step("", "list", "found"))
                    first = False
                if found.problem is None:
                    self._note(found.key, "listed", found.data)
                else:
                    self._keep(Step(found.key, "listed", found.problem.kind, message=found.problem.message))
                yield found
        except CatalogError as error:
            self._note("", "list", error)
            raise
        if first:
            self._keep(Step("", "list", "absent"))

    def _note(self, key: str, way: str, outcome: bytes | CatalogError | None) -> None:
        if isinstance(outcome, CatalogError):
            self._keep(Step(key, way, outcome.code, message=str(outcome)))
        else:
            self._keep(Step(key, way, "absent" if outcome is None else "found", len(outcome or b"")))

    def _keep(self, step: Step) -> None:
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)
