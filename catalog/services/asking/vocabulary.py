"""Which names does the catalogue's own content add to the lookups?"""

from collections.abc import Mapping

from catalog.graphstore.door import Asked
from catalog.graphstore.queries import load_query
from catalog.services.asking.lookups import Vocabulary


def read_vocabulary(store: Asked, prefixes: Mapping[str, str] | None = None) -> Vocabulary:
    """The keys that mapping files gave a meaning, and the keys of plain attributes.

    Parameters
    ----------
    store
        Of the audience that asks: what it does not see adds no name.
    prefixes
        Prefix → namespace, beside ours.

    Raises
    ------
    CatalogError
        What asking the graph store can cause.
    """
    mapped: dict[str, list[str]] = {}
    keys: set[str] = set()
    for row in store.select(load_query("known-keys")):
        key, iri = row["key"], row["property"]
        if key is not None and iri is not None:
            mapped.setdefault(key.value, []).append(iri.value)
        elif key is not None:
            keys.add(key.value)
    return Vocabulary({key: tuple(iris) for key, iris in mapped.items()}, frozenset(keys), dict(prefixes or {}))
