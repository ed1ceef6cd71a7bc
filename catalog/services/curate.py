"""What do people say about a dataset that its store does not?

The curated graph holds titles, licences, samples, links and corrections. It is a steward's alone: no ingest touches it, and it is
judged together with what the store says. A change that the shapes refuse is not written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from catalog.errors import InputError, LimitExceededError, NonConformantError
from catalog.metadata.dataset import Dataset
from catalog.metadata.document import Json
from catalog.rdf.curated import check_curated, parse_patch, parse_property, parse_setting
from catalog.rdf.iris import CURATED, Iris
from catalog.rdf.statements import Statement, read_statements
from catalog.services.force import put_curated, put_in_force
from catalog.services.registry import Registry
from catalog.services.rejudge import rejudge
from catalog.services.workspace import Workspace
from catalog.validation.report import Report, to_text

MAX_BYTES = 8 * 2**20
"""Bytes of a curated graph's file."""


@dataclass(frozen=True, slots=True)
class Curation:
    """A change to a curated graph; what is given is done in this order.

    Attributes
    ----------
    clear
        Take everything out first.
    file
        An RDF file; relative IRIs in it begin at the dataset: ``<>`` is the dataset, ``<nodes/a>`` the node ``a``.
    content
        The same as name and bytes; the name's ending tells the format.
    unset
        Properties whose values are taken out.
    set
        ``PROPERTY=VALUE``: replaces the property's values; several of one property are all kept.
    patch
        The same as a JSON merge patch; see `catalog.rdf.curated.parse_patch`.
    node
        Path of the node that ``set``, ``unset`` and ``patch`` are about; None: the dataset.
    """

    clear: bool = False
    file: Path | None = None
    unset: Sequence[str] = ()
    set: Sequence[str] = ()
    node: str | None = None
    content: tuple[str, bytes] | None = None
    patch: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Curated:
    """What came of it: the dataset, how many statements are curated now, and what the shapes said of the state in force."""

    dataset: Dataset
    statements: int
    report: Report | None
    changed: bool


def curate(workspace: Workspace, name: str, change: Curation, changed: "Changing | None" = None) -> Curated:
    """Change what people say about a dataset.

    Parameters
    ----------
    changed
        What makes the graph after the change, for others in a process that may die; None: `changed_graph`.

    Raises
    ------
    InputError, LimitExceededError
        The file or a statement cannot be used; nothing was written.
    NotFoundError
        There is no such dataset.
    NonConformantError
        With it the shapes would refuse the state in force; nothing was written. ``report`` says why.
    """
    registry = Registry(workspace.catalog, workspace.iris)
    dataset = registry.require(name)
    before = workspace.catalog.read_graph(workspace.iris.graph(dataset.id, CURATED))
    after = (changed or changed_graph)(workspace.iris, dataset.id, b"" if change.clear else before, change)
    if after == before:
        return Curated(dataset, after.count(b"\n"), None, changed=False)
    current = rejudge(workspace, dataset, dataset.current, after)
    if current and not current.report.accepted:
        raise NonConformantError(f"nothing was written. {to_text(current.report)}", current.report)
    refused = rejudge(workspace, dataset, dataset.rejected, after)
    dataset = replace(
        dataset,
        current=current.snapshot if current else dataset.current,
        rejected=refused.snapshot if refused else dataset.rejected,
    )
    put_curated(workspace, dataset, after)
    if refused and refused.report.accepted:
        known, dataset = dataset, replace(dataset, current=refused.snapshot, rejected=None)
        put_in_force(workspace, dataset, refused.graphs, known, (None, None))
    verdict = refused or current
    return Curated(dataset, after.count(b"\n"), verdict.report if verdict else None, changed=True)


def read_curated(workspace: Workspace, name: str) -> bytes:
    """What people say about a dataset, as canonical N-Triples."""
    dataset = Registry(workspace.catalog, workspace.iris).require(name)
    return workspace.catalog.read_graph(workspace.iris.graph(dataset.id, CURATED))


Changing = Callable[[Iris, str, bytes, Curation], bytes]
"""What `changed_graph` does, here or elsewhere."""


def changed_graph(iris: Iris, dataset_id: str, before: bytes, change: Curation) -> bytes:
    """The curated graph of a dataset after a change, as canonical N-Triples.

    Raises
    ------
    InputError, LimitExceededError
        The file or a statement cannot be used.
    """
    base = iris.dataset(dataset_id)
    subject = base if change.node is None else iris.node(dataset_id, change.node.strip("/"))
    lines = {line.decode() for line in before.splitlines(keepends=True)}  # a str would part at U+2028 and others as well
    content = change.content if change.file is None else _read_file(change.file)
    if content is not None:
        statements = _read_content(*content, base, iris.skolem)
        check_curated(statements, dataset_id, iris)
        lines = {each.line for each in statements}
    added = [parse_setting(text, subject, base) for text in change.set]
    patched, more = parse_patch(change.patch, subject, base)
    added += more
    check_curated(added, dataset_id, iris)
    replaced = {parse_property(name, base) for name in change.unset} | patched | {each.predicate for each in added}
    lines = {line for line in lines if not line.startswith(tuple(f"<{subject}> <{each}> " for each in replaced))}
    return "".join(sorted(lines | {each.line for each in added})).encode()


def _read_file(path: Path) -> tuple[str, bytes]:
    """The name and the bytes of a file of a bearable size."""
    try:
        _check_size(path.name, path.stat().st_size)
        return path.name, path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _check_size(name: str, size: int) -> None:
    if size > MAX_BYTES:
        message = f"{name!r} has {size} bytes; a curated graph has at most {MAX_BYTES}. Load what is larger as a reference"
        raise LimitExceededError(message, limit="curated", value=size, allowed=MAX_BYTES)


def _read_content(name: str, data: bytes, base: str, skolem: str) -> list[Statement]:
    """The statements of an RDF file."""
    _check_size(name, len(data))
    folder = f"{base}/"
    found = read_statements(data, name, base=folder, skolem=skolem)
    # "<>" is what a base without the final "/" would be; with it, "<nodes/a>" would lie beside the dataset.
    subject, target = {folder: base}, {f"<{folder}>": f"<{base}>"}
    return [Statement(subject.get(s.subject, s.subject), s.predicate, target.get(s.target, s.target)) for s in found]
