"""Which prefixes may a query use without declaring them?"""

from collections.abc import Mapping

PREFIXES: Mapping[str, str] = {
    "zo": "https://w3id.org/zarr-catalog/ns#",
    "za": "https://w3id.org/zarr-catalog/fn#",
    "bald": "https://www.opengis.net/def/binary-array-ld/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "ome": "https://ld.openmicroscopy.org/core/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qudt": "http://qudt.org/schema/qudt/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "unit": "http://qudt.org/vocab/unit/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefix → namespace; a query's own PREFIX of the same name wins."""


def declare_prefixes(prefixes: Mapping[str, str]) -> str:
    """Prefix declarations on one line, so that what follows keeps its line numbers."""
    return "".join(f"PREFIX {name}: <{namespace}> " for name, namespace in sorted(prefixes.items()))
