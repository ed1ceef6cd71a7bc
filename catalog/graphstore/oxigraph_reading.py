"""How are our own questions answered by whatever keeps Oxigraph stores in a folder: live ones, or published copies?"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from catalog.errors import CatalogError, InputError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.door import Check, StoreCheck, TextHit, is_rejected
from catalog.graphstore.guard import SafeQuery, guard_own_query
from catalog.graphstore.oxigraph import read_bindings
from catalog.graphstore.queries import bind, write_iri
from catalog.graphstore.text_search import Candidate, Clock, find_text, sample_text, scan_texts
from catalog.graphstore.text_words import Term as Wanted
from catalog.graphstore.text_words import parse_terms

PLACES: Final = ("graphs", "rejected")
"""The folders of an audience that are Oxigraph stores."""

_GRAPHS, _REJECTED = PLACES


def read_graph(store: ox.Store, graph: str) -> bytes:
    """The triples of one named graph as sorted lines of N-Triples."""
    dump = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph)) or b""
    return b"".join(sorted(dump.splitlines(keepends=True)))


class OxigraphReading:
    """The reading half of the graph store door, for Oxigraph stores in a folder.

    Attributes
    ----------
    folder
        Folder of the audience.
    """

    folder: Path
    kind = "embedded"

    def _reading(self, place: str) -> AbstractContextManager[ox.Store]:
        """Hold the store of one place as it is; library errors are translated."""
        raise NotImplementedError

    def _ours(self, text: str, values: Mapping[str, Sequence[Term]] | None) -> Bindings | bool:
        safe = guard_own_query(text)
        return self._answered(SafeQuery(bind(text, values), safe.form, safe.prefixes))

    def _answered(self, bound: SafeQuery) -> Bindings | bool:
        with self._reading(_GRAPHS) as store:
            return read_bindings(store, bound)

    def select(
        self,
        text: str,
        values: Mapping[str, Sequence[Term]] | None = None,
        *,
        timeout: float | None = None,  # noqa: ARG002
        brief: bool = False,  # noqa: ARG002
    ) -> Bindings:
        """Answer one of our own SELECT queries; see `catalog.graphstore.door.GraphStore.select`."""
        answer = self._ours(text, values)
        if isinstance(answer, bool):
            raise InputError("ASK has no bindings: use `ask`")
        return answer

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """Answer one of our own ASK queries."""
        answer = self._ours(text, values)
        if not isinstance(answer, bool):
            raise InputError("only ASK has a yes or no: use `select`")
        return answer

    def find_text(self, words: str, *, limit: int = 20, timeout: float | None = None) -> Sequence[TextHit]:
        """Find what words speak of; see `catalog.graphstore.door.GraphStore.find_text`."""
        clock = Clock(timeout)

        def select(text: str, values: Mapping[str, Sequence[Term]]) -> Bindings:
            return self.select(text, values, timeout=clock.left())

        def retrieve(terms: Sequence[Wanted]) -> Iterable[Candidate]:
            named = self._candidates(terms, clock)
            return scan_texts(terms, select) if named is None else named

        return find_text(words, limit, retrieve, select, clock)

    def _candidates(self, terms: Sequence[Wanted], clock: Clock) -> Sequence[Candidate] | None:
        """What the text index names; None where there is none that can be used."""
        raise NotImplementedError

    def read_graph(self, graph: str) -> bytes:
        """Read the triples of one named graph; see `catalog.graphstore.door.GraphStore.read_graph`."""
        write_iri(graph)
        with self._reading(_REJECTED if is_rejected(graph) else _GRAPHS) as store:
            return read_graph(store, graph)

    def check(self) -> StoreCheck:
        """Say what this store can do; see `catalog.graphstore.door.GraphStore.check`."""
        checks = [Check("version", "ok", f"Oxigraph {ox.__version__}, in this process")]
        try:
            with self._reading(_GRAPHS) as store:
                graphs = sum(1 for _ in store.named_graphs())
            checks.append(Check("readable", "ok", f"{graphs} named graphs"))
        except (CatalogError, OSError) as error:
            checks.append(Check("readable", "fail", str(error)))
        checks += [
            Check("union-default-graph", "ok", "plain patterns see all graphs but the rejected ones"),
            Check("service-closed", "ok", "the engine is given no SERVICE and no LOAD"),
            self._check_text(),
        ]
        return StoreCheck(self.kind, str(self.folder), tuple(checks))

    def _check_text(self) -> Check:
        try:
            usable = self._candidates(parse_terms("catalog"), Clock(None)) is not None or sample_text(self.select) is None
        except CatalogError as error:
            return Check("text-index", "warn", str(error))
        if usable:
            return Check("text-index", "ok", "words are found by an index")
        return Check("text-index", "warn", "there is none: words are looked for in every text; the next write makes one")
