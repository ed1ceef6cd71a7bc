r"""Which parts of a query are for other endpoints? Its SERVICE blocks, and what is to be asked there.

``SERVICE <endpoint> { P }`` is a join with what the endpoint answers to P. So P is asked as a query of its own, under the
prologue of the query that it stands in. A VALUES block that stands before it in the same group is sent along: every solution of
that group agrees with one of its rows, so the endpoint may leave out what agrees with none. For the same reason a variable can
stand for endpoints that such a block lists: each of them is asked.

Source: SPARQL 1.1 Federated Query, sections 2 and 4; SPARQL 1.1 Query Language, sections 4.1 (IRIs), 10.2 (VALUES), 18.2.2.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from catalog.errors import ForbiddenError, InputError
from catalog.graphstore.lexer import Token, locate
from catalog.graphstore.prefixes import PREFIXES, declare_prefixes

_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class ServiceBlock:
    """One ``SERVICE [SILENT] endpoint { P }``; of one with a variable there is a block for each endpoint, one after the other.

    Attributes
    ----------
    start, end
        Its offsets in the text, half-open.
    first, last
        Indices of its first and last token, ``SERVICE`` and the closing brace.
    endpoint
        IRI as the prologue resolves it; relative where that says nothing.
    silent
        Whether a failure counts as one empty solution.
    variables
        Names of the variables in P, without ``?``.
    graph
        The variable g of ``GRAPH ?g { SERVICE … }`` where the block stands alone in it, without ``?``; else ``""``.
    names
        The variable that the endpoint is the value of, without ``?``; ``""`` where the endpoint is written out.
    question
        The query to ask there, after a BASE where the text needs one.
    """

    start: int
    end: int
    first: int
    last: int
    endpoint: str
    silent: bool
    variables: frozenset[str]
    graph: str
    names: str
    question: str


@dataclass(frozen=True, slots=True)
class _Values:
    """A VALUES block: its variables, its text, its cells' tokens, the index of its last one, and whether each cell has a term."""

    variables: tuple[str, ...]
    text: str
    cells: tuple[Token, ...]
    last: int
    is_full: bool


def find_blocks(text: str, tokens: Sequence[Token], form_at: int) -> tuple[ServiceBlock, ...]:
    """The SERVICE blocks of a query, in the order of the text.

    Parameters
    ----------
    text, tokens
        The query, and its tokens.
    form_at
        Index of the token that the prologue ends before.

    Raises
    ------
    ForbiddenError
        A SERVICE whose endpoints are not written out, inside another one, or of which the end cannot be seen.
    InputError
        The prefix of an endpoint is not declared.
    """
    found: list[ServiceBlock] = []
    groups: list[list[_Values]] = [[]]
    at = form_at
    while at < len(tokens):
        token = tokens[at]
        if _is_word(token, "SERVICE"):
            found += _read_blocks(text, tokens, at, form_at, groups[-1])
            at = found[-1].last
        elif _is_word(token, "VALUES") and (values := _read_values(text, tokens, at)) is not None:
            groups[-1].append(values)
            at = values.last
        elif _is_sign(tokens, at, "{"):
            groups.append([])
        elif _is_sign(tokens, at, "}") and len(groups) > 1:
            groups.pop()
        at += 1
    return tuple(found)


def _read_blocks(text: str, tokens: Sequence[Token], at: int, form_at: int, before: Sequence[_Values]) -> list[ServiceBlock]:
    where = locate(text, tokens[at].at)
    head = at + 1
    silent = head < len(tokens) and _is_word(tokens[head], "SILENT")
    head += silent
    if not _is_sign(tokens, head + 1, "{") or tokens[head].kind not in {"iri", "name", "variable"}:
        raise ForbiddenError(f"SERVICE at {where} is not allowed: write SERVICE <endpoint> {{ pattern }}")
    last = _closing(tokens, head + 1)
    if last is None:
        raise ForbiddenError(f"SERVICE at {where} is not allowed: its closing brace is missing")
    inner = tokens[head + 2 : last]
    for token in inner:
        if _is_word(token, "SERVICE"):
            raise ForbiddenError(f"SERVICE at {locate(text, token.at)} is not allowed: it stands inside another SERVICE")
    variables = frozenset(token.text[1:] for token in inner if token.kind == "variable")
    pattern = text[tokens[head + 1].at + 1 : tokens[last].at]
    bound = [(names, each) for each in before if each.is_full and (names := [n for n in each.variables if n in variables])]
    block = ServiceBlock(
        start=tokens[at].at,
        end=tokens[last].at + 1,
        first=at,
        last=last,
        endpoint="",
        silent=silent,
        variables=variables,
        graph=_graph_around(tokens, at, last),
        names=tokens[head].text[1:] if tokens[head].kind == "variable" else "",
        question=_write_question(text[: tokens[form_at].at], _needed(tokens[:form_at], tokens), bound, pattern),
    )
    named = _listed(tokens[head], before, where) if block.names else (tokens[head],)
    endpoints = dict.fromkeys(_resolve(text, tokens[:form_at], each) for each in named)
    return [replace(block, endpoint=each) for each in endpoints]


