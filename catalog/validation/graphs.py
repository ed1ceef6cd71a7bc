"""How do graphs in canonical N-Triples become something that pySHACL can look at, quickly?

rdflib reads 35,000 triples per second and looks each one up through a store made for many contexts. Our graphs are known to be
canonical (one triple per line, single spaces), so splitting lines and making each distinct term once reads several times as many;
and a plain table answers the look-ups that validation makes. pySHACL and SPARQL in users' shapes see an ordinary rdflib graph.
"""

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import rdflib
from rdflib.namespace import NamespaceManager
from rdflib.store import Store
from rdflib.term import BNode, Literal, Node, URIRef

from catalog.errors import InputError
from catalog.rdf import literals

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SINGLE = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_STRING, _BOOLEAN = f"{literals.XSD}string", f"{literals.XSD}boolean"
_IRI = r"<([^\x00-\x20<>\"{}|^`]*)>"
_TERM = re.compile(rf'{_IRI}|_:([\w.-]+)|"((?:[^"\\]|\\.)*)"(?:\^\^{_IRI}|@([A-Za-z0-9-]+))?', re.DOTALL)

# rdflib tells its log, with a traceback, of each literal that does not fit its type. The shapes say so better.
logging.getLogger("rdflib").addHandler(logging.NullHandler())

Triple = tuple[Node, Node, Node]


class TripleTable(Store):
    """Triples in memory, by subject and by predicate; an rdflib store that is filled once and then read."""

    context_aware = True  # pySHACL asks for such a store, but keeps to one graph
    graph_aware = True

    def __init__(self) -> None:
        super().__init__()
        self.by_subject: dict[Node, dict[Node, list[Node]]] = {}
        self.by_predicate: dict[Node, dict[Node, list[Node]]] = {}
        self.graph: rdflib.Graph | None = None
        self.size = 0  # kept, not computed: pySHACL asks for each result whether the graph is empty

    def insert(self, subject: Node, predicate: Node, value: Node) -> None:
        """Add a triple that is not there yet."""
        self.by_subject.setdefault(subject, {}).setdefault(predicate, []).append(value)
        self.by_predicate.setdefault(predicate, {}).setdefault(value, []).append(subject)
        self.size += 1

    def holds(self, subject: Node, predicate: Node, value: Node) -> bool:
        """Whether a triple is there; the shorter of its two lists is searched."""
        values = self.by_subject.get(subject, {}).get(predicate, ())
        subjects = self.by_predicate.get(predicate, {}).get(value, ())
        return value in values if len(values) <= len(subjects) else subject in subjects

    def add(self, triple: Any, context: Any = None, quoted: bool = False) -> None:  # noqa: ARG002 - rdflib's signature
        """Add a triple, as rdflib does."""
        if not self.holds(*triple):
            self.insert(*triple)

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[tuple[Any, Any]]:  # noqa: ARG002 - rdflib's signature
        """The triples that match a pattern, as rdflib asks for them."""
        subject, predicate, value = triple_pattern
        if subject is not None:
            found = self._of_subject(subject, predicate, value)
        elif predicate is not None:
            found = self._of_predicate(predicate, value)
        else:
            found = (triple for each in self.by_predicate for triple in self._of_predicate(each, value))
        graphs = (self.graph,)
        for triple in found:
            yield triple, graphs

    def _of_subject(self, subject: Node, predicate: Node | None, value: Node | None) -> Iterator[Triple]:
        facts = self.by_subject.get(subject)
        if facts is None:
            return
        for each in facts if predicate is None else (predicate,):
            if value is None:
                for found in facts.get(each, ()):
                    yield subject, each, found
            elif self.holds(subject, each, value):
                yield subject, each, value

    def _of_predicate(self, predicate: Node, value: Node | None) -> Iterator[Triple]:
        facts = self.by_predicate.get(predicate)
        if facts is None:
            return
        for each in facts if value is None else (value,):
            for subject in facts.get(each, ()):
                yield subject, predicate, each

    def __len__(self, context: Any = None) -> int:
        return self.size

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Do nothing: the graph has no prefixes."""

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """No prefix."""
        return iter(())

    def prefix(self, namespace: URIRef) -> str | None:  # noqa: ARG002 - rdflib's signature
        """No prefix."""
        return None

    def namespace(self, prefix: str) -> URIRef | None:  # noqa: ARG002 - rdflib's signature
        """No namespace."""
        return None


class _PlainNames(NamespaceManager):
    """Writes IRIs as they are. pySHACL writes a text for every result; looking for prefixes would take most of that time."""

    def normalizeUri(self, rdfTerm: str) -> str:  # noqa: N802, N803 - rdflib's names
        return f"<{rdfTerm}>"

    def bind(self, *args: Any, **options: Any) -> None:
        pass


def as_rdflib(table: TripleTable) -> rdflib.Graph:
    """The table as an rdflib graph."""
    table.graph = graph = rdflib.Graph(store=table, bind_namespaces="none")
    graph.namespace_manager = _PlainNames(graph, bind_namespaces="none")
    return graph


class _Terms(dict[str, Node]):
    """Term by its N-Triples text; each distinct one is made once."""

    def __missing__(self, text: str) -> Node:
        term = self[text] = parse_term(text)
        return term


def parse_term(text: str) -> Node:
    """The term that an N-Triples text stands for.

    Literals keep their lexical form as it is, right for their type or not.

    Raises
    ------
    ValueError
        It is no term of N-Triples.
    """
    match = _TERM.fullmatch(text)
    if match is None:
        raise ValueError(text)
    iri, label, lexical, datatype, language = match.groups()
    if iri is not None:
        return URIRef(_unescaped(iri))
    if label is not None:
        return BNode(label)
    lexical = _unescaped(lexical)
    if language:
        return Literal(lexical, lang=language)
    if datatype is None or datatype == _STRING:
        return Literal(lexical)
    if datatype == _BOOLEAN and lexical not in {"true", "false", "1", "0"}:
        return _ill_typed(lexical, datatype)
    return Literal(lexical, datatype=URIRef(_unescaped(datatype)), normalize=False)


def _ill_typed(lexical: str, datatype: str) -> Literal:
    """A literal that does not fit its type, for a type of which rdflib takes anything, with a warning on the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        literal = Literal(lexical, datatype=URIRef(datatype), normalize=False)
    literal._value, literal._ill_typed = None, True
    return literal


