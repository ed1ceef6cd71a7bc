"""Words that are secrets and stand nowhere else, and the disguises in which they could come out."""

import base64
import gzip
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pyoxigraph as ox
import zstandard

_ZSTD, _GZIP, _SQLITE = b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"SQLite format 3\0"


class Words:
    """The secrets of one test."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def new(self) -> str:
        self.given.append(f"Canary{secrets.token_hex(8)}")
        return self.given[-1]

    def found_in(self, text: str | bytes) -> list[str]:
        """Those that stand in a text: plain, in hex, in base64 with whatever beside them, or percent-encoded."""
        data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        low = data.lower()
        return [word for word in self.given if any(form in data for form in _exact(word)) or any(f in low for f in _low(word))]


def _exact(word: str) -> Iterator[bytes]:
    # base64 of a word inside a longer text: cut to what does not depend on its neighbours
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * shift + word.encode())[4 if shift else 0 : -4]


def _low(word: str) -> Iterator[bytes]:
    yield word.lower().encode()
    yield word.encode().hex().encode()
    yield "".join(f"%{each:02x}" for each in word.encode()).encode()


def contents_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder as it lies there, and unpacked where it is packed or a database; graph stores as N-Quads."""
    for path in sorted(folder.rglob("*")):
        if path.name == "CURRENT" and path.is_file():
            copy = ox.Store.read_only(str(path.parent))
            yield f"{path.parent} (quads)", copy.dump(format=ox.RdfFormat.N_QUADS)
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        yield str(path), data
        if data.startswith(_ZSTD):
            yield f"{path} (unpacked)", zstandard.ZstdDecompressor().stream_reader(data).read()
        elif data.startswith(_GZIP):
            yield f"{path} (unpacked)", gzip.decompress(data)
        elif data.startswith(_SQLITE):
            with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database, suppress(sqlite3.Error):
                yield f"{path} (rows)", "\n".join(database.iterdump()).encode()


def command_lines(pid: int) -> Iterator[tuple[str, bytes]]:
    """The arguments of a process and of those that it started, where the system tells."""
    pending = [pid]
    while pending:
        one = pending.pop()
        with suppress(OSError):
            yield f"arguments of process {one}", Path(f"/proc/{one}/cmdline").read_bytes()
            for task in Path(f"/proc/{one}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
