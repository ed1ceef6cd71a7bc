"""Which queries could Fuseki not stop? Those are refused before they reach it.

Fuseki looks at its time limit between solutions, and not while it plans a query or computes one expression. It is in these that

- a pattern is matched by backtracking (`catalog.graphstore.slow_patterns`);
- EXISTS inside EXISTS makes planning take twice as long with each level (28 levels: minutes);
- a text or a number that is built from itself again and again doubles each time (25 times: gigabytes).

Found out by trying queries of death on Fuseki 6.2 one by one, and looking whether it still computes after its time limit.
"""

from collections.abc import Sequence
from typing import Final

from catalog.errors import LimitExceededError
from catalog.graphstore.lexer import Token, read_tokens
from catalog.graphstore.slow_patterns import refuse_slow_patterns

MAX_EXISTS: Final = 8
"""Levels of EXISTS inside each other."""
MAX_GROWTH: Final = 100_000
"""How many times longer all functions of a query together may make a text or a number, by the reckoning here."""

_REPLACEMENT: Final = 1000
"""What a replacement that is computed counts as; one that is written out counts by its length."""
_PERCENT: Final = 3
"""Characters of one that is encoded for IRIs."""
_FUNCTIONS: Final = frozenset(["CONCAT", "REPLACE", "ENCODE_FOR_URI"])


def refuse_unstoppable(text: str) -> None:
    """Refuse a query that Fuseki could not stop at its time limit.

    Parameters
    ----------
    text
        A query that `catalog.graphstore.guard.guard_query` let through.

    Raises
    ------
    LimitExceededError
        EXISTS is nested too deep, or values could grow too much.
    ForbiddenError
        A pattern of REGEX or REPLACE could be tried in too many ways.
    """
    refuse_slow_patterns(text)
    tokens = list(read_tokens(text))
    _refuse("levels of EXISTS", "sparql-exists", _exists_depth(tokens), MAX_EXISTS)
    _refuse("times the length for a value that grows with each function", "sparql-growth", _growth(tokens), MAX_GROWTH)


def _refuse(what: str, limit: str, value: int, allowed: int) -> None:
    if value > allowed:
        raise LimitExceededError(
            f"the query has {value} {what}, at most {allowed} are allowed: this graph store could not be stopped meanwhile",
            limit=limit,
            value=value,
            allowed=allowed,
        )


def _exists_depth(tokens: Sequence[Token]) -> int:
    groups: list[bool] = []
    deepest, announced = 0, False
    for token in tokens:
        if token.kind == "word":
            announced = token.text.upper() == "EXISTS"
        elif token.kind == "sign" and token.text == "{":
            groups.append(announced)
            announced = False
            deepest = max(deepest, sum(groups))
        elif token.kind == "sign" and token.text == "}" and groups:
            groups.pop()
    return deepest


def _growth(tokens: Sequence[Token]) -> int:
    """The product of what each function can do to what it is given; bounded well above what is allowed."""
    growth = 1
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.text.upper() in _FUNCTIONS:
            growth *= max(1, _factor(token.text.upper(), _arguments(tokens, at + 1)))
        elif token.kind == "sign" and token.text == "*" and _is_product(tokens, at):
            growth *= 2
        growth = min(growth, MAX_GROWTH**2)
    return growth


def _factor(function: str, arguments: Sequence[Sequence[Token]]) -> int:
    computed = [each for each in arguments if not (len(each) == 1 and each[0].kind in {"string", "number"})]
    if function == "CONCAT":
        return len(computed)
    if function == "ENCODE_FOR_URI":
        return _PERCENT
    if len(arguments) < 3:
        return 1
    written = arguments[2]
    return max(1, len(written[0].text) - 2) if len(written) == 1 and written[0].kind == "string" else _REPLACEMENT


def _arguments(tokens: Sequence[Token], at: int) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[at:]:
        sign = token.text if token.kind == "sign" else ""
        depth -= sign == ")"
        if depth == 0 and sign == ")":
            break
        if sign == "," and depth == 1:
            found.append([])
        elif depth:
            found[-1].append(token)
        depth += sign == "("
    return found


def _is_product(tokens: Sequence[Token], at: int) -> bool:
    """Whether a star multiplies; it also ends a path, and stands for all columns."""
    if not 0 < at < len(tokens) - 1:
        return False
    before, after = tokens[at - 1], tokens[at + 1]
    return before.kind in {"variable", "number"} or (before.text == ")" and after.text == "(")
