"""Which reference system do these attributes name?

Only a code that is stated counts: in ``proj:code``, in the identifier of PROJJSON, at the end of WKT. Nothing is concluded from
the parameters of a projection. What is known here of a code beside its name is the order of its axes and whether it is in metres,
for the systems that gridded data mostly have.
Source: geo-proj convention v1; OGC 18-010r11 (WKT 2), section 7.3.3; OGC 11-135r2 ("Name type specification"); EPSG dataset.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog.metadata.document import Json
from catalog.rdf.iris import reference_system

CODE_KEYS = ("proj:code", "proj:epsg")
TEXT_KEYS = ("proj:projjson", "proj:wkt2", "crs_wkt", "spatial_ref")
KEYS = (*CODE_KEYS, *TEXT_KEYS)

_CODE = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:_([0-9]+))?:([A-Za-z0-9.-]{1,32})", re.ASCII)
_OGC_IRI = re.compile(r"https?://www\.opengis\.net/def/crs/(\w{1,32})/([\w.]{1,16})/([\w.-]{1,32})", re.ASCII)
_URN = re.compile(r"urn:ogc:def:crs:(\w{1,32}):([\w.]{0,16}):([\w.-]{1,32})", re.ASCII)
_WKT = re.compile(r'[A-Z0-9_]{3,20}\s*\[\s*"((?:[^"]|"")*)"')
_WKT_ID = re.compile(r'(?:AUTHORITY|ID)\[\s*"(\w{1,32})"\s*,\s*"?([\w.-]{1,32})"?\s*\]\s*\]\s*\Z', re.ASCII)
_WKT_METRE = re.compile(r'UNIT\[\s*"met(?:re|er)"\s*,\s*1(?:\.0*)?\s*[,\]]', re.IGNORECASE)
_WKT_GEOGRAPHIC = re.compile(r"(?:GEOGCS|GEOGCRS|GEODCRS|GEOGRAPHICCRS)\s*\[")

GEOGRAPHIC = frozenset({4326, 4258, 4269, 4979})
_EAST_FIRST = (
    *((32601, 32660), (32701, 32760), (25828, 25838), (26901, 26923), (3857, 3857), (3395, 3395), (3413, 3413), (3031, 3031)),
    *((27700, 27700), (2154, 2154), (28992, 28992), (2056, 2056), (5070, 5070), (3067, 3067), (6933, 6933), (31370, 31370)),
    *((5514, 5514), (3347, 3347), (3978, 3978), (3577, 3577)),
)
_NORTH_FIRST = ((3034, 3035), (2193, 2193), (3006, 3006), (2180, 2180), (31466, 31469))


@dataclass(frozen=True, slots=True)
class ReferenceSystem:
    """A reference system.

    Attributes
    ----------
    iri
        Its IRI as an N-Triples term; empty where no code is stated.
    name
        What the metadata call it, where they do.
    lon_lat
        Whether x and y are longitude and latitude of WGS 84.
    axes
        ``xy``, ``yx``, or empty where the order of its axes is not known here.
    metres
        Whether its unit is the metre; False also where that is not known.
    text
        Its definition, where no code is stated.
    """

    iri: str = ""
    name: str = ""
    lon_lat: bool = False
    axes: str = ""
    metres: bool = False
    text: str = ""


@lru_cache(256)
def named(authority: str, version: str, code: str, *, metres: bool = False) -> ReferenceSystem:
    """The reference system of a code."""
    authority = authority.upper()
    if authority == "EPSG":
        version = "0"
    elif authority == "OGC":
        version = "1.3" if version in ("", "0") else version
    iri = f"<{reference_system(authority, version or '0', code)}>"
    if authority == "OGC":
        return ReferenceSystem(iri, lon_lat=code == "CRS84", axes="xy" if code == "CRS84" else "")
    if authority != "EPSG" or not code.isdecimal():
        return ReferenceSystem(iri, metres=metres)
    number = int(code)
    if number in GEOGRAPHIC:
        return ReferenceSystem(iri, lon_lat=number in (4326, 4979), axes="yx")
    east = any(first <= number <= last for first, last in _EAST_FIRST)
    north = any(first <= number <= last for first, last in _NORTH_FIRST)
    return ReferenceSystem(iri, axes="xy" if east else "yx" if north else "", metres=metres or east or north)


def parse_code(value: Json) -> ReferenceSystem | None:
    """The reference system that a code, an OGC name or IRI, or a bare EPSG number stands for."""
    if isinstance(value, int) and not isinstance(value, bool):
        return named("EPSG", "", str(value)) if 0 < value < 10**8 else None
    if not isinstance(value, str) or len(value) > 256:
        return None
    if value.isdecimal() and value.isascii():
        return parse_code(int(value[:12]))
    if found := _CODE.fullmatch(value):
        return named(found[1], found[2] or "", found[3])
    if found := _OGC_IRI.fullmatch(value) or _URN.fullmatch(value):
        return named(found[1], found[2], found[3])
    return None


def parse_text(value: Json) -> ReferenceSystem | None:
    """The reference system of WKT or of PROJJSON; None where it is neither."""
    if isinstance(value, dict):
        return _parse_projjson(value)
    if not isinstance(value, str):
        return None
    if value[:1] == "{":
        return None
    head = _WKT.match(value.lstrip())
    if not head:
        return parse_code(value.strip())
    metres = not _WKT_GEOGRAPHIC.match(value) and bool(_WKT_METRE.search(value[-2048:]))
    found = _WKT_ID.search(value[-256:])
    if found and found[1].upper() in ("EPSG", "OGC", "ESRI", "IAU"):
        return named(found[1], "", found[2], metres=metres)
    return ReferenceSystem(name=head[1].replace('""', '"'), metres=metres, text=value)


def _parse_projjson(value: Mapping[str, Json]) -> ReferenceSystem | None:
    kind, name, identifier = value.get("type"), value.get("name"), value.get("id")
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    if isinstance(identifier, dict):
        authority, code = identifier.get("authority"), identifier.get("code")
        if isinstance(authority, str) and isinstance(code, str | int) and authority.isalnum() and authority.isascii():
            return parse_code(f"{authority}:{code}")
    system = value.get("coordinate_system")
    axes = system.get("axis") if isinstance(system, dict) else None
    units = {str(axis.get("unit")) for axis in axes if isinstance(axis, dict)} if isinstance(axes, list) else set()
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ReferenceSystem(name=name, metres=units == {"metre"}, text=text)


def stated(attributes: Mapping[str, Json]) -> Iterator[tuple[str, ReferenceSystem | None]]:
    """The keys that state a reference system, best first, and what each says; None where it cannot be read."""
    for key in CODE_KEYS:
        if attributes.get(key) is not None:
            yield key, parse_code(attributes[key])
    for key in TEXT_KEYS:
        # A text attribute spatial_ref may also be the name of the array that has the definition, as with grid_mapping.
        if attributes.get(key) is not None:
            yield key, parse_text(attributes[key])
