"""What does one convention make of a hierarchy, with names that are short enough to read?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Findings, Given
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import PREFIXES
from tests.support.reparse import facts_of

NAMES = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
_NODES = "http://localhost:8000/datasets/d/nodes/"
_DATASET = "http://localhost:8000/datasets/d"
_SHORT = {namespace: f"{prefix}:" for prefix, namespace in PREFIXES.items()}


def hierarchy_of(documents: Mapping[str, Any]) -> Hierarchy:
    """The hierarchy of documents by key."""
    return parse_hierarchy([Document(key, json.dumps(value).encode()) for key, value in documents.items()])


def hierarchy_at(path: Path) -> Hierarchy:
    """The hierarchy of a folder's documents, or of a file with a whole hierarchy."""
    if path.is_file():
        return parse_hierarchy([Document(path.name, path.read_bytes())])
    found = sorted(each for each in path.rglob("*") if each.name in NAMES and each.is_file())
    return parse_hierarchy([Document(each.relative_to(path).as_posix(), each.read_bytes()) for each in found])


def group(**attributes: Any) -> dict[str, Any]:
    """The document of a v3 group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def array(shape: list[int], names: list[str] | None = None, **attributes: Any) -> dict[str, Any]:
    """The document of a v3 array."""
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [size or 1 for size in shape]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "attributes": attributes,
    } | ({"dimension_names": names} if names else {})


class Described:
    """What a convention found; subjects and objects are shortened, a node to ``/path``, the dataset to ``dataset``."""

    def __init__(self, convention: Any, hierarchy: Hierarchy, given: Given | None = None) -> None:
        keys = {key for node in hierarchy.nodes for key in node.attributes}
        self.applies: bool = convention.applies(hierarchy, keys)
        self.findings: Findings = convention.describe(hierarchy, About("d", Iris()), given or Given())
        facts = facts_of("".join(sorted(self.findings.lines)).encode())
        self._facts = {short(s): {short(p): {short(o) for o in os} for p, os in po.items()} for s, po in facts.items()}

    def get(self, subject: str, predicate: str) -> set[str]:
        """The objects of a subject and a predicate."""
        return self._facts.get(subject, {}).get(predicate, set())

    def one(self, subject: str, predicate: str) -> str:
        """The only object."""
        (found,) = self.get(subject, predicate)
        return found

    def subjects(self, predicate: str, value: str) -> set[str]:
        """The subjects of a predicate and an object."""
        return {subject for subject, facts in self._facts.items() if value in facts.get(predicate, ())}

    @property
    def kinds(self) -> list[str]:
        """The kinds of the problems, in order."""
        return [problem.kind for problem in self.findings.problems]


def short(term: Any) -> str:
    """A term without its namespace; of a literal its text."""
    text = term if isinstance(term, str) else term.text
    if not isinstance(term, str):
        return str(text)
    if text.startswith(_NODES):
        return f"/{text.removeprefix(_NODES)}"
    if text == _DATASET:
        return "dataset"
    return next(
        (f"{prefix}{text.removeprefix(namespace)}" for namespace, prefix in _SHORT.items() if text.startswith(namespace)), text
    )


def ask(store: pyoxigraph.Store, pattern: str) -> list[tuple[str, ...]]:
    """The rows of ``SELECT *`` over a pattern with the usual prefixes, shortened, sorted."""
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
    solutions = store.query(f"{prefixes}SELECT {pattern}")
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    return sorted(tuple(short(value.value) if value is not None else "" for value in row) for row in solutions)
