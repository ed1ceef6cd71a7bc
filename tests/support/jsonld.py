"""What do other programs make of JSON-LD, in a form that can be compared with ours?"""

import json
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import rdflib

from catalog.rdf.conventions.jsonld import LinkedData, read_linked_data

BASE = "http://localhost:8000/"
DATASET = f"{BASE}datasets/lab"
_SKOLEM = re.compile(rf"<{BASE}\.well-known/genid/([0-9a-f]+)>")


def read(attributes: Mapping[str, Any], path: str = "a/b", **others: Any) -> LinkedData:
    """Our reading of the attributes of one node."""
    return read_linked_data(
        attributes, path=path, node_iri=f"{DATASET}/nodes/{path}", dataset_iri=DATASET, base_iri=BASE, **others
    )


def as_graph(lines: Iterable[str]) -> rdflib.Graph:
    """Lines of N-Triples as a graph in which skolem IRIs are blank nodes again."""
    return rdflib.Graph().parse(data=_SKOLEM.sub(r"_:b\1", "".join(lines)), format="nt")


def read_by_rdflib(document: Any, base: str = f"{DATASET}/nodes/a/b") -> rdflib.Graph:
    """rdflib's reading of a JSON-LD document, all its graphs as one."""
    dataset = rdflib.Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib warns of what it calls itself
        dataset.parse(data=json.dumps(document), format="json-ld", base=base)
    graph = rdflib.Graph()
    for subject, predicate, target, _ in dataset.quads():
        graph.add((subject, predicate, target))
    return graph
