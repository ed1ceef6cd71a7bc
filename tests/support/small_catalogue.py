"""A small catalogue, graph by graph: a dataset of one group with many arrays, and another one that was made from it."""

from catalog.graphstore.door import GraphUpdate
from catalog.rdf import literals, terms
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCAT, DCT, RDF_TYPE, RDFS_LABEL

IRIS = Iris()
DATASET = IRIS.dataset("d")
ROOT = IRIS.node("d", "")
CHILDREN = 250


def _line(subject: str, predicate: str, target: str) -> str:
    return f"<{subject}> <{predicate}> {target if target.startswith('"') else f'<{target}>'} .\n"


def _dataset() -> set[str]:
    lines = {
        _line(DATASET, RDF_TYPE, f"{DCAT}Dataset"),
        _line(DATASET, terms.ROOT_NODE, ROOT),
        _line(DATASET, f"{DCT}hasPart", ROOT),
        _line(ROOT, RDF_TYPE, terms.CLASS_ZARR_GROUP),
        _line(ROOT, terms.IN_DATASET, DATASET),
        _line(ROOT, f"{DCT}isPartOf", DATASET),
        _line(ROOT, terms.PATH, '""'),
        _line(ROOT, terms.CHANNEL, f"{ROOT}#channel-0"),
        _line(f"{ROOT}#channel-0", RDFS_LABEL, '"red"'),
        _line(f"{ROOT}#roi-1", f"{DCT}isPartOf", ROOT),
        _line(f"{ROOT}#roi-1", f"{DCT}references", ROOT),
        _line(f"{ROOT}#roi-1", RDFS_LABEL, '"a region"'),
    }
    for n in range(CHILDREN):
        child = IRIS.node("d", f"a{n:03}")
        lines |= {
            _line(ROOT, f"{DCT}hasPart", child),
            _line(child, f"{DCT}isPartOf", ROOT),
            _line(child, terms.IN_DATASET, DATASET),
            _line(child, RDF_TYPE, terms.CLASS_ZARR_ARRAY),
            _line(child, terms.PATH, f'"a{n:03}"'),
            _line(child, RDFS_LABEL, f'"a{n:03}"'),
            _line(child, terms.LAYOUT, IRIS.layout("0" * 64)),
        }
    return lines | {_line(IRIS.layout("0" * 64), terms.DATA_TYPE_NAME, '"uint8"')}


def small_catalogue() -> list[GraphUpdate]:
    """All graphs of it."""
    other = _line(IRIS.dataset("e"), "http://www.w3.org/ns/prov#wasDerivedFrom", DATASET)
    record = {
        _line(DATASET, RDFS_LABEL, '"D"'),
        _line(DATASET, terms.ACCESS, '"public"'),
        _line(DATASET, f"{DCT}modified", literals.date_time("2026-01-01T00:00:00Z")),
    }
    return [
        GraphUpdate(DATASET, "".join(sorted(_dataset())).encode()),
        GraphUpdate(f"{DATASET}/record", "".join(sorted(record)).encode()),
        GraphUpdate(f"{IRIS.dataset('e')}/derived", other.encode()),
    ]
