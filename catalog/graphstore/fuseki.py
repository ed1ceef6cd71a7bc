"""How does the catalogue keep its graphs in Apache Jena Fuseki? Reading at one service, writing at another, nothing half.

*Writing* is one SPARQL Update operation for each `apply` (`catalog.graphstore.one_operation`), which Fuseki runs as one
transaction and of which no beginning is an update. Whatever the answer, a look at one changed triple says whether it was
carried out: all of it was, or nothing. Where it was not because the graph had changed meanwhile, the graph is read again and
the change sent once more.

*Reading.* Our own Fuseki has the union of all graphs as default graph. At a server that has not (``tdb2:unionDefaultGraph``
off, as the Fuseki UI makes datasets), queries without GRAPH and FROM ask for Jena's union graph by protocol; queries with
GRAPH see the default graph as the server has it, so our own queries name a graph for every pattern.

*Rejected graphs* lie in a Fuseki dataset of their own; where the server has none they are not kept, which `check` and the
log say. Graphs that nobody names in `apply` are never touched.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Self

from catalog.confined.places import Cancel
from catalog.errors import CatalogError, ForbiddenError, GraphStoreUnavailableError, InputError, LimitExceededError
from catalog.graphstore.bindings import Bindings, Iri, Literal, Term
from catalog.graphstore.delta import Delta, plan_delta
from catalog.graphstore.door import (
    MEDIA_TYPES,
    Answer,
    GraphUpdate,
    StoreCheck,
    TextHit,
    check_updates,
    is_rejected,
    keeps_rejected,
)
from catalog.graphstore.federation import CLOSED, Federation
from catalog.graphstore.fuseki_check import Place, check_fuseki
from catalog.graphstore.fuseki_http import SparqlEndpoint, check_url
from catalog.graphstore.fuseki_outside import FusekiOutside
from catalog.graphstore.fuseki_remembered import FusekiMemory, read_state
from catalog.graphstore.guard import SafeQuery, guard_own_query, guard_query
from catalog.graphstore.one_operation import write_operation, write_question
from catalog.graphstore.outside import DEFAULT_LIMITS, QueryLimits, Question, WholeAnswer
from catalog.graphstore.oxigraph import parse_bindings, parse_boolean
from catalog.graphstore.prefixes import declare_prefixes
from catalog.graphstore.queries import bind, load_query, write_iri
from catalog.graphstore.text_fuseki import FusekiTexts, has_index
from catalog.graphstore.text_search import Clock, find_text
from catalog.graphstore.unstoppable import refuse_unstoppable

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_MAX_OWN_BYTES: Final = 4 * 1024**3
"""Largest answer to ourselves: a graph of some ten million triples."""
_UNION_GRAPH: Final = {"default-graph-uri": "urn:x-arq:UnionGraph"}
_log = logging.getLogger(__name__)


class FusekiGraphStore:
    """Named graphs of one audience in a Fuseki dataset.

    Parameters
    ----------
    query_url
        Where to read: a SPARQL query service, such as ``http://127.0.0.1:3030/catalog/sparql``.
    update_url
        Where to write: a SPARQL Update service; `None`: this store is for reading only.
    user, password
        Credential of the writing service, sent there, and to the reading service should that ask for one.
    audience
        ``catalog`` or ``public``.
    rejected_query_url, rejected_update_url
        The same for the dataset of refused states; `None`: they are not kept.
    timeout
        Seconds for one answer.
    max_answer_bytes
        Largest serialised answer of `query`.
    limits
        What queries from outside may cost.
    federation
        Asks the endpoints that SERVICE names in users' queries.

    Raises
    ------
    InputError
        A URL is none, or holds a credential.
    """

    def __init__(  # noqa: PLR0913  two addresses for each of two places, and a credential
        self,
        query_url: str,
        update_url: str | None = None,
        *,
        user: str | None = None,
        password: str | None = None,
        audience: str = "catalog",
        rejected_query_url: str | None = None,
        rejected_update_url: str | None = None,
        timeout: float = 120.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        limits: QueryLimits = DEFAULT_LIMITS,
        federation: Federation = CLOSED,
    ) -> None:
        self.audience = audience
        self.limits = limits
        self._federation = federation
        self._graphs = _place(query_url, update_url)
        self._rejected = None
        if rejected_query_url is not None and keeps_rejected(audience):
            self._rejected = _place(rejected_query_url, rejected_update_url)
        self._max_answer_bytes = max_answer_bytes
        self._http = SparqlEndpoint(user=user, password=password, timeout=timeout)
        self._outside_http = SparqlEndpoint(user=user, password=password, timeout=timeout, keep_alive=False)
        self._outside = FusekiOutside(self._outside_http, limits)
        self._union: bool | None = None
        self._texts = FusekiTexts(self.select)
        self._memory = FusekiMemory(lambda: read_state(self._http, self._graphs.base))
        self._log_in_to_read = False

    @classmethod
    def for_dataset(cls, url: str, update_url: str | None = None, **options: Any) -> Self:
        """Make the store for a dataset by its base URL, with the names of services that our own Fuseki has.

        Parameters
        ----------
        url
            Such as ``http://127.0.0.1:3030/catalog``: read at ``{url}/sparql``; refused states are at ``{url}-rejected``.
        update_url
            The update service where it is not ``{url}-update/update``: for a plain Fuseki dataset ``{url}/update``.
        **options
            As for the constructor.
        """
        base = check_url(url, "CATALOG_FUSEKI__URL")
        return cls(
            f"{base}/sparql",
            update_url or f"{base}-update/update",
            rejected_query_url=f"{base}-rejected/sparql",
            rejected_update_url=f"{base}-rejected/update",
            **options,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Give several named graphs their next content, in one transaction; see `catalog.graphstore.door.GraphStore.apply`."""
        check_updates(updates)
        refused = [update for update in updates if is_rejected(update.graph)] if keeps_rejected(self.audience) else []
        self._apply_rejected([update for update in refused if update.ntriples])
        self._apply(self._graphs, [update for update in updates if not is_rejected(update.graph)])
        self._apply_rejected([update for update in refused if not update.ntriples])

    def _apply_rejected(self, updates: Sequence[GraphUpdate]) -> None:
        if not updates:
            return
        if (place := self._rejected_place()) is not None:
            self._apply(place, updates)
        elif any(update.ntriples for update in updates):
            _log.warning("%s keeps no refused states: it has no dataset for them", self._graphs.query_url)

    def _rejected_place(self) -> Place | None:
        """The dataset of refused states, where this server has one."""
        if self._rejected is not None:
            try:
                self._query(self._rejected, "ASK {}", MEDIA_TYPES["json"])
            except GraphStoreUnavailableError:
                self._query(self._graphs, "ASK {}", MEDIA_TYPES["json"])  # is it the server, or only this dataset?
                return None
        return self._rejected

    def _apply(self, place: Place, updates: Sequence[GraphUpdate]) -> None:
        if not updates:
            return
        if not any(update.ntriples for update in updates):
            self._drop(place, [update.graph for update in updates])
            return
        deltas = self._plan(place, updates)
        if deltas and not self._send(place, deltas):
            deltas = self._plan(place, [GraphUpdate(update.graph, update.ntriples) for update in updates])
            if deltas and not self._send(place, deltas):
                graphs = ", ".join(f"<{delta.graph}>" for delta in deltas)
                raise GraphStoreUnavailableError(f"somebody else is changing {graphs}: nothing was changed, try again")

    def _plan(self, place: Place, updates: Sequence[GraphUpdate]) -> list[Delta]:
        """The differences to send; present content is read where it is not known, or the graph goes."""
        present = self._existing(place, [update.graph for update in updates])
        deltas = []
        for update in updates:
            previous = update.previous if update.graph in present else b""
            if update.graph in present and (not previous or not update.ntriples):
                previous = self._read(place, update.graph)
            deltas.append(plan_delta(update.graph, previous or b"", update.ntriples or b""))
        return [delta for delta in deltas if delta]

    def _send(self, place: Place, deltas: Sequence[Delta]) -> bool:
        """Send a change; whether it was carried out."""
        failed = self._try_update(place, write_operation(deltas))
        done = self._is_done(place, deltas, failed)
        if failed is not None and not done:
            raise GraphStoreUnavailableError(f"nothing was changed yet, repeat it: {failed}") from failed
        return done

    def _drop(self, place: Place, graphs: Sequence[str]) -> None:
        if not self._existing(place, graphs):
            return
        failed = self._try_update(place, bind(load_query("drop-graphs"), {"graph": list(map(Iri, graphs))}).encode())
        try:
            left = self._existing(place, graphs)
        except CatalogError as error:
            raise GraphStoreUnavailableError(
                f"whether the graphs were dropped is unknown, repeat it: {failed or error}"
            ) from error
        if left:
            raise GraphStoreUnavailableError(f"the graphs were not dropped, repeat it: {failed or 'somebody wrote to them'}")

    def _try_update(self, place: Place, text: bytes) -> CatalogError | None:
        """Send an update; what went wrong where it may have been carried out all the same."""
        if place.update_url is None:
            raise GraphStoreUnavailableError(
                f"{place.query_url} can only be read: CATALOG_FUSEKI__UPDATE_URL says where to write"
            )
        try:
            self._http.update(place.update_url, text)
        except (GraphStoreUnavailableError, LimitExceededError) as error:
            return error
        return None

    def _is_done(self, place: Place, deltas: Sequence[Delta], failed: CatalogError | None) -> bool:
        """Whether a change was carried out."""
        try:
            answer = self._query(place, write_question(deltas), MEDIA_TYPES["json"])
        except CatalogError as error:
            raise GraphStoreUnavailableError(f"whether the change was made is unknown, repeat it: {failed or error}") from error
        return parse_boolean(answer)

    def _existing(self, place: Place, graphs: Sequence[str]) -> set[str]:
        rows = self._bindings(place, bind(load_query("existing-graphs"), {"graph": list(map(Iri, graphs))}))
        return {name for name in rows.values("graph") if name is not None}

    def _read(self, place: Place, graph: str) -> bytes:
        text = bind(load_query("read-graph"), {"graph": [Iri(graph)]})
        body = self._query(place, text, MEDIA_TYPES["ntriples"], max_bytes=_MAX_OWN_BYTES)
        return b"".join(sorted(body.splitlines(keepends=True)))

    def _query(
        self,
        place: Place,
        text: str,
        accept: str,
        *,
        max_bytes: int = _MAX_OWN_BYTES,
        timeout: float | None = None,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        """Ask the reading service, with the credential once it has asked for one."""
        for log_in in (self._log_in_to_read, True):
            try:
                body = self._http.query(
                    place.query_url, text, accept, max_bytes=max_bytes, timeout=timeout, params=params, authenticate=log_in
                )
            except ForbiddenError:
                if log_in or not self._http.has_credential:
                    raise
            else:
                self._log_in_to_read = log_in
                return body
        raise AssertionError("unreachable")

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002
        """Answer a user's query; see `catalog.graphstore.door.GraphStore.query`."""
        safe = guard_query(text, services=True)
        safe.check_format(format)
        place, accept = self._place_of(safe), _accept(safe, format)
        safe, timeout = self._federation.fill(safe, timeout)
        body = self._query(
            place,
            declare_prefixes(safe.prefixes) + safe.text,
            MEDIA_TYPES[accept],
            max_bytes=self._max_answer_bytes,
            timeout=timeout,
            params=None if safe.rejected else self._dataset(safe),
        )
        return Answer(b"".join(_as_asked([body], accept, format)), MEDIA_TYPES[format])

    def answer(self, question: Question, cancel: Cancel) -> WholeAnswer:
        """Answer a query from outside; see `catalog.graphstore.outside.OutsideDoor.answer`."""
        safe = question.guarded()
        refuse_unstoppable(question.text)
        place, accept = self._place_of(safe), _accept(safe, question.format)
        url = self._outside.endpoint(place.query_url, place.base, self._try)
        params = [("default-graph-uri", name) for name in question.default_graphs]
        params += [("named-graph-uri", name) for name in question.named_graphs]
        if not params and not safe.rejected:
            params = list((self._dataset(safe) or {}).items())
        safe, seconds = self._federation.fill(safe, self.limits.seconds, cancel)
        base = f"BASE {write_iri(question.base)} " if question.base else ""
        text = base + declare_prefixes(safe.prefixes) + safe.text
        log_in = self._log_in_to_read
        parts = self._outside.answer(
            url, text, MEDIA_TYPES[accept], accept, cancel, params=params, authenticate=log_in, seconds=seconds
        )
        return WholeAnswer(_as_asked(parts, accept, question.format), MEDIA_TYPES[question.format])

    def _try(self, url: str) -> bytes:
        return self._query(Place(url, None), "ASK {}", MEDIA_TYPES["json"])

    def _place_of(self, safe: SafeQuery) -> Place:
        if not safe.rejected:
            return self._graphs
        if (place := self._rejected_place()) is None:
            raise InputError(f"refused states are not kept here: {self._graphs.base} has no dataset for them beside it")
        return place

    def _dataset(self, safe: SafeQuery) -> Mapping[str, str] | None:
        """Protocol parameters that make the default graph the union where the server does not."""
        if safe.from_graphs or safe.graph_patterns or self._has_union():
            return None
        return _UNION_GRAPH

    def _has_union(self) -> bool:
        if self._union is None:
            rows = self._bindings(self._graphs, load_query("union-default-graph"))
            if not rows:
                return True  # nothing to see yet either way
            self._union = rows.rows[0][0] == Literal("true", "http://www.w3.org/2001/XMLSchema#boolean")
        return self._union

    def _bindings(
        self, place: Place, text: str, params: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Bindings:
        return parse_bindings(self._query(place, text, MEDIA_TYPES["tsv"], params=params, timeout=timeout))

    def select(
        self,
        text: str,
        values: Mapping[str, Sequence[Term]] | None = None,
        *,
        timeout: float | None = None,
        brief: bool = False,
    ) -> Bindings:
        """Answer one of our own SELECT queries; see `catalog.graphstore.door.GraphStore.select`."""
        safe = guard_own_query(text)
        if safe.form != "SELECT":
            raise InputError(f"{safe.form} has no bindings: use `ask` or `query`")
        bound = declare_prefixes(safe.prefixes) + bind(text, values)
        ask = partial(self._bindings, self._graphs, bound, self._dataset(safe))
        return ask(timeout) if timeout is None or brief else self._memory.answer(bound, ask, timeout)

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """Answer one of our own ASK queries."""
        safe = guard_own_query(text)
        if safe.form != "ASK":
            raise InputError("only ASK has a yes or no: use `select`")
        bound = declare_prefixes(safe.prefixes) + bind(text, values)
        body = self._query(self._graphs, bound, MEDIA_TYPES["json"], params=self._dataset(safe))
        return parse_boolean(body)

    def find_text(self, words: str, *, limit: int = 20, timeout: float | None = None) -> Sequence[TextHit]:
        """Find what words speak of; see `catalog.graphstore.door.GraphStore.find_text`."""
        clock = Clock(timeout)

        def select(text: str, values: Mapping[str, Sequence[Term]]) -> Bindings:
            return self.select(text, values, timeout=clock.left())

        return find_text(words, limit, lambda terms: self._texts.candidates(terms, select), select, clock)

    def read_graph(self, graph: str) -> bytes:
        """Read the triples of one named graph; see `catalog.graphstore.door.GraphStore.read_graph`."""
        write_iri(graph)
        if not is_rejected(graph):
            return self._read(self._graphs, graph)
        place = self._rejected_place()
        return b"" if place is None else self._read(place, graph)

    def check(self) -> StoreCheck:
        """Say what this Fuseki can do and what is missing; see `catalog.graphstore.door.GraphStore.check`."""
        return check_fuseki(self._http, self._graphs, self._rejected, lambda: has_index(self.select))

    def close(self) -> None:
        """Close the connections. Calling it again does nothing."""
        self._http.close()
        self._outside_http.close()


def _accept(safe: SafeQuery, format: str) -> str:  # noqa: A002
    """The format to ask the server for: no standard says how CSV and TSV write yes and no."""
    return "json" if safe.form == "ASK" and format in {"csv", "tsv"} else format


def _as_asked(parts: list[bytes], accept: str, format: str) -> list[bytes]:  # noqa: A002
    return parts if accept == format else [b"true" if parse_boolean(b"".join(parts)) else b"false"]


def _place(query_url: str, update_url: str | None) -> Place:
    return Place(
        check_url(query_url, "CATALOG_FUSEKI__URL"),
        None if update_url is None else check_url(update_url, "CATALOG_FUSEKI__UPDATE_URL"),
    )
