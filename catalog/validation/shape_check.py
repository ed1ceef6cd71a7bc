"""Can a user's shapes be applied here, and do they keep to the data?

SHACL lets a processor skip what it does not know. A constraint with a typing error would then never find anything, and nobody
would notice; so here every doubt is an error that names the file and the line. Each shape is tried on a made-up node, because
pySHACL looks at many mistakes only when a shape meets data.
"""

import re
from collections.abc import Iterable, Sequence

import pyshacl
from rdflib import OWL, RDF, Graph
from rdflib import SH as SHACL
from rdflib.term import BNode, Literal, Node, URIRef

from catalog.errors import InputError
from catalog.validation.engine import SH, Engine, compile_shapes, only_local_data, parse_turtle
from catalog.validation.graphs import TripleTable, as_rdflib
from catalog.validation.shapes_file import ShapesFile

_NOT_APPLIED = ("js", "rule", "target", "expression", "function", "jsFunctionName", "targetShape", "values")
_QUERIES = ("select", "ask", "construct", "update")
_IRIS = ("class", "datatype", "targetClass", "targetSubjectsOf", "targetObjectsOf", "equals", "disjoint", "lessThan")
_LISTS = ("in", "languageIn", "and", "or", "xone", "ignoredProperties")
_BOOLEANS = ("closed", "deactivated", "uniqueLang", "qualifiedValueShapesDisjoint")
_NAMED = {
    "severity": ("Violation", "Warning", "Info"),
    "nodeKind": ("BlankNode", "IRI", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"),
}
_REFERENCES = ("property", "node", "not", "qualifiedValueShape")
_BAD_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_PATH = URIRef(f"{SH}path")
_PROBE = URIRef("urn:probe:node")

_UNICODE_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
# What may hold any word without meaning it: strings, IRIs, comments.
_QUOTED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\"{}|^`\\\s]*>"
    r"|\#[^\n\r]*",
    re.DOTALL,
)
_LEAVES_DATA = re.compile(r"(?<![\w:?$.-])(SERVICE|FROM|LOAD)(?![\w:-])", re.IGNORECASE)


def check_shapes(own: Sequence[ShapesFile], built_in: Sequence[ShapesFile], protected: str) -> tuple[str, ...]:
    """Check a user's shapes files.

    Parameters
    ----------
    own
        The user's files.
    built_in
        What they are used with, and may refer to.
    protected
        Namespace whose shapes only the built-in files may define.

    Returns
    -------
    tuple of str
        Notes: what is harmless and left out.

    Raises
    ------
    InputError
        Anything that cannot be applied as it is meant, with file and line.
    """
    checks = [_FileCheck(file, protected) for file in own]
    for check in checks:
        check.run()
    _try_shapes(checks, compile_shapes(built_in))
    return tuple(note for check in checks for note in check.notes())


class _FileCheck:
    """Looks through one file."""

    def __init__(self, file: ShapesFile, protected: str) -> None:
        self.file = file
        self.protected = protected
        table = TripleTable()
        parse_turtle(file, table)
        self.graph = as_rdflib(table)

    def notes(self) -> list[str]:
        """What is left out."""
        imports = self.graph.objects(None, OWL.imports)
        return [f"{self.file.name}: owl:imports <{iri}> was not followed; put that file into the folder" for iri in imports]

    def run(self) -> None:
        """Raise for the first thing that is wrong."""
        for triple in self.graph:
            self._check_triple(*triple)
        for shape in {*self.graph.subjects(_PATH, None), *self.graph.subjects(RDF.type, URIRef(f"{SH}PropertyShape"))}:
            if len(set(self.graph.objects(shape, _PATH))) != 1:
                raise self.fault("a property shape has one sh:path, neither none nor more", shape)
        try:
            _ = pyshacl.ShapesGraph(as_rdflib(_copy(self.graph))).shapes
        except Exception as error:  # pySHACL says what is wrong with the shapes as such, but not where
            raise InputError(f"{self.file.name}: {_sentence(error)}") from error

    def _check_triple(self, subject: Node, predicate: Node, value: Node) -> None:
        for term in (subject, predicate, value):
            if isinstance(term, URIRef) and _BAD_IRI.search(term):
                raise self.fault(f"{str(term)!r} is not an IRI", subject)
        if isinstance(subject, URIRef) and subject.startswith(self.protected):
            raise self.fault("this is a built-in shape, which cannot be changed from outside: write one of your own", subject)
        for term in (predicate, value):
            if isinstance(term, URIRef) and term.startswith(SH) and term not in SHACL:
                raise self.fault(f"sh:{term[len(SH) :]} is not a term of SHACL", subject)
        if isinstance(predicate, URIRef) and predicate.startswith(SH):
            message = self._fault_of_value(predicate[len(SH) :], value)
            if message:
                raise self.fault(message, subject)

    def _fault_of_value(self, name: str, value: Node) -> str | None:
        """What is wrong with the value of a parameter; None where nothing is. Source: SHACL, section 4."""
        if name in _NOT_APPLIED:
            return f"sh:{name} is not applied here: use SHACL Core or sh:sparql"
        if name in _IRIS and not isinstance(value, URIRef):
            return f"sh:{name} has an IRI as value"
        if name in _LISTS and value != RDF.nil and (value, RDF.first, None) not in self.graph:
            return f"sh:{name} has a list as value: ( … )"
        if name in _BOOLEANS and not (isinstance(value, Literal) and isinstance(value.value, bool)):
            return f"sh:{name} is true or false"
        if name in _NAMED and value not in {URIRef(SH + allowed) for allowed in _NAMED[name]}:
            return f"sh:{name} is one of sh:{', sh:'.join(_NAMED[name])}"
        if name == "namespace" and _BAD_IRI.search(str(value)):
            return f"the namespace {str(value)!r} is not an IRI"
        word = word_that_leaves_the_data(str(value)) if name in _QUERIES else None
        return f"the query has {word}: only the data that is validated may be asked" if word else None

    def fault(self, message: str, shape: Node) -> InputError:
        """An error that says where in the file the shape stands."""
        return InputError(f"{self.file.name}{_place(self.file, self.graph, shape)}: {message}")


