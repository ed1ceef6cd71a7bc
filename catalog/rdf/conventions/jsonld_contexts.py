"""What does a JSON-LD context say, and where does it come from?

A context that is named by URL is never fetched: ingesting must neither reach out to a host that a store names, nor depend on what
that host answers today. It comes from a pinned set: the project's own, and a folder of the user's in which ``index.json`` maps
URLs to files::

    {"https://schema.org": "schema-org.jsonld", "https://schema.org/": "schema-org.jsonld"}

The files are contexts as their publishers give them, unchanged. None of them is shipped here: half a context would give other
triples than the whole one.
Source: JSON-LD 1.1, "The Context"; JSON-LD 1.1 API, "Context Processing".
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from catalog.errors import InputError
from catalog.metadata.document import Document, Json, digest_of, parse_document
from catalog.rdf.conventions.jsonld_keys import as_list
from catalog.resources import resource

CONTEXT_URL = "https://w3id.org/zarr-catalog/context.jsonld"
"""Where the project's own context has its place; its text is ``ontology/context.jsonld``."""
INDEX = "index.json"
MAX_WORK = 1_000_000
"""Terms of all contexts, times objects where contexts are nested; a reader takes about a second for so much."""
_MANY = 64
_XSD_DOUBLE = "http://www.w3.org/2001/XMLSchema#double"


