"""How fast does a hierarchy become N-Triples, compared with rdflib building and writing the same graph?"""

from collections.abc import Iterator
from pathlib import Path

from rdflib import Graph

from bench.hierarchies import write_v3
from bench.measure import Figure, Goal, agree, median, timed
from bench.reading import read_hierarchy
from bench.sizes import Sizes
from catalog.rdf.hierarchy import Description, describe
from catalog.rdf.iris import Iris

GOAL = Goal("faster", 30)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: tree to text. The peer gets finished terms, made outside the time: it only adds them to a graph and writes that.

    Attributes that follow no convention, and those of CF; of the latter nothing is asked, as the peer finds no meaning in them.
    """
    for name, cf, goal in (("convert to N-Triples", False, GOAL), ("the same, CF arrays", True, Goal("faster"))):
        path = str(write_v3(folder / f"{name}.zarr", max(1, sizes.arrays // 20), sizes.arrays, cf=cf))
        text = _describe(path)[1]
        agree("the conventions", text.conventions, ("cf",) * cf)
        whole = text.structure + text.asserted
        triples = list(Graph().parse(data=whole, format="nt"))
        agree("the count of triples", text.triples, len(triples))
        ours: list[float] = []
        peer: list[float] = []
        for _ in range(sizes.runs):
            ours.append(_describe(path)[0])
            taken, written = timed(lambda triples=triples: _build_and_write(triples))
            peer.append(taken)
        agree("the graph", set(written.splitlines()), set(whole.splitlines()))
        yield Figure(name, median(ours), median(peer), goal, f"{sizes.arrays} arrays, {text.triples} triples")


def _describe(path: str) -> tuple[float, Description]:
    """Seconds and outcome; the tree is read anew each time, so that nothing is remembered."""
    hierarchy = read_hierarchy(path)
    return timed(lambda: describe(hierarchy, "converted", Iris()))


def _build_and_write(triples: list[tuple[object, object, object]]) -> bytes:
    graph = Graph()
    for triple in triples:
        graph.add(triple)  # type: ignore[arg-type]
    return graph.serialize(format="nt", encoding="utf-8")
