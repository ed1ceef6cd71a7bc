"""Is a question that several ask at once asked once, and nobody told what is older than his question?"""

import threading
import time
from collections.abc import Callable

import pytest

from catalog.errors import GraphStoreUnavailableError, LimitExceededError
from catalog.graphstore import fuseki_remembered
from catalog.graphstore.bindings import Bindings, Iri
from catalog.graphstore.fuseki_remembered import FusekiMemory
from catalog.graphstore.remembered import RememberedAnswers

WAIT = 30.0


def told(name: str) -> Bindings:
    return Bindings(("a",), [(Iri(name),)])


class Asking:
    """Threads that all ask the same; the first holds its answer back until it is let go."""

    def __init__(self, ask: Callable[[Callable[[float], Bindings]], Bindings]) -> None:
        self._ask = ask
        self.calls = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self.answers: list[Bindings] = []

    def slowly(self, _: float) -> Bindings:
        self.calls += 1
        self.begun.set()
        assert self.go.wait(WAIT)
        return told("urn:slow")

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=lambda: self.answers.append(self._ask(self.slowly)))
        thread.start()
        return thread


def test_whoever_asks_the_same_meanwhile_waits_for_the_answer() -> None:
    remembered = RememberedAnswers()
    asking = Asking(lambda ask: remembered.answer("copy", "q", ask, WAIT))
    threads = [asking.start()]
    assert asking.begun.wait(WAIT)
    threads += [asking.start() for _ in range(7)]
    other = remembered.answer("another", "q", lambda _: told("urn:other"), WAIT)
    assert other == told("urn:other"), "what another copy holds is not waited for"
    asking.go.set()
    for thread in threads:
        thread.join(WAIT)
    assert asking.answers == [told("urn:slow")] * 8
    assert asking.calls == 1
    assert not remembered._asked


def test_who_waited_for_one_that_failed_asks_himself() -> None:
    remembered = RememberedAnswers()
    begun, go = threading.Event(), threading.Event()

    def fail(_: float) -> Bindings:
        begun.set()
        assert go.wait(WAIT)
        raise GraphStoreUnavailableError("gone")

    def first() -> None:
        with pytest.raises(GraphStoreUnavailableError):
            remembered.answer("copy", "q", fail, WAIT)

    found: list[Bindings] = []
    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert begun.wait(WAIT)
    with pytest.raises(LimitExceededError) as caught:
        remembered.answer("copy", "q", lambda _: told("urn:never"), 0.01)
    assert caught.value.limit == "sparql-seconds"
    given: list[float] = []

    def again(seconds: float) -> Bindings:
        given.append(seconds)
        return told("urn:again")

    threads.append(threading.Thread(target=lambda: found.append(remembered.answer("copy", "q", again, WAIT))))
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(WAIT)
    assert found == [told("urn:again")]
    assert all(0 < each <= WAIT for each in given)


class Server:
    """What a server holds, and how often it was asked."""

    def __init__(self) -> None:
        self.state: str | None = "1"
        self.holds = "urn:one"
        self.asked = 0

    def ask(self, _: float) -> Bindings:
        self.asked += 1
        return told(self.holds)


def test_an_answer_is_kept_while_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuseki_remembered, "WORTH_SECONDS", -1.0)
    server = Server()
    memory = FusekiMemory(lambda: server.state)
    assert [memory.answer("q", server.ask, WAIT) for _ in range(4)] == [told("urn:one")] * 4
    assert server.asked == 2, "once to see what it takes, and once to keep the answer"
    server.state, server.holds = "2", "urn:two"
    assert [memory.answer("q", server.ask, WAIT) for _ in range(3)] == [told("urn:two")] * 3
    assert server.asked == 3
    server.state, server.holds = None, "urn:three"
    assert memory.answer("q", server.ask, WAIT) == told("urn:three"), "something is being written"
    server.state = "1"
    assert memory.answer("q", server.ask, WAIT) == told("urn:three"), "what was known of another state is forgotten"


def test_what_is_written_while_it_is_asked_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuseki_remembered, "WORTH_SECONDS", -1.0)
    server = Server()
    memory = FusekiMemory(lambda: server.state)
    memory.answer("q", server.ask, WAIT)

    def overtaken(seconds: float) -> Bindings:
        answer = server.ask(seconds)
        server.state, server.holds = "2", "urn:two"
        return answer

    assert memory.answer("q", overtaken, WAIT) == told("urn:one")
    server.state = "1"  # were it kept, it would be kept under this name
    assert memory.answer("q", server.ask, WAIT) == told("urn:two")


def test_who_asks_after_a_change_does_not_get_the_answer_of_who_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuseki_remembered, "WORTH_SECONDS", -1.0)
    server = Server()
    memory = FusekiMemory(lambda: server.state)
    memory.answer("q", server.ask, WAIT)
    asking = Asking(lambda ask: memory.answer("q", ask, WAIT))
    thread = asking.start()
    assert asking.begun.wait(WAIT)
    server.state, server.holds = "2", "urn:two"
    assert memory.answer("q", server.ask, WAIT) == told("urn:two")
    asking.go.set()
    thread.join(WAIT)
    assert asking.answers == [told("urn:slow")]


def test_quick_questions_cost_no_look_at_the_state() -> None:
    looks = []
    memory = FusekiMemory(lambda: looks.append("look") or "1")  # type: ignore[func-returns-value]
    began = time.monotonic()
    for number in range(20):
        memory.answer(f"q{number % 2}", lambda _: told("urn:one"), WAIT)
    if time.monotonic() - began < fuseki_remembered.WORTH_SECONDS:  # a busy machine makes any question slow
        assert not looks
