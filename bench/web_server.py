"""Who serves a folder while reading is measured? A process of its own: in ours it would share Python's lock with the readers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.http_server import WebServer

_ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """The URL of a folder, while the block runs."""
    command = [sys.executable, "-m", "bench.web_server", str(folder)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()  # the end of its input ends it


if __name__ == "__main__":
    with WebServer(Path(sys.argv[1])) as server:
        print(server.url, flush=True)
        sys.stdin.read()
