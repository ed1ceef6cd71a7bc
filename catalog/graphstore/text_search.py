"""Which datasets and nodes do words speak of, and which of them most? What comes after an index has named some texts.

An index, or a query that looks at every text, names *candidates*: texts that hold at least one of the words. Here it is seen
which datasets and nodes they belong to and whether all words are there, and each is given a score that depends on its texts
alone. So it does not matter which index named them.

*Score.* For each word the text counts where it is worth most: the weight of its property, times how often the word is there
against how long the text is (the term of BM25 with k₁ = 1.2, b = 0.75, and a text of six words taken for the usual one). The
mean over the words counts threefold where the best text is nothing but the words, twofold where it begins with them. Of a path
the last step is compared. What is said of a thing that belongs to a dataset or node counts half, and so does what a node's
dataset contributes.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from catalog.errors import InputError, LimitExceededError
from catalog.graphstore.bindings import Bindings, Iri, Literal, Term
from catalog.graphstore.compose import part
from catalog.graphstore.door import OUT_OF_TIME, TextHit
from catalog.graphstore.queries import load_query
from catalog.graphstore.text_properties import INDEXED, weight_of
from catalog.graphstore.text_words import Term as Wanted
from catalog.graphstore.text_words import TextWords, as_beginnings, parse_terms, split_text
from catalog.rdf.iris import node_path
from catalog.rdf.terms import PATH

MAX_HITS: Final = 1000
MAX_CANDIDATES: Final = 2000
"""Texts that an index names for names, and again for everything else; the best by its own ranking."""

_DEPENDENT: Final = 0.5
_BEGINNING: Final = 0.6
_DATASET: Final = 0.5
_K1, _B, _USUAL = 1.2, 0.75, 6.0
_BATCH: Final = 1000
_LINKS: Final = 20_000
"""Links to things that hold a word that are followed; of one word alone, twice as many as there may be hits."""

Select = Callable[[str, Mapping[str, Sequence[Term]]], Bindings]
"""How one of our own queries is answered: its text, and the terms it takes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may hold what is looked for: the subject and property it stands at, and its graph."""

    subject: str
    property: str
    text: str
    graph: str


Retrieve = Callable[[Sequence[Wanted]], Iterable[Candidate]]
"""How candidates are found for terms: at least the texts that hold any of them; more does no harm."""


class Clock:
    """How long finding may still take.

    Parameters
    ----------
    seconds
        From now; None: as long as it takes.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._until = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """Seconds that are left, above 0; None where there is no end.

        Raises
        ------
        LimitExceededError
            The time is up (``sparql-seconds``).
        """
        if self._until is None or self._seconds is None:
            return None
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.up()
        return left

    def is_up(self) -> bool:
        """Whether no time is left."""
        return self._until is not None and time.monotonic() >= self._until

    def up(self) -> LimitExceededError:
        """What is raised when the time is up."""
        seconds = max(1, round(self._seconds or 0))
        message = f"words were looked for longer than {self._seconds:g} s: look for fewer, or rarer ones"
        return LimitExceededError(message, limit=OUT_OF_TIME, value=seconds, allowed=seconds)


@dataclass(frozen=True, slots=True)
class _Owner:
    iri: str
    dataset: str
    path: str
    share: float


@dataclass(slots=True)
class _Standing:
    """How a dataset or node stands so far: its best score for each term, and the text that says most."""

    owner: _Owner
    scores: list[float]
    best: tuple[float, str, str, str] = (0.0, "", "", "")
    share: float = 1.0


def find_text(words: str, limit: int, retrieve: Retrieve, select: Select, clock: Clock | None = None) -> Sequence[TextHit]:
    """Find what `catalog.graphstore.door.GraphStore.find_text` promises.

    Parameters
    ----------
    words, limit
        As there.
    retrieve
        Names candidates.
    select
        Asks the graph store.
    clock
        When it is given up.

    Raises
    ------
    InputError
        `words` is empty or too long, or `limit` out of range.
    LimitExceededError
        The time is up.
    """
    clock = clock or Clock(None)
    if not 1 <= limit <= MAX_HITS:
        raise InputError(f"limit is {limit}; 1 to {MAX_HITS} hits are allowed")
    terms = parse_terms(words)
    if not terms:
        return ()
    found = _search(terms, limit, retrieve, select, clock)
    return found or _search(as_beginnings(terms), limit, retrieve, select, clock)


def _search(terms: Sequence[Wanted], limit: int, retrieve: Retrieve, select: Select, clock: Clock) -> Sequence[TextHit]:
    scored = []
    for each in dict.fromkeys(retrieve(terms)):
        clock.left()
        scores, share = _score(each, terms)
        if any(scores):
            scored.append((each, scores, share))
    owners = _owners([found[0] for found in scored], select, _LINKS if len(terms) > 1 else 2 * MAX_HITS)
    standings: dict[str, _Standing] = {}
    for candidate, scores, share in scored:
        for owner in owners.get(candidate.subject, ()):
            _add(standings, owner, candidate, scores, share)
    return _ranked(standings, limit)


def _score(candidate: Candidate, terms: Sequence[Wanted]) -> tuple[list[float], float]:
    """What a text is worth for each term, and by how much it counts more because the terms are all it says."""
    words = split_text(candidate.text)
    weight = weight_of(candidate.property)
    length = _K1 * (1 - _B + _B * len(words.words) / _USUAL)
    scores = []
    for term in terms:
        worth = 1.0
        count = words.count(Wanted(term.words, term.spelt)) if term.begins else 0
        if not count:
            count = words.count(term)
            worth = _BEGINNING if term.begins else 1.0
        scores.append(worth * weight * count * (_K1 + 1) / (count + length))
    return scores, _whole(candidate, words, terms)


