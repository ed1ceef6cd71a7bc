"""What does a store look like whose attributes say in JSON-LD what was measured, and whose values are known?

A laboratory: campaigns hold batches, a batch has a preparation, that gives samples, and a sample has chemicals and one array of
measurements. Every group describes itself by JSON-LD; arrays are only linked to, by the sample that they belong to. The same
arguments give the same bytes. Beside the store stands a table of what is true of it: which URI lies where, and the digest of each
array's values.
"""

import hashlib
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from catalog.errors import InputError, LimitExceededError
from catalog.metadata.document import DEFAULT_LIMITS, Json
from catalog.services.consolidate import consolidated_v2, consolidated_v3
from catalog.stores.writer import Block, write_document, write_store

LAB = "https://example.org/lab/"
"""Where the URIs of things begin."""
TERMS = "https://example.org/lab/terms#"
"""Where the URIs of classes and properties begin."""

_XSD = "http://www.w3.org/2001/XMLSchema#"
_AXES = ("time", "wavelength", "channel", "replicate")
_SUBSTANCES = (
    ("water", "7732-18-5", "O"),
    ("ethanol", "64-17-5", "CCO"),
    ("toluene", "108-88-3", "Cc1ccccc1"),
    ("acetone", "67-64-1", "CC(C)=O"),
    ("cis-2-butene", "590-18-1", "C/C=C\\C"),
    ("phenylboronic acid", "98-80-6", "OB(O)c1ccccc1"),
    ("4-bromotoluene", "106-38-7", "Cc1ccc(Br)cc1"),
    ("potassium carbonate", "584-08-7", "C(=O)([O-])[O-].[K+].[K+]"),
)
_CHEMICAL_CONTEXT = {
    "lab": TERMS,
    "xsd": _XSD,
    "name": "lab:name",
    "casNumber": "lab:casNumber",
    "smiles": "lab:smiles",
    "amount": {"@id": "lab:amountInMillimoles", "@type": "xsd:decimal"},
    "hasChemical": {"@id": "lab:hasChemical", "@type": "@id"},
}


@dataclass(frozen=True, slots=True)
class SampleTruth:
    """What is true of a sample store.

    Attributes
    ----------
    path
        The file that says so, ``NAME.truth.json`` beside the store: the other members as JSON.
    groups, arrays
        How many there are.
    uris
        URI → path of the node that it names, of groups and arrays alike.
    sha256
        Path of each array → SHA-256 of its values in C order, little-endian; None where no values were written.
    """

    path: Path
    groups: int
    arrays: int
    uris: dict[str, str] = field(repr=False)
    sha256: dict[str, str | None] = field(repr=False)


def write_sample(  # noqa: PLR0913  each is a size that a caller may want, and has a default
    folder: Path,
    *,
    campaigns: int = 1,
    batches: int = 1,
    samples: int = 2,
    chemicals: int = 1,
    shape: Sequence[int] = (90, 100),
    chunks: Sequence[int] = (30, 50),
    zarr_format: int = 3,
    shards: Sequence[int] | None = None,
    seed: int = 0,
    consolidate: bool = True,
    values: bool = True,
) -> SampleTruth:
    """Write a sample store, whole or not at all.

    Parameters
    ----------
    folder
        Where; it must not exist yet, or be empty.
    campaigns, batches, samples, chemicals
        Campaigns; batches in each; samples in each batch; chemicals in each sample. Numbers run through, so that names are
        unique.
    shape, chunks, shards
        Of each array, in elements; ``shards`` (Zarr v3 alone) are multiples of ``chunks``.
    zarr_format
        2 or 3.
    seed
        Another seed gives other facts in the metadata, and the same values.
    consolidate
        Whether to write consolidated metadata too.
    values
        Whether to write values; without, every element is NaN, the fill value.

    Returns
    -------
    SampleTruth
        Element ``[i, j]`` of the n-th sample's array is ``n * 1e6 + i * 1000 + j``; with other dimensions likewise.

    Raises
    ------
    InputError
        An argument is out of range, or there is something at that place already.
    LimitExceededError
        There would be more nodes than the catalogue reads.
    StoreForbiddenError, StoreUnavailableError
        The store could not be written; nothing is left of it.

    Notes
    -----
    About 0.2 ms per node, and a few ms per array with values.
    """
    grid = _Grid(tuple(shape), tuple(chunks), None if shards is None else tuple(shards), zarr_format)
    counts = {"campaigns": campaigns, "batches": batches, "samples": samples, "chemicals": chemicals}
    _check(grid, counts)
    store = _Laboratory(grid, seed).build(**counts)
    digests: dict[str, str | None] = dict.fromkeys(store.arrays)
    written = ((path, _blocks(grid, number, path, digests)) for path, number in store.arrays.items())
    write_store(folder, _documents(store, grid, consolidate=consolidate), written if values else ())
    truth = SampleTruth(
        folder.parent / f"{folder.name}.truth.json", len(store.nodes) - len(store.arrays), len(store.arrays), store.uris, digests
    )
    table = {
        "uris": truth.uris,
        "sha256": truth.sha256,
        "values": "element [i, j] of the array of sample n is n * 1e6 + i * 1000 + j"
        if values
        else "none: all is NaN, the fill value",
        "groups": truth.groups,
        "arrays": truth.arrays,
    }
    write_document(folder.parent, truth.path.name, json.dumps(table, indent=2).encode())
    return truth


