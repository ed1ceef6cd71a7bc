"""What does the file of a text index hold? One row for each text, and one full-text table (SQLite's FTS5).

A row has graph, subject, property and text. The full-text table has the words of each, as `catalog.graphstore.text_words`
finds them and already folded, so that SQLite has nothing to decide: those of names in one column, of everything else in another.

Source: SQLite FTS5, sections 4.4.3 (contentless tables) and 5.1.1 (bm25).
"""

import logging
import sqlite3
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from catalog.graphstore.text_properties import INDEXED, NAMES
from catalog.graphstore.text_search import MAX_CANDIDATES, Candidate, Clock
from catalog.graphstore.text_words import MAX_INDEXED, SEPARATORS, SINGLE, Term, split_text

ASSERTED: Final = "/asserted"
"""How the IRI of a graph ends all texts of which can be found, whatever their property."""

_LAYOUT: Final = 1
"""Of the tables below; raise it with every change to them."""

_VERSION: Final = zlib.crc32(repr((_LAYOUT, INDEXED, SEPARATORS, SINGLE, MAX_INDEXED, unicodedata.unidata_version)).encode()) >> 1
_TABLES: Final = """
CREATE TABLE graphs (id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE);
CREATE TABLE texts (
    id INTEGER PRIMARY KEY, graph INTEGER NOT NULL, digest INTEGER NOT NULL,
    subject TEXT NOT NULL, property TEXT NOT NULL, text TEXT NOT NULL
);
CREATE UNIQUE INDEX texts_by_graph ON texts (graph, digest);
CREATE VIRTUAL TABLE words USING fts5 (names, texts, content='', tokenize='ascii');
"""
_BEST: Final = """
SELECT texts.subject, texts.property, texts.text, graphs.iri
FROM (SELECT rowid AS id FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?) AS best
JOIN texts ON texts.id = best.id JOIN graphs ON graphs.id = texts.graph
"""
_STEPS: Final = 100_000
"""Steps of SQLite's engine, some milliseconds, after which the clock is looked at."""
_PREDICATES: Final = frozenset(f"<{iri}>".encode() for iri in INDEXED)
_log = logging.getLogger(__name__)

Entry = tuple[str, str, str, str]
"""A text that can be found: subject, property, text, and its language or ``""``."""


def texts_of(graph: str, content: bytes) -> list[Entry]:
    """The texts in canonical N-Triples that can be found: plain strings, and strings in a language."""
    every = graph.endswith(ASSERTED)
    lines = []
    for line in content.splitlines(keepends=True):
        if line[-4:-3] == b">":  # an IRI, or a literal of a type
            continue
        if every or line.split(b" ", 2)[1] in _PREDICATES:
            lines.append(line)
    return [entry for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES, lenient=True) if (entry := _entry(quad))]


def _entry(quad: ox.Quad) -> Entry | None:
    subject, value = quad.subject, quad.object
    if not isinstance(value, ox.Literal) or not isinstance(subject, ox.NamedNode):
        return None
    if value.language is None and value.datatype.value != "http://www.w3.org/2001/XMLSchema#string":
        return None
    return subject.value, quad.predicate.value, value.value, (value.language or "").lower()


def _digest(entry: Entry) -> int:
    return int.from_bytes(blake2b("\0".join(entry).encode(errors="surrogatepass"), digest_size=8).digest(), signed=True)


def _columns(property_: str, text: str) -> tuple[str, str]:
    found = split_text(text)
    words = " ".join((*found.words, *sorted(found.parts)))
    return (words, "") if property_ in NAMES else ("", words)


def _expression(column: str, terms: Sequence[Term]) -> str:
    """The full-text query for any of the terms. Words hold no quotation mark: it separates words."""
    each = (f'"{" ".join(term.words)}"{" *" if term.begins else ""}' for term in terms)
    return f"{column} : ({' OR '.join(each)})"


