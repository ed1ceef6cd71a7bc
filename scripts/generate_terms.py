"""Write catalog/rdf/terms.py from the ontology, so that the code and the ontology name the same terms; and the lookups.

Run ``python scripts/generate_terms.py`` after editing ontology/*.ttl; ``--check`` fails where the file is not up to date.
"""

import re
import sys
from pathlib import Path

import generate_lookups
import rdflib
from rdflib.namespace import OWL, RDF, RDFS

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "catalog" / "rdf" / "terms.py"
NAMESPACE = "https://w3id.org/zarr-catalog/ns#"
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDFS.Datatype)
HEADER = '''"""The terms of the ontology, for the code that writes and reads triples.

Generated from ontology/*.ttl by scripts/generate_terms.py; edit the ontology, not this file.
"""

ZO = "https://w3id.org/zarr-catalog/ns#"
'''


def constant(name: str) -> str:
    """``dimensionIndex`` becomes ``DIMENSION_INDEX``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def generate() -> str:
    """The text of terms.py."""
    graph = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(path)
    subjects = {str(s) for kind in KINDS for s in graph.subjects(RDF.type, kind) if str(s).startswith(NAMESPACE)}
    classes = {str(s) for s in graph.subjects(RDF.type, OWL.Class)}
    lines = []
    for iri in sorted(subjects, key=lambda iri: (iri not in classes, iri)):
        name = iri.removeprefix(NAMESPACE)
        prefix = "CLASS_" if iri in classes else ""
        lines.append(f'{prefix}{constant(name)} = ZO + "{name}"')
    return HEADER + "\n" + "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or with ``--check`` compare it."""
    text = generate()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print("catalog/rdf/terms.py is not what the ontology says: run scripts/generate_terms.py")
            return 1
        return generate_lookups.main()
    TARGET.write_text(text)
    return generate_lookups.main()


if __name__ == "__main__":
    raise SystemExit(main())
