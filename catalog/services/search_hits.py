"""What is shown of the hits of a page? Asked for them alone, so that it costs the same however many there are in all."""

import json
from collections.abc import Mapping, Sequence

from catalog.graphstore.bindings import Iri, Term
from catalog.graphstore.door import Asked, TextHit
from catalog.graphstore.queries import load_query
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT
from catalog.rdf.terms import PATH, SHAPE, STANDARD_NAME, UNIT_STRING
from catalog.services.search_answer import Hit, Matched

TITLE = f"{DCT}title"
_SHOWN = 300
"""Characters of a text that words were found in."""


def describe_hits(store: Asked, iris: Iris, found: Sequence[str], texts: Mapping[str, TextHit]) -> tuple[Hit, ...]:
    """The hits, in the order given; what was deleted meanwhile is left out.

    Parameters
    ----------
    found
        IRIs of datasets and nodes.
    texts
        IRI → where words were found.
    """
    of_dataset = {iri: iris.dataset(known) for iri in found if (known := iris.dataset_id(iri)) is not None}
    nodes = [iri for iri in found if of_dataset.get(iri, iri) != iri]
    said = _Nodes(store, nodes)
    datasets = list(dict.fromkeys(of_dataset.values()))
    names, titles = _values(store, "search-datasets", datasets), _values(store, "search-titles", datasets)
    hits = []
    for iri in found:
        dataset = of_dataset.get(iri, "")
        name = names.get(dataset)
        if name is None or (iri != dataset and iri not in said.paths):
            continue
        matched = _matched(texts.get(iri))
        if iri == dataset:
            hits.append(Hit(iri, "dataset", name, titles.get(iri, ""), iri, name, matched=matched))
        else:
            hits.append(said.hit(iri, dataset, name, matched))
    return tuple(hits)


class _Nodes:
    """What is said of the nodes of a page."""

    def __init__(self, store: Asked, nodes: Sequence[str]) -> None:
        said: dict[str, dict[str, str]] = {}
        for row in store.select(load_query("search-nodes"), {"item": list(map(Iri, nodes))}, brief=True) if nodes else ():
            about, name, value = (said.setdefault(_text(row["property"]), {}), _text(row["item"]), _text(row["value"]))
            about[name] = min(about.get(name, value), value)
        self.paths, self._titles = said.get(PATH, {}), said.get(TITLE, {})
        self._standard_names, self._units = said.get(STANDARD_NAME, {}), said.get(UNIT_STRING, {})
        self._shapes = {iri: tuple(json.loads(text)) for iri, text in said.get(SHAPE, {}).items()}
        arrays = list(self._shapes)
        self._types = _values(store, "search-data-types", arrays)
        self._dimensions = _dimension_names(store, arrays)

    def hit(self, iri: str, dataset: str, dataset_name: str, matched: Matched | None) -> Hit:
        path, shape = self.paths[iri], self._shapes.get(iri)
        names = self._dimensions.get(iri, {})
        return Hit(
            iri,
            "group" if shape is None else "array",
            path.rpartition("/")[2] or dataset_name,
            self._titles.get(iri, ""),
            dataset,
            dataset_name,
            path,
            self._standard_names.get(iri, ""),
            self._units.get(iri, ""),
            shape,
            self._types.get(iri, ""),
            None if shape is None else tuple(names.get(at) for at in range(len(shape))),
            matched,
        )


def _matched(hit: TextHit | None) -> Matched | None:
    return None if hit is None else Matched(hit.text[:_SHOWN], hit.property, hit.score)


def _values(store: Asked, query: str, things: Sequence[str]) -> dict[str, str]:
    """The value that a query has for each thing; the least where there are several, so that it is always the same."""
    found: dict[str, str] = {}
    if things:
        for row in store.select(load_query(query), {"item": [Iri(each) for each in things]}, brief=True):
            thing, value = _text(row["item"]), _text(row["value"])
            found[thing] = min(found.get(thing, value), value)
    return found


def _text(term: Term | None) -> str:
    return "" if term is None else term.value


def _dimension_names(store: Asked, arrays: Sequence[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    if arrays:
        for row in store.select(load_query("array-dimension-names"), {"node": [Iri(each) for each in arrays]}, brief=True):
            found.setdefault(_text(row["node"]), {})[int(_text(row["index"]))] = _text(row["name"])
    return found