def read_candidates(path: Path, terms: Sequence[Term], clock: Clock, *, live: bool) -> list[Candidate] | None:
    """The best texts that hold any of the terms; None where there is no index that can be used.

    Parameters
    ----------
    path
        The index.
    terms
        What is looked for.
    clock
        When it is given up.
    live
        Whether this process may be writing to it; otherwise nobody is.

    Raises
    ------
    LimitExceededError
        The time is up.
    """
    if not path.is_file():
        return None
    try:
        address = f"{path.absolute().as_uri()}?mode=ro{'' if live else '&immutable=1'}"
        with closing(sqlite3.connect(address, uri=True)) as db:
            if not is_ours(db):
                return None
            db.set_progress_handler(clock.is_up, _STEPS)
            return [
                Candidate(*row)
                for column in ("names", "texts")
                for row in db.execute(_BEST, (_expression(column, terms), MAX_CANDIDATES))
            ]
    except sqlite3.Error as error:
        clock.left()
        _log.warning("the text index %s cannot be read: %s", path, error)
        return None


def is_ours(db: sqlite3.Connection) -> bool:
    """Whether an index has the tables and the words of this very code."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] == _VERSION)


def make_tables(db: sqlite3.Connection, store: ox.Store) -> None:
    """Fill a new file with every text of a store; the caller commits."""
    db.executescript(f"BEGIN;{_TABLES}")
    for graph, entries in _texts_in_store(store):
        add_texts(db, graph, entries)
    db.execute(f"PRAGMA user_version = {_VERSION}")


def _texts_in_store(store: ox.Store) -> Iterator[tuple[str, list[Entry]]]:
    """Every text that can be found, graph by graph."""
    for name in store.named_graphs():
        if isinstance(name, ox.NamedNode) and (entries := texts_in_graph(store, name.value)):
            yield name.value, entries


def texts_in_graph(store: ox.Store, graph: str) -> list[Entry]:
    """The texts of one graph of a store that can be found."""
    name = ox.NamedNode(graph)
    wanted = [None] if graph.endswith(ASSERTED) else [ox.NamedNode(iri) for iri in INDEXED]
    quads = (quad for predicate in wanted for quad in store.quads_for_pattern(None, predicate, None, name))
    return [entry for quad in quads if (entry := _entry(quad))]


def _graph_id(db: sqlite3.Connection, graph: str) -> int:
    db.execute("INSERT OR IGNORE INTO graphs (iri) VALUES (?)", (graph,))
    return int(db.execute("SELECT id FROM graphs WHERE iri = ?", (graph,)).fetchone()[0])


def add_texts(db: sqlite3.Connection, graph: str, entries: Iterable[Entry]) -> None:
    """Take in texts of a graph, each once; the caller commits."""
    at = None
    for entry in entries:
        if at is None:
            at = _graph_id(db, graph)
        subject, property_, text, _ = entry
        added = db.execute(
            "INSERT OR IGNORE INTO texts (graph, digest, subject, property, text) VALUES (?, ?, ?, ?, ?)",
            (at, _digest(entry), subject, property_, text),
        )
        if added.rowcount:
            db.execute("INSERT INTO words (rowid, names, texts) VALUES (?, ?, ?)", (added.lastrowid, *_columns(property_, text)))


def remove_texts(db: sqlite3.Connection, graph: str, entries: Iterable[Entry]) -> None:
    """Forget texts of a graph, those that are there; the caller commits."""
    at = None
    for entry in entries:
        at = _graph_id(db, graph) if at is None else at
        row = db.execute("SELECT id FROM texts WHERE graph = ? AND digest = ?", (at, _digest(entry))).fetchone()
        if row is not None:
            _forget(db, row[0], entry[1], entry[2])


def drop_graph(db: sqlite3.Connection, graph: str) -> None:
    """Forget all texts of a graph; the caller commits."""
    for at, property_, text in db.execute(
        "SELECT texts.id, property, text FROM texts JOIN graphs ON graphs.id = texts.graph WHERE iri = ?", (graph,)
    ).fetchall():
        _forget(db, at, property_, text)
    db.execute("DELETE FROM graphs WHERE iri = ?", (graph,))


def _forget(db: sqlite3.Connection, at: int, property_: str, text: str) -> None:
    db.execute("INSERT INTO words (words, rowid, names, texts) VALUES ('delete', ?, ?, ?)", (at, *_columns(property_, text)))
    db.execute("DELETE FROM texts WHERE id = ?", (at,))
