"""UDUNITS strings against the units that UDUNITS and QUDT mean by them."""

import pytest

from catalog.rdf.conventions.cf_units import find_unit, load_units, parse_unit
from catalog.resources import resource

KNOWN = {
    # The same unit in every spelling that UDUNITS allows.
    "m s-1": "M-PER-SEC", "m/s": "M-PER-SEC", "m s^-1": "M-PER-SEC", "m s**-1": "M-PER-SEC", "m.s-1": "M-PER-SEC",
    "s-1 m": "M-PER-SEC", "m·s⁻¹": "M-PER-SEC", "meter/second": "M-PER-SEC", "metres per second": "M-PER-SEC",
    "W m-2": "W-PER-M2", "W/m2": "W-PER-M2", "W/m^2": "W-PER-M2", "watt meter-2": "W-PER-M2",
    "kg m-2 s-1": "KiloGM-PER-M2-SEC", "kg/m2/s": "KiloGM-PER-M2-SEC", "kg/(m2 s)": "KiloGM-PER-M2-SEC",
    # CF, section 4.1 and 4.2, list these for latitude and longitude; all are degrees.
    "degrees_north": "DEG", "degree_north": "DEG", "degree_N": "DEG", "degrees_N": "DEG", "degreeN": "DEG", "degreesN": "DEG",
    "degrees_east": "DEG", "degree_east": "DEG", "degree_E": "DEG", "degrees_E": "DEG", "degreeE": "DEG", "degreesE": "DEG",
    "degree": "DEG", "degrees": "DEG", "radian": "RAD",
    "K": "K", "kelvin": "K", "Kelvin": "K", "degK": "K", "degC": "DEG_C", "celsius": "DEG_C", "degree_Celsius": "DEG_C",
    "degF": "DEG_F", "Pa": "PA", "hPa": "HectoPA", "hectopascal": "HectoPA", "millibar": "MilliBAR", "mbar": "MilliBAR",
    "decibar": "DeciBAR", "dbar": "DeciBAR", "km": "KiloM", "kilometers": "KiloM", "um": "MicroM", "µm": "MicroM",
    "micron": "MicroM", "s": "SEC", "sec": "SEC", "min": "MIN", "minutes": "MIN", "h": "HR", "hr": "HR", "hours": "HR",
    "d": "DAY", "days": "DAY", "knots": "KN", "mm day-1": "MilliM-PER-DAY", "mg m^-3": "MilliGM-PER-M3",
    # No unit, and numbers.
    "1": "UNITLESS", "": "UNITLESS", "%": "PERCENT", "percent": "PERCENT", "1e-2": "PERCENT", "0.01": "PERCENT", "1e-3": "PPTH",
    "1e-6": "PPM", "1e-9": "PPB",
    # A quotient of two amounts is not just a number.
    "kg kg-1": "KiloGM-PER-KiloGM", "mol mol-1": "MOL-PER-MOL", "m3 m-3": "M3-PER-M3",
    # A power of ten is a prefix.
    "1e-3 kg m-3": "GM-PER-M3", "1000 m": "KiloM", "100 Pa": "HectoPA", "10^-3 kg": "GM",
}  # fmt: skip

UNKNOWN = [
    "foo", "m s-", "m/", "/s/", "(m", "m)", "K @ 273.15", "days since 1970-01-01", "(0 - 1)", "m of water equivalent", "-",
    "3 m", "level", "lg(re 1 mW)", "m" * 1000, "m999999999", "m s-1000", "((((((((((" * 500, "1e999 m", "kg m\u22122",
    "none", "mb",
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit"), KNOWN.items())
def test_known_units(text: str, unit: str) -> None:
    assert find_unit(text) == unit


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_no_unit_of_qudt(text: str) -> None:
    assert find_unit(text) is None


def test_symbols_tell_upper_from_lower_case_and_names_do_not() -> None:
    assert find_unit("S") == "S"  # siemens
    assert find_unit("s") == "SEC"
    assert find_unit("Mg") == "MegaGM"
    assert find_unit("mg") == "MilliGM"
    assert find_unit("METER") == find_unit("Meter") == "M"
    assert find_unit("Pa") == "PA"
    assert find_unit("PA") == "PetaA"


def test_units_of_one_size_are_not_exchanged() -> None:
    assert len({find_unit("Hz"), find_unit("Bq"), find_unit("s-1")}) == 3
    assert find_unit("J") != find_unit("N m")


def test_quotients_go_from_left_to_right() -> None:
    left, right = parse_unit("kg/m s"), parse_unit("(kg/m) s")
    assert left is not None
    assert right is not None
    assert left.key == right.key == "kg m-1 s"


def test_the_table_holds_what_it_says() -> None:
    units = load_units()
    assert len(units) > 1500
    head = (resource("ontology") / "imports" / "qudt-units.tsv").read_text(encoding="utf-8").splitlines()[0]
    assert "QUDT 3.5.0" in head
    assert "CC BY 4.0" in head
