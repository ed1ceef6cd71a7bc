"""Write catalog/services/asking/ontology_lookups.py from the ontology, so that every term of it can be asked for by name.

Run ``python scripts/generate_lookups.py`` after editing ontology/*.ttl; ``--check`` fails where the file is not up to date.
"""

import re
import sys
from pathlib import Path

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, XSD

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "catalog" / "services" / "asking" / "ontology_lookups.py"
NAMESPACE = "https://w3id.org/zarr-catalog/ns#"
PREFIXES = {
    "https://ld.openmicroscopy.org/core/": "ome:",
    "http://www.w3.org/ns/dcat#": "dcat:",
    "http://purl.org/dc/terms/": "dct:",
    NAMESPACE: "",
}
KINDS = {
    XSD.string: "text",
    XSD.boolean: "flag",
    XSD.integer: "number",
    XSD.double: "number",
    XSD.decimal: "number",
    XSD.dateTime: "time",
    XSD.date: "time",
    rdflib.URIRef(f"{NAMESPACE}json"): "json",
}
HEADER = '''"""Which names do the terms of the ontology have as lookups?

Generated from ontology/*.ttl by scripts/generate_lookups.py; edit the ontology, not this file.
"""

TERMS: dict[str, tuple[str, str, str, str]] = {
'''
MIDDLE = '''}
"""Lookup → local name of the property, kind of its values, class that it is about, class that it leads to; "" is any."""

PARENTS: dict[str, tuple[str, ...]] = {
'''
FOOTER = '''}
"""Class → all classes above it."""
'''


def snake(name: str) -> str:
    """``dimensionIndex`` becomes ``dimension_index``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def short(iri: object) -> str:
    """The name of a class: without a prefix where it is ours; "" where its vocabulary is none of those above."""
    text = str(iri or "")
    return next((prefix + text.removeprefix(space) for space, prefix in PREFIXES.items() if text.startswith(space)), "")


def generate() -> str:
    """The text of ontology_lookups.py."""
    graph = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(path)
    terms, parents = [], []
    for kind in (OWL.DatatypeProperty, OWL.ObjectProperty):
        for term in graph.subjects(RDF.type, kind):
            if str(term).startswith(NAMESPACE):
                given = graph.value(term, RDFS.range)
                values = "link" if kind == OWL.ObjectProperty else KINDS.get(given, "any")
                leads = short(given) if values == "link" else ""
                domain = graph.value(term, RDFS.domain)
                terms.append((snake(short(term)), short(term), values, short(domain), leads))
    for term in graph.subjects(RDF.type, OWL.Class):
        above = sorted({short(each) for each in graph.transitive_objects(term, RDFS.subClassOf)} - {"", short(term)})
        if short(term) and above:
            parents.append((short(term), above))
    lines = [f'    "{name}": ("{local}", "{kind}", "{about}", "{leads}"),' for name, local, kind, about, leads in sorted(terms)]
    classes = [f'    "{name}": {tuple(above)!r},'.replace("'", '"') for name, above in sorted(parents)]
    return HEADER + "\n".join(lines) + "\n" + MIDDLE + "\n".join(classes) + "\n" + FOOTER


def main() -> int:
    """Write the file, or with ``--check`` compare it."""
    text = generate()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print("catalog/services/asking/ontology_lookups.py is not what the ontology says: run scripts/generate_lookups.py")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
