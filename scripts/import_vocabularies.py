"""Write the pinned tables of CF standard names and QUDT units from the files in which others publish them.

    python scripts/import_vocabularies.py standard-names cf-standard-name-table.xml
    python scripts/import_vocabularies.py units VOCAB_QUDT-UNITS-ALL.ttl "QUDT 3.5.0, commit 0123abcd"

The standard name table comes inside the package ``compliance-checker`` on PyPI (``compliance_checker/data``). QUDT's units are in
its public repository (``src/main/rdf/vocab/unit``); take the file of a release. Names alone are carried over.
"""

import re
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import rdflib

from catalog.rdf.conventions.cf_units import NAMES, PREFIXES, SYMBOLS, ParsedUnit

TARGET = Path(__file__).resolve().parents[1] / "ontology" / "imports"
QUDT = rdflib.Namespace("http://qudt.org/schema/qudt/")
UCUM_SYMBOLS = {*SYMBOLS.values(), *NAMES.values()} | {"l", "Ohm", "Ao"}
PREFERRED = frozenset({"PER-SEC", "TONNE"})
"""Preferred where several units have one UCUM code."""


def standard_names(source: Path) -> str:
    """The names in use, and ``old<TAB>new`` for each alias."""
    table = ET.parse(source).getroot()
    head = f"# CF standard names, table {table.findtext('version_number')} of {table.findtext('last_modified')}; facts from "
    head += "https://cfconventions.org. One name per line; of an alias, the name in use after a tab.\n"
    names = [entry.get("id", "") for entry in table.iter("entry")]
    aliases = [f"{each.get('id')}\t{each.findtext('entry_id')}" for each in table.iter("alias")]
    return head + "".join(f"{line}\n" for line in sorted(names) + sorted(aliases))


def units(source: Path, version: str) -> str:
    """The product of units that each QUDT unit stands for, and the unit's local name."""
    graph = rdflib.Graph().parse(source)
    found: dict[str, str] = {}
    for unit, code in sorted(graph.subject_objects(QUDT.ucumCode)):
        product = parse_ucum(str(code))
        if product is None or (unit, QUDT.deprecated, None) in graph:
            continue
        name = str(unit).rpartition("/")[2]
        known = found.setdefault(product.key, name)
        found[product.key] = min(known, name, key=lambda each: (each not in PREFERRED, len(each), each))
    head = f"# QUDT units by their UCUM code: {version}; names from https://qudt.org (CC BY 4.0). Product, tab, local name.\n"
    return head + "".join(f"{key}\t{name}\n" for key, name in sorted(found.items()))


def parse_ucum(code: str) -> ParsedUnit | None:
    """A UCUM code that is a plain product of known units."""
    factors = []
    sign = 1
    for part in re.findall(r"/|[^./]+", code):
        if part == "/":
            sign = -1
            continue
        match = re.fullmatch(r"(.*?)([+-]?\d+)?", part)
        symbol = split(match[1]) if match else None
        if symbol is None or match is None:
            return None
        factors.append((*symbol, sign * int(match[2] or 1)))
        sign = 1
    return ParsedUnit(Fraction(1), tuple(factors))


def split(name: str) -> tuple[int, str] | None:
    """Power of ten and symbol without the prefix."""
    if name in {"l"}:
        return 0, "L"
    if name in UCUM_SYMBOLS:
        return 0, name
    for length in (2, 1):
        rest = name[length:]
        if name[:length] in PREFIXES and rest in UCUM_SYMBOLS:
            return PREFIXES[name[:length]], "L" if rest == "l" else rest
    return None


def main(what: str, source: str, version: str = "") -> int:
    """Write one of the two tables."""
    TARGET.mkdir(exist_ok=True)
    if what == "standard-names":
        (TARGET / "cf-standard-names.tsv").write_text(standard_names(Path(source)), encoding="utf-8")
    else:
        (TARGET / "qudt-units.tsv").write_text(units(Path(source), version), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
