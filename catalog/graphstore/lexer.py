r"""Where do the words of a SPARQL text begin and end? Tokens that no engine reads in another way.

The guard looks for words that must not be there, so it must see the same words as the engine. Engines differ: one reads the
longest token (as the SPARQL grammar says), another lets its grammar choose (``SERVICESILENT<…>`` and ``trueSERVICE:x`` are a
SERVICE there, ``?a<?b&&?c>?d`` holds no IRI). What two engines could read in two ways is therefore refused:

- escapes like ``\u0022`` outside strings and IRIs, and inside them where they would decode to a delimiter;
- a relative IRI that holds ``#`` or ``'``, outside the prologue: behind a ``<`` that is an operator, these open a comment or
a string.

Source: SPARQL 1.1 Query Language, sections 19.2 (codepoint escapes), 19.3 (white space), 19.4 (comments), 19.8 (grammar,
terminals).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn, cast

from catalog.errors import InputError

Kind = Literal["iri", "string", "variable", "number", "name", "blank", "language", "word", "sign"]

_TOKEN = re.compile(
    r"""
    (?P<skip>   [\x20\t\r\n]+ | \#[^\r\n]* )
  | (?P<iri>    <[^<>"{}|^`\x00-\x20]*> )
  | (?P<string> '''(?:(?:''?)?(?:[^'\\]|\\.))*''' | \"\"\"(?:(?:""?)?(?:[^"\\]|\\.))*\"\"\"
              | '(?:[^'\\\r\n]|\\.)*' | "(?:[^"\\\r\n]|\\.)*" )
  | (?P<variable> [?$]\w+ )
  | (?P<blank>  _:\w(?:[\w.\-\u00B7]*[\w\-\u00B7])? )
  | (?P<name>   (?:[^\W\d_](?:[\w.\-\u00B7]*[\w\-\u00B7])?)?:
                (?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])
                   (?:(?:[\w:.\-\u00B7]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*
                      (?:[\w:\-\u00B7]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]))?)? )
  | (?P<number> (?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)? )
  | (?P<language> @[A-Za-z]+(?:--?[A-Za-z0-9]+)* )
  | (?P<word>   [^\W\d]\w* )
  | (?P<sign>   \^\^|&&|\|\||!=|<=|>=|<<|>>|\{\||\|\}|[{}()\[\];,.*/|^!+\-=<>?~] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_BAD_IN_STRING = frozenset("\"'\\\r\n")
_BAD_IN_IRI = frozenset('<>"{}|^`\\') | {chr(code) for code in range(0x21)}
_WITH_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a SPARQL text.

    Attributes
    ----------
    kind
        ``name`` is a prefixed name, ``word`` a bare word (keyword or function), ``sign`` punctuation.
    text
        As written; of an IRI what stands between the brackets, its escapes decoded.
    at
        Offset of its first character in the text.
    """

    kind: Kind
    text: str
    at: int


def locate(text: str, at: int) -> str:
    """``line L, column C`` of an offset, both counted from 1."""
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def _refuse(text: str, at: int, why: str) -> NoReturn:
    raise InputError(f"the query cannot be read at {locate(text, at)}: {why}")


def _decode(text: str, at: int, raw: str, bad: frozenset[str], what: str) -> str:
    """`raw` with its codepoint escapes decoded; refused where an engine that decodes first would read other tokens."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or chr(code) in bad:
            _refuse(text, at, f"the escape {match[0]} is not allowed inside {what}")
        return chr(code)

    if what == "a string":  # an escaped backslash in front of a "u" is no codepoint escape
        _ESCAPE.sub(character, raw.replace("\\\\", ""))
        return raw
    return _ESCAPE.sub(character, raw)


def _iri(text: str, at: int, raw: str, previous: list[Token]) -> str:
    value = _decode(text, at, raw, _BAD_IN_IRI, "an IRI")
    if "\\" in value:
        _refuse(text, at, "a backslash is not allowed inside an IRI")
    in_prologue = bool(previous) and (
        (previous[-1].kind == "word" and previous[-1].text.upper() == "BASE")
        or (len(previous) > 1 and previous[-1].kind == "name" and previous[-2].text.upper() == "PREFIX")
    )
    if not in_prologue and not _WITH_AUTHORITY.match(value) and ("#" in value or "'" in value):
        _refuse(text, at, f'write <{value}> as a prefixed name, or with its scheme and host: "#" and "\'" are ambiguous here')
    return value


def read_tokens(text: str) -> Iterator[Token]:
    """Split a SPARQL text into tokens, without comments and white space.

    Raises
    ------
    InputError
        Something in it is no SPARQL token, or could be read in two ways; the message names line and column.
    """
    seen: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(text, at, f"unexpected {text[at : at + 12]!r}")
        kind = cast("str", match.lastgroup)
        if kind != "skip":
            raw = match[0]
            if kind == "iri":
                raw = _iri(text, at, raw[1:-1], seen)
            elif kind == "string":
                _decode(text, at, raw, _BAD_IN_STRING, "a string")
            token = Token(cast("Kind", kind), raw, at)
            seen.append(token)
            yield token
        at = match.end()
