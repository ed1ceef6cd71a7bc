"""How far may the nearest label be away? One tolerance for all axes, or one for each that is named."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import inf, isnan
from typing import Any, Final

from catalog.bridge.axis_request import Duration, Tolerance, parse_by_axis
from catalog.errors import InputError
from catalog.rdf.conventions.cf_calendar import parse_step

_SPAN: Final = re.compile(r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+)")
_SHORT: Final = {"D": "days", "H": "hours", "W": "weeks", "T": "minutes"}
_MORE: Final = {"weeks": 7 * 86_400 * 10**6, "week": 7 * 86_400 * 10**6}
_ALLOWED: Final = "a number ≥ 0 in the coordinate's unit, inf, or, of dates, a span such as 1D, 6h, 30min or 10s"


def parse_tolerance(given: Any) -> Tolerance:
    """A tolerance as a number or a span of time.

    Parameters
    ----------
    given
        A number; a text of one; a span such as ``1D``, ``6h``, ``30min``, ``10s``; a ``timedelta`` of Python or NumPy.

    Raises
    ------
    InputError
        It is none of these, or below 0.
    """
    if isinstance(given, Duration):
        return given
    given = given.item() if hasattr(given, "dtype") and hasattr(given, "item") else given
    if isinstance(given, timedelta):
        return _checked(Duration(given / timedelta(microseconds=1), str(given)), given)
    span = _SPAN.fullmatch(given.strip()) if isinstance(given, str) else None
    if span:
        return _checked(to_duration(float(span[1]), span[2]), given)
    try:
        return _checked(float(given) if not isinstance(given, bool) else -1.0, given)
    except (TypeError, ValueError):
        raise _refused(given) from None


def to_duration(number: float, unit: str) -> Duration:
    """So many of a unit of time; InputError where it is none, or has no fixed length."""
    name = _SHORT.get(unit, unit)
    each = _MORE.get(name) or parse_step(name)
    if each is None:
        raise InputError(f"a {unit} is not always as long: give days, hours, minutes or seconds")
    return Duration(number * float(each), f"{number:g}{unit}")


def parse_tolerances(text: str) -> Tolerance | dict[str, Tolerance]:
    """What a text says: ``0.5`` for all axes, or ``lat=0.5,time=1D``.

    Raises
    ------
    InputError
        An axis has two, or one is none.
    """
    if "=" not in text:
        return parse_tolerance(text)
    refusal = f"the tolerance {text[:80]!r}: give AXIS=TOLERANCE for each axis once, joined by commas"
    return parse_by_axis(text, parse_tolerance, refusal)


def tolerances_of(given: Any, axes: Sequence[str]) -> dict[str, Tolerance]:
    """The tolerance of each of some axes.

    Parameters
    ----------
    given
        None: no axis has one; a mapping of axes to tolerances: those axes have one; else what `parse_tolerance` takes, for all.
    axes
        The axes that labels are given for.

    Raises
    ------
    InputError
        One of the mapping's axes is none of these, there are none, or a tolerance is none.
    """
    if given is None:
        return {}
    if not axes and not isinstance(given, Mapping):
        raise InputError(f"the tolerance {str(given)[:40]!r} is of labels, and no axis is given by labels")
    if not isinstance(given, Mapping):
        return dict.fromkeys(axes, parse_tolerance(given))
    unknown = [axis for axis in given if axis not in axes]
    if unknown:
        allowed = ", ".join(map(repr, axes)) or "none"
        raise InputError(f"a tolerance is given for {unknown[0]!r}; the axes that labels are given for are {allowed}")
    return {axis: parse_tolerance(value) for axis, value in given.items()}


def _checked(tolerance: Tolerance, given: object) -> Tolerance:
    size = tolerance.microseconds if isinstance(tolerance, Duration) else tolerance
    if isnan(size) or not 0 <= size <= inf:
        raise _refused(given)
    return tolerance


def _refused(given: object) -> InputError:
    return InputError(f"the tolerance is {str(given)[:40]!r}; {_ALLOWED} is allowed")
