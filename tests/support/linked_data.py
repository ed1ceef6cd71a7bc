"""What do documents of linked data say, as rdflib reads them?"""

import warnings

import rdflib

MEDIA_TYPES = {
    "text/turtle": "turtle",
    "application/ld+json": "json-ld",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
}
"""Media type → rdflib's name for the format."""


def read_graph(data: bytes | str, media_type: str) -> rdflib.Graph:
    """The graph of a document."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ConjunctiveGraph", DeprecationWarning)  # rdflib's own JSON-LD parser uses it
        return rdflib.Graph().parse(data=data, format=MEDIA_TYPES[media_type.partition(";")[0]])
