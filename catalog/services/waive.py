"""Which shapes does somebody answer for, so that they do not block a dataset for a time?

A waiver has an owner, a reason and a last day. What it waives is still reported; after that day it blocks again, at the next
ingest. The core shapes cannot be waived: the catalogue itself relies on them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

from catalog.errors import InputError, NotFoundError
from catalog.metadata.dataset import Dataset, Waiver
from catalog.rdf.iris import CURATED
from catalog.services.force import put_in_force, put_records
from catalog.services.registry import Registry
from catalog.services.rejudge import rejudge
from catalog.services.workspace import Workspace
from catalog.validation.shape_names import waivable_shapes

MAX_DAYS = 366
"""The longest time for which a waiver may be given."""


def waive(workspace: Workspace, name: str, shape: str, *, owner: str, until: str, reason: str) -> Dataset:
    """Give a waiver, or replace the one that there is of this shape.

    Parameters
    ----------
    name
        Id or IRI of the dataset.
    shape
        IRI of the shape, or its name as reports print it.
    owner
        Who answers for it.
    until
        The last day, ``YYYY-MM-DD`` in UTC; today or later, at most a year ahead.
    reason
        Why.

    Returns
    -------
    Dataset
        As recorded now; a refused state that passes with the waiver is in force.

    Raises
    ------
    InputError
        The day, the owner or the reason cannot be used, or the shape is a core one.
    NotFoundError
        There is no such dataset or shape.
    """
    for word, text in (("owner", owner), ("reason", reason)):
        if not text.strip():
            raise InputError(f"a waiver needs its {word}")
    dataset = Registry(workspace.catalog, workspace.iris).require(name)
    waiver = Waiver(_shape(workspace, shape), owner.strip(), _day(until), reason.strip())
    others = tuple(each for each in dataset.waivers if each.shape != waiver.shape)
    return _put(workspace, replace(dataset, waivers=(*others, waiver)))


def revoke(workspace: Workspace, name: str, shape: str) -> Dataset:
    """Take a waiver back; what is in force stays so until the next ingest.

    Raises
    ------
    NotFoundError
        There is no such dataset, or it has no waiver of this shape.
    """
    dataset = Registry(workspace.catalog, workspace.iris).require(name)
    iri = _shape(workspace, shape)
    kept = tuple(each for each in dataset.waivers if each.shape != iri)
    if len(kept) == len(dataset.waivers):
        raise NotFoundError(f"{dataset.id} has no waiver of {shape}", [each.shape for each in dataset.waivers])
    dataset = replace(dataset, waivers=kept)
    put_records(workspace, [dataset])
    return dataset


def _put(workspace: Workspace, dataset: Dataset) -> Dataset:
    curated = workspace.catalog.read_graph(workspace.iris.graph(dataset.id, CURATED))
    current = rejudge(workspace, dataset, dataset.current, curated)
    refused = rejudge(workspace, dataset, dataset.rejected, curated)
    known = replace(
        dataset,
        current=current.snapshot if current else dataset.current,
        rejected=refused.snapshot if refused else dataset.rejected,
    )
    if refused is None or not refused.report.accepted:
        put_records(workspace, [known])
        return known
    passed = replace(known, current=refused.snapshot, rejected=None)
    put_in_force(workspace, passed, refused.graphs, known, (None, None))
    return passed


def _shape(workspace: Workspace, name: str) -> str:
    """The IRI of a shape that may be waived."""
    known = waivable_shapes(workspace.shapes)
    found = known.get(name) or (name if name in known.values() else None)
    if found is None:
        near = [each for each in known if name.rpartition("#")[2].rpartition("/")[2].lower() in each.lower()][:5]
        hint = f"; near: {', '.join(near)}" if near else ""
        raise NotFoundError(f"no shape that can be waived is called {name!r}{hint} (the core shapes cannot be)", near)
    return found


def _day(text: str) -> str:
    today = datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day; write YYYY-MM-DD") from None
    if not 0 <= (day - today).days <= MAX_DAYS:
        raise InputError(f"{text} is not between today, {today}, and {MAX_DAYS} days from now: give a waiver for a time")
    return day.isoformat()
