"""How is a growing tree kept from being searched for garbage again and again?

Python's cyclic garbage collector runs whenever enough containers were made, and looks at all of them. A metadata tree is nothing
but containers, none of them garbage, and describing it makes more: in a process with much else in memory, half of the time for a
large document goes there.
"""

import gc
import threading
from types import TracebackType


class _CollectorPause:
    """Stops the collector while any thread is inside; the last one out starts it again, if it ran before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_enabled = False

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._was_enabled:
                gc.enable()


collector_paused = _CollectorPause()
"""``with collector_paused:`` around what makes many containers and no garbage; may be nested."""
