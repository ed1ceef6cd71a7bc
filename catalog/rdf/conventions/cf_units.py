"""Which QUDT unit does a UDUNITS string mean?

The string is taken apart into powers of named units, and these are looked up as they stand: ``W m-2`` is QUDT's ``W-PER-M2``, and
``mol mol-1`` its ``MOL-PER-MOL``, while units that merely have the same size or dimension (``Hz``, ``Bq``) are never exchanged.

Source: UDUNITS-2 "Grammar" and its unit database; CF Conventions 1.11, section 3.1 "Units". The pinned table
``ontology/imports/qudt-units.tsv`` says which product has which name; ``scripts/import_vocabularies.py`` makes it.
"""

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from catalog.resources import resource

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3, "u": -6,
    "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_PREFIX_NAMES = {
    "yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6, "kilo": 3, "hecto": 2, "deka": 1,
    "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15, "atto": -18, "zepto": -21,
    "yocto": -24,
}  # fmt: skip
PREFIX_OF = {power: symbol for symbol, power in PREFIXES.items() if symbol not in {"µ", "μ"}} | {0: ""}

SYMBOLS = {
    "m": "m", "g": "g", "s": "s", "A": "A", "K": "K", "°K": "K", "degK": "K", "mol": "mol", "cd": "cd", "rad": "rad", "sr": "sr",
    "Hz": "Hz", "N": "N", "Pa": "Pa", "J": "J", "W": "W", "C": "C", "V": "V", "F": "F", "Ω": "Ohm", "S": "S",
    "Wb": "Wb", "T": "T", "H": "H", "lm": "lm", "lx": "lx", "Bq": "Bq", "Gy": "Gy", "Sv": "Sv", "kat": "kat", "min": "min",
    "h": "h", "hr": "h", "d": "d", "yr": "a", "°": "deg", "degC": "Cel", "°C": "Cel", "℃": "Cel", "degF": "[degF]",
    "°F": "[degF]", "℉": "[degF]", "l": "L", "L": "L", "bar": "bar", "atm": "atm", "psi": "[psi]", "%": "%", "ppm": "[ppm]",
    "ppb": "[ppb]", "ppt": "[ppt]", "DU": "DU", "eV": "eV", "cal": "cal_IT", "kt": "[kn_i]", "nmile": "[nmi_i]",
    "nmi": "[nmi_i]", "mi": "[mi_i]",
    "ft": "[ft_i]", "in": "[in_i]", "yd": "[yd_i]", "ha": "har", "t": "t", "lb": "[lb_av]", "u": "u", "dyn": "dyn", "Å": "Ao",
    "B": "B", "Ci": "Ci", "St": "St", "P": "P", "Gal": "Gal", "mmHg": "mm[Hg]", "inHg": "[in_i'Hg]",
}  # fmt: skip
"""UDUNITS symbol → UCUM symbol; UDUNITS tells upper from lower case in symbols."""

NAMES = {
    "meter": "m", "metre": "m", "gram": "g", "gramme": "g", "second": "s", "sec": "s", "ampere": "A", "amp": "A", "kelvin": "K",
    "degree_kelvin": "K", "degree_k": "K", "deg_k": "K", "degreek": "K", "mole": "mol", "candela": "cd", "radian": "rad",
    "steradian": "sr", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V",
    "farad": "F", "ohm": "Ohm", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "lumen": "lm", "lux": "lx",
    "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "katal": "kat", "minute": "min", "hour": "h", "day": "d", "week": "wk",
    "year": "a", "degree": "deg", "deg": "deg", "arc_degree": "deg", "angular_degree": "deg", "arcdeg": "deg",
    "degree_true": "deg", "degreet": "deg", "degreetrue": "deg", "arc_minute": "'", "arcminute": "'", "arcmin": "'",
    "angular_minute": "'", "arc_second": "''", "arcsecond": "''", "arcsec": "''", "angular_second": "''", "celsius": "Cel",
    "degree_celsius": "Cel", "degree_c": "Cel", "deg_c": "Cel", "degreec": "Cel", "centigrade": "Cel",
    "degree_centigrade": "Cel", "fahrenheit": "[degF]", "degree_fahrenheit": "[degF]", "degree_f": "[degF]", "deg_f": "[degF]",
    "degreef": "[degF]", "liter": "L", "litre": "L", "atmosphere": "atm", "standard_atmosphere": "atm", "percent": "%",
    "dobson": "DU", "electronvolt": "eV", "electron_volt": "eV", "calorie": "cal_IT", "knot": "[kn_i]",
    "nautical_mile": "[nmi_i]", "mile": "[mi_i]", "foot": "[ft_i]", "feet": "[ft_i]", "inch": "[in_i]", "yard": "[yd_i]",
    "hectare": "har", "tonne": "t", "metric_ton": "t", "pound": "[lb_av]", "dyne": "dyn", "angstrom": "Ao", "micron": "um",
    "bel": "B", "decibel": "dB", "curie": "Ci", "stokes": "St", "poise": "P",
}  # fmt: skip
"""UDUNITS name, in lower case and singular → UCUM symbol; UDUNITS does not tell upper from lower case in names."""
NAMES |= {f"degree{sep}{side}": "deg" for sep in ("_", "") for side in ("north", "n", "east", "e", "south", "s", "west", "w")}

