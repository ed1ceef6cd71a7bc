"""May this query run? Only reading, only here, and only so large.

A query of a user is read by `guard_query` before any engine sees it. It must be a SELECT, ASK, CONSTRUCT or DESCRIBE; it may not
name Java classes; no engine may be told to reach another server (SERVICE), which `catalog.graphstore.federation` does in its
place. It stays under limits beyond which engines crash or stop answering (nesting of 800 brings pyoxigraph down, a path of 1,000
steps keeps its optimiser busy for minutes).

``FROM`` and ``FROM NAMED`` pick among the graphs of this store; neither engine fetches anything for them.

Source: SPARQL 1.1 Query Language, section 19.8; SPARQL 1.1 Federated Query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NoReturn

from catalog.errors import ForbiddenError, InputError, LimitExceededError
from catalog.graphstore.door import GRAPH_FORMATS, SELECT_FORMATS, is_rejected
from catalog.graphstore.lexer import Token, locate, read_tokens
from catalog.graphstore.prefixes import PREFIXES
from catalog.graphstore.queries import write_iri
from catalog.graphstore.service_blocks import ServiceBlock, find_blocks

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
FORMS: tuple[Form, ...] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")

MAX_BYTES = 64 * 1024
MAX_NESTING = 64
MAX_TOKENS = 4000
MAX_PATH_STEPS = 64

SERVICES_SETTING = "CATALOG_SPARQL__SERVICES"
"""Names the endpoints that SERVICE may ask."""

_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_PREFIX_OPERATORS = frozenset("!+-^")
_STEPS = frozenset("/|^")
_ENDS_PATH = frozenset(".;{}")


@dataclass(frozen=True, slots=True)
class SafeQuery:
    """A query that the guard let through.

    Attributes
    ----------
    text
        As the user wrote it.
    form
        SELECT, ASK, CONSTRUCT or DESCRIBE.
    prefixes
        Those of ours that it uses and does not declare.
    from_graphs
        Whether FROM or FROM NAMED describe the query's own dataset.
    graph_patterns
        Whether GRAPH occurs.
    rejected
        Whether it names a graph of refused states, so that the place of those answers it.
    dataset
        Default and named graphs in place of those that it names itself; None: as it says.
    base
        What relative IRIs are relative to unless it says so itself; ``""``: they are an error, or as the engine has it.
    services
        Its SERVICE blocks. No engine may be given it before `catalog.graphstore.federation.Federation.fill` has put solutions in
        their places.
    """

    text: str
    form: Form
    prefixes: Mapping[str, str] = field(default_factory=dict)
    from_graphs: bool = False
    graph_patterns: bool = False
    rejected: bool = False
    dataset: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    base: str = ""
    services: tuple[ServiceBlock, ...] = ()

    def over(self, default_graphs: Sequence[str], named_graphs: Sequence[str]) -> "SafeQuery":
        """The same query over a dataset that the protocol describes; where it describes none, the same query.

        Raises
        ------
        InputError
            A graph's name is no absolute IRI.
        """
        if not default_graphs and not named_graphs:
            return self
        for name in (*default_graphs, *named_graphs):
            write_iri(name)
        refused = self.rejected or any(map(is_rejected, (*default_graphs, *named_graphs)))
        return replace(self, from_graphs=True, rejected=refused, dataset=(tuple(default_graphs), tuple(named_graphs)))

    def check_format(self, format: str) -> None:  # noqa: A002
        """Refuse a format that does not go with the form.

        Raises
        ------
        InputError
            The message lists the formats that do.
        """
        allowed = SELECT_FORMATS if self.form in {"SELECT", "ASK"} else GRAPH_FORMATS
        if format not in allowed:
            raise InputError(f"the format {format!r} does not go with {self.form}: use one of {', '.join(allowed)}")


def _exceeded(limit: str, value: int, allowed: int, what: str) -> NoReturn:
    raise LimitExceededError(
        f"the query has {what}: {value}, at most {allowed} are allowed", limit=limit, value=value, allowed=allowed
    )


def _check_size(tokens: Sequence[Token]) -> None:
    """Refuse what is nested too deep, or has too long a path."""
    depth = chain = steps = 0
    for token in tokens:
        sign = token.text if token.kind == "sign" else ""
        chain = chain + 1 if sign in _PREFIX_OPERATORS else 0
        depth += (sign[:1] in _OPENING or sign == "<<") - (sign[-1:] in _CLOSING or sign == ">>")
        if depth + chain > MAX_NESTING:
            _exceeded("sparql-nesting", depth + chain, MAX_NESTING, "levels of nesting")
        steps = 0 if sign in _ENDS_PATH else steps + (sign in _STEPS)
        if steps >= MAX_PATH_STEPS:
            _exceeded("sparql-path-steps", steps + 1, MAX_PATH_STEPS, "steps in one path")


def _check_reach(text: str, tokens: Sequence[Token]) -> None:
    """Refuse updates, every spelling of SERVICE, and functions that name Java classes.

    No keyword but SERVICE contains that word, so any bare word or prefix that does is refused: engines split words differently.
    Updates have words of their own, which no query has.
    """
    for token in tokens:
        word = token.text if token.kind == "word" else token.text.partition(":")[0] if token.kind == "name" else ""
        if "service" in word.lower():
            raise closed_service(text, token.at, "; or call that prefix something else" if token.kind == "name" else "")
        if token.kind == "word" and word.upper() in _UPDATES:
            raise ForbiddenError(
                f"{word} at {locate(text, token.at)} is not allowed: only SELECT, ASK, CONSTRUCT and DESCRIBE are"
            )
        if token.kind == "iri" and token.text.lower().startswith("java:"):
            raise ForbiddenError(f"<{token.text}> at {locate(text, token.at)} is not allowed: Java functions are closed")


def closed_service(text: str, at: int, hint: str = "") -> ForbiddenError:
    """The error of a SERVICE that may not be asked."""
    return ForbiddenError(
        f"SERVICE at {locate(text, at)} is not allowed: a query reads this graph store, and endpoints that the operator names in"
        f" {SERVICES_SETTING}, written as SERVICE <endpoint> {{ … }}{hint}"
    )


def _read_prologue(tokens: Sequence[Token]) -> tuple[dict[str, str], int]:
    """The prefixes a query declares, and where its form begins."""
    declared: dict[str, str] = {}
    at = 0
    while at < len(tokens) and tokens[at].kind == "word":
        word = tokens[at].text.upper()
        if word == "PREFIX" and at + 2 < len(tokens):
            declared[tokens[at + 1].text.rstrip(":")] = tokens[at + 2].text
            at += 3
        elif word in {"BASE", "VERSION"}:
            at += 2
        else:
            break
    return declared, at


def _read_form(text: str, tokens: Sequence[Token], at: int) -> Form:
    word = tokens[at].text.upper() if at < len(tokens) else ""
    for form in FORMS:
        if word == form or word.startswith(form):  # "SELECT*" is one word and a sign; some engines also read "ASKWHERE"
            return form
    where = f" at {locate(text, tokens[at].at)}" if at < len(tokens) else ""
    raise InputError(f"no query{where}: it begins with SELECT, ASK, CONSTRUCT or DESCRIBE, after PREFIX and BASE")


def _read_prefixes(text: str, tokens: Sequence[Token], declared: Mapping[str, str]) -> dict[str, str]:
    """Those of our prefixes that the query needs.

    Raises
    ------
    InputError
        It uses a prefix that neither it nor we declare.
    """
    needed: dict[str, str] = {}
    for token in tokens:
        if token.kind != "name" or (prefix := token.text.partition(":")[0]) in declared:
            continue
        if prefix not in PREFIXES:
            known = ", ".join(PREFIXES)
            raise InputError(
                f"the prefix {prefix + ':'!r} at {locate(text, token.at)} is not declared: add PREFIX {prefix}: <…>"
                f" (declared for you: {known})"
            )
        needed[prefix] = PREFIXES[prefix]
    return needed


def _names_rejected(tokens: Sequence[Token]) -> bool:
    for token in tokens:
        if token.kind == "iri" and (is_rejected(token.text) or token.text == "rejected"):
            return True
        if token.kind == "name" and is_rejected("/" + token.text.partition(":")[2].replace("\\", "")):
            return True
    return False


def guard_query(text: str, *, services: bool = False) -> SafeQuery:
    """Let a read-only query through, or say why not.

    Parameters
    ----------
    text
        SPARQL query, at most 64 KiB of UTF-8, 4,000 tokens, 64 levels of nesting, 64 steps in one property path.
    services
        Whether SERVICE with a constant endpoint passes, as one of `SafeQuery.services`. Then what stands in such a block says
        nothing of the graphs that the query reads here.

    Raises
    ------
    InputError
        It is no query, or holds something that is no SPARQL token (line and column are named).
    ForbiddenError
        An update, a ``java:`` function, or SERVICE: in any spelling, or with `services` in any but the plain one.
    LimitExceededError
        A limit, by name and figure.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InputError(f"the query holds a lone surrogate at {locate(text, error.start)}") from None
    if size > MAX_BYTES:
        _exceeded("sparql-bytes", size, MAX_BYTES, "bytes")
    tokens: list[Token] = []
    for token in read_tokens(text):
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            _exceeded("sparql-tokens", len(tokens), MAX_TOKENS, "tokens")
    _check_size(tokens)
    declared, at = _read_prologue(tokens)
    blocks = find_blocks(text, tokens, at) if services and at < len(tokens) else ()
    heads = {block.first for block in blocks}
    _check_reach(text, [token for index, token in enumerate(tokens) if index not in heads])
    form = _read_form(text, tokens, at)
    away = {index for block in blocks for index in range(block.first, block.last + 1)}
    own = [token for index, token in enumerate(tokens) if index >= at and index not in away]
    words = {token.text.upper() for token in own if token.kind == "word"}
    _read_prefixes(text, tokens[at:], declared)
    return SafeQuery(
        text,
        form,
        prefixes=_read_prefixes(text, own, declared),
        from_graphs=any(word.startswith("FROM") for word in words),
        graph_patterns="GRAPH" in words,
        rejected=_names_rejected(own),
        services=blocks,
    )


@lru_cache(maxsize=128)
def guard_own_query(text: str) -> SafeQuery:
    """The same of one of our own queries, without SERVICE: there are few, so each is read once; errors as `guard_query`."""
    return guard_query(text)
