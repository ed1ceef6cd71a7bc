"""How does one of pySHACL's findings become a result for people?"""

from rdflib import Graph
from rdflib.term import BNode, Literal, Node, URIRef

from catalog.rdf import literals, terms
from catalog.validation.engine import SH, Finding
from catalog.validation.graphs import TripleTable
from catalog.validation.path_reader import read_property_path
from catalog.validation.property_path import PropertyPath
from catalog.validation.report import Result, Severity
from catalog.validation.trace import Tracer

_SEVERITIES: dict[str, Severity] = {f"{SH}Violation": "violation", f"{SH}Warning": "warning", f"{SH}Info": "info"}
_HAS_VALUE = URIRef(f"{SH}hasValue")
_KEY = PropertyPath("property", terms.KEY)
_MAX_DEPTH = 32


class ResultReader:
    """Reads findings about one graph by one set of shapes."""

    def __init__(self, data: TripleTable, shapes: Graph) -> None:
        self._tracer = Tracer(data)
        self._shapes = shapes
        self._paths: dict[Node, PropertyPath | None] = {}
        self._names: dict[Node, str] = {}

    def read(self, finding: Finding) -> Result:
        """The result that a finding makes."""
        focus, shape = finding["focusNode"][0], finding["sourceShape"][0]
        value, path = _first(finding, "value"), _first(finding, "resultPath")
        paths, nodes = self._tracer.nodes(focus)
        property_path = None if path is None else self._path(path)
        return Result(
            focus=str(focus) if isinstance(focus, URIRef) else ntriples_term(focus),
            path=paths[0] if paths else "",
            shape=self._name(shape),
            message=_message(finding.get("resultMessage", [])),
            severity=_SEVERITIES.get(str(finding["resultSeverity"][0]), "violation"),
            component=str(finding["sourceConstraintComponent"][0]),
            property_path=property_path,
            value=None if value is None else ntriples_term(value),
            attribute=self._attribute(focus, value, shape, property_path),
            paths=paths,
            nodes=nodes,
        )

    def _attribute(self, focus: Node, value: Node | None, shape: Node, path: PropertyPath | None) -> str:
        """The key that the result is about: the focus's, the value's, or the one that a shape misses."""
        key = self._tracer.key(focus) or (self._tracer.key(value) if value is not None else "")
        if not key and path is not None and path.parts[-1:] == (_KEY,):
            key = str(next(self._shapes.objects(shape, _HAS_VALUE), ""))
        return key

    def _path(self, node: Node) -> PropertyPath | None:
        if node not in self._paths:
            self._paths[node] = read_property_path(self._shapes, node)
        return self._paths[node]

    def _name(self, shape: Node) -> str:
        """IRI of the shape, or of the nearest named shape around it."""
        if shape not in self._names:
            around = shape
            for _ in range(_MAX_DEPTH):
                if not isinstance(around, BNode):
                    break
                around = next(self._shapes.subjects(None, around), URIRef(""))
            self._names[shape] = str(around)
        return self._names[shape]


def _first(finding: Finding, name: str) -> Node | None:
    return next(iter(finding.get(name, ())), None)


def _message(messages: list[Node]) -> str:
    """One message: without language or in English where there is one."""
    ordered = sorted(messages, key=lambda m: (str(getattr(m, "language", None) or "en").partition("-")[0] != "en", str(m)))
    return " ".join(str(ordered[0]).split()) if ordered else ""


def ntriples_term(node: Node) -> str:
    """A term as N-Triples text."""
    if isinstance(node, URIRef):
        return f"<{node}>"
    if not isinstance(node, Literal):
        return f"_:{node}"
    text = literals.string(str(node))
    if node.language:
        return f"{text}@{node.language}"
    return f"{text}^^<{node.datatype}>" if node.datatype else text
