"""Is what was acknowledged there after a SIGKILL, and anything else whole or absent? TEST_KILLS raises the count of kills."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from tests.support.fuseki import our_fuseki
from tests.support.graph_content import A, B, content, count_of, lines_of
from tests.support.sources import ROOT

KILLS = int(os.environ.get("TEST_KILLS", "24"))
FUSEKI_KILLS = 2

# Step by step: a first load (in bulk), a change, a growth by more lines (in bulk), a drop of one graph and change of the other.
STATES = [
    (b"", b""),
    (content(6000), lines_of(content(20), content(5, of="b"))),
    (content(5900), lines_of(content(20), content(6, of="b"))),
    (lines_of(content(5900), content(6000, of="more", subject="m")), lines_of(content(20), content(6, of="b"))),
    (b"", content(7, of="b")),
]


def union(state: tuple[bytes, bytes]) -> int:
    return len(set((state[0] + state[1]).splitlines()))


# Imports once, and forks a writer for each line, the step to begin with: it says its process id, each step, and how it ended.
WRITERS = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    from catalog.graphstore.door import GraphUpdate
    from catalog.graphstore.embedded import EmbeddedGraphStore
    from tests.integration.graphstore.test_kills import STATES, A, B

    def write(step):
        store = EmbeddedGraphStore(Path(sys.argv[1]))
        print(os.getpid(), flush=True)
        while True:
            before, after = STATES[step % len(STATES)], STATES[(step + 1) % len(STATES)]
            store.apply([GraphUpdate(graph, new, old) for graph, new, old in zip((A, B), after, before, strict=True)])
            step += 1
            print(step, flush=True)

    for line in sys.stdin:
        if not (writer := os.fork()):
            write(int(line))
        _, status = os.waitpid(writer, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)
""")


def state_of(store: GraphStore) -> tuple[bytes, bytes]:
    return store.read_graph(A), store.read_graph(B)


def killed(writers: subprocess.Popen[str], step: int, seconds: float) -> list[str]:
    """The steps that a writer, which began with this one, said before it was killed."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{step}\n")
    writers.stdin.flush()
    process = int(writers.stdout.readline())
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    said = []
    while not (line := writers.stdout.readline().strip()).startswith("ended"):
        assert line, "nobody is there to fork a writer"
        said.append(line)
    assert line == f"ended {-signal.SIGKILL}"
    return said


def test_a_killed_writer_leaves_what_it_acknowledged_or_one_step_more(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    step, outcomes = 0, {"acknowledged": 0, "one more": 0}
    command: list[str | Path] = [sys.executable, "-c", WRITERS, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True) as writers:
        for kill in range(KILLS):
            said = killed(writers, step, chance.uniform(0, 0.6))
            step = int(said[-1]) if said else step
            with EmbeddedGraphStore(tmp_path, writable=bool(kill % 2)) as store:
                found = state_of(store)
                if found == STATES[step % len(STATES)]:
                    outcomes["acknowledged"] += 1
                else:
                    step += 1
                    outcomes["one more"] += 1
                    assert found == STATES[step % len(STATES)], f"seed {seed}, kill {kill}: a half state after step {step - 1}"
                assert count_of(store) == union(found), f"seed {seed}, kill {kill}: the default graph is not the union"
    assert sum(outcomes.values()) == KILLS
    assert step > 0, "something was written between the kills"


@pytest.mark.parametrize("kill", range(FUSEKI_KILLS))
def test_a_killed_fuseki_has_the_old_state_or_the_new(tmp_path: Path, kill: int) -> None:
    old, new = (content(50), content(5, of="r")), (content(20_000, of="new"), content(6, of="r"))
    server = our_fuseki(tmp_path).start()
    errors: list[CatalogError] = []

    def change() -> None:
        try:
            store.apply([GraphUpdate(graph, b, a) for graph, a, b in zip((A, B), old, new, strict=True)])
        except CatalogError as error:
            errors.append(error)

    try:
        with server.store() as store:
            store.apply([GraphUpdate(A, old[0], b""), GraphUpdate(B, old[1], b"")])
            changing = threading.Thread(target=change)
            changing.start()
            time.sleep(0.4 + 0.9 * kill)
            server.stop(signal.SIGKILL)
            changing.join()
        server.start()
        with server.store() as store:
            found = state_of(store)
            assert found in {old, new}
            if not errors:
                assert found == new, "it was acknowledged"
            assert count_of(store) == union(found)
            store.apply([GraphUpdate(A, new[0], found[0]), GraphUpdate(B, new[1], found[1])])
            assert state_of(store) == new
    finally:
        server.stop()
