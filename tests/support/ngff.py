"""The cases of the OME-NGFF specification, and how an attribute document becomes a hierarchy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from tests.support.zarr_documents import array_v2, array_v3, group_v3


class Case(NamedTuple):
    """One attribute document: where it is from, whether the specification calls it valid, whether by what SHOULD be."""

    name: str
    valid: bool
    strict: bool
    attributes: dict[str, Any]
    zarr_format: int


def suite_cases(root: Path, version: str) -> Iterator[Case]:
    """The cases of 0.4 or 0.5, which are in suites for JSON schemas."""
    for path in sorted((root / version / "tests").glob("*_suite.json")):
        for number, test in enumerate(json.loads(path.read_text())["tests"]):
            kind = path.stem.removesuffix("_suite")
            name = f"{version}/{kind}/{number}-{test['formerly'].rpartition('/')[2].removesuffix('.json')}"
            yield Case(name, test["valid"], kind.startswith("strict"), test["data"], 3 if version == "0.5" else 2)


def example_cases(root: Path) -> Iterator[Case]:
    """The examples of 0.3: valid ones, and ones that are invalid on purpose."""
    for path in sorted((root / "0.3" / "examples").rglob("*.json")):
        name = f"0.3/{path.parts[-3]}/{path.stem}"
        yield Case(name, path.parent.name == "valid", False, json.loads(path.read_text()), 2)


def attribute_cases(root: Path) -> Iterator[Case]:
    """The cases of the release candidate of 0.6, one file each; ``_conformance`` says what is expected."""
    folder = root / "main" / "tests" / "attributes"
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text())
        expected = document.pop("_conformance", {})
        name = f"main/{path.relative_to(folder).with_suffix('')}"
        yield Case(name, expected.get("valid", True), expected.get("strict", False), document, 3)


def hierarchy_of(attributes: dict[str, Any], zarr_format: int = 3) -> Hierarchy:
    """The smallest hierarchy in which the attributes stand: their group, and whatever of valid paths they name."""
    members = attributes.get("ome", attributes)
    documents = _group("", attributes, zarr_format)
    for multiscale in _objects(members.get("multiscales")):
        for dataset in _objects(multiscale.get("datasets")):
            if isinstance(dataset.get("path"), str):
                documents |= _array(dataset["path"], _rank(multiscale), zarr_format)
    for well in _objects(_part(members, "plate").get("wells")):
        if isinstance(well.get("path"), str):
            documents |= _group(well["path"], {}, zarr_format)
    for field in _objects(_part(members, "well").get("images")):
        if isinstance(field.get("path"), str) and field["path"].isalnum():
            documents |= _group(field["path"], {}, zarr_format)
    return parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])


def _group(path: str, attributes: dict[str, Any], zarr_format: int) -> dict[str, Any]:
    prefix = f"{path}/" if path else ""
    if zarr_format == 3:
        return {f"{prefix}zarr.json": group_v3(**attributes)}
    return {f"{prefix}.zgroup": {"zarr_format": 2}, f"{prefix}.zattrs": attributes}


def _array(path: str, rank: int, zarr_format: int) -> dict[str, Any]:
    return {f"{path}/zarr.json": array_v3([1] * rank)} if zarr_format == 3 else {f"{path}/.zarray": array_v2([1] * rank)}


def _rank(multiscale: dict[str, Any]) -> int:
    """How many axes the levels have: those of the multiscale, or of the coordinate system that the levels lead to."""
    axes = multiscale.get("axes")
    systems = _objects(multiscale.get("coordinateSystems"))
    if axes is None and systems:
        steps = (
            _objects(_objects(multiscale.get("datasets"))[0].get("coordinateTransformations"))
            if multiscale.get("datasets")
            else []
        )
        output = steps[0].get("output") if steps else None
        name = output.get("name") if isinstance(output, dict) else None
        axes = next((system for system in systems if system.get("name") == name), systems[0]).get("axes")
    return len(axes) if isinstance(axes, list) and axes else 2


def _part(members: dict[str, Any], key: str) -> dict[str, Any]:
    value = members.get(key)
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
