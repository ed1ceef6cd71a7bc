r"""How does a value get into one of our queries? As a term in a VALUES block, never as pasted text.

The texts lie beside this file as ``*.rq``. Where one takes terms, it has a line of its own ``#VALUES name``; `bind` puts
``VALUES ?name { … }`` there, each term written by `write_term`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from catalog.errors import InputError, NotFoundError
from catalog.graphstore.bindings import LANG_STRING, XSD_STRING, Blank, Iri, Term

_MARKER = re.compile(r"^[ \t]*#VALUES[ \t]+(\w+)[ \t]*$", re.MULTILINE)
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\uD800-\uDFFF]')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*\Z")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'[\x00-\x1F\x7F\\"]')
_SURROGATE = re.compile(r"[\uD800-\uDFFF]")


@cache
def load_query(name: str) -> str:
    """The text of ``queries/{name}.rq``.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    folder = Path(__file__).parent
    path = folder / f"{name}.rq"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise NotFoundError(f"no query is called {name!r}", near=sorted(each.stem for each in folder.glob("*.rq")))
    return path.read_text(encoding="utf-8")


def write_iri(value: str) -> str:
    """An absolute IRI in angle brackets, as SPARQL, Turtle and N-Triples write it.

    Raises
    ------
    InputError
        It has no scheme, or holds a character that IRIs may not hold.
    """
    if not _SCHEME.match(value) or _NOT_IN_IRI.search(value):
        raise InputError(
            f'{value!r} is not an absolute IRI: it needs a scheme, and no space, control character or any of <>"{{}}|^`\\'
        )
    return f"<{value}>"


def write_literal(value: str, datatype: str = XSD_STRING, language: str | None = None) -> str:
    """A literal as SPARQL, Turtle and N-Triples write it.

    Raises
    ------
    InputError
        A lone surrogate, a malformed language tag, or a datatype that is no IRI.
    """
    if _SURROGATE.search(value):
        raise InputError(f"{value[:40]!r} holds a lone surrogate, which no RDF literal may")
    quoted = '"' + _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", value) + '"'
    if language is not None:
        if not _LANGUAGE.match(language):
            raise InputError(f"{language!r} is not a language tag such as 'en' or 'pt-BR'")
        return f"{quoted}@{language}"
    if datatype == LANG_STRING:
        raise InputError("a literal of type rdf:langString needs its language")
    return quoted if datatype == XSD_STRING else f"{quoted}^^{write_iri(datatype)}"


def write_term(term: Term) -> str:
    """A term as SPARQL writes it.

    Raises
    ------
    InputError
        The term is a blank node (it would be a variable), or not well formed.
    """
    if isinstance(term, Iri):
        return write_iri(term.value)
    if isinstance(term, Blank):
        raise InputError(f"the blank node {term.value!r} means nothing outside the answer it came from")
    return write_literal(term.value, term.datatype, term.language)


def bind(text: str, values: Mapping[str, Sequence[Term]] | None = None) -> str:
    """Put terms where a query's ``#VALUES name`` lines are.

    Parameters
    ----------
    text
        SPARQL with zero or more marker lines.
    values
        The terms for each name; no terms at all means no solutions.

    Raises
    ------
    InputError
        A marker without terms, terms without a marker, or a term that cannot be written.
    """
    values = values or {}
    markers = set(_MARKER.findall(text))
    if markers != set(values):
        raise InputError(f"the query takes values for {sorted(markers)}, and was given {sorted(values)}")

    def block(match: re.Match[str]) -> str:
        return f"VALUES ?{match[1]} {{ {' '.join(map(write_term, values[match[1]]))} }}"

    return _MARKER.sub(block, text)
