"""Which attributes had a node?

Rebuilt from the graph: those that no convention gave a meaning to as they were, and those that CF did from the statements that
they became. What the graph does not hold word for word (values of more than 32,768 characters, histories, attributes of other
conventions) is left out.

Source: `catalog.rdf.attributes`; CF Conventions 1.11, appendix A.
"""

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote

from catalog.bridge.node_ref import ask_rows, is_own
from catalog.graphstore.bindings import XSD
from catalog.graphstore.door import GraphStore
from catalog.metadata.document import Json
from catalog.rdf import terms
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT, PREFIXES

_TEXTS: Final = {
    f"{DCT}title": "long_name",
    "http://www.w3.org/2000/01/rdf-schema#comment": "comment",
    terms.CELL_METHODS: "cell_methods",
    terms.POSITIVE: "positive",
    terms.CF_AXIS: "axis",
    terms.CALENDAR: "calendar",
    terms.GRID_MAPPING_NAME: "grid_mapping_name",
    terms.PRODUCTION_METHOD: "source",
    f"{DCT}source": "source",
    f"{PREFIXES['schema']}citation": "references",
    f"{DCT}references": "references",
    terms.STANDARD_NAME: "standard_name",
    terms.UNIT_STRING: "units",
    terms.SCALE_FACTOR: "scale_factor",
    terms.ADD_OFFSET: "add_offset",
    terms.VALID_MINIMUM: "valid_min",
    terms.VALID_MAXIMUM: "valid_max",
    terms.MISSING_VALUE: "_FillValue",
}
"""Predicate of an attribute that has one value; a group's ``long_name`` is a ``title``."""

_INTEGERS: Final = frozenset(f"{XSD}{name}" for name in ("integer", "long", "int", "nonNegativeInteger"))
_FLOATS: Final = frozenset(f"{XSD}{name}" for name in ("double", "float", "decimal"))


def read_attributes(store: GraphStore, iris: Iris, nodes: Iterable[str]) -> dict[str, dict[str, Json]]:
    """The attributes of nodes, as far as the graph holds them.

    Parameters
    ----------
    store, iris
        The graph store of the caller's audience, and the IRIs of its deployment.
    nodes
        IRIs of arrays and groups.
    """
    asked = list(dict.fromkeys(nodes))
    found: dict[str, dict[str, Json]] = {node: {} for node in asked}
    leaves: dict[str, dict[str, Json]] = {node: {} for node in asked}
    for row in ask_rows(store, iris, "node-attributes", "node", asked):
        if is_own(row) and ("json" in row or "value" in row):
            whole = json.loads(row["json"]) if "json" in row else _scalar(row["value"], row.get("type", ""))
            leaves[row["node"]][row["key"]] = whole
    for node, each in leaves.items():
        found[node] = _nested(each)
    _add_statements(store, iris, found)
    return found


def _add_statements(store: GraphStore, iris: Iris, found: dict[str, dict[str, Json]]) -> None:
    """Add what conventions made statements of."""
    arrays: set[str] = set()
    flagged: list[str] = []
    for row in ask_rows(store, iris, "node-statements", "node", found):
        if not is_own(row):
            continue
        name = _TEXTS.get(row["predicate"])
        if name is not None:
            value = _scalar(row["value"], row.get("type", ""))
            held = found[row["node"]].setdefault(name, value)
            if held != value and name == "_FillValue":
                found[row["node"]]["missing_value"] = value
        elif row["predicate"] == terms.GRID_MAPPING:
            found[row["node"]].setdefault("grid_mapping", unquote(row["value"].rpartition("/")[2]))
        elif row["predicate"] == terms.FLAG:
            flagged.append(row["node"])
        elif row["value"] == terms.CLASS_ZARR_ARRAY:
            arrays.add(row["node"])
    for node, flags in _read_flags(store, iris, list(dict.fromkeys(flagged))).items():
        found[node] |= flags
    for node in found.keys() - arrays:
        if "long_name" in found[node]:
            found[node]["title"] = found[node].pop("long_name")


def _read_flags(store: GraphStore, iris: Iris, nodes: list[str]) -> dict[str, dict[str, Json]]:
    """What CF says of flags, as it was: the flags are numbered as they stood there."""
    rows = [row for row in ask_rows(store, iris, "node-flags", "node", nodes) if is_own(row)]
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["flag"].rpartition("/")[2].rpartition("-")[2])):
        each = found.setdefault(row["node"], {"flag_meanings": []})
        each["flag_meanings"].append(row["meaning"])
        if "value" in row:
            each.setdefault("flag_values", []).append(_scalar(row["value"], row.get("type", "")))
        if "mask" in row:
            each.setdefault("flag_masks", []).append(int(row["mask"]))
    return {node: {**each, "flag_meanings": " ".join(each["flag_meanings"])} for node, each in found.items()}


def _scalar(text: str, datatype: str) -> Json:
    if datatype in _INTEGERS:
        return int(text)
    if datatype in _FLOATS:
        return float(text)
    return text == "true" if datatype == f"{XSD}boolean" else text


def _nested(leaves: dict[str, Json]) -> dict[str, Json]:
    """Objects from their leaves, which are keyed by JSON pointer (RFC 6901)."""
    found: dict[str, Any] = {key: value for key, value in leaves.items() if not key.startswith("/")}
    for pointer in sorted((key for key in leaves if key.startswith("/")), key=lambda key: (key.count("/"), key)):
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
        here: Any = found
        for step in steps[:-1]:
            here = here.setdefault(step, {}) if isinstance(here, dict) else here
        if isinstance(here, dict):  # the items of a list are in the list itself
            here.setdefault(steps[-1], leaves[pointer])
    return found
