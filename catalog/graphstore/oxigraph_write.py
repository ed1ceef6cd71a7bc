r"""How do several graphs of an Oxigraph store change at once, and its default graph stay their union?

Oxigraph can show the union of all graphs as the default graph, but counts a triple once for each graph that holds it, where RDF
counts it once. So the default graph is kept as a real one: what any named graph holds, once.

*Small changes, and any that remove lines*: one SPARQL Update over named and default graph, which is one transaction.

*Large additions*: two bulk loads side by side, named graphs and default graph. Each is atomic (its sorted files become part
of the store together), both together are not: a mark on disk says so meanwhile. Who opens a store with a mark makes the
default graph the union again (`make_union`), so that the change is found whole or not at all, as the named graphs have it.
"""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

import pyoxigraph as ox

from catalog.errors import InputError
from catalog.graphstore.bindings import Iri
from catalog.graphstore.delta import Delta, check_ntriples, for_sparql, write_sequence
from catalog.graphstore.queries import bind, load_query, write_iri
from catalog.graphstore.store_log import StoreLog, sync_path

BULK_BYTES: Final = 256 * 1024
"""From how many added bytes on a bulk load is faster than a transaction (about 2,000 triples)."""

_BATCH: Final = 2000
"""Subjects in one look-up."""


def set_mark(mark: Path) -> None:
    """Say on disk, before it can happen, that the default graph may not be the union.

    Raises
    ------
    OSError
        The mark could not be written.
    """
    file = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    sync_path(mark.parent)


def clear_mark(mark: Path) -> None:
    """Say on disk that the default graph is the union."""
    mark.unlink(missing_ok=True)
    sync_path(mark.parent)


def make_union(store: ox.Store, mark: Path) -> None:
    """Make the default graph the union of the named graphs, in one transaction, and take the mark away.

    Reads the whole store: some seconds for each million triples.
    """
    store.update(load_query("default-as-union"))
    store.flush()
    clear_mark(mark)


def write_deltas(store: ox.Store, log: StoreLog, deltas: Sequence[Delta], mark: Path | None) -> None:
    """Change several named graphs and the default graph; on disk on return.

    Parameters
    ----------
    store
        A writable store whose default graph is the union of its named graphs, and that nobody reads meanwhile.
    log
        Its log.
    deltas
        What changes, one for each graph.
    mark
        File whose presence says that the default graph may not be the union. It is left behind where an error came in between;
        `make_union` then has to run. `None`: this store keeps no default graph.

    Raises
    ------
    InputError
        The content is not canonical N-Triples; nothing was changed.
    OSError
        The store could not be written.
    """
    removes = any(delta.removed for delta in deltas)
    if not removes and sum(len(delta.added) for delta in deltas) >= BULK_BYTES:
        for delta in deltas:
            _check_lines(delta.graph, delta.added)
        _load(store, log, deltas, mark)
    else:
        for delta in deltas:
            check_ntriples(delta.graph, delta.removed)
            check_ntriples(delta.graph, delta.added)
        store.update(_write_update(store, deltas, union=mark is not None).decode())
        log.secure(store, sum(delta.removed.count(b"\n") + delta.added.count(b"\n") for delta in deltas))


# Lenient: the terms were judged where they were made (catalog.rdf); to judge them again takes a quarter of the whole load.
def _load(store: ox.Store, log: StoreLog, deltas: Sequence[Delta], mark: Path | None) -> None:
    named = b"".join(delta.added.replace(b" .\n", f" {write_iri(delta.graph)} .\n".encode()) for delta in deltas)
    try:
        if mark is None:
            store.bulk_load(named, ox.RdfFormat.N_QUADS, lenient=True)
        else:
            default = b"".join(delta.added for delta in deltas)
            set_mark(mark)
            _run_both(
                lambda: store.bulk_load(named, ox.RdfFormat.N_QUADS, lenient=True),
                lambda: store.bulk_load(default, ox.RdfFormat.N_TRIPLES, lenient=True),
            )
    except SyntaxError as error:  # both read the same lines, so neither has written
        if mark is not None:
            clear_mark(mark)
        raise InputError(f"the content is not canonical N-Triples: {error.msg}") from error
    log.secure(store, 0)
    if mark is not None:
        clear_mark(mark)


def _check_lines(graph: str, content: bytes) -> None:
    """Refuse what the bulk loader would take but should not: lines that it would put elsewhere, and blank nodes."""
    lines = content.count(b"\n")
    if (
        not content.endswith(b" .\n")
        or content.count(b" .\n") != lines
        or b"_:" in content
        or b"\n#" in content
        or content[:1] == b"#"
    ):
        check_ntriples(graph, content)


def _run_both(first: Callable[[], None], second: Callable[[], None]) -> None:
    """Run two calls side by side; the first error, once both have ended."""
    errors: list[BaseException] = []

    def run(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # raised again below
            errors.append(error)

    thread = threading.Thread(target=run, args=(second,), name="default-graph")
    thread.start()
    run(first)
    thread.join()
    if errors:
        raise errors[0]


def _write_update(store: ox.Store, deltas: Sequence[Delta], *, union: bool) -> bytes:
    parts = [write_sequence(deltas)]
    if union:
        if removed := _only_here(store, deltas):
            parts.append(b"DELETE DATA {\n" + for_sparql(removed) + b"}")
        if added := b"".join(for_sparql(delta.added) for delta in deltas):
            parts.append(b"INSERT DATA {\n" + added + b"}")
    return b" ;\n".join(parts)


def _only_here(store: ox.Store, deltas: Sequence[Delta]) -> bytes:
    """Those removed triples that no named graph will hold: they leave the default graph too.

    Most subjects stand in one graph alone, which is quick to find out; the others are looked at triple by triple.
    """
    leaving: list[bytes] = []
    doubtful: list[tuple[str, bytes]] = []
    for delta in deltas:
        lines = delta.removed.splitlines(keepends=True)
        elsewhere = _subjects_elsewhere(store, delta.graph, sorted({line[: line.index(b" ")] for line in lines}))
        for line in lines:
            if line[: line.index(b" ")] in elsewhere:
                doubtful.append((delta.graph, line))
            else:
                leaving.append(line)
    return b"".join(leaving) + _held_nowhere(store, doubtful)


def _subjects_elsewhere(store: ox.Store, graph: str, subjects: Sequence[bytes]) -> set[bytes]:
    """Those subjects (in angle brackets) of which another named graph says something."""
    found: set[bytes] = set()
    for at in range(0, len(subjects), _BATCH):
        some = [Iri(subject[1:-1].decode()) for subject in subjects[at : at + _BATCH]]
        rows = cast("ox.QuerySolutions", store.query(bind(load_query("graphs-of-subjects"), {"subject": some})))
        found.update(f"<{row['subject'].value}>".encode() for row in rows if row["graph"].value != graph)
    return found


def _held_nowhere(store: ox.Store, removed: Sequence[tuple[str, bytes]]) -> bytes:
    """Of the triples that leave these graphs those that are in no other, as the store spells them."""
    holders: dict[str, set[str]] = {}
    leaving: dict[str, set[str]] = {}
    for graph, text in removed:
        for each in ox.parse(text, ox.RdfFormat.N_TRIPLES, lenient=True):
            for quad in store.quads_for_pattern(each.subject, each.predicate, each.object):
                if isinstance(quad.graph_name, ox.NamedNode):
                    line = f"{quad.triple} .\n"
                    holders.setdefault(line, set()).add(quad.graph_name.value)
                    leaving.setdefault(line, set()).add(graph)
    return "".join(line for line, graphs in holders.items() if graphs <= leaving[line]).encode()
