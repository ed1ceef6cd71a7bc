"""Which states was a dataset in before the one in force?

The graph ``…/history`` keeps what was recorded of each snapshot that another one replaced, so that its IRI answers for ever::

    replaced   dct:isVersionOf dataset ; prov:invalidatedAtTime when ; and all that its record said
    successor  prov:wasRevisionOf replaced

Its documents and graphs are in the archive, under the digests that it names.
"""

from collections.abc import Iterable
from typing import Final

from catalog.metadata.dataset import Snapshot
from catalog.rdf import literals
from catalog.rdf.dataset import snapshot_triples
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT, PROV

MAX_PAST: Final = 500
"""Replaced snapshots of one dataset that are kept; the oldest go first. What the archive holds of them stays."""
_INVALIDATED: Final = f"{PROV}invalidatedAtTime"


def history_with(history: bytes, iris: Iris, dataset_id: str, replaced: Snapshot, successor: Snapshot) -> bytes:
    """The history graph after one snapshot replaced another.

    Parameters
    ----------
    history
        The graph until now, as canonical N-Triples; ``b""`` where there was none.
    replaced, successor
        Of different digests. A successor that was in force before is no past snapshot any more.

    Returns
    -------
    bytes
        Canonical N-Triples.
    """
    old, new = iris.snapshot(dataset_id, replaced.digest), iris.snapshot(dataset_id, successor.digest)
    past = _by_subject(history.decode().splitlines(keepends=True))
    revisions = [line for line in past.pop(f"<{old}>", []) if f" <{PROV}wasRevisionOf> " in line]
    past[f"<{old}>"] = [
        *revisions,
        *(f"<{s}> <{p}> {o} .\n" for s, p, o in snapshot_triples(old, replaced)),
        f"<{old}> <{DCT}isVersionOf> <{iris.dataset(dataset_id)}> .\n",
        f"<{old}> <{_INVALIDATED}> {literals.date_time(successor.generated)} .\n",
    ]
    past[f"<{new}>"] = [f"<{new}> <{PROV}wasRevisionOf> <{old}> .\n"]
    return "".join(sorted({line for lines in _newest(past) for line in lines})).encode()


def _by_subject(lines: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.partition(" ")[0], []).append(line)
    return found


def _newest(past: dict[str, list[str]]) -> list[list[str]]:
    """The lines of the successor, and of the snapshots that were replaced last."""
    return sorted(past.values(), key=_end, reverse=True)[: MAX_PAST + 1]


def _end(lines: list[str]) -> str:
    """When a snapshot was replaced, as ISO 8601; later than any for the one in force."""
    return next((line.partition(f" <{_INVALIDATED}> ")[2] for line in lines if _INVALIDATED in line), "~")
