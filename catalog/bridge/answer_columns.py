"""Which columns of an answer say which part of an array is meant, and what does a row say with them?

Columns with these names say which part: ``?{axis}_start``, ``?{axis}_stop``, ``?{axis}_step``, ``?{axis}_at``, ``?channel``,
``?level``, ``?roi`` and ``?select``. What is not bound is open. What a term means follows from its type: an integer is a
position, a date or string is a label, another number is in world units where the image states a scale, and else a label.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from catalog.bridge.axis_request import AxisRequest, Index, LabelAt, LabelRange, World, WorldAt
from catalog.bridge.selection_text import parse_selection, position_of
from catalog.errors import InputError
from catalog.graphstore.bindings import XSD, XSD_STRING, Bindings, Iri, Term
from catalog.graphstore.bindings import Literal as Value

Units = Literal["auto", "pixel", "world", "label"]

LEVEL, CHANNEL, ROI, SELECT = "level", "channel", "roi", "select"
_END: Final = re.compile(r"(.+)_(start|stop|step|at)")
_INTEGERS: Final = frozenset(
    XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "negativeInteger",
        "nonPositiveInteger",
        "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
_NUMBERS: Final = frozenset({XSD + "decimal", XSD + "double", XSD + "float"})

Kind = Literal["pixel", "world", "label", "number"]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of an answer are for.

    Attributes
    ----------
    ends
        Axis → which of ``start``, ``stop``, ``step``, ``at`` → column.
    special
        Those of ``level``, ``channel``, ``roi``, ``select`` that there are.
    others
        Columns that may hold arrays, in their order.
    """

    ends: Mapping[str, Mapping[str, str]]
    special: frozenset[str]
    others: tuple[str, ...]

    @property
    def selecting(self) -> bool:
        """Whether any column says which part is meant."""
        return bool(self.ends or self.special)


def read_columns(bindings: Bindings, column: str | None = None) -> Columns:
    """What the columns are for; ``column`` is the one with the arrays, whatever it is called.

    Raises
    ------
    InputError
        There is no such column.
    """
    if column is not None and column not in bindings.columns:
        raise InputError(f"the answer has no column {column!r}; its columns are {', '.join(bindings.columns) or 'none'}")
    ends: dict[str, dict[str, str]] = {}
    special, others = set(), []
    for name in bindings.columns:
        match = _END.fullmatch(name)
        if name == column:
            others.append(name)
        elif match:
            ends.setdefault(match[1], {})[match[2]] = name
        elif name in {LEVEL, CHANNEL, ROI, SELECT}:
            special.add(name)
        else:
            others.append(name)
    return Columns(ends, frozenset(special), tuple(others))


def row_requests(row: Mapping[str, Term | None], columns: Columns, units: Units, sampled: frozenset[str]) -> list[AxisRequest]:
    """What a row asks for, region and level apart.

    Parameters
    ----------
    sampled
        Names of the axes along which the array's image states a scale.

    Raises
    ------
    InputError
        A value has no such meaning, or the ends of an axis have different ones.
    """
    found = []
    for axis, ends in columns.ends.items():
        terms = {end: _literal(row[name], name) for end, name in ends.items() if row.get(name) is not None}
        if terms:
            found.append(AxisRequest(axis, _index(axis, terms, units, sampled), offset=-1))
    channel = row.get(CHANNEL) if CHANNEL in columns.special else None
    if channel is not None:
        found.append(AxisRequest("c", _channel(_literal(channel, CHANNEL)), offset=-1))
    text = row.get(SELECT) if SELECT in columns.special else None
    if text is not None:
        found += parse_selection(_literal(text, SELECT).value)
    return found


def row_level(row: Mapping[str, Term | None], columns: Columns) -> int | None:
    """The level that a row asks for.

    Raises
    ------
    InputError
        It is no integer.
    """
    term = row.get(LEVEL) if LEVEL in columns.special else None
    return None if term is None else _whole(_literal(term, LEVEL), LEVEL)


def row_region(row: Mapping[str, Term | None], columns: Columns) -> str | None:
    """The IRI of the region that a row asks for.

    Raises
    ------
    InputError
        It is no IRI.
    """
    term = row.get(ROI) if ROI in columns.special else None
    if term is None or isinstance(term, Iri):
        return None if term is None else term.value
    raise InputError(f"?{ROI} is {term.value[:60]!r}; the IRI of a region is needed")


def _literal(term: Term | None, column: str) -> Value:
    if isinstance(term, Value):
        return term
    raise InputError(f"?{column} is {term.value if term else 'unbound'}; a number, date or string is needed")


def _kind(term: Value) -> Kind:
    if term.datatype in _INTEGERS:
        return "pixel"
    return "number" if term.datatype in _NUMBERS else "label"


def _index(axis: str, terms: Mapping[str, Value], units: Units, sampled: frozenset[str]) -> Index:
    step = _whole(terms["step"], f"{axis}_step") if "step" in terms else None
    ends = {end: term for end, term in terms.items() if end != "step"}
    if "at" in ends and len(terms) > 1:
        raise InputError(f"?{axis}_at says one element; leave ?{axis}_start, ?{axis}_stop and ?{axis}_step unbound")
    kinds = {_kind(term) for term in ends.values()}
    kind = units if units != "auto" else _common(axis, kinds, axis in sampled)
    if step is not None and kind != "pixel":
        raise InputError(f"?{axis}_step goes with positions; ?{axis}_start and ?{axis}_stop are {kind}s here")
    if step == 0:
        raise InputError(f"?{axis}_step is 0: use a step ≥ 1, or a negative one to go backwards")
    if kind == "pixel":
        numbers = {end: _whole(term, f"{axis}_{end}") for end, term in ends.items()}
        return numbers["at"] if "at" in numbers else slice(numbers.get("start"), numbers.get("stop"), step)
    if kind == "world":
        places = {end: _number(term, f"{axis}_{end}") for end, term in ends.items()}
        return WorldAt(places["at"]) if "at" in places else World(places.get("start"), places.get("stop"))
    labels = {end: term.value for end, term in ends.items()}
    return LabelAt((labels["at"],), kept=False) if "at" in labels else LabelRange(labels.get("start"), labels.get("stop"))


def _common(axis: str, kinds: set[Kind], sampled: bool) -> Units:
    if kinds <= {"pixel"}:
        return "pixel"
    if kinds == {"number"}:
        return "world" if sampled and position_of(axis) is None else "label"
    if kinds == {"label"}:
        return "label"
    raise InputError(
        f"?{axis}_start and ?{axis}_stop have different types: give two integers (positions), two other numbers"
        " (world units or labels) or two dates or strings (labels), or say which units are meant"
    )


def _channel(term: Value) -> Index:
    return _whole(term, CHANNEL) if _kind(term) == "pixel" else LabelAt((term.value,), kept=False)


def _whole(term: Value, column: str) -> int:
    try:
        number = float(term.value)
        if number.is_integer():
            return int(term.value) if term.datatype in _INTEGERS or term.datatype == XSD_STRING else int(number)
    except (ValueError, OverflowError):
        pass
    raise InputError(f"?{column} is {term.value[:60]!r}; an integer is needed")


def _number(term: Value, column: str) -> float:
    try:
        return float(term.value)
    except ValueError:
        raise InputError(f"?{column} is {term.value[:60]!r}; a number is needed") from None