ALIASES = {"psu": "PSU", "PSU": "PSU", "NTU": "NTU"}
"""What is no UDUNITS unit, is widely written all the same, and has a unit of its own in QUDT."""
_PLAIN_NUMBERS = {
    Fraction(1): "UNITLESS", Fraction(1, 100): "PERCENT", Fraction(1, 10**3): "PPTH", Fraction(1, 10**6): "PPM",
    Fraction(1, 10**9): "PPB", Fraction(1, 10**12): "PPT",
}  # fmt: skip

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<per>/|per\b|PER\b)|(?P<times>\*(?!\*)|\.|·)|(?P<open>\()"
    r"|(?P<close>\))|(?P<name>[^\W\d]+(?:\d+[^\W\d]+)*|[%°℃℉](?:[A-Z])?|'{1,2}|\"))"
    r"(?P<power>(?:\^|\*\*)[+-]?\d{1,3}|[+-]?\d{1,3}(?![\d.]))?"
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_MAX_LENGTH = 200
_MAX_POWER = 99

Factors = tuple[tuple[int, str, int], ...]
"""Power of ten of the prefix, UCUM symbol, exponent."""


@dataclass(frozen=True, slots=True)
class ParsedUnit:
    """A product of powers of units, times a number."""

    scale: Fraction
    factors: Factors

    @property
    def key(self) -> str:
        """The product as one text, whatever the order it was written in; ``1`` where it has no unit."""
        powers: Counter[tuple[str, bool]] = Counter()
        for prefix, symbol, power in self.factors:
            powers[f"{PREFIX_OF[prefix]}{symbol}", power > 0] += power
        return " ".join(sorted(f"{name}{power}" if power != 1 else name for (name, _), power in powers.items())) or "1"


def parse_unit(text: str) -> ParsedUnit | None:
    """The product that a UDUNITS string states; None where it is none, or has an offset, a logarithm or a time of reference."""
    if len(text) > _MAX_LENGTH:
        return None
    found = _Parser(text.strip().translate(_SUPERSCRIPTS)).run()
    if found is None or any(abs(power) > _MAX_POWER for _, _, power in found.factors):
        return None
    return found


@lru_cache(4096)
def find_unit(text: str) -> str | None:
    """The local name of the QUDT unit that a UDUNITS string means, such as ``M-PER-SEC``; None where there is none."""
    text = text.strip()
    if text in ALIASES:
        return ALIASES[text]
    unit = parse_unit(text)
    if unit is None:
        return None
    if not unit.factors:
        return _PLAIN_NUMBERS.get(unit.scale)
    return next((name for each in _spellings(unit) if (name := load_units().get(each.key))), None)


@cache
def load_units() -> dict[str, str]:
    """Product → local name of its QUDT unit, from the pinned table."""
    lines = (resource("ontology") / "imports" / "qudt-units.tsv").read_text(encoding="utf-8").splitlines()
    return {key: name for key, _, name in (line.partition("\t") for line in lines if line[:1] != "#")}


def _spellings(unit: ParsedUnit) -> list[ParsedUnit]:
    """The same unit with its power of ten as a prefix of one of the factors."""
    if unit.scale == 1:
        return [unit]
    power = _power_of_ten(unit.scale)
    if power is None:
        return []
    found = []
    for index, (prefix, symbol, exponent) in enumerate(unit.factors):
        more, rest = divmod(power, exponent)
        if rest == 0 and prefix + more in PREFIX_OF:
            factors = (*unit.factors[:index], (prefix + more, symbol, exponent), *unit.factors[index + 1 :])
            found.append(ParsedUnit(Fraction(1), factors))
    return found


def _power_of_ten(value: Fraction) -> int | None:
    digits = str(max(value.numerator, value.denominator))
    if min(value.numerator, value.denominator) != 1 or digits.strip("0") != "1":
        return None
    return (len(digits) - 1) * (1 if value.numerator > 1 else -1)


def _named(name: str) -> tuple[int, str] | None:
    """Power of ten and UCUM symbol of one named unit; a name that stands as it is comes before one with a prefix."""
    return _symbol(name) or _full_name(name.lower())


def _symbol(name: str) -> tuple[int, str] | None:
    if name in SYMBOLS:
        return 0, SYMBOLS[name]
    for length in (2, 1):
        power, rest = PREFIXES.get(name[:length]), name[length:]
        if power is not None and rest in SYMBOLS:
            return power, SYMBOLS[rest]
    return None


def _full_name(name: str) -> tuple[int, str] | None:
    for prefix, power in [("", 0), *_PREFIX_NAMES.items()]:
        if not name.startswith(prefix):
            continue
        rest = name.removeprefix(prefix)
        # Plurals: degrees_north is one of degree_north, inches of inch.
        for single in (rest, rest.removesuffix("s"), rest.removesuffix("es"), rest.replace("degrees", "degree", 1)):
            if single in NAMES:
                return _with_prefix(power, NAMES[single])
        if prefix and rest in {"bar", "bars"}:
            return power, "bar"
    return (0, "bar") if name == "bars" else None


def _with_prefix(power: int, symbol: str) -> tuple[int, str]:
    if symbol in {"um", "dB"}:
        return power + PREFIXES[symbol[0]], symbol[1:]
    return power, symbol


class _Parser:
    """Products and quotients, from left to right: ``a/b c`` is ``(a/b) c``, as UDUNITS has it."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def run(self) -> ParsedUnit | None:
        try:
            found = self._product() if self._text else ParsedUnit(Fraction(1), ())
        except (ValueError, ZeroDivisionError, RecursionError, OverflowError):
            return None
        return found if self._at == len(self._text) else None

    def _product(self) -> ParsedUnit:
        found, sign = ParsedUnit(Fraction(1), ()), 1
        wanted = True
        while match := _TOKEN.match(self._text, self._at):
            kind = match.lastgroup if match.lastgroup != "power" else next(k for k, v in match.groupdict().items() if v)
            if kind == "close":
                break
            self._at = match.end(kind) if kind in {"per", "times"} else match.end()
            if kind in {"per", "times"}:
                if wanted and kind == "times":
                    raise ValueError("an operator without operand")
                sign, wanted = (-1 if kind == "per" else 1), True
                continue
            found, sign, wanted = _multiplied(found, _raised(self._operand(kind or "", match), sign * _power(match))), 1, False
        if wanted:
            raise ValueError("nothing to multiply")
        return found

    def _operand(self, kind: str, match: re.Match[str]) -> ParsedUnit:
        if kind == "number":
            text = match["number"]
            if len(text) > 40 or abs(float(text)) > 1e30:
                raise ValueError("a number out of bounds")
            return ParsedUnit(Fraction(text), ())
        if kind == "name":
            named = _named(match["name"])
            if named is None or named[0] not in PREFIX_OF:
                raise ValueError("a name that is no unit")
            return ParsedUnit(Fraction(1), ((*named, 1),))
        self._at = match.end("open")
        inner = self._product()
        close = re.compile(r"\s*\)(?P<power>(?:\^|\*\*)?[+-]?\d{1,3})?").match(self._text, self._at)
        if close is None:
            raise ValueError("a parenthesis is left open")
        self._at = close.end()
        return _raised(inner, _power(close))


def _power(match: re.Match[str]) -> int:
    return int(match["power"].lstrip("^*")) if match["power"] else 1


def _multiplied(left: ParsedUnit, right: ParsedUnit) -> ParsedUnit:
    return ParsedUnit(left.scale * right.scale, left.factors + right.factors)


def _raised(unit: ParsedUnit, power: int) -> ParsedUnit:
    if abs(power) > _MAX_POWER:
        raise ValueError("a power out of bounds")
    return ParsedUnit(unit.scale**power, tuple((prefix, name, exponent * power) for prefix, name, exponent in unit.factors))