def _listed(variable: Token, before: Sequence[_Values], where: str) -> tuple[Token, ...]:
    """The endpoints that a VALUES block lists for a variable."""
    name = variable.text[1:]
    for values in before:
        if values.variables == (name,) and values.cells and all(each.kind in {"iri", "name"} for each in values.cells):
            return values.cells
    raise ForbiddenError(
        f"SERVICE {variable.text} at {where} is not allowed: list the endpoints in VALUES ?{name} {{ <…> }} before it, in the"
        " same group, or name one"
    )


def _graph_around(tokens: Sequence[Token], first: int, last: int) -> str:
    is_alone = first >= 3 and _is_sign(tokens, first - 1, "{") and _is_sign(tokens, last + 1, "}")
    if is_alone and tokens[first - 2].kind == "variable" and _is_word(tokens[first - 3], "GRAPH"):
        return tokens[first - 2].text[1:]
    return ""


def _write_question(
    prologue: str, prefixes: Mapping[str, str], bound: Sequence[tuple[Sequence[str], _Values]], pattern: str
) -> str:
    head = f"{declare_prefixes(prefixes)}{prologue}\n"
    if not bound:
        return f"{head}SELECT * WHERE {{{pattern}}}"
    rows = (f"{{ SELECT DISTINCT {' '.join('?' + name for name in names)} WHERE {{ {each.text} }} }}" for names, each in bound)
    return f"{head}SELECT * WHERE {{ {' '.join(rows)} {{{pattern}}} }}"


def _is_word(token: Token, word: str) -> bool:
    return token.kind == "word" and token.text.upper() == word


def _is_sign(tokens: Sequence[Token], at: int, sign: str) -> bool:
    return at < len(tokens) and tokens[at].kind == "sign" and tokens[at].text == sign


def _closing(tokens: Sequence[Token], opening: int) -> int | None:
    """Index of the brace that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(tokens)):
        if tokens[at].kind == "sign":
            depth += (tokens[at].text[0] == "{") - (tokens[at].text[-1] == "}")
            if depth == 0:
                return at
    return None


def _read_values(text: str, tokens: Sequence[Token], at: int) -> _Values | None:
    """The VALUES block that begins at a token; None where the engine will find none either."""
    head, names = at + 1, []
    if _is_sign(tokens, head, "("):
        head += 1
        while head < len(tokens) and tokens[head].kind == "variable":
            names.append(tokens[head].text[1:])
            head += 1
        head += 1
    elif head < len(tokens) and tokens[head].kind == "variable":
        names.append(tokens[head].text[1:])
        head += 1
    if not _is_sign(tokens, head, "{") or (last := _closing(tokens, head)) is None:
        return None
    cells = tuple(token for token in tokens[head + 1 : last] if not (token.kind == "sign" and token.text in {"(", ")"}))
    is_full = not any(_is_word(token, "UNDEF") for token in cells)
    return _Values(tuple(dict.fromkeys(names)), text[tokens[at].at : tokens[last].at + 1], cells, last, is_full)


def _needed(prologue: Sequence[Token], tokens: Sequence[Token]) -> dict[str, str]:
    """Those of our prefixes that the query uses and its prologue does not declare."""
    declared = {token.text.rstrip(":") for token in prologue if token.kind == "name"}
    used = {token.text.partition(":")[0] for token in tokens[len(prologue) :] if token.kind == "name"}
    return {prefix: PREFIXES[prefix] for prefix in sorted(used - declared) if prefix in PREFIXES}


def _resolve(text: str, prologue: Sequence[Token], endpoint: Token) -> str:
    """The IRI of an endpoint as the prologue has it."""
    base, names = "", dict(PREFIXES)
    for at, token in enumerate(prologue):
        if _is_word(token, "BASE") and at + 1 < len(prologue):
            base = urljoin(base, prologue[at + 1].text)
        elif _is_word(token, "PREFIX") and at + 2 < len(prologue):
            names[prologue[at + 1].text.rstrip(":")] = urljoin(base, prologue[at + 2].text)
    if endpoint.kind == "iri":
        return urljoin(base, endpoint.text)
    prefix, _, local = endpoint.text.partition(":")
    if prefix not in names:
        raise InputError(f"the prefix {prefix + ':'!r} at {locate(text, endpoint.at)} is not declared: add PREFIX {prefix}: <…>")
    return names[prefix] + _ESCAPED.sub(r"\1", local)
