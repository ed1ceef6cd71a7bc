"""Which QUDT unit is a unit of OME-NGFF or of OME-XML, and how long is it?

Source: OME-NGFF 0.4, "axes" metadata (names of UDUNITS-2); OME model 2016-06, UnitsLength and UnitsTime; QUDT 2.1, vocabulary of
units.
"""

from catalog.rdf.prefixes import PREFIXES

_PREFIXES = {
    "yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6, "kilo": 3, "hecto": 2, "deca": 1,
    "": 0, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15, "atto": -18,
    "zepto": -21, "yocto": -24,
}  # fmt: skip
_OTHER_LENGTHS = {
    "angstrom": ("ANGSTROM", 1e-4), "inch": ("IN", 25_400.0), "foot": ("FT", 304_800.0), "yard": ("YD", 914_400.0),
    "mile": ("MI", 1_609_344_000.0), "parsec": ("PARSEC", 3.085677581491367e22),
}  # fmt: skip
_OTHER_TIMES = {"minute": "MIN", "hour": "HR", "day": "DAY"}
_QUDT_LENGTHS = ("kilo", "hecto", "deca", "", "deci", "centi", "milli", "micro", "nano", "pico", "femto")
_QUDT_TIMES = ("kilo", "", "milli", "micro", "nano", "pico", "femto", "atto")
_SYMBOLS = {
    "m": "meter", "km": "kilometer", "dm": "decimeter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer",
    "μm": "micrometer", "um": "micrometer", "nm": "nanometer", "pm": "picometer", "fm": "femtometer", "Å": "angstrom",
    "in": "inch", "ft": "foot", "yd": "yard", "mi": "mile", "pc": "parsec",
    "s": "second", "ms": "millisecond", "µs": "microsecond", "ns": "nanosecond", "min": "minute", "h": "hour", "d": "day",
}  # fmt: skip
"""Symbols of OME-XML → names of OME-NGFF."""

MICROMETRES = {f"{prefix}meter": float(f"1e{power + 6}") for prefix, power in _PREFIXES.items() if prefix != "deca"} | {
    name: length for name, (_, length) in _OTHER_LENGTHS.items()
}
"""Name of a unit of length → how many micrometres it has."""
SECONDS = {f"{prefix}second": float(f"1e{power}") for prefix, power in _PREFIXES.items() if prefix not in {"deca", ""}} | {
    "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0,
}  # fmt: skip
"""Name of a unit of time → how many seconds it has."""

_QUDT = (
    {f"{prefix}meter": f"{prefix.capitalize()}M" for prefix in _QUDT_LENGTHS}
    | {f"{prefix}second": f"{prefix.capitalize()}SEC" for prefix in _QUDT_TIMES}
    | {name: unit for name, (unit, _) in _OTHER_LENGTHS.items()}
    | _OTHER_TIMES
)


def unit_iri(name: str) -> str | None:
    """The QUDT unit of a name that OME-NGFF allows; None where it allows none of that name, or QUDT has none."""
    found = _QUDT.get(name)
    return f"{PREFIXES['unit']}{found}" if found else None


def is_allowed(name: str, axis_type: object) -> bool:
    """Whether the specification lists the unit for axes of this type; it lists none but for space and time."""
    if axis_type in {"space", "time"}:
        return name in (MICROMETRES if axis_type == "space" else SECONDS)
    return True


def name_of_symbol(symbol: str) -> str:
    """The name that OME-NGFF has for a symbol of OME-XML; the symbol itself where it has none."""
    return _SYMBOLS.get(symbol, symbol)
