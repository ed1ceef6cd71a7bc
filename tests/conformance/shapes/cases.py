"""How is a case of a SHACL test suite read, and how are two reports compared?

Format of the W3C's suite: ``sht:Validate`` with ``sht:dataGraph``, ``sht:shapesGraph`` and the report that is expected.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import unquote, urlparse

import rdflib
from rdflib import RDF, SH, Graph, Namespace
from rdflib.term import BNode, Node

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")


class Signature(NamedTuple):
    """What two results must have in common. Blank nodes have no name to compare."""

    focus: Any
    path: Any
    value: Any
    severity: Any
    component: Any
    shape: Any


@dataclass(frozen=True)
class Case:
    """One test: data as a graph and as N-Triples, the shapes file, the report expected (None: a failure of the processor)."""

    name: str
    graph: Graph
    data: bytes
    shapes: Path
    conforms: bool | None
    results: "Counter[Signature]"


def read_cases(path: Path) -> list[Case]:
    """The cases in one file."""
    manifest = parse_as_written(path)
    return [_read_case(manifest, test) for test in manifest.subjects(RDF.type, SHT.Validate)]


def _read_case(manifest: Graph, test: Node) -> Case:
    [action], [expected] = manifest.objects(test, MF.action), manifest.objects(test, MF.result)
    [data], [shapes] = manifest.objects(action, SHT.dataGraph), manifest.objects(action, SHT.shapesGraph)
    graph = parse_as_written(_file(data))
    conforms = manifest.value(expected, SH.conforms)
    text = graph.serialize(format="nt", encoding="utf-8").lstrip(b"\n")
    return Case(
        name=str(test).rpartition("/")[2],
        graph=graph,
        data=text,
        shapes=_file(shapes),
        conforms=None if conforms is None else bool(conforms.toPython()),  # type: ignore[attr-defined]
        results=result_signatures(manifest, expected),
    )


def parse_as_written(source: Path | str) -> Graph:
    """The graph of a Turtle file or text, its literals as they are written: a suite has ill-typed ones on purpose."""
    with mock.patch.object(rdflib, "NORMALIZE_LITERALS", False):
        return Graph().parse(source) if isinstance(source, Path) else Graph().parse(data=source, format="turtle")


def _file(iri: Node) -> Path:
    return Path(unquote(urlparse(str(iri)).path))


def result_signatures(graph: Graph, report: Node | None = None) -> "Counter[Signature]":
    """The results of a report, as often as each is there."""
    report = report or graph.value(None, RDF.type, SH.ValidationReport)
    return Counter(
        Signature(
            _named(graph.value(result, SH.focusNode)),
            path_signature(graph, graph.value(result, SH.resultPath)),
            _named(graph.value(result, SH.value)),
            graph.value(result, SH.resultSeverity),
            graph.value(result, SH.sourceConstraintComponent),
            _named(graph.value(result, SH.sourceShape)),
        )
        for result in graph.objects(report, SH.result)
    )


def _named(node: Node | None) -> Any:
    return "blank" if isinstance(node, BNode) else node


def path_signature(graph: Graph, node: Node | None) -> Any:
    """A property path as nested tuples."""
    if not isinstance(node, BNode):
        return node
    if (node, RDF.first, None) in graph:
        return tuple(path_signature(graph, item) for item in graph.items(node))
    return tuple(sorted((str(predicate), path_signature(graph, value)) for predicate, value in graph.predicate_objects(node)))