def _check(grid: "_Grid", counts: dict[str, int]) -> None:
    for name, count in counts.items():
        least = 0 if name == "chemicals" else 1
        if count < least:
            raise InputError(f"{name} is {count}; an integer ≥ {least} is allowed")
    batches = counts["campaigns"] * counts["batches"]
    nodes = 1 + counts["campaigns"] + 2 * batches + batches * counts["samples"] * (2 + 2 * counts["chemicals"])
    allowed = DEFAULT_LIMITS.max_nodes
    if nodes > allowed:
        raise LimitExceededError(
            f"{nodes} nodes; at most {allowed} are read from one store", limit="max_nodes", value=nodes, allowed=allowed
        )
    if grid.zarr_format not in {2, 3}:
        raise InputError(f"zarr_format is {grid.zarr_format}; 2 or 3 is allowed")
    if not 1 <= len(grid.shape) <= len(_AXES) or min(grid.shape) < 1:
        raise InputError(f"shape is {grid.shape}; 1 to {len(_AXES)} integers ≥ 1 are allowed")
    if len(grid.chunks) != len(grid.shape) or min(grid.chunks) < 1:
        raise InputError(f"chunks are {grid.chunks}; {len(grid.shape)} integers ≥ 1 are allowed, as many as the shape has")
    if grid.shards is None:
        return
    fits = len(grid.shards) == len(grid.chunks) and all(
        shard >= chunk and shard % chunk == 0 for shard, chunk in zip(grid.shards, grid.chunks, strict=True)
    )
    if grid.zarr_format == 2 or not fits:
        raise InputError(
            f"shards are {grid.shards}; multiples of the chunks {grid.chunks} are allowed, and with zarr_format 3 alone"
        )


@dataclass(frozen=True, slots=True)
class _Grid:
    """What all arrays of a store share."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    zarr_format: int

    @property
    def axes(self) -> tuple[str, ...]:
        return _AXES[: len(self.shape)]

    def document(self) -> dict[str, Json]:
        """An array's document without attributes."""
        if self.zarr_format == 2:
            return {
                "zarr_format": 2,
                "shape": list(self.shape),
                "chunks": list(self.chunks),
                "dtype": "<f8",
                "compressor": {"id": "zlib", "level": 1},
                "fill_value": "NaN",
                "filters": None,
                "order": "C",
                "dimension_separator": ".",
            }
        codecs: list[Json] = [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
        ]
        if self.shards is not None:
            index = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
            inner = {"chunk_shape": list(self.chunks), "codecs": codecs, "index_codecs": index, "index_location": "end"}
            codecs = [{"name": "sharding_indexed", "configuration": inner}]
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": "float64",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(self.shards or self.chunks)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": "NaN",
            "codecs": codecs,
            "dimension_names": list(self.axes),
            "storage_transformers": [],
        }


