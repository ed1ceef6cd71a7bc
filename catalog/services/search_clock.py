"""How is a search given up in time, whichever of its parts takes long? Everything it asks is asked through one clock."""

import time
from collections.abc import Mapping, Sequence

from catalog.errors import LimitExceededError
from catalog.graphstore.bindings import Bindings, Term
from catalog.graphstore.door import OUT_OF_TIME, GraphStore, TextHit


class TimedStore:
    """A graph store that is asked within what is left of the time.

    Parameters
    ----------
    store
        Of the audience that asks.
    seconds
        Until no more is asked, and what is being asked is stopped; from now.
    """

    def __init__(self, store: GraphStore, seconds: float) -> None:
        self._store, self._seconds = store, seconds
        self._until = time.monotonic() + seconds

    def select(self, text: str, values: Mapping[str, Sequence[Term]] | None = None, *, brief: bool = False) -> Bindings:
        """Answer a SELECT query; see `catalog.graphstore.door.GraphStore.select`.

        Raises
        ------
        LimitExceededError
            The time is up (``search-seconds``).
        """
        left = self._left()
        try:
            return self._store.select(text, values, timeout=left, brief=brief)
        except LimitExceededError as error:
            raise self._up() if error.limit == OUT_OF_TIME else error from None

    def ask(self, text: str, values: Mapping[str, Sequence[Term]] | None = None) -> bool:
        """Answer an ASK query, which looks at one thing after the other until it finds one; errors as `select`."""
        self._left()
        return self._store.ask(text, values)

    def find_text(self, words: str, *, limit: int) -> Sequence[TextHit]:
        """Find what words speak of; see `catalog.graphstore.door.GraphStore.find_text`; errors as `select` too."""
        left = self._left()
        try:
            return self._store.find_text(words, limit=limit, timeout=left)
        except LimitExceededError as error:
            raise self._up() if error.limit == OUT_OF_TIME else error from None

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise self._up()
        return left

    def _up(self) -> LimitExceededError:
        seconds = max(1, round(self._seconds))
        return LimitExceededError(
            f"the search was given up after {self._seconds:g} s: narrow it, or ask for fewer facets",
            limit="search-seconds",
            value=seconds,
            allowed=seconds,
        )
