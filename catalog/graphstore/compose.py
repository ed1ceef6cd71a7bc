"""How does a question of many possible forms become SPARQL? From parts that lie in ``queries/parts/*.rq``.

A query with a fixed form is a file of its own (`catalog.graphstore.queries`). What a user may combine at will (conditions,
orders) is put together here from named parts, and a part takes only three things: names of variables, property paths of IRIs
that `write_iri` wrote, and other parts. Values never are part of the text: `bind` puts them in as terms of VALUES blocks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from catalog.errors import InputError, NotFoundError
from catalog.graphstore.queries import write_iri

_PART = re.compile(r"^#PART +([a-z-]+)\n", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a property path.

    Attributes
    ----------
    iris
        The properties, any of which may be taken.
    inverse
        Whether it is taken from object to subject.
    optional
        Whether the step may also be left out.
    """

    iris: tuple[str, ...]
    inverse: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of SPARQL that was put together here."""

    value: str


@cache
def _parts() -> Mapping[str, Template]:
    text = (Path(__file__).parent / "queries" / "parts" / "items.rq").read_text(encoding="utf-8")
    pieces = _PART.split(text)[1:]
    return {name: Template(body.strip("\n")) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def write_path(steps: Sequence[Step]) -> Text:
    """A property path.

    Raises
    ------
    InputError
        There is no step, or one of its properties is no absolute IRI.
    """
    if not steps or not all(step.iris for step in steps):
        raise InputError("a path needs at least one property in each step")
    return Text("/".join(_write_step(step) for step in steps))


def _write_step(step: Step) -> str:
    either = "|".join(map(write_iri, step.iris))
    group = f"({either})" if len(step.iris) > 1 or step.optional else either
    return f"{'^' if step.inverse else ''}{group}{'?' if step.optional else ''}"


def write_name(iri: str) -> Text:
    """An IRI as the text of a part; InputError where it is none."""
    return Text(write_iri(iri))


def join(pieces: Sequence[Text]) -> Text:
    """Several pieces, one after the other."""
    return Text("\n".join(piece.value for piece in pieces))


def part(name: str, /, **given: str | int | Text) -> Text:
    """One part with what it takes.

    Parameters
    ----------
    given
        A name of a variable (lower-case letters and digits), a count (≥ 0), or a piece that was put together here.

    Raises
    ------
    NotFoundError
        There is no part of that name.
    InputError
        A name is none, or a count is negative.
    """
    parts = _parts()
    if name not in parts:
        raise NotFoundError(f"no part of a query is called {name!r}", near=sorted(parts))
    return Text(parts[name].substitute({key: _written(value) for key, value in given.items()}))


def _written(value: str | int | Text) -> str:
    if isinstance(value, Text):
        return value.value
    if isinstance(value, int) and value >= 0:
        return str(int(value))
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise InputError(f"{value!r} can be neither a variable's name nor a count")
