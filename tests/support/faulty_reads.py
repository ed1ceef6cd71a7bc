"""Reads as `catalog.bridge.read_child` does, but for arrays whose names say what goes wrong in a codec."""

import ctypes
import json
import os
import pickle
import time
from pathlib import Path

from catalog.bridge import read_child
from catalog.bridge.read import ReadTask
from catalog.confined.child import Answer, Give


def prepare(told: bytes) -> Answer:
    """What reads, and fails."""
    good = read_child.prepare(told)

    def answer(task: bytes, give: Give) -> None:
        asked: ReadTask = pickle.loads(task)
        name = asked.ref.path.rpartition("/")[2]
        if name == "crash":
            ctypes.string_at(0)
        elif name == "forever":
            while True:
                time.sleep(0)
        elif name == "memory":
            give(bytes(2**36))
        elif name == "liar":
            give(b'{"note": "", "kind": "plain", "masked": false, "shape": [1], "arrays": []}')
        elif name == "environment":
            give(json.dumps({"cmdline": Path("/proc/self/cmdline").read_text(), **os.environ}).encode())
        else:
            good(task, give)

    return answer
