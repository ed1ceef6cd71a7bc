"""Where in a document's text does this stand?

Lines and columns count from 1 and columns count characters, as editors show them. Nothing here runs unless something was found
wrong: a text is walked through once more, token by token, up to a size beyond which a problem stays without its place.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from catalog.errors import Problem

MAX_SCANNED: Final = 4 * 2**20
"""Characters of a text that is walked through; about a second's work at worst."""

MAX_LOCATED: Final = 200
"""Problems of one hierarchy that are given their place."""

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_REAL = re.compile(r"-?[0-9]+(?=[.eE])[0-9.eE+-]*")
_HALF = re.compile("[\ud800-\udfff]")
_ATTRIBUTES: Final = frozenset({"attributes", "no-node"})

Step = str | int


@dataclass(frozen=True, slots=True)
class Text:
    """A document's text for looking things up in.

    Attributes
    ----------
    key
        The document's key.
    data
        Its bytes, a byte order mark included.
    """

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A key or a value of a JSON text; an array or object is given by its first bracket.

    Attributes
    ----------
    text
        As it is written, quotes included.
    offset
        Characters before it.
    is_key
        Whether it names a member.
    pointer
        JSON pointer of the value, or of the value that the key names.
    depth
        Arrays and objects around it.
    """

    text: str
    offset: int
    is_key: bool
    pointer: str
    depth: int


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and the column of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def place_of_byte(data: bytes, offset: int) -> tuple[int, int]:
    """The line and the column of a byte; all before it is UTF-8."""
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, start) + 1, len(data[start:offset].decode("utf-8", "replace")) + 1


def pointer_to(steps: Sequence[Step]) -> str:
    """The JSON pointer of a way from the top. Source: RFC 6901."""
    return "".join(f"/{step}" if isinstance(step, int) else f"/{_escaped(step)}" for step in steps)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def scan(text: str) -> Iterator[Token]:
    """Every key and value of a text that is JSON, in its order. NaN and infinities count as values."""
    steps: list[Step] = []
    awaits_key = False
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word == ",":
            awaits_key = isinstance(steps[-1], str)
            if not awaits_key:
                steps[-1] = int(steps[-1]) + 1
        elif word in "}]":
            steps.pop()
            awaits_key = False
        elif awaits_key:
            steps[-1] = str(json.loads(word)) if "\\" in word else word[1:-1]
            awaits_key = False
            yield Token(word, match.start(), True, pointer_to(steps), len(steps))
        elif word != ":":
            yield Token(word, match.start(), False, pointer_to(steps), len(steps))
            if word in "{[":
                awaits_key = word == "{"
                steps.append("" if awaits_key else 0)


@dataclass(frozen=True, slots=True)
class Surprises:
    """Tokens that say something else than they seem to, each list in the order in which a parser comes to know of it."""

    repeated: list[Token]
    """Of each object that names a member twice, the first key that does."""
    infinite: list[Token]
    halved: list[Token]


def find_surprises(text: str) -> Surprises:
    """Repeated keys, numbers that become infinite, and strings with half a character; nothing of a text that is too long."""
    found = Surprises([], [], [])
    around: list[tuple[int, set[str], list[Token]]] = []  # open objects: their depth, their keys, the first repeated one
    for token in scan(text) if len(text) <= MAX_SCANNED else ():
        while around and around[-1][0] >= token.depth:
            found.repeated.extend(around.pop()[2])
        if token.is_key:
            _, names, repeated = around[-1]
            if token.pointer in names and not repeated:
                repeated.append(token)
            names.add(token.pointer)
        elif token.text == "{":
            around.append((token.depth, set(), []))
        if token.text[0] == '"':
            if "\\u" in token.text and _HALF.search(json.loads(token.text)):
                found.halved.append(token)
        elif _REAL.fullmatch(token.text) and math.isinf(float(token.text)):
            found.infinite.append(token)
    while around:
        found.repeated.extend(around.pop()[2])
    return found


def find_pointers(text: str, pointers: set[str]) -> dict[str, tuple[int, int]]:
    """Line and column of each value, or of the key that names it; what is not there is left out."""
    found: dict[str, int] = {}
    if len(text) <= MAX_SCANNED:
        for token in scan(text):
            if token.pointer in pointers and token.pointer not in found:
                found[token.pointer] = token.offset
                if len(found) == len(pointers):
                    break
    return {pointer: line_and_column(text, offset) for pointer, offset in found.items()}


def locate(problems: Sequence[Problem], texts: Sequence[Text]) -> list[Problem]:
    """The problems of nodes with the place of what they speak of, in the file that holds it.

    Parameters
    ----------
    problems
        Their paths are those of nodes. One that has a line already, or that is found nowhere, stays as it is.
    texts
        Either one consolidated document, or the documents of single nodes.
    """
    by_key = {text.key: text for text in texts}
    wanted: dict[str, set[str]] = {}
    open_ones = [n for n, problem in enumerate(problems) if not problem.line][:MAX_LOCATED]
    candidates = {n: [pair for pair in _candidates(problems[n], texts) if pair[0] in by_key] for n in open_ones}
    for pairs in candidates.values():
        for key, pointer in pairs:
            wanted.setdefault(key, set()).add(pointer)
    places = {key: _places(by_key[key], pointers) for key, pointers in wanted.items()}
    located = list(problems)
    for n, pairs in candidates.items():
        line, column = next((places[key][pointer] for key, pointer in pairs if pointer in places[key]), (0, 0))
        if line:
            located[n] = replace(problems[n], line=line, column=column)
    return located


def _places(text: Text, pointers: set[str]) -> dict[str, tuple[int, int]]:
    try:
        return find_pointers(text.data.decode("utf-8-sig"), pointers)
    except (UnicodeDecodeError, json.JSONDecodeError, IndexError):  # no JSON: its own problem says where
        return {}


def _candidates(problem: Problem, texts: Sequence[Text]) -> Iterator[tuple[str, str]]:
    """Documents and pointers that may hold what a node's problem speaks of, the likeliest first."""
    names = (".zattrs",) if problem.kind in _ATTRIBUTES else (".zarray", ".zgroup")
    inner = problem.pointer
    if len(texts) == 1:
        key = texts[0].key
        base = key.rpartition("/")[0]
        path = problem.path.removeprefix(base).removeprefix("/") if base else problem.path
        for name in names:
            yield key, f"/metadata/{_escaped(f'{path}/{name}' if path else name)}{inner}"
        if path:
            yield key, f"/consolidated_metadata/metadata/{_escaped(path)}{inner}"
            yield key, "".join(f"/members/{_escaped(name)}" for name in path.split("/")) + inner
    if inner or len(texts) == 1:
        for name in ("zarr.json", *names):
            if inner:
                yield (f"{problem.path}/{name}" if problem.path else name), inner