def _unescaped(text: str) -> str:
    return text if "\\" not in text else _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    short, long, single = match.groups()
    return _SINGLE[single] if single else chr(int(short or long, 16))


def read_graphs(graphs: Sequence[bytes]) -> TripleTable:
    """The union of some graphs.

    Parameters
    ----------
    graphs
        Each as canonical N-Triples.

    Raises
    ------
    InputError
        A line is not a canonical triple; the message says which.

    Notes
    -----
    About 3 µs per triple; memory about 250 bytes per triple.
    """
    table, terms = TripleTable(), _Terms()
    seen: set[str] = set()
    for number, graph in enumerate(graphs, start=1):
        try:
            lines = graph.decode().split("\n")
        except UnicodeDecodeError as error:
            raise InputError(f"graph {number} is not UTF-8: {error}") from error
        for row, line in enumerate(lines, start=1):
            if not line or line in seen:
                continue
            try:
                subject, predicate, rest = line.split(" ", 2)
                value, dot = rest[:-2], rest[-2:]
                if dot != " .":
                    raise ValueError(line)
                table.insert(terms[subject], terms[predicate], terms[value])
            except (ValueError, KeyError) as error:
                message = f"line {row} of graph {number} is not a triple in canonical N-Triples: {line[:200]!r}"
                raise InputError(message) from error
        seen.update(lines)
    return table
