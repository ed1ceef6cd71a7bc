"""What do the ontology and the shapes say, as far as this program carries them?

They are published as whole vocabularies, term by term, and as the files that they are written in.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog.errors import NotFoundError
from catalog.rdf.iris import PROJECT, profile_iri
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE, RDFS_COMMENT, RDFS_LABEL
from catalog.rdf.statements import Statement, read_statements
from catalog.resources import Resource, resource

_SKOLEM = "urn:blank:"
_BLANK = re.compile(r"<urn:blank:([0-9a-f]+)>")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_TEXTS = {".ttl": "text/turtle", ".jsonld": "application/ld+json", ".tsv": "text/tab-separated-values"}


@dataclass(frozen=True, slots=True)
class VocabularyTerm:
    """One term, shape or concept.

    Attributes
    ----------
    iri, name
        Its IRI, and what of that follows the vocabulary's.
    kinds
        The classes that it is a member of, as IRIs.
    label, definition, source
        As the files have them; ``""`` where they do not say. The definition of a shape is its message.
    statements
        All that is said of it, blank nodes included.
    """

    iri: str
    name: str
    kinds: tuple[str, ...]
    label: str
    definition: str
    source: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class PublishedVocabulary:
    """A namespace of the project with what the files say in it.

    Attributes
    ----------
    name
        Such as ``ns``, ``shapes`` or ``profiles/cf``; also its path in a deployment.
    iri, title
        Its IRI, without ``#``, and what to call it.
    terms
        By name.
    ntriples
        All of it as canonical N-Triples.
    files
        What it is written in, as paths that begin with the folder: ``ontology/`` or ``shapes/``.
    """

    name: str
    iri: str
    title: str
    terms: Mapping[str, VocabularyTerm]
    ntriples: bytes
    files: tuple[str, ...]


def vocabulary_names() -> tuple[str, ...]:
    """The names of all vocabularies."""
    profiles = sorted(each.name for each in (resource("shapes") / "profiles").iterdir() if each.is_dir())
    return ("ns", "shapes", *(f"profiles/{each}" for each in profiles))


@cache
def read_vocabulary(name: str) -> PublishedVocabulary:
    """A vocabulary by its name.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    if name not in vocabulary_names():
        raise NotFoundError(f"no vocabulary is called {name!r}", near=vocabulary_names())
    if name == "ns":
        files, title = sorted(resource("ontology").glob("*.ttl")), "The ontology"
    elif name == "shapes":
        folder = resource("shapes")
        files, title = [folder / "shapes.ttl", *sorted((folder / "core").glob("*.ttl")), *_recommended(folder)], "The shapes"
    else:
        profile = name.removeprefix("profiles/")
        files, title = sorted((resource("shapes") / name).glob("*.ttl")), f"The profile {profile}"
        assert profile_iri(profile) == PROJECT + name  # noqa: S101  a profile's folder is called like its IRI
    statements = [each for path in files for each in _read(path)]
    terms = {each.name: each for each in _terms(f"{PROJECT}{name}#", statements)}
    folder_name: Resource = "ontology" if name == "ns" else "shapes"
    written = tuple(f"{folder_name}/{path.relative_to(resource(folder_name)).as_posix()}" for path in files)
    return PublishedVocabulary(name, f"{PROJECT}{name}", title, dict(sorted(terms.items())), to_ntriples(statements), written)


def _recommended(folder: Path) -> list[Path]:
    return sorted((folder / "recommended").glob("*.ttl"))


def _read(path: Path) -> list[Statement]:
    return read_statements(path.read_bytes(), path.name, base=f"{PROJECT}shapes/", skolem=_SKOLEM)


def to_ntriples(statements: Iterable[Statement]) -> bytes:
    """Statements of a vocabulary as sorted N-Triples, with blank nodes as such."""
    lines = {_BLANK.sub(r"_:b\1", each.line) if _SKOLEM in each.line else each.line for each in statements}
    return "".join(sorted(lines)).encode()


def _terms(namespace: str, statements: Sequence[Statement]) -> list[VocabularyTerm]:
    about: dict[str, list[Statement]] = {}
    for each in statements:
        about.setdefault(each.subject, []).append(each)
    return [_term(iri, iri.removeprefix(namespace), about) for iri in about if iri.startswith(namespace)]


def _term(iri: str, name: str, about: Mapping[str, Sequence[Statement]]) -> VocabularyTerm:
    told, waiting, seen = list[Statement](), [iri], set[str]()
    while waiting:
        subject = waiting.pop()
        if subject in seen:
            continue
        seen.add(subject)
        told += about.get(subject, ())
        waiting += [each.target[1:-1] for each in about.get(subject, ()) if each.target.startswith(f"<{_SKOLEM}")]
    own = about[iri]
    definition = _text(own, f"{PREFIXES['skos']}definition") or _text(own, f"{PREFIXES['sh']}message")
    return VocabularyTerm(
        iri=iri,
        name=name,
        kinds=tuple(sorted(each.target[1:-1] for each in own if each.predicate == RDF_TYPE)),
        label=_text(own, RDFS_LABEL) or name,
        definition=definition,
        source=_text(own, f"{DCT}source") or _text(own, RDFS_COMMENT),
        statements=tuple(sorted(told, key=lambda each: each.line)),
    )


def _text(own: Sequence[Statement], predicate: str) -> str:
    """The first text that a term has for a property; of an IRI the IRI itself."""
    for each in own:
        if each.predicate == predicate:
            return literal_text(each.target)
    return ""


def literal_text(target: str) -> str:
    """The text of an object in N-Triples, without its escapes, datatype and language; of an IRI the IRI itself."""
    found = _LITERAL.match(target)
    return _ESCAPED.sub(_unescape, found[1]) if found else target.strip("<>")


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1][1:], 16)) if len(found[1]) == 5 else _ESCAPES.get(found[1], found[1])


def published_file(kind: Resource, name: str) -> tuple[bytes, str]:
    """A file of the ontology or the shapes as it is written, and its media type.

    Parameters
    ----------
    name
        Its path below that folder, with ``/``.

    Raises
    ------
    NotFoundError
        There is none, or it is not for publishing.
    """
    folder = resource(kind)
    known = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _TEXTS}
    if name not in known:
        raise NotFoundError(f"no file of the {kind} is called {name!r}", near=[each for each in known if each.endswith(name)][:5])
    return known[name].read_bytes(), _TEXTS[known[name].suffix]