def word_that_leaves_the_data(query: str) -> str | None:
    """The first keyword of a SPARQL text that makes the engine read anything but the data: ``SERVICE``, ``FROM`` or ``LOAD``."""
    decoded = _UNICODE_ESCAPE.sub(lambda match: chr(min(int(match[1] or match[2], 16), 0x10FFFF)), query)
    match = _LEAVES_DATA.search(_QUOTED.sub(" ", decoded))
    return match[1].upper() if match else None


def _copy(graph: Graph) -> TripleTable:
    table = TripleTable()
    for triple in graph:
        table.insert(*triple)
    return table


def _try_shapes(checks: Sequence[_FileCheck], shapes: Graph) -> None:
    """Apply each of the user's shapes to a node that has a value for every property they look at."""
    probe = TripleTable()
    for check in checks:
        for triple in check.graph:
            shapes.add(triple)
        for node in _path_parts(check.graph):
            probe.add((_PROBE, node, Literal("probe")))
    engine = Engine(probe, shapes)
    executor = engine.make_executor()
    for shape in engine.shacl_graph.shapes:
        check_of = next((check for check in checks if (shape.node, None, None) in check.graph), None)
        if check_of is None:
            continue
        _check_references(shape.node, shapes, check_of)
        try:
            with only_local_data():
                shape.validate(executor, engine.data_graph, focus=[_PROBE])
        except Exception as error:  # pySHACL, rdflib and `re` raise many kinds; the shape is the cause of them all
            raise check_of.fault(_sentence(error), shape.node) from error


def _check_references(shape: Node, shapes: Graph, check: _FileCheck) -> None:
    """The shapes that a shape refers to exist, and it is not among them: SHACL leaves open what a recursive shape means."""
    seen: set[Node] = set()
    frontier = _referred(shape, shapes)
    while frontier:
        other = frontier.pop()
        if other == shape:
            raise check.fault("this shape refers to itself; what that means SHACL leaves open", shape)
        if (other, None, None) not in shapes:
            raise check.fault(f"it refers to the shape {str(other)!r}, which is described nowhere", shape)
        if other not in seen:
            seen.add(other)
            frontier |= _referred(other, shapes)


def _referred(shape: Node, shapes: Graph) -> set[Node]:
    found = {other for name in _REFERENCES for other in shapes.objects(shape, URIRef(SH + name))}
    lists = [head for name in ("and", "or", "xone") for head in shapes.objects(shape, URIRef(SH + name))]
    return found | {member for head in lists for member in shapes.items(head)}


def _path_parts(shapes: Graph) -> Iterable[Node]:
    """The properties in all paths."""
    for predicate in (
        f"{SH}path",
        RDF.first,
        *(f"{SH}{kind}Path" for kind in ("inverse", "zeroOrMore", "oneOrMore", "zeroOrOne")),
    ):
        yield from (value for value in shapes.objects(None, URIRef(predicate)) if isinstance(value, URIRef))


def _place(file: ShapesFile, graph: Graph, shape: Node) -> str:
    """``, line 7`` where the shape, or the named one around it, begins; nothing where it cannot be told."""
    for _ in range(32):
        if not isinstance(shape, BNode):
            break
        shape = next(graph.subjects(None, shape), URIRef(""))
    local = re.escape(re.split(r"[#/:]", str(shape))[-1])
    if not local:
        return ""
    name = re.compile(rf"(?:<[^>]*{local}>|[\w.-]*:{local})(?![\w-])")
    lines = file.text.decode().splitlines()
    places = [number for number, line in enumerate(lines, start=1) if name.match(line.lstrip())]
    places += [number for number, line in enumerate(lines, start=1) if name.search(line)]
    return f", line {places[0]}" if places else ""


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:400] or type(error).__name__
