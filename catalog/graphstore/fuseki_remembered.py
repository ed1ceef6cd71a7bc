"""Which answers of a Fuseki need not be asked for again? Those of queries that take long, while nothing was written since.

Fuseki counts what is asked of each of its services, once when it begins and once when it is done (``/$/stats``), and says when it
was started (``/$/server``). Only one Fuseki can have a TDB2 database open. So where each writing service was asked as often as
before, all of it is done, and the server was not started anew, every Fuseki dataset holds what it held, whoever wrote it: we, the
UI, another program. A Fuseki that does not tell is asked every time.

Source: Apache Jena Fuseki, "Fuseki: Server Protocol", statistics and server information.
"""

import hashlib
import json
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from catalog.errors import CatalogError
from catalog.graphstore.bindings import Bindings
from catalog.graphstore.fuseki_http import SparqlEndpoint
from catalog.graphstore.remembered import RememberedAnswers, left

WORTH_SECONDS: Final = 0.1
"""A query that takes longer is worth a look whether its answer is known: the look takes some milliseconds."""
_MAX_SLOW: Final = 1000
_READING: Final = frozenset({"query", "gsp-r"})
"""Operations that change nothing; whatever else there is may."""


class FusekiMemory:
    """Answers of one Fuseki dataset to questions of our own; safe to use from threads.

    Parameters
    ----------
    state
        Names what the server holds, as `read_state` does.
    """

    def __init__(self, state: Callable[[], str | None]) -> None:
        self._state = state
        self._answers = RememberedAnswers()
        self._lock = threading.Lock()
        self._slow: OrderedDict[bytes, None] = OrderedDict()
        self._asked: Counter[bytes] = Counter()

    def answer(self, question: str, ask: Callable[[float], Bindings], seconds: float) -> Bindings:
        """The answer to a question: of no earlier state than that in which it was asked.

        Parameters
        ----------
        question
            All that the answer depends on beside what the dataset holds.
        ask
            Asks the server, within so many seconds.
        seconds
            After which the answer is given up.

        Raises
        ------
        LimitExceededError
            The time is up (``sparql-seconds``).
        CatalogError
            What `ask` raises.
        """
        until, key = time.monotonic() + seconds, hashlib.sha256(question.encode(errors="surrogatepass")).digest()
        with self._lock:
            worth = key in self._slow or self._asked[key] > 0
            self._asked[key] += 1
        try:
            state = self._state() if worth else None
            if state is not None:
                return self._answers.answer(state, question, ask, left(until, seconds), is_still=lambda: self._state() == state)
            began = time.monotonic()
            answer = ask(left(until, seconds))
            if time.monotonic() - began > WORTH_SECONDS:
                self._note(key)
            return answer
        finally:
            with self._lock:
                self._asked[key] -= 1
                if not self._asked[key]:
                    del self._asked[key]

    def _note(self, key: bytes) -> None:
        with self._lock:
            self._slow[key] = None
            while len(self._slow) > _MAX_SLOW:
                self._slow.popitem(last=False)


def read_state(http: SparqlEndpoint, dataset_url: str) -> str | None:
    """A name for what all datasets of a Fuseki hold: while it is the same, nothing was written.

    Parameters
    ----------
    http
        Speaks to the server.
    dataset_url
        URL of a dataset of it.

    Returns
    -------
    str or None
        None: something is being written right now, or the server does not tell.
    """
    parts = urlsplit(dataset_url)
    try:
        server, stats = (
            json.loads(http.get(f"{parts.scheme}://{parts.netloc}/$/{name}").content) for name in ("server", "stats")
        )
        started, datasets = server["startDateTime"], stats["datasets"]
        if parts.path not in datasets:  # behind another server, which has statistics of its own
            return None
        counts = []
        for name, service in sorted(datasets.items()):
            for endpoint, said in sorted(service["endpoints"].items()):
                if not endpoint:  # several have this name, and only one of them is told
                    return None
                if said["operation"] in _READING:
                    continue
                if said["Requests"] != said["RequestsGood"] + said["RequestsBad"]:
                    return None
                counts.append((name, endpoint, said["Requests"]))
    except (CatalogError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return json.dumps((started, counts)) if started else None
