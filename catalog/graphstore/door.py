r"""What does every graph store do for us? The door that `embedded` and `fuseki` stand behind.

**One graph, one document.** A named graph travels as canonical N-Triples: one triple per line, every line ended by ``\n``, no
blank nodes, no line twice. `GraphStore.apply` replaces whole graphs, all of them in one transaction.

**What users see.** The default graph of a query is the union of all named graphs. Graphs whose IRI ends with ``/rejected``
(the newest state that the shapes refused) are kept in a place of their own: they are in no union, and ``GRAPH ?g`` does not find
them. A query that *names* one of them (``GRAPH <…/rejected>``, ``FROM <…/rejected>``) is answered from that place, and from
nothing else: its default graph is empty, ``GRAPH ?g`` runs over the rejected graphs. `GraphStore.read_graph` reads either kind.
Only the audience that sees everything keeps rejected graphs; other audiences pass over them.

**Order across the two places.** Rejected graphs are written before the others and dropped after them, so that whoever reads in
the transaction's result that a state was refused finds that state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable
from typing import Literal as OneOf

from catalog.errors import InputError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.queries import write_iri

OUT_OF_TIME: Final = "sparql-seconds"
"""The limit that a query exceeds which was given up."""

REJECTED = "/rejected"
"""How the IRI of a graph ends that no default graph may show."""

SELECT_FORMATS = ("json", "csv", "tsv", "xml")
GRAPH_FORMATS = ("turtle", "ntriples", "jsonld", "rdfxml")
MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/sparql-results+json",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "xml": "application/sparql-results+xml",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
}


FULL_AUDIENCE = "catalog"
"""The audience that sees everything."""


def is_rejected(graph: str) -> bool:
    """Whether a graph's IRI says that the shapes refused what it holds."""
    return graph.endswith(REJECTED)


