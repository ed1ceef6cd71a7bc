"""What in the catalogue meets this search?

One query finds everything that matches, with what it is sorted by; it is ordered, counted and cut into pages here, so that the
order is the same on every graph store, and a page follows the one before whatever is ingested or deleted meanwhile. Facets are a
query each. What a hit shows is asked for the page alone.
"""

import hashlib
import heapq
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from catalog.graphstore.bindings import Iri, Term
from catalog.graphstore.compose import Text, join, part
from catalog.graphstore.door import GraphStore, TextHit
from catalog.graphstore.queries import load_query
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT
from catalog.services.asking.conditions import Patterns
from catalog.services.asking.filter_tree import MANY, All, Linked, One, Tree, is_few, narrow_parts, restrict, without
from catalog.services.asking.lookups import Lookup
from catalog.services.asking.values import plain_value, text_term
from catalog.services.search_all import Counting
from catalog.services.search_answer import Facet, FacetValue, SearchAnswer
from catalog.services.search_clock import TimedStore
from catalog.services.search_cursor import NOTHING, Key, Place, read_cursor, sort_key, turned, write_cursor
from catalog.services.search_datasets import ask_datasets
from catalog.services.search_extents import find_periods, find_places
from catalog.services.search_hits import describe_hits
from catalog.services.search_request import FacetWanted, SearchRequest
from catalog.services.search_terms import TermReader

MAX_TEXT_HITS: Final = 1000
"""What words are found in: the best so many."""

MAX_CANDIDATES: Final = 1000
"""Things that all else is looked up for, one by one."""

Page = list[tuple[str, tuple[Key, ...]]]
"""IRIs of hits, in order, each with what it is sorted by."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How much one search may look at.

    Attributes
    ----------
    matches
        Things that match, with the values they are sorted by; more are not ordered.
    facet_values
        Different values of one facet.
    seconds
        Until it is given up, from its begin.
    """

    matches: int = 200_000
    facet_values: int = 10_000
    seconds: float = 10.0


def search(store: GraphStore, iris: Iris, request: SearchRequest, limits: SearchLimits = SearchLimits()) -> SearchAnswer:
    """Answer a search.

    Parameters
    ----------
    store
        Of the audience that asks: nothing else is looked at.
    iris
        Of the deployment.
    request
        What is asked for.
    limits
        How much may be looked at; where it is not enough, the answer says so.

    Raises
    ------
    InputError
        A term is unknown (the message names the nearest), a value does not go with its term, or the cursor is another search's.
    LimitExceededError
        There is too much to compare.
    GraphStoreUnavailableError
        The graph store does not answer.
    """
    return _Search(store, iris, request, limits).answer()