def _whole(candidate: Candidate, words: TextWords, terms: Sequence[Wanted]) -> float:
    said = split_text(candidate.text.rpartition("/")[2]).words if candidate.property == PATH else words.words
    wanted = tuple(word for term in terms for word in term.words)
    if said[: len(wanted)] == wanted:
        return 3.0 if len(said) == len(wanted) else 2.0
    return 1.0


def _owners(candidates: Sequence[Candidate], select: Select, links: int) -> Mapping[str, Sequence[_Owner]]:
    """The datasets and nodes that each subject is, or else belongs to, by at most so many links for some of them."""
    found = _themselves(((each.subject, each.graph) for each in candidates), select)
    left = [subject for subject in dict.fromkeys(each.subject for each in candidates) if subject not in found]
    linked: list[tuple[str, str, str]] = []
    text = f"{load_query('text-links')}\n{part('limit', number=links).value}"
    for batch in _batches(left):
        rows = select(text, {"subject": batch}).rows
        linked += [(_value(subject), _value(item), _value(graph)) for subject, item, graph in rows]
    users = _themselves(((item, graph) for _, item, graph in linked), select)
    belong: dict[str, list[_Owner]] = {}
    for subject, item in dict.fromkeys((subject, item) for subject, item, _ in linked):
        for owner in users.get(item, ()):
            belong.setdefault(subject, []).append(replace(owner, share=_DEPENDENT))
    return {**found, **belong}


def _themselves(things: Iterable[tuple[str, str]], select: Select) -> dict[str, list[_Owner]]:
    """Those of some things that are datasets or nodes; each stands in a graph, and a dataset's own says which are its nodes."""
    found: dict[str, list[_Owner]] = {}
    unsure: dict[str, None] = {}
    for thing, graph in things:
        path = node_path(graph, thing)
        if path is not None:
            found[thing] = [_Owner(thing, graph, path, 1.0)]
        elif "/datasets/" in thing and "#" not in thing:
            unsure[thing] = None
    for batch in _batches([thing for thing in unsure if thing not in found]):
        for row in select(load_query("text-owners"), {"subject": batch}):
            item, dataset, path = (_value(row[name]) for name in ("item", "dataset", "path"))
            found.setdefault(item, []).append(_Owner(item, dataset, path, 1.0))
    return found


def _batches(things: Sequence[str]) -> Iterator[list[Term]]:
    for at in range(0, len(things), _BATCH):
        yield [Iri(each) for each in things[at : at + _BATCH]]


def _value(term: Term | None) -> str:
    return "" if term is None else term.value


def _add(standings: dict[str, _Standing], owner: _Owner, candidate: Candidate, scores: list[float], share: float) -> None:
    scores = [score * owner.share for score in scores]
    worth = (sum(scores) * share, candidate.property, candidate.text, candidate.graph)
    standing = standings.setdefault(owner.iri, _Standing(owner, [0.0] * len(scores)))
    standing.scores = [max(pair) for pair in zip(standing.scores, scores, strict=True)]
    if worth[0] > standing.best[0] or (worth[0] == standing.best[0] and worth[1:] < standing.best[1:]):
        standing.best, standing.share = worth, share


def _ranked(standings: Mapping[str, _Standing], limit: int) -> Sequence[TextHit]:
    hits = []
    for iri, standing in standings.items():
        owner, scores = standing.owner, standing.scores
        if not all(scores) and owner.dataset != iri and owner.dataset in standings:
            given = standings[owner.dataset].scores
            scores = [score or _DEPENDENT * more for score, more in zip(scores, given, strict=True)]
        if not all(scores):
            continue
        score = standing.share * sum(scores) / len(scores) + (_DATASET if owner.dataset == iri else 0.0)
        _, property_, text, graph = standing.best
        hits.append(TextHit(iri, property_, text, round(score, 6), graph, owner.dataset, owner.path))
    return sorted(hits, key=lambda hit: (-hit.score, hit.dataset, hit.path, hit.iri))[:limit]


def scan_texts(terms: Sequence[Wanted], select: Select) -> Iterable[Candidate]:
    """Candidates without an index: every text is looked at, which takes a second for some hundred thousand of them.

    Marks on letters count where the words that are looked for have none.
    """
    yield from read_candidates(select(load_query("text-scan"), {"property": list(map(Iri, INDEXED)), "word": _parts(terms)}))
    yield from scan_described(terms, select)


def scan_described(terms: Sequence[Wanted], select: Select) -> Iterable[Candidate]:
    """Candidates among the texts about what nodes describe, whatever their property, without an index."""
    yield from read_candidates(select(load_query("text-described"), {"word": _parts(terms)}))


def sample_text(select: Select) -> Candidate | None:
    """A text that an index must find; None where there is nothing to find."""
    rows = select(load_query("text-sample"), {"property": list(map(Iri, INDEXED))})
    return next(iter(read_candidates(rows)), None)


def _parts(terms: Sequence[Wanted]) -> list[Term]:
    """What a text must hold one of: for each term its longest word, as it is spelt and without marks."""
    longest = [max(zip(term.words, term.spelt, strict=True), key=lambda pair: len(pair[0])) for term in terms]
    return [Literal(word) for word in dict.fromkeys(word for pair in longest for word in pair)]


def read_candidates(rows: Bindings) -> Iterable[Candidate]:
    """The candidates in a table with the columns graph, subject, property and text."""
    for row in rows:
        yield Candidate(*(_value(row[name]) for name in ("subject", "property", "text", "graph")))