@dataclass(frozen=True, slots=True)
class GraphUpdate:
    """The next content of one named graph.

    Attributes
    ----------
    graph
        IRI of the named graph.
    ntriples
        Its whole new content as canonical N-Triples. `None` (or ``b""``): the graph is dropped.
    previous
        Its present content where the caller knows it, which lets the store send a difference. `None`: unknown, the store
        reads it. ``b""``: known to be absent.
    """

    graph: str
    ntriples: bytes | None
    previous: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised answer, complete as it stands, and its media type."""

    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class TextHit:
    """A dataset or node that words were found in, by `GraphStore.find_text`.

    Attributes
    ----------
    iri
        The dataset or node. A text about something that belongs to it (a channel's name, an attribute's value, a described
        sample's title) leads here as well.
    property
        IRI of the property that holds the text: ``rdfs:label``, ``dct:title``, ``zo:value`` for an attribute's value …
    text
        The whole text that speaks most for the hit, as it stands in the graph.
    score
        Above 0, larger is better. Comparable within one answer only.
    graph
        IRI of the named graph that holds the text.
    dataset
        IRI of the dataset; equal to `iri` where the hit is a dataset.
    path
        Path of the node inside its hierarchy; ``""`` for a root and for a dataset.
    """

    iri: str
    property: str
    text: str
    score: float
    graph: str
    dataset: str
    path: str


class Asked(Protocol):
    """What answers our own questions, and no more: a graph store, or somebody who asks one."""

    def select(self, text: str, values: Mapping[str, Sequence[Term]] | None = None, *, brief: bool = False) -> Bindings:
        """See `GraphStore.select`."""
        ...

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """See `GraphStore.ask`."""
        ...


@runtime_checkable
class KnowsItsState(Protocol):
    """A graph store that can tell, without a question, whether it still holds what it held."""

    def state(self) -> str:
        """Names all that is answered now, in this process: as long as the name is the same, so is every answer.

        Asked before a question, it never names more than what the question found. A change has another name as soon as questions
        see it. Costs one system call.

        Returns
        -------
        str
            ``""`` where nothing is known.

        Raises
        ------
        GraphStoreUnavailableError
            The store is closed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `GraphStore.check` looked at.

    Attributes
    ----------
    name
        Stable word, kebab-case, such as ``union-default-graph``.
    outcome
        ``ok``; ``warn``: it works, with a reservation; ``fail``: something the catalogue needs does not work.
    message
        One sentence: what was found, and what to do.
    """

    name: str
    outcome: OneOf["ok", "warn", "fail"]
    message: str


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What a graph store can do and what is missing."""

    kind: str
    place: str
    checks: tuple[Check, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing that the catalogue needs is missing."""
        return all(check.outcome != "fail" for check in self.checks)


def keeps_rejected(audience: str) -> bool:
    """Whether an audience may see what the shapes refused."""
    return audience == FULL_AUDIENCE


def check_updates(updates: Sequence[GraphUpdate]) -> None:
    """Refuse updates that contradict each other.

    Raises
    ------
    InputError
        A name is not an absolute IRI, or a graph is named twice.
    """
    names = [update.graph for update in updates]
    for name in names:
        write_iri(name)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"a graph can change once in one transaction, and these are named twice: {', '.join(twice)}")


@runtime_checkable
class GraphStore(Protocol):
    """Named graphs of one audience, and SPARQL over them."""

    audience: str

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Give several named graphs their next content, in one transaction.

        Durable when it returns; a reader sees all of the old or all of the new content, never half. Graphs that `updates`
        does not name are not touched. The same updates again change nothing.

        Raises
        ------
        InputError
            A graph is named twice, its name is not an absolute IRI, or its content is not canonical N-Triples.
        GraphStoreUnavailableError
            The store did not answer, or cannot be written. Either nothing was changed or everything was: repeat the call.
        ForbiddenError
            The store asks for a right that we do not have.
        """
        ...

    def query(self, text: str, format: str = "json", *, timeout: float | None = None) -> Answer:  # noqa: A002
        """Answer a user's query.

        Parameters
        ----------
        text
            SPARQL SELECT, ASK, CONSTRUCT or DESCRIBE. Our prefixes need no declaration.
        format
            ``json``, ``csv``, ``tsv``, ``xml`` for SELECT and ASK; ``turtle``, ``ntriples``, ``jsonld``, ``rdfxml`` for the
            others.
        timeout
            Seconds after which the query is given up; `None`: the store's own limit.

        Raises
        ------
        InputError
            A syntax error (with its line), or a format that does not go with the form of the query.
        ForbiddenError
            SERVICE, or an update.
        LimitExceededError
            The text, the time, or the answer is too large; never a short answer.
        GraphStoreUnavailableError
            The store did not answer.
        """
        ...

    def select(
        self,
        text: str,
        values: Mapping[str, Sequence[Term]] | None = None,
        *,
        timeout: float | None = None,
        brief: bool = False,
    ) -> Bindings:
        """Answer one of our own SELECT queries with typed terms.

        Parameters
        ----------
        text
            SPARQL SELECT, as a rule from `catalog.graphstore.queries.load_query`.
        values
            Terms for each ``#VALUES name`` line of `text`; see `catalog.graphstore.queries.bind`.
        timeout
            Seconds after which it is given up; `None`: the store's own limit. A store that only its opener asks, in his own
            process, passes it over.
        brief
            Whether it looks up a bounded number of things, one by one. A store that stops a query only by ending a process then
            answers at once, and passes the timeout over.

        Raises
        ------
        LimitExceededError
            The time is up (``sparql-seconds``).
        """
        ...

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """Answer one of our own ASK queries."""
        ...

    def find_text(self, words: str, *, limit: int = 20, timeout: float | None = None) -> Sequence[TextHit]:
        """Find the datasets and nodes that words speak of, the best first, each once.

        Both kinds of store read words alike, cut texts alike and rank alike (`catalog.graphstore.text_words`,
        `catalog.graphstore.text_search`), so the same content gives the same hits.

        Parameters
        ----------
        words
            1 to 500 characters as a person types them, at most 32 words. Plain words, all of which must be found in the texts of
            one dataset or node (a node's dataset may contribute some of them); ``"side by side"`` in quotes; ``begin*``. Case and
            marks on letters do not count. Nothing else means anything, and nothing is passed on to an engine as syntax. Where
            nothing is found, the words are taken for beginnings.
        limit
            Most hits, 1 to 1,000.
        timeout
            As for `select`, of all of it together.

        Returns
        -------
        sequence of TextHit
            By falling score, ties by IRI; empty where nothing is found, or `words` holds punctuation alone.

        Raises
        ------
        InputError
            `words` is empty or too long, or `limit` out of range.
        LimitExceededError, GraphStoreUnavailableError
            As for `query`.
        """
        ...

    def read_graph(self, graph: str) -> bytes:
        """The triples of one named graph as N-Triples, lines sorted; ``b""`` when there is none.

        The store may have normalised literals (``"01"^^xsd:integer`` comes back as ``"1"``), and Fuseki resolves dot segments
        in IRIs.
        """
        ...

    def check(self) -> StoreCheck:
        """What this store can do and what is missing, for ``catalog check``; raises nothing a store can cause."""
        ...

    def close(self) -> None:
        """Give back files, locks and connections. Calling it again does nothing."""
        ...