class _Search:
    def __init__(self, store: GraphStore, iris: Iris, request: SearchRequest, limits: SearchLimits) -> None:
        self._store = TimedStore(store, limits.seconds)
        self._iris, self._request, self._limits = iris, request, limits
        self._reader = TermReader(self._store, request.kind)
        self._texts: Mapping[str, TextHit] = {}
        self._reasons: list[str] = []

    def answer(self) -> SearchAnswer:
        request = self._request
        sorts = [(self._reader.plain_lookup(each.removeprefix("-"), "sort"), each.startswith("-")) for each in request.sort]
        facets = [(each, self._reader.plain_lookup(each.term, "a facet")) for each in request.facets]
        after = read_cursor(request, len(sorts) or bool(request.text))
        tree = self._tree()
        tree = self._narrowed(tree)
        if self._is_every(tree) and not sorts and request.sample is None:
            counting = Counting(self._store.select, self._iris, request.kind)
            counted = counting.count(tree)
            found, more = counting.page(tree, counted, request.limit, after[1] if after else "")
            return self._answer([(iri, ()) for iri in found], more, counted.total, tree, facets)
        matches = self._matches(tree, sorts)
        exact = not self._reasons
        if not exact and not sorts and not request.text and request.sample is None:
            page, more = self._page_in_order(tree, after)
        else:
            page, more = self._page(matches, [turn for _, turn in sorts] or [False] * bool(request.text), after)
            more = more and (exact or bool(request.text))
        return self._answer(page, more, len(matches), tree, facets, exact=exact)

    def _answer(
        self, page: Page, more: bool, total: int, tree: Tree, facets: Sequence[tuple[FacetWanted, Lookup]], *, exact: bool = True
    ) -> SearchAnswer:
        request = self._request
        return SearchAnswer(
            request.kind,
            describe_hits(self._store, self._iris, [iri for iri, _ in page], self._texts),
            total,
            exact,
            tuple(self._facet(tree, wanted, lookup) for wanted, lookup in facets),
            write_cursor(request, page[-1][1], page[-1][0]) if more and page and request.sample is None else "",
            tuple(self._reasons),
            self._request.seed if request.sample is not None else "",
        )

    def _tree(self) -> Tree:
        """Everything that has to hold, as one tree."""
        request = self._request
        parts: list[Tree] = []
        if request.text:
            hits = self._store.find_text(request.text, limit=MAX_TEXT_HITS)
            self._texts = {hit.iri: hit for hit in hits}
            if len(hits) >= MAX_TEXT_HITS:
                self._cut(f"text: only the {MAX_TEXT_HITS} things that the words speak of most were looked at")
            parts.append(One(tuple(self._texts)))
        if request.box is not None:
            parts.append(Linked(f"{DCT}spatial", tuple(find_places(self._store, request.box))))
        if request.interval is not None:
            parts.append(Linked(f"{DCT}temporal", tuple(find_periods(self._store, *request.interval))))
        if request.filter is not None:
            wanted = self._reader.tree(request.filter)
            parts.append(wanted if request.kind == "datasets" else ask_datasets(self._store.select, wanted))
        return All(tuple(parts))

    def _narrowed(self, tree: Tree) -> Tree:
        """The same where conditions that few things meet are replaced by these, so that all else is asked of them alone."""
        given = [set(each.things) for each in tree.parts if isinstance(each, One)] if isinstance(tree, All) else []
        asked: list[Tree] = [each for each in tree.parts if isinstance(each, One)] if isinstance(tree, All) else []
        for each, body, patterns in narrow_parts(self._request.kind, tree):
            rows = self._store.select(part("candidates", body=body, number=MAX_CANDIDATES + 1).value, patterns.values).rows
            if len(rows) <= MAX_CANDIDATES:
                given.append({row[0].value for row in rows if isinstance(row[0], Iri)})
                asked.append(each)
        return without(tree, asked, sorted(set.intersection(*given))) if given else tree

    def _matches(self, tree: Tree, sorts: Sequence[tuple[Lookup, bool]]) -> dict[str, tuple[Key, ...]]:
        """IRI → what it is sorted by, of everything that matches."""
        if not sorts:
            rows = self._rows(tree, None)
            if self._request.text:
                return {iri: ((0, -Decimal(str(self._texts[iri].score))),) for iri, _ in rows if iri in self._texts}
            return {iri: () for iri, _ in rows}
        found: dict[str, list[Key]] = {}
        for at, (lookup, turn) in enumerate(sorts):
            for iri, term in self._rows(tree, lookup):
                key = sort_key(term)
                keys = found.setdefault(iri, [NOTHING] * len(sorts))
                keys[at] = min(keys[at], key) if not turn or NOTHING in {keys[at], key} else max(keys[at], key)
        return {iri: tuple(keys) for iri, keys in found.items()}

    def _rows(self, tree: Tree, lookup: Lookup | None) -> Iterable[tuple[str, Term | None]]:
        patterns = Patterns()
        body = [restrict(self._request.kind, tree, patterns)]
        columns = Text("")
        if lookup is not None:
            every = self._is_every(tree)
            pattern, name = patterns.reached(lookup)
            body.append(part("optional", body=part("pairs", name=name, body=pattern) if every else pattern))
            columns = part("column", name=name)
        text = part("matches", columns=columns, body=join(body), number=self._limits.matches + 1).value
        rows = self._store.select(text, patterns.values).rows
        if len(rows) > self._limits.matches:
            rows = rows[: self._limits.matches]
            self._cut(f"matches: more than {self._limits.matches} match, and no more were looked at: narrow the search")
        return [
            (row[0].value, row[1] if lookup is not None else None)
            for row in rows
            if isinstance(row[0], Iri) and self._iris.dataset_id(row[0].value) is not None
        ]

    def _is_every(self, tree: Tree) -> bool:
        """Whether so much is looked at that it is better read from its beginning to its end than looked up."""
        return self._request.kind in MANY and not is_few(tree)

    def _cut(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.append(reason)

    def _page(self, matches: Mapping[str, tuple[Key, ...]], turns: Sequence[bool], after: Place | None) -> tuple[Page, bool]:
        """The hits of the page with what they are sorted by, and whether more follow."""
        request = self._request
        if request.sample is not None:
            if not request.seed:
                self._request = replace(request, seed=secrets.token_hex(4))
            seed = self._request.seed.encode(errors="surrogatepass")
            drawn = heapq.nsmallest(request.sample, matches, key=lambda iri: hashlib.sha256(seed + iri.encode()).digest())
            return [(iri, matches[iri]) for iri in drawn], False

        def place(keys: tuple[Key, ...], iri: str) -> tuple[Any, ...]:
            return (*(turned(key) if turn else key for key, turn in zip(keys, turns, strict=True)), iri)

        begin = None if after is None else place(*after)
        placed = ((place(keys, iri), iri) for iri, keys in matches.items())
        first = heapq.nsmallest(request.limit + 1, (each for each in placed if begin is None or begin < each[0]))
        page = [(iri, matches[iri]) for _, iri in first[: request.limit]]
        return page, len(first) > request.limit

    def _page_in_order(self, tree: Tree, after: Place | None) -> tuple[Page, bool]:
        """The same where too many match to be ordered here: by IRI, which the graph store can do."""
        patterns = Patterns()
        body = [restrict(self._request.kind, tree, patterns)]
        if after is not None:
            name, given = patterns.give([text_term(after[1])])
            body += [given, part("text-above", object="item", value=name)]
        limit = self._request.limit
        rows = self._store.select(part("in-order", body=join(body), number=limit + 1).value, patterns.values).rows
        found = [row[0].value for row in rows if isinstance(row[0], Iri)]
        return [(iri, ()) for iri in found[:limit]], len(found) > limit

    def _facet(self, tree: Tree, wanted: FacetWanted, lookup: Lookup) -> Facet:
        """The most frequent values of a term, by count and then in their order."""
        patterns = Patterns()
        every = self._is_every(tree)
        pattern, name = patterns.reached(lookup, named=False, backward=every)
        restricted = restrict(self._request.kind, tree, patterns, alone=not every, recorded=not every)
        body = [part("pairs", name=name, body=pattern), restricted] if every else [restricted, pattern]
        how = "facet-by-dataset" if every else "facet"
        text = part(how, body=join(body), name=name, number=self._limits.facet_values + 1).value
        counted = [(row[0], int(row[1].value)) for row in self._store.select(text, patterns.values).rows if row[0] and row[1]]
        if len(counted) > self._limits.facet_values:
            self._cut(f"facets: {wanted.term} has more than {self._limits.facet_values} values, and no more were looked at")
        counted.sort(key=lambda each: (-each[1], sort_key(each[0]), each[0].value if each[0] else ""))
        shown = counted[: wanted.limit]
        names = self._names([term.value for term, _ in shown if isinstance(term, Iri)])
        values = tuple(FacetValue(plain_value(term), count, names.get(term.value if term else "", "")) for term, count in shown)
        return Facet(wanted.term, values, len(counted) > wanted.limit)

    def _names(self, things: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        if things:
            for row in self._store.select(load_query("search-names"), {"thing": [Iri(each) for each in things]}, brief=True):
                thing, name = row["thing"], row["name"]
                if thing is not None and name is not None:
                    found[thing.value] = min(found.get(thing.value, name.value), name.value)
        return found
