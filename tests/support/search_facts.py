"""Stores for the search, the plain facts that they were written from, and what a search must find by these facts alone.

The oracle looks at every fact in turn, and knows nothing of SPARQL, lookups or graphs.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.rdf.iris import DEFAULT_BASE
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

NAMES = ["air_temperature", "air_pressure", "sea_surface_temperature", "latitude", "wind_speed", "sea_ice_area_fraction"]
DTYPES = ["float32", "float64", "int16", "uint8", "bool"]
DIMS = ["time", "lat", "lon", "level", "x"]
NOTES = [r"C/C=C\C", '"; DROP ALL', "Zürich", "zürich", "a.b", "axb", "", "line\nbreak", "100%", "tail ", "\U0001f52c ∆ü", "$ ^"]
STAINS = ["DAPI", "GFP", "RFP", "gfp"]


@dataclass(frozen=True)
class ArrayFacts:
    """What one array was written from."""

    dataset: str
    path: str
    values: dict[str, list[Any]]

    @property
    def iri(self) -> str:
        return f"{DEFAULT_BASE}datasets/{self.dataset}/nodes/{quote(self.path)}"


@dataclass(frozen=True)
class DatasetFacts:
    """What one store was written from: its box (west, south, east, north), its interval, its arrays."""

    id: str
    box: tuple[float, float, float, float] | None
    interval: tuple[datetime, datetime] | None
    arrays: list[ArrayFacts] = field(default_factory=list)

    @property
    def iri(self) -> str:
        return f"{DEFAULT_BASE}datasets/{self.id}"


def _array(rng: random.Random, dataset: str, number: int) -> tuple[ArrayFacts, dict[str, Any]]:
    dims = rng.sample(DIMS, rng.randint(1, 4))
    shape = [rng.choice([1, 2, 10, 300]) for _ in dims]
    dtype = rng.choice(DTYPES)
    values: dict[str, list[Any]] = {"dtype": [dtype], "ndim": [len(dims)], "dims": list(dims), "shape": [shape]}
    attributes: dict[str, Any] = {}
    for name, choices, share in (
        ("standard_name", NAMES, 0.7),
        ("note", NOTES, 0.6),
        ("run", range(-3, 12), 0.7),
        ("gain", [0.5, 1.0, 2.25, -4.0, 1e300, 1e-300], 0.6),
        ("ok", [True, False], 0.5),
        ("mixed", [1, 2.5, "1", "two", True], 0.5),
    ):
        if rng.random() < share:
            attributes[name] = rng.choice(list(choices))
            values[name] = [attributes[name]]
    path = f"{rng.choice(['', 'deep/', 'a b/'])}v{number}"
    values["path"] = [path]
    values["dataset__id"] = [dataset]
    values["dataset"] = [f"{DEFAULT_BASE}datasets/{dataset}", dataset, f"{dataset}.zarr"]  # any of what it is called by
    document = {
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": dtype, "fill_value": False if dtype == "bool" else 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}}, "dimension_names": dims,
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": attributes,
    }  # fmt: skip
    return ArrayFacts(dataset, path, values), document


def write_dataset(folder: Path, dataset_id: str, seed: int, arrays: int = 6) -> DatasetFacts:
    """Write one store by hand, and tell what it was written from."""
    rng = random.Random(seed)
    root = folder / f"{dataset_id}.zarr"
    attributes: dict[str, Any] = {"Conventions": "CF-1.11, ACDD-1.3"}
    box = interval = None
    if rng.random() < 0.8:
        west, south = rng.randint(-180, 175), rng.randint(-90, 80)
        width, height = rng.choice([1, 10, 60, 170]), rng.choice([1, 10, 60])
        east = west + width
        box = (float(west), float(south), float(east - 360 if east > 180 else east), float(min(south + height, 90)))
        names = ("geospatial_lon_min", "geospatial_lat_min", "geospatial_lon_max", "geospatial_lat_max")
        attributes |= dict(zip(names, box, strict=True))
    if rng.random() < 0.8:
        start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=rng.randint(0, 24 * 365))
        interval = (start, start + timedelta(hours=rng.choice([1, 24, 24 * 40])))
        shift = rng.choice([timedelta(0), timedelta(hours=5)])
        zone = "Z" if not shift else "+05:00"
        texts = ((each + shift).strftime("%Y-%m-%dT%H:%M:%S") + zone for each in interval)
        attributes |= dict(zip(("time_coverage_start", "time_coverage_end"), texts, strict=True))
    facts = DatasetFacts(dataset_id, box, interval)
    groups = {""}
    for number in range(arrays):
        array, document = _array(rng, dataset_id, number)
        facts.arrays.append(array)
        groups.add(array.path.rpartition("/")[0])
        (root / array.path).mkdir(parents=True)
        (root / array.path / "zarr.json").write_text(json.dumps(document))
    for group in groups:
        document = {"zarr_format": 3, "node_type": "group", "attributes": {} if group else attributes}
        (root / group / "zarr.json").write_text(json.dumps(document))
    return facts


def take_in(workspace: Workspace, folder: Path, dataset_id: str, seed: int, arrays: int = 6) -> DatasetFacts:
    """Write one store and ingest it."""
    facts = write_dataset(folder, dataset_id, seed, arrays)
    request = IngestRequest(str(folder / f"{dataset_id}.zarr"), dataset_id=dataset_id, access="public", extents=True)
    assert ingest(workspace, request).accepted
    return facts


# -- the oracle ------------------------------------------------------------------------------------------------------------


def _same(one: Any, other: Any) -> bool:
    """Equal as values: numbers by size, and texts also as a number or truth value is written."""
    if isinstance(one, list) or isinstance(other, list):
        return bool(one == other)
    if isinstance(other, str):
        return (isinstance(one, str) and one == other) or (not isinstance(one, str) and _written(one) == other)
    if isinstance(one, bool) != isinstance(other, bool) or isinstance(one, str):
        return False
    return bool(one == other)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def meets(one: Any, other: Any) -> bool:
        if isinstance(other, str):
            return compare(_written(one), other)
        return not isinstance(one, str | bool) and compare(one, other)

    return meets


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "in": lambda one, several: any(_same(one, each) for each in several),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "between": lambda one, ends: OPERATORS[">="](one, ends[0]) and OPERATORS["<="](one, ends[1]),
    "starts-with": lambda one, text: _written(one).startswith(text),
    "ends-with": lambda one, text: _written(one).endswith(text),
    "contains": lambda one, text: text in _written(one),
    "icontains": lambda one, text: text.lower() in _written(one).lower(),
    "iexact": lambda one, text: text.lower() == _written(one).lower(),
    "regex": lambda one, pattern: re.search(pattern, _written(one), re.ASCII) is not None,
}


def holds(condition: Any, values: dict[str, list[Any]]) -> bool:
    """Whether the facts of one thing meet a condition, as a request has it."""
    if "term" not in condition:
        [(how, inner)] = condition.items()
        if how == "not":
            return not holds(inner, values)
        return (any if how == "or" else all)(holds(each, values) for each in inner)
    operator, value = condition.get("op", "="), condition["value"]
    found = values.get(condition["term"], [])
    if operator == "isnull":
        return bool(found) is not value
    if operator in {"!=", "not-in"}:
        return not any(OPERATORS["=" if operator == "!=" else "in"](each, value) for each in found)
    return any(OPERATORS[operator](each, value) for each in found)


def boxes_overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two boxes share a point, by cutting both at the antimeridian."""

    def pieces(box: tuple[float, ...]) -> Iterator[tuple[float, float]]:
        if box[0] > box[2]:
            yield from ((box[0], 180.0), (-180.0, box[2]))
        else:
            yield box[0], box[2]

    if one[3] < other[1] or other[3] < one[1]:
        return False
    ends = [{-180.0, 180.0} & {value for piece in pieces(box) for value in piece} for box in (one, other)]
    touching = bool(ends[0] and ends[1])  # both reach the antimeridian, from whichever side
    return touching or any(a <= d and c <= b for a, b in pieces(one) for c, d in pieces(other))


