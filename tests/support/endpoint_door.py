"""Endpoints that a query may ask, behind a door that opens no socket."""

import threading
from collections.abc import Callable

import rdflib

from catalog.errors import EndpointUnavailableError, ForbiddenError

Answer = Callable[[str], bytes]


class Asked:
    """An exchange that ends at once, or when it is stopped."""

    def __init__(self, answer: Callable[[], bytes] | None) -> None:
        self._answer, self.stopped = answer, threading.Event()

    def result(self) -> bytes:
        if self._answer is not None:
            return self._answer()
        assert self.stopped.wait(30)
        raise EndpointUnavailableError("was not waited for")

    def stop(self) -> None:
        self.stopped.set()


class Door:
    """Endpoints by address; each answers questions, or raises; None never answers."""

    def __init__(self, **answers: Answer | None) -> None:
        self.answers = {f"http://{name}.example/sparql": answer for name, answer in answers.items()}
        self.questions: list[str] = []
        self.exchanges: list[Asked] = []
        self.begun = threading.Event()

    def admit(self, endpoint: str) -> None:
        if endpoint not in self.answers:
            raise ForbiddenError(f"{endpoint} is not on the list")

    def ask(self, endpoint: str, question: str, *, max_bytes: int, seconds: float) -> Asked:
        self.admit(endpoint)
        assert max_bytes > 0
        assert seconds > 0
        self.questions.append(question)
        answer = self.answers[endpoint]
        self.exchanges.append(Asked(None if answer is None else lambda: answer(question)))
        self.begun.set()
        return self.exchanges[-1]


def endpoint(turtle: str) -> Answer:
    """What rdflib answers over a graph."""
    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    return lambda question: graph.query(question).serialize(format="json") or b""


def failing(_: str) -> bytes:
    raise EndpointUnavailableError("the SPARQL endpoint is broken")


def ntriples(turtle: str) -> bytes:
    """Triples as we keep them: lines in order, and blank nodes with names."""
    text = rdflib.Graph().parse(data=turtle, format="turtle").skolemize().serialize(format="nt")
    return b"".join(sorted(f"{line}\n".encode() for line in text.splitlines() if line))
