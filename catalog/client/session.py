"""How does the client reach a catalogue? Doors are opened when something is asked, and closed soon after it.

A notebook stays open for days: whoever kept the embedded graph store open meanwhile would keep everybody else from ingesting.
To open it takes longer than to ask, so it stays open for a moment, for the next question.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from catalog.errors import GraphStoreUnavailableError, InputError
from catalog.services.asking.lookups import Vocabulary

if TYPE_CHECKING:
    from catalog.bridge.coordinates import Coordinates, Reading
    from catalog.graphstore.door import GraphStore
    from catalog.rdf.iris import Iris
    from catalog.services.workspace import Workspace
    from catalog.settings import Settings

OPEN_IDLE_S: Final = 2.0
"""Seconds that the graph store stays open after a question."""
OPEN_AT_MOST_S: Final = 10.0
"""Seconds after which it is closed between two questions, so that somebody who waits can write."""


@dataclass
class Session:
    """One deployment, as one audience sees it.

    Attributes
    ----------
    settings
        Of the deployment.
    audience
        ``catalog`` or ``public``.
    store
        What Zarr stores are read through, in place of what their locations name.
    prefixes
        Prefixes of the user's, beside ours.
    check
        ``always``, ``never``, or seconds: when an array is looked at before it is read.
    """

    settings: "Settings"
    audience: str = "catalog"
    store: Any = None
    prefixes: dict[str, str] = field(default_factory=dict)
    check: Literal["always", "never"] | float = "always"
    _doors: "tuple[GraphStore, Iris] | None" = field(default=None, repr=False)
    _opened: "AbstractContextManager[tuple[GraphStore, Iris]] | None" = field(default=None, repr=False)
    _since: float = field(default=0.0, repr=False)
    _users: int = field(default=0, repr=False)
    _timer: threading.Timer | None = field(default=None, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _vocabulary: Vocabulary | None = field(default=None, repr=False)
    _closed: bool = field(default=False, repr=False)
    _log: Any = field(default=None, repr=False)

    @contextmanager
    def asking(self) -> "Iterator[tuple[GraphStore, Iris]]":
        """A graph store to ask; one inside another is the same.

        Raises
        ------
        GraphStoreUnavailableError
            The catalogue was closed, or the graph store does not answer.
        """
        with self._lock:
            if self._closed:
                raise GraphStoreUnavailableError("this catalogue was closed: connect again")
            if self._timer is not None:
                self._timer.cancel()
            doors = self._doors or self._open()
            self._users += 1
        try:
            yield doors
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._leave_ajar()

    def _open(self) -> "tuple[GraphStore, Iris]":
        from catalog.bootstrap import open_reader

        self._opened = open_reader(self.settings, self.audience)
        self._doors = self._opened.__enter__()
        self._since = time.monotonic()
        return self._doors

    def _leave_ajar(self) -> None:
        """Close at once where it was open for long, as others may wait; else in a moment."""
        if self._closed or time.monotonic() - self._since > OPEN_AT_MOST_S:
            self.release()
            return
        self._timer = threading.Timer(OPEN_IDLE_S, self.release)
        self._timer.daemon = True
        self._timer.start()

    def release(self) -> None:
        """Give the graph store back, unless it is being asked just now."""
        with self._lock:
            if self._users or self._opened is None:
                return
            if self._timer is not None:
                self._timer.cancel()
            opened, self._opened, self._doors, self._timer = self._opened, None, None, None
            opened.__exit__(None, None, None)

    def vocabulary(self) -> Vocabulary:
        """What the catalogue's content adds to the table of lookups; asked once, and again after an ingest."""
        if self._vocabulary is None:
            from catalog.services.asking.vocabulary import read_vocabulary

            with self.asking() as (store, _):
                self._vocabulary = read_vocabulary(store, self.prefixes)
        return self._vocabulary

    def forget(self) -> None:
        """What was known of the content may have changed."""
        self._vocabulary = None

    def close(self) -> None:
        """Ask nothing any more; calling it again does nothing."""
        self._closed = True
        self.release()

    def check_writing(self) -> None:
        """Refuse to write as an audience that may not; InputError says so."""
        if self.audience != "catalog":
            raise InputError("what anonymous users see cannot be written to: connect without audience='public'")

    @contextmanager
    def writing(self, *, writable: bool = True) -> "Iterator[Workspace]":
        """Everything that a use case which writes needs; the graph store is given back before.

        Parameters
        ----------
        writable
            False: nothing is written to the graph store.

        Raises
        ------
        InputError
            This audience may not write.
        GraphStoreUnavailableError
            Somebody else writes, or the graph store does not answer.
        """
        from catalog.bootstrap import open_workspace

        self.check_writing()
        self.release()
        with open_workspace(self.settings, writable=writable) as workspace:
            yield workspace
        self.forget()

    def reading(self) -> "Reading":
        """How values are read."""
        from dataclasses import replace

        from catalog.bootstrap import plan_limits, store_access
        from catalog.bridge.coordinates import Reading
        from catalog.bridge.staleness import CheckLog, Within

        if self._log is None:
            self._log = CheckLog()
        access = replace(store_access(self.settings), store=self.store)
        check = self.check if isinstance(self.check, str) else Within(self.check)
        return Reading(access, check, self._log, plan_limits(self.settings))

    def labels(self, doors: "tuple[GraphStore, Iris]") -> "Coordinates":
        """What looks labels up."""
        from catalog.bridge.coordinates import Coordinates

        return Coordinates(*doors, self.reading())