class Unreadable(ValueError):  # noqa: N818  it says what the linked data is; it never leaves this folder
    """The linked data of one attribute cannot be read; ``kind`` is the problem's kind."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def load_contexts(folder: Path | None = None) -> dict[str, Json]:
    """Pinned contexts by URL: the project's own, and those of a folder.

    Parameters
    ----------
    folder
        Holds ``index.json``, an object from URL to file name, and the files; None for the project's own context alone.

    Raises
    ------
    InputError
        The folder has no index, or a file that it names is missing, outside the folder, or no JSON-LD context.
    """
    contexts = {CONTEXT_URL: _own_context()}
    if folder is None:
        return contexts
    index = _read_json(folder / INDEX)
    if not isinstance(index, dict) or not all(isinstance(name, str) for name in index.values()):
        raise InputError(f"{folder / INDEX} must be an object from context URL to file name")
    for url, name in index.items():
        if Path(name).name != name:
            raise InputError(f"{folder / INDEX}: {name!r} is not the name of a file in the same folder")
        document = _read_json(folder / name)
        if not isinstance(document, dict) or not isinstance(document.get("@context"), dict | list):
            raise InputError(f"{folder / name} is no JSON-LD context: it must be an object with the member '@context'")
        contexts[url] = document["@context"]
    return contexts


@cache
def _own_context() -> Json:
    return _read_json(resource("ontology") / "context.jsonld")["@context"]


def _read_json(path: Path) -> Json:
    try:
        parsed = parse_document(Document(path.name, path.read_bytes()))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if any(problem.severity == "error" for problem in parsed.problems):
        raise InputError(f"{path}: {parsed.problems[0].message}")
    return parsed.value


class Inliner:
    """Puts pinned contexts in the place of their URLs, and numbers that JSON has not into a form that JSON-LD has.

    Parameters
    ----------
    contexts
        Pinned contexts by URL.
    attributes
        The attributes that the contexts are for: of a large context, only the terms that can matter to them are taken.
    """

    def __init__(self, contexts: Mapping[str, Json], attributes: Json) -> None:
        self._contexts = contexts
        self._attributes = attributes
        self._open: list[str] = []
        self._terms = self._objects = 0
        self._nested = False  # contexts inside contexts, or below the top: a parser then copies all terms at each object

    def value(self, value: Json) -> Json:
        """The value with every context in it written out.

        Raises
        ------
        Unreadable
            A context is not pinned or leads to itself, or there is too much of it.
        """
        written = self._value(value, top=True)
        self._count(0, nested=False)
        return written

    def _value(self, value: Json, *, top: bool) -> Json:
        if isinstance(value, list):
            return [self._value(item, top=top) for item in value]
        if isinstance(value, dict):
            self._objects += 1
            if "@value" in value:
                return _value_object(value)
            return {
                key: self.context(member, top=top) if key == "@context" else self._value(member, top=False)
                for key, member in value.items()
            }
        if isinstance(value, float) and not math.isfinite(value):
            return {"@value": _double_name(value), "@type": _XSD_DOUBLE}
        return value

    def context(self, context: Json, *, top: bool = True) -> Json:
        """A context with every URL in it replaced by what is pinned under it."""
        if isinstance(context, list):
            return [inner for member in context for inner in as_list(self.context(member, top=top))]
        if isinstance(context, str):
            return self._pinned(context, top=top)
        if not isinstance(context, dict):
            return context
        self._count(len(context), nested=not top)
        written = {key: self._definition(definition) for key, definition in context.items()}
        if isinstance(context.get("@import"), str):
            imported = self._pinned(written.pop("@import"), top=top)
            if not isinstance(imported, dict):
                raise Unreadable("invalid-json-ld", f"@import {context['@import']!r} does not name a context that is one object")
            written = {**imported, **written}
        return written

    def _definition(self, definition: Json) -> Json:
        if isinstance(definition, dict) and "@context" in definition:
            return {**definition, "@context": self.context(definition["@context"], top=False)}
        return definition

    def _pinned(self, url: str, *, top: bool) -> Json:
        if url not in self._contexts:
            raise Unreadable(
                "context-not-pinned",
                f"the JSON-LD context {url!r} is not pinned, and contexts are never fetched: add it to your folder of contexts, "
                "or write it into the attributes; until then they stay plain",
            )
        if url in self._open:
            raise Unreadable("invalid-json-ld", f"the pinned JSON-LD context {url!r} leads back to itself")
        context = self._contexts[url]
        if isinstance(context, dict) and len(context) > _MANY:
            context = relevant_terms(context, self._words_beside(url))
        self._open.append(url)
        try:
            return self.context(context, top=top)
        finally:
            self._open.pop()

    def _words_beside(self, url: str) -> set[str]:
        """The words of the attributes and of all pinned contexts that they lead to, but this one."""
        words, seen = words_of(self._attributes), {url}
        while waiting := (words & self._contexts.keys()) - seen:
            other = waiting.pop()
            seen.add(other)
            words |= words_of(self._contexts[other])
        return words

    def _count(self, terms: int, *, nested: bool) -> None:
        self._terms += terms
        self._nested = self._nested or nested
        work = self._terms * (self._objects if self._nested else 1)
        if work > MAX_WORK:
            raise Unreadable(
                "json-ld-too-large",
                f"JSON-LD contexts of {self._terms} terms for {self._objects} objects; terms, times objects where contexts are "
                f"nested, may be at most {MAX_WORK}; the attributes stay plain",
            )


def _double_name(value: float) -> str:
    return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def _value_object(value: dict[str, Json]) -> dict[str, Json]:
    """A JSON-LD value; a non-finite number becomes the text that ``xsd:double`` has for it."""
    inner = value["@value"]
    if isinstance(inner, float) and not math.isfinite(inner):
        return {"@type": _XSD_DOUBLE, **value, "@value": _double_name(inner)}
    return value


def has_non_finite(value: Json) -> bool:
    """Whether NaN or an infinity is anywhere in a JSON value."""
    if isinstance(value, dict):
        return any(map(has_non_finite, value.values()))
    if isinstance(value, list):
        return any(map(has_non_finite, value))
    return isinstance(value, float) and not math.isfinite(value)


def words_of(value: Json) -> set[str]:
    """Every string in a JSON value, keys included, and what stands before its first colon: all that can name a term."""
    return {word for text in _strings(value) for word in (text, text.partition(":")[0])}


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)


def relevant_terms(context: Mapping[str, Json], words: Iterable[str]) -> dict[str, Json]:
    """The part of a context that can matter where only these words occur: their terms, and the terms which those stand on."""
    kept = {key: definition for key, definition in context.items() if key.startswith("@")}
    waiting = [word for word in {*words, *words_of(kept)} if word in context and word not in kept]
    while waiting:
        term = waiting.pop()
        if term not in kept:
            kept[term] = context[term]
            waiting += [word for word in words_of(context[term]) if word in context and word not in kept]
    return {key: kept[key] for key in context if key in kept}


def contexts_digest(contexts: Mapping[str, Json] | None) -> str:
    """SHA-256 of the project's own context and these; where it changes, the same attributes may say other things."""
    return digest_of({**load_contexts(), **(contexts or {})})
