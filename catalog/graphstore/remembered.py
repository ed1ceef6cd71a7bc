"""Which answers need not be asked for again? Those to the same question about the same published copy, which never changes.

Pages of one search follow each other, and each wants the same counts. What was asked last is kept, up to a number of rows. Where
several ask the same at once, one of them asks, and the others wait for what he is told.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from catalog.errors import LimitExceededError
from catalog.graphstore.bindings import Bindings
from catalog.graphstore.door import OUT_OF_TIME

MAX_ROWS: Final = 120_000
"""Rows that are kept in all, some hundred bytes each."""
MAX_SMALL_ROWS: Final = 20_000
"""The same of answers that take little time each."""
_MAX_QUESTION: Final = 100_000
"""Characters of a question that is kept."""

_Key = tuple[str, str]


class _Asked:
    """A question that somebody asks right now."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: Bindings | None = None


class RememberedAnswers:
    """The answers that were asked for last; safe to use from threads.

    Parameters
    ----------
    rows
        How many are kept in all; of one answer, nine tenths of them at most.
    """

    def __init__(self, rows: int = MAX_ROWS) -> None:
        self._most = rows
        self._lock = threading.Lock()
        self._answers: OrderedDict[_Key, Bindings] = OrderedDict()
        self._asked: dict[_Key, _Asked] = {}
        self._rows = 0

    def answer(
        self,
        copy: str,
        question: str,
        ask: Callable[[float], Bindings],
        seconds: float,
        is_still: Callable[[], bool] | None = None,
    ) -> Bindings:
        """The answer to a question about a copy: as it is kept, as somebody is being told it, or as it is told now.

        Parameters
        ----------
        copy
            What the question is about, named so that it is the same for as long as the name is.
        question
            All that the answer depends on beside.
        ask
            Asks, within so many seconds.
        seconds
            After which the answer is given up.
        is_still
            Whether the copy is what it was when its name was found out, and the answer may be kept; `None`: copies never change.

        Raises
        ------
        LimitExceededError
            The time was up while somebody else asked (``sparql-seconds``).
        CatalogError
            What `ask` raises.
        """
        until, key = time.monotonic() + seconds, (copy, question)
        with self._lock:
            if (known := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
                return known
            other, mine = self._asked.get(key), _Asked()
            if other is None:
                self._asked[key] = mine
        if other is not None:
            other.done.wait(seconds)
            return other.answer if other.answer is not None else ask(left(until, seconds))
        try:
            mine.answer = ask(seconds)
            if is_still is None or is_still():
                self.keep(copy, question, mine.answer)
            return mine.answer
        finally:
            with self._lock:
                del self._asked[key]
            mine.done.set()

    def get(self, copy: str, question: str) -> Bindings | None:
        """The answer to a question about a copy; None where it is not kept."""
        with self._lock:
            found = self._answers.get((copy, question))
            if found is not None:
                self._answers.move_to_end((copy, question))
            return found

    def keep(self, copy: str, question: str, answer: Bindings) -> None:
        """Keep an answer; those about other copies, and those that were not asked for longest, make room."""
        if len(question) > _MAX_QUESTION or len(answer) > self._most * 9 // 10:
            return
        with self._lock:
            for key in [key for key in self._answers if key[0] != copy]:
                self._forget(key)
            if (copy, question) in self._answers:
                self._forget((copy, question))
            self._answers[copy, question] = answer
            self._rows += len(answer) + 1
            while self._rows > self._most:
                self._forget(next(iter(self._answers)))

    def _forget(self, key: _Key) -> None:
        self._rows -= len(self._answers.pop(key)) + 1


def left(until: float, seconds: float) -> float:
    """What is left of the time, by the monotonic clock.

    Raises
    ------
    LimitExceededError
        Nothing (``sparql-seconds``).
    """
    found = until - time.monotonic()
    if found <= 0:
        raise LimitExceededError(
            f"the query had no answer after {seconds:g} s: narrow it, or allow more time",
            limit=OUT_OF_TIME,
            value=int(seconds),
            allowed=int(seconds),
        )
    return found
