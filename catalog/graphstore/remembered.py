"""Which answers need not be asked for again? Those to the same question about the same published copy, which never changes.

Pages of one search follow each other, and each wants the same counts. What was asked last is kept, up to a number of rows.
"""

import threading
from collections import OrderedDict
from typing import Final

from catalog.graphstore.bindings import Bindings

MAX_ROWS: Final = 120_000
"""Rows that are kept in all, some hundred bytes each."""
_MAX_QUESTION: Final = 100_000
"""Characters of a question that is kept."""

_Key = tuple[str, str]


class RememberedAnswers:
    """The answers that were asked for last; safe to use from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[_Key, Bindings] = OrderedDict()
        self._rows = 0

    def get(self, copy: str, question: str) -> Bindings | None:
        """The answer to a question about a copy; None where it is not kept."""
        with self._lock:
            found = self._answers.get((copy, question))
            if found is not None:
                self._answers.move_to_end((copy, question))
            return found

    def keep(self, copy: str, question: str, answer: Bindings) -> None:
        """Keep an answer; those about other copies, and those that were not asked for longest, make room."""
        if len(question) > _MAX_QUESTION or len(answer) > MAX_ROWS // 2:
            return
        with self._lock:
            for key in [key for key in self._answers if key[0] != copy]:
                self._forget(key)
            if (copy, question) in self._answers:
                self._forget((copy, question))
            self._answers[copy, question] = answer
            self._rows += len(answer) + 1
            while self._rows > MAX_ROWS:
                self._forget(next(iter(self._answers)))

    def _forget(self, key: _Key) -> None:
        self._rows -= len(self._answers.pop(key)) + 1
