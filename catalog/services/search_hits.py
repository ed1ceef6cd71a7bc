"""What is shown of the hits of a page? Asked for them alone, so that it costs the same however many there are in all."""

import json
from collections.abc import Mapping, Sequence

from catalog.graphstore.bindings import Iri, Term
from catalog.graphstore.door import GraphStore, TextHit
from catalog.graphstore.queries import load_query
from catalog.rdf.iris import Iris
from catalog.rdf.terms import CLASS_ZARR_ARRAY
from catalog.services.search_answer import Hit, Matched

_SHOWN = 300
"""Characters of a text that words were found in."""
_Said = dict[str, set[str]]


def describe_hits(store: GraphStore, iris: Iris, found: Sequence[str], texts: Mapping[str, TextHit]) -> tuple[Hit, ...]:
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
    said = _collect(store, "search-nodes", "item", nodes)
    names = _dimension_names(store, [iri for iri in nodes if CLASS_ZARR_ARRAY in said.get(iri, {}).get("kind", ())])
    datasets = _collect(store, "search-datasets", "item", list(dict.fromkeys(of_dataset.values())))
    hits = []
    for iri in found:
        dataset = of_dataset.get(iri, "")
        about = datasets.get(dataset)
        if about is None or (iri != dataset and iri not in said):
            continue
        name = _one(about, "label")
        matched = _matched(texts.get(iri))
        if iri == dataset:
            hits.append(Hit(iri, "dataset", name, _one(about, "title"), iri, name, matched=matched))
        else:
            hits.append(_node(iri, dataset, name, said[iri], names.get(iri, {}), matched))
    return tuple(hits)


def _node(iri: str, dataset: str, dataset_name: str, said: _Said, names: Mapping[int, str], matched: Matched | None) -> Hit:
    path, text = _one(said, "path"), _one(said, "shape")
    shape = tuple(json.loads(text)) if text else None
    return Hit(
        iri,
        "array" if CLASS_ZARR_ARRAY in said.get("kind", ()) else "group",
        path.rpartition("/")[2] or dataset_name,
        _one(said, "title"),
        dataset,
        dataset_name,
        path,
        _one(said, "standard"),
        _one(said, "units"),
        shape,
        _one(said, "type"),
        None if shape is None else tuple(names.get(at) for at in range(len(shape))),
        matched,
    )


def _matched(hit: TextHit | None) -> Matched | None:
    return None if hit is None else Matched(hit.text[:_SHOWN], hit.property, hit.score)


def _one(said: _Said, name: str) -> str:
    """The value; the least where there are several, so that it is always the same."""
    return min(said.get(name, ()), default="")


def _collect(store: GraphStore, query: str, key: str, things: Sequence[str]) -> dict[str, _Said]:
    """What a query says of things: name of a column → values."""
    found: dict[str, _Said] = {}
    if things:
        for row in store.select(load_query(query), {key: [Iri(each) for each in things]}):
            said = found.setdefault(_text(row[key]), {})
            for name, term in row.items():
                if term is not None:
                    said.setdefault(name, set()).add(term.value)
    return found


def _text(term: Term | None) -> str:
    return "" if term is None else term.value


def _dimension_names(store: GraphStore, arrays: Sequence[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    if arrays:
        for row in store.select(load_query("array-dimension-names"), {"node": [Iri(each) for each in arrays]}):
            found.setdefault(_text(row["node"]), {})[int(_text(row["index"]))] = _text(row["name"])
    return found