class _Laboratory:
    """Makes up the nodes of a store."""

    def __init__(self, grid: _Grid, seed: int) -> None:
        self._grid = grid
        self._random = random.Random(seed)  # noqa: S311  facts of a laboratory that does not exist
        self._counters = {name: itertools.count(1) for name in ("campaign", "batch", "sample", "chemical")}
        self.nodes: dict[str, dict[str, Json]] = {}
        self.arrays: dict[str, int] = {}
        self.uris: dict[str, str] = {}

    def build(self, campaigns: int, batches: int, samples: int, chemicals: int) -> "_Laboratory":
        """All nodes."""
        names = [self._campaign(batches, samples, chemicals) for _ in range(campaigns)]
        self._group("", "laboratory", "Laboratory", {"name": "Laboratory of examples"}, {"hasCampaign": names})
        return self

    def _campaign(self, batches: int, samples: int, chemicals: int) -> str:
        name = f"campaign{next(self._counters['campaign'])}"
        held = [self._batch(name, samples, chemicals) for _ in range(batches)]
        facts = {
            "name": f"Suzuki coupling, {name}",
            "startedOn": self._date(),
            "operator": self._random.choice(("A. Meier", "B. Rossi")),
        }
        return self._group(name, name, "Campaign", facts, {"hasBatch": held})

    def _batch(self, parent: str, samples: int, chemicals: int) -> str:
        number = next(self._counters["batch"])
        path = f"{parent}/batch{number}"
        preparation = f"{path}/preparation{number}"
        held = [self._sample(preparation, chemicals) for _ in range(samples)]
        facts = {"temperatureInCelsius": self._decimal(20, 90), "speedInRpm": self._random.randrange(300, 1200, 50)}
        inner = self._group(preparation, f"preparation{number}", "SamplePreparation", facts, {"hasSample": held})
        return self._group(path, f"batch{number}", "Batch", {"startedOn": self._date()}, {"hasPreparation": [inner]})

    def _sample(self, parent: str, chemicals: int) -> str:
        number = next(self._counters["sample"])
        name = f"sample{number}"
        path = f"{parent}/{name}"
        held = [self._chemical(path) for _ in range(chemicals)]
        facts = {"vialType": self._random.choice(("glass", "steel")), "massInGrams": self._decimal(1, 9)}
        self._array(f"{path}/{name}Dataset", name, number)
        return self._group(path, name, "Sample", facts, {"hasSampleChemical": held, "hasDataset": [f"{LAB}{name}Dataset"]})

    def _chemical(self, parent: str) -> str:
        """What a sample has of a chemical, and the chemical itself: compacted JSON-LD, where the other groups have expanded."""
        number = next(self._counters["chemical"])
        used, substance = f"{parent}/sampleChemical{number}", f"{parent}/sampleChemical{number}/chemical{number}"
        name, cas, smiles = self._random.choice(_SUBSTANCES)
        self._node(
            substance,
            f"chemical{number}",
            {"@type": "lab:Chemical", "@context": _CHEMICAL_CONTEXT, "name": name, "casNumber": cas, "smiles": smiles},
        )
        return self._node(
            used,
            f"sampleChemical{number}",
            {
                "@type": "lab:SampleChemical",
                "@context": _CHEMICAL_CONTEXT,
                "amount": f"{self._random.uniform(0.1, 5):.2f}",
                "hasChemical": f"{LAB}chemical{number}",
            },
        )

    def _group(self, path: str, name: str, kind: str, facts: dict[str, Any], links: dict[str, list[str]]) -> str:
        linked = {f"{TERMS}{key}": [{"@id": iri} for iri in iris] for key, iris in links.items() if iris}
        stated = {f"{TERMS}{key}": [value if isinstance(value, dict) else {"@value": value}] for key, value in facts.items()}
        return self._node(path, name, {"@type": [f"{TERMS}{kind}"], **stated, **linked})

    def _node(self, path: str, name: str, attributes: dict[str, Json]) -> str:
        iri = f"{LAB}{name}"
        self.uris[iri] = path
        self.nodes[path] = {"@id": iri, **attributes}
        return iri

    def _array(self, path: str, sample: str, number: int) -> None:
        attributes: dict[str, Json] = {"units": "1", "long_name": f"absorbance of {sample}"}
        if self._grid.zarr_format == 2:
            attributes["_ARRAY_DIMENSIONS"] = list(self._grid.axes)
        self.nodes[path] = attributes
        self.arrays[path] = number
        self.uris[f"{LAB}{sample}Dataset"] = path

    def _date(self) -> dict[str, str]:
        day = date(2024, 1, 1) + timedelta(days=self._random.randrange(600))
        return {"@value": day.isoformat(), "@type": f"{_XSD}date"}

    def _decimal(self, low: float, high: float) -> dict[str, str]:
        return {"@value": f"{self._random.uniform(low, high):.1f}", "@type": f"{_XSD}decimal"}


def _documents(store: _Laboratory, grid: _Grid, *, consolidate: bool) -> dict[str, bytes]:
    """Every document of the store by key."""
    array = grid.document()
    if grid.zarr_format == 2:
        single: dict[str, Json] = {}
        for path, attributes in store.nodes.items():
            prefix = f"{path}/" if path else ""
            single[f"{prefix}.zarray" if path in store.arrays else f"{prefix}.zgroup"] = (
                array if path in store.arrays else {"zarr_format": 2}
            )
            single[f"{prefix}.zattrs"] = attributes
        documents = {key: _text(value) for key, value in single.items()}
        return documents | {".zmetadata": consolidated_v2(single)} if consolidate else documents
    group: dict[str, Json] = {"zarr_format": 3, "node_type": "group"}
    nodes = {path: {**(array if path in store.arrays else group), "attributes": held} for path, held in store.nodes.items()}
    documents = {f"{path}/zarr.json" if path else "zarr.json": _text(value) for path, value in nodes.items()}
    if consolidate:
        documents["zarr.json"] = consolidated_v3(nodes[""], {path: node for path, node in nodes.items() if path})
    return documents


def _text(value: Json) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _blocks(grid: _Grid, number: int, path: str, digests: dict[str, str | None]) -> Iterator[Block]:
    """The values of one array, in slabs of whole chunks along the first axis; their digest when all were taken."""
    digest = hashlib.sha256()
    rows = (grid.shards or grid.chunks)[0]
    rest = [np.arange(size, dtype="<f8") for size in grid.shape[1:]]
    for start in range(0, grid.shape[0], rows):
        stop = min(start + rows, grid.shape[0])
        block: Any = np.float64(number * 1_000_000)
        for axis, indices in enumerate([np.arange(start, stop, dtype="<f8"), *rest]):
            weight = 1000 ** (len(grid.shape) - 1 - axis)
            block = block + (indices * weight).reshape([-1 if i == axis else 1 for i in range(len(grid.shape))])
        digest.update(block.astype("<f8").tobytes())
        yield (slice(start, stop), *(slice(None) for _ in rest)), block
    digests[path] = digest.hexdigest()