def facet_of(found: list[ArrayFacts], term: str) -> Counter[Any]:
    """How many things have each value of a term."""
    return Counter(value for each in found for value in {json.dumps(given) for given in each.values.get(term, [])})


# -- random requests -------------------------------------------------------------------------------------------------------

PATTERNS = ["^sea_", "temperature$", "a.b", "^.{3,5}$", r"\d", "(air|wind)_", "[ü∆]", r"C=C\\C", "^$", r"\w+\s\w*", "[^a-z_]"]


def random_condition(rng: random.Random) -> dict[str, Any]:
    """One condition, of any operator that goes with its term."""
    term = rng.choice(
        ["standard_name", "note", "run", "gain", "ok", "mixed", "dtype", "ndim", "dims", "shape", "path", "dataset"]
    )
    choices: dict[str, list[Any]] = {
        "standard_name": NAMES, "note": NOTES, "run": list(range(-3, 12)), "gain": [0.5, 1, 2.25, -4.0, 1e300, 3],
        "ok": [True, False], "mixed": [1, 2.5, "1", "two", True], "dtype": DTYPES, "ndim": [1, 2, 3, 4, 2.5], "dims": DIMS,
        "shape": [[1], [10], [2, 2], [300], [1, 10]], "path": ["v1", "deep/v2", "a b/v3", "v0"],
        "dataset": ["set-03", "set-0", f"{DEFAULT_BASE}datasets/set-07", "set-05.zarr", "set-01", "SET-02", ""],
    }  # fmt: skip
    numbers, texts = ["<", "<=", ">", ">=", "between"], ["starts-with", "ends-with", "contains", "icontains", "iexact", "regex"]
    allowed = ["=", "!=", "in", "not-in", "isnull"]
    if term in {"run", "gain", "ndim"}:
        allowed += numbers * 2
    elif term not in {"ok", "shape", "mixed", "dataset"}:
        allowed += [*texts, *numbers]
    elif term == "mixed":
        allowed += numbers
    operator = rng.choice(allowed)
    value: Any = rng.choice(choices[term])
    if operator == "isnull":
        value = rng.choice([True, False])
    elif operator in {"in", "not-in"}:
        value = rng.sample(choices[term], min(len(choices[term]), rng.randint(1, 3)))
    elif operator == "between":
        numeric = [each for each in choices[term] if not isinstance(each, bool | str)] or choices[term]
        value = sorted(rng.sample(numeric, 2))
    elif operator == "regex":
        value = rng.choice(PATTERNS)
    elif operator in texts:
        value = value[: rng.randint(1, 4)] if rng.random() < 0.5 else value
        value = value.upper() if operator.startswith("i") and rng.random() < 0.5 else value
    elif operator in numbers and term == "mixed":
        value = rng.choice([0, 1, 2])
    return {"term": term, "op": operator, "value": value}


def random_filter(rng: random.Random, depth: int = 3) -> dict[str, Any]:
    """Conditions that are joined at random."""
    if depth == 0 or rng.random() < 0.45:
        return random_condition(rng)
    how = rng.choice(["and", "or", "not"])
    if how == "not":
        return {"not": random_filter(rng, depth - 1)}
    return {how: [random_filter(rng, depth - 1) for _ in range(rng.randint(1, 3))]}
