"""Do thousands of clients that do nothing go away, while others are answered and a stream of events goes on?"""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.slow_clients import BODIES, EVENTS, HEADS

ROOT = Path(__file__).parents[3]
SLOWER = 2.0
"""How much longer than planned things may take here, where other tests run on the same cores."""


def test_two_thousand_heads_two_hundred_bodies_and_two_hundred_readers() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.slow_clients"]  # with as many files open as it needs
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=240, text=True).stdout)
    assert (found["heads ended"], found["bodies ended"], found["readers that got it all"]) == (HEADS, BODIES, 0), found
    assert max(found["longest head, s"], found["longest body, s"], found["longest reader, s"]) < 15 * SLOWER, found
    assert set(found["honest answers"]) == {"200"}, found
    assert found["honest requests"] > 50, found
    assert found["honest p99, s"] < 1 * SLOWER, found
    assert found["events"] == EVENTS, found
