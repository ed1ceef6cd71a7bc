"""How is pySHACL made to judge a graph: fast, complete, and without reaching out?

- No inference, no SHACL rules or JavaScript, no ``owl:imports``, no copy of the data.
- Results are taken as pySHACL collects them; it would spend more on putting them into a graph than on finding them.
- A query in a user's shape may not call another endpoint. rdflib would do so; whatever way the query was put together, the
  evaluation itself stops here.
- Regular expressions (``sh:pattern``) run in Python's engine without a time limit. No built-in shape has one that backtracks
  without end; those of users are their own.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import pyshacl
from pyshacl.graph_abstraction import DataGraph
from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.plugins.sparql import CUSTOM_EVALS
from rdflib.term import Node

from catalog.errors import CatalogError, InputError
from catalog.rdf.prefixes import PREFIXES
from catalog.validation.graphs import TripleTable, as_rdflib
from catalog.validation.path_walk import walking
from catalog.validation.shapes_file import ShapesFile

SH = PREFIXES["sh"]
Finding = dict[str, list[Node]]
"""One validation result: local name of the property in ``sh:`` → values."""

_LOGGER = logging.getLogger("catalog.validation.pyshacl")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False  # what it logs as an error it raises as well

_local_only: ContextVar[bool] = ContextVar("_local_only", default=False)


def _refuse_service(_: Any, part: Any) -> NoReturn:
    """Stop a federated query; rdflib asks here before it evaluates a part."""
    if part.name == "ServiceGraphPattern" and _local_only.get():
        raise InputError("a query in the shapes calls another endpoint (SERVICE): only the data that is validated may be asked")
    raise NotImplementedError  # "not for me" in rdflib's protocol


CUSTOM_EVALS["catalog-local-only"] = _refuse_service


@contextmanager
def only_local_data() -> Iterator[None]:
    """Within this block no query of this thread leaves the data."""
    token = _local_only.set(True)
    try:
        yield
    finally:
        _local_only.reset(token)


def parse_turtle(file: ShapesFile, table: TripleTable) -> None:
    """Add the triples of a Turtle file to a table.

    Raises
    ------
    InputError
        It is not Turtle; the message names file and line.
    """
    try:
        text = file.text.decode()
        # A base that is the same on every machine; nothing is ever read from it.
        as_rdflib(table).parse(data=text, format="turtle", publicID=f"file:///shapes/{file.name.rpartition('/')[2]}")
    except BadSyntax as error:
        raise InputError(f"{file.name}, line {error.lines + 1}: not Turtle: {error._why}") from error
    except UnicodeDecodeError as error:
        line = file.text.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file.name}, line {line}: not UTF-8") from error
    except Exception as error:  # whatever rdflib raises, the text is the cause
        raise InputError(f"{file.name}: not Turtle: {error}") from error


def compile_shapes(files: Sequence[ShapesFile]) -> Graph:
    """One graph of all shapes, as pySHACL wants it."""
    table = TripleTable()
    for file in files:
        parse_turtle(file, table)
    graph = as_rdflib(table)
    pyshacl.ShapesGraph(graph)  # adds its own triples now, so that later uses, in any thread, only read
    return graph


class Engine(pyshacl.Validator):
    """pySHACL's validator, which hands over the results as it collected them."""

    def __init__(self, data: TripleTable, shapes: Graph) -> None:
        graph = DataGraph.from_rdflib(as_rdflib(data))
        options = {"advanced": False, "use_js": False, "inference": "none", "inplace": True, "logger": _LOGGER}
        super().__init__(graph, shacl_graph=shapes, options=options)

    @classmethod
    def create_validation_report(cls, _graph: Any, _conforms: bool, results: list[Any]) -> tuple[list[Any], str]:
        """Instead of a graph and a text, the results."""
        return results, ""


def find_results(data: TripleTable, shapes: Graph) -> list[Finding]:
    """What the shapes find in the data.

    Raises
    ------
    InputError
        A shape cannot be applied.
    """
    try:
        with only_local_data(), walking(data):
            _, results, _ = Engine(data, shapes).run()  # type: ignore[no-untyped-call]
    except CatalogError:
        raise
    except Exception as error:  # pySHACL, rdflib and `re` raise many kinds; the shapes are the cause of them all
        raise InputError(f"the shapes cannot be applied: {error}") from error
    return [_finding(node, triples) for _, node, triples in results]


def _finding(node: Node, triples: list[Any]) -> Finding:
    found: Finding = {}
    for subject, predicate, value in triples:
        if subject == node and predicate.startswith(SH):
            found.setdefault(predicate[len(SH) :], []).append(value[1] if isinstance(value, tuple) else value)
    return found
