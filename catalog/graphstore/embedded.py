"""How does the catalogue keep graphs with no server at all? An Oxigraph store in a folder, opened by this process.

``DIR/{audience}/graphs`` holds the graphs that users see, ``DIR/{audience}/rejected`` those that the shapes refused, each a store of
its own, so that the union of the first needs no list of graphs (measured: a list of 9,000 graphs makes a join 4,000 times slower).

*Writing.* Content that only adds lines goes in by one bulk load, which Oxigraph commits in one step: its sorted files become part of
the store together, and a process killed before leaves nothing. Anything else is one SPARQL Update, which is one transaction. A commit
alone survives the death of the process; the flush before `apply` returns makes it survive the loss of power.

*Reading.* A query with a timeout runs in a process of its own (`catalog.graphstore.isolated`), because Oxigraph can be
stopped in no other way.

*Sharing.* Oxigraph leaves a reader beside a writer undefined, so a lock on the folder keeps them apart (`folder_lock`).
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox

from catalog.errors import GraphStoreUnavailableError, InputError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.delta import Delta, plan_delta, write_sequence
from catalog.graphstore.door import MEDIA_TYPES, Answer, Check, GraphUpdate, StoreCheck, is_rejected
from catalog.graphstore.folder_lock import FolderLock
from catalog.graphstore.guard import SafeQuery, guard_query
from catalog.graphstore.isolated import query_in_process
from catalog.graphstore.oxigraph import answer_query, read_bindings
from catalog.graphstore.queries import bind, write_iri

BULK_LINES: Final = 2000
"""From how many added lines on a bulk load is faster than a transaction."""
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024


class EmbeddedGraphStore:
    """Named graphs of one audience in a folder.

    Parameters
    ----------
    folder
        Where the audiences lie; made when missing (by a writer).
    audience
        ``catalog`` (everything) or ``public``; the name of the folder inside.
    writable
        A writer excludes everybody else from this audience until `close`; readers share it.
    lock_timeout
        Seconds to wait for others.
    max_answer_bytes
        Largest serialised answer of `query`.

    Raises
    ------
    GraphStoreUnavailableError
        Others use the folder, or it cannot be opened (the message names it).
    """

    def __init__(
        self,
        folder: Path,
        audience: str = "catalog",
        *,
        writable: bool = True,
        lock_timeout: float = 30.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        if not audience.isidentifier():
            raise InputError(f"{audience!r} is no audience: use 'catalog' or 'public'")
        self.audience = audience
        self.folder = Path(folder) / audience
        self.writable = writable
        self._max_answer_bytes = max_answer_bytes
        self._guard = threading.RLock()
        self._stores: dict[str, ox.Store] = {}
        self._lock: FolderLock | None = None
        if writable:
            with self._translated("made"):
                self.folder.mkdir(parents=True, exist_ok=True)
        if self.folder.is_dir():
            self._lock = FolderLock(self.folder, exclusive=writable, timeout=lock_timeout)
            try:
                self._open("graphs")
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _translated(self, verb: str) -> "_Translated":
        return _Translated(self.folder, verb)

    def _open(self, place: str) -> ox.Store:
        """The store of one place, opened when first needed; an empty one in memory where a reader finds nothing."""
        with self._guard:
            if (store := self._stores.get(place)) is not None:
                return store
            path = self.folder / place
            with self._translated("opened"):
                if self.writable and self._lock is not None:
                    store = ox.Store(path)
                elif path.is_dir() and any(path.iterdir()) and self._lock is not None:
                    store = ox.Store.read_only(str(path))
                else:
                    store = ox.Store()
            self._stores[place] = store
            return store

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Give several named graphs their next content, in one transaction; see `catalog.graphstore.door.GraphStore.apply`."""
        if not self.writable or self._lock is None:
            raise GraphStoreUnavailableError(f"the graph store in {self.folder} was opened for reading only")
        names = [update.graph for update in updates]
        for name in names:
            write_iri(name)
        if len(set(names)) < len(names):
            raise InputError(f"a graph is named twice in one transaction: {sorted({n for n in names if names.count(n) > 1})}")
        refused = [update for update in updates if is_rejected(update.graph)]
        with self._guard:
            self._apply("rejected", [update for update in refused if update.ntriples])
            self._apply("graphs", [update for update in updates if not is_rejected(update.graph)])
            self._apply("rejected", [update for update in refused if not update.ntriples])

    def _apply(self, place: str, updates: Sequence[GraphUpdate]) -> None:
        if not updates:
            return
        deltas = [
            plan_delta(
                update.graph,
                self._read(place, update.graph) if update.previous is None else update.previous,
                update.ntriples or b"",
            )
            for update in updates
        ]
        deltas = [delta for delta in deltas if delta]
        if not deltas:
            return
        store = self._open(place)
        with self._translated("written"):
            if sum(len(delta.added) for delta in deltas) >= BULK_LINES and not any(delta.removed for delta in deltas):
                store.bulk_load(_write_nquads(deltas), ox.RdfFormat.N_QUADS, lenient=True)
            else:
                store.update(write_sequence(deltas).decode())
            store.flush()

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002
        """Answer a user's query; see `catalog.graphstore.door.GraphStore.query`."""
        safe = guard_query(text)
        safe.check_format(format)
        place = "rejected" if safe.rejected else "graphs"
        if timeout is not None and (self.folder / place).is_dir():
            with self._guard:  # nobody in this process writes meanwhile
                body = query_in_process(self.folder / place, safe, format, timeout, self._max_answer_bytes)
        else:
            store = self._open(place)
            body = answer_query(store, safe, format, self._max_answer_bytes)
        return Answer(body, MEDIA_TYPES[format])

    def _ours(self, text: str, values: Mapping[str, Sequence[Term]] | None) -> tuple[ox.Store, SafeQuery]:
        safe = guard_query(text)
        bound = SafeQuery(bind(text, values), safe.form, safe.prefixes, safe.from_graphs)
        return self._open("graphs"), bound

    def select(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> Bindings:
        """Answer one of our own SELECT queries; see `catalog.graphstore.door.GraphStore.select`."""
        answer = read_bindings(*self._ours(text, values))
        if isinstance(answer, bool):
            raise InputError("ASK has no bindings: use `ask`")
        return answer

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """Answer one of our own ASK queries."""
        answer = read_bindings(*self._ours(text, values))
        if not isinstance(answer, bool):
            raise InputError("only ASK has a yes or no: use `select`")
        return answer

    def read_graph(self, graph: str) -> bytes:
        """The triples of one named graph as N-Triples, lines sorted; see `catalog.graphstore.door.GraphStore.read_graph`."""
        write_iri(graph)
        return self._read("rejected" if is_rejected(graph) else "graphs", graph)

    def _read(self, place: str, graph: str) -> bytes:
        store = self._open(place)
        with self._translated("read"):
            dump = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph)) or b""
        return b"".join(sorted(dump.splitlines(keepends=True)))

    def check(self) -> StoreCheck:
        """What this store can do; see `catalog.graphstore.door.GraphStore.check`."""
        checks = [Check("version", "ok", f"Oxigraph {ox.__version__}, in this process")]
        try:
            graphs = sum(1 for _ in self._open("graphs").named_graphs())
            checks.append(Check("readable", "ok", f"{graphs} named graphs"))
        except (GraphStoreUnavailableError, OSError) as error:
            checks.append(Check("readable", "fail", str(error)))
        checks += [
            Check("union-default-graph", "ok", "plain patterns see all graphs but the rejected ones"),
            Check("service-closed", "ok", "SERVICE and LOAD are refused before a query runs"),
        ]
        return StoreCheck("embedded", str(self.folder), tuple(checks))

    def close(self) -> None:
        """Give back files and the lock. Calling it again does nothing."""
        with self._guard:
            self._stores.clear()  # dropping an Oxigraph store closes it
            if self._lock is not None:
                self._lock.release()
                self._lock = None


class _Translated:
    """Turns what Oxigraph raises while it is opened, read or written into our errors."""

    def __init__(self, folder: Path, verb: str) -> None:
        self._folder, self._verb = folder, verb

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, SyntaxError):
            raise InputError(f"the content is not canonical N-Triples: {error.msg}") from error
        if isinstance(error, OSError) and not isinstance(error, GraphStoreUnavailableError):
            raise GraphStoreUnavailableError(
                f"the graph store in {self._folder} could not be {self._verb}: {error}; see that the disk has room and the folder is ours"
            ) from error


def _write_nquads(deltas: Sequence[Delta]) -> bytes:
    blocks: list[bytes] = []
    for delta in deltas:
        end = b" " + write_iri(delta.graph).encode() + b" .\n"
        blocks.append(b"".join(line[:-2] + end for line in delta.added))
    return b"".join(blocks)
