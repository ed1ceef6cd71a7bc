r"""Which regular expressions could keep a backtracking engine busy for ever? Those are refused before a query reaches one.

Fuseki matches with Java's engine, which tries every way to read a text and looks at no time limit meanwhile. Oxigraph's takes
time in proportion to the text, so there this is not asked.

The pattern of REGEX and of REPLACE has to be a string in the query. It may repeat nothing that repeats or branches itself
(``(a+)+``), refer back to no group, and hold only so many repeats.

Source: SPARQL 1.1 Query Language, sections 17.4.3.14 (REGEX) and 17.4.3.15 (REPLACE).
"""

import re
from collections.abc import Sequence
from typing import Final

from catalog.errors import ForbiddenError
from catalog.graphstore.lexer import Token, locate, read_tokens

MAX_PATTERN: Final = 256
"""Characters."""
MAX_UNBOUNDED: Final = 3
"""Times that ``*``, ``+`` and ``{n,}`` may stand in one pattern."""
MAX_REPEATS: Final = 12
"""Times that any repeat may."""
MAX_COUNT: Final = 100
"""The greatest number in ``{…}``."""

_FUNCTIONS: Final = frozenset(["REGEX", "REPLACE"])
_STEP: Final = re.compile(
    r"(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\((?:\?[:=!<>]{1,2})?)|(?P<close>\))|(?P<either>\|)"
    r"|(?P<repeat>[*+?]|\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\})[?+]?|(?P<other>.)",
    re.DOTALL,
)


def refuse_slow_patterns(text: str) -> None:
    """Refuse a query with a pattern that a backtracking engine may not end on.

    Parameters
    ----------
    text
        A query that `catalog.graphstore.guard.guard_query` let through.

    Raises
    ------
    ForbiddenError
        A pattern is computed, too long, or could be tried in too many ways.
    """
    tokens = list(read_tokens(text))
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.text.upper() in _FUNCTIONS:
            pattern = _second_argument(tokens, at + 1)
            if why := _why_slow(pattern):
                where = f"{token.text.upper()} at {locate(text, token.at)}"
                raise ForbiddenError(f"the pattern of {where} {why}: this graph store could not be stopped while it tries it")


def _second_argument(tokens: Sequence[Token], at: int) -> list[Token]:
    found: list[Token] = []
    depth = commas = 0
    for token in tokens[at:]:
        sign = token.text if token.kind == "sign" else ""
        if sign == ")" and depth == 1:
            break
        if sign == "," and depth == 1:
            commas += 1
        elif commas == 1:
            found.append(token)
        depth += (sign == "(") - (sign == ")")
    return found


def _why_slow(argument: Sequence[Token]) -> str:
    """What is wrong with a pattern; nothing where it is fine, or where there is none and the engine will say so."""
    if not argument:
        return ""
    if len(argument) != 1 or argument[0].kind != "string":
        return "is not a string in the query itself"
    raw = argument[0].text
    quotes = 3 if raw[:3] in {'"""', "'''"} else 1
    pattern = re.sub(r"\\(.)", r"\1", raw[quotes:-quotes], flags=re.DOTALL) if "\\u" not in raw.lower() else None
    if pattern is None:
        return r"holds a \u escape"
    if len(pattern) > MAX_PATTERN:
        return f"has {len(pattern)} characters, at most {MAX_PATTERN} are allowed"
    return _why_repeats(pattern)


def _why_repeats(pattern: str) -> str:
    groups, closed = [False], False  # whether each open group repeats or branches; whether the one just closed does
    unbounded = repeats = 0
    for step in _STEP.finditer(pattern):
        kind = step.lastgroup or ""
        if kind == "escape" and step[0][1] in "123456789kg":
            return "refers back to a group"
        if step["repeat"]:
            if closed:
                return "repeats what repeats or branches itself"
            if int(step["least"] or 0) > MAX_COUNT or int(step["most"] or 0) > MAX_COUNT:
                return f"counts beyond {MAX_COUNT}"
            repeats += 1
            unbounded += step[0][0] in "*+" or (step["comma"] is not None and not step["most"])
            groups[-1] = True
        closed = False
        if kind == "open":
            groups.append(False)
        elif kind == "close" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] = groups[-1] or closed
        elif kind == "either":
            groups[-1] = True
    if unbounded > MAX_UNBOUNDED or repeats > MAX_REPEATS:
        return f"repeats too often: at most {MAX_UNBOUNDED} times without end, and {MAX_REPEATS} times in all"
    return ""
