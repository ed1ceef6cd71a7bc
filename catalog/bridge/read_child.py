"""What reads values inside the process that may die? The bridge itself, one selection or set of points after the other.

`catalog.bridge.read_workers` starts it, and `catalog.confined.child` runs it. How stores are reached, credentials among it, comes
over the pipe before the first task; both are pickled by our own process, and nothing is unpickled that comes from here.
"""

import os
import pickle

from catalog.bridge.carried import give_values
from catalog.bridge.coordinates import Reading
from catalog.bridge.points import sample
from catalog.bridge.read import ReadTask, StoreAccess, Values, read_array
from catalog.bridge.selection import Selection
from catalog.bridge.staleness import Policy
from catalog.confined.child import Answer, Give


def prepare(told: bytes) -> Answer:
    """What reads values."""
    access: StoreAccess
    access, environment = pickle.loads(told)  # noqa: S301  our own process wrote it
    os.environ.update(environment)

    def answer(task: bytes, give: Give) -> None:
        notes: list[str] = []
        values = _read(pickle.loads(task), access, notes)  # noqa: S301
        give_values(values, notes[-1] if notes else "", give)

    return answer


def _read(task: ReadTask, access: StoreAccess, notes: list[str]) -> Values:
    check: Policy = "always" if task.look else "never"
    if isinstance(task.wanted, Selection):
        return read_array(
            task.ref, task.wanted, limits=task.limits, check=check, access=access, tell=notes.append, missing=task.missing
        )
    reading = Reading(access=access, check=check, limits=task.limits, tell=notes.append)
    return sample(task.ref, task.wanted, reading=reading)
