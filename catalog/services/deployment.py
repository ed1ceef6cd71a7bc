"""Which base IRI does this deployment mint its IRIs below?

It is chosen once and recorded in the graph store itself, in a graph named by it. Every start reads it from there, so that no
setting can make a store with two bases.
"""

from catalog.errors import ConflictError
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.graphstore.queries import load_query
from catalog.rdf import literals, terms
from catalog.rdf.iris import safe_base
from catalog.rdf.prefixes import RDF_TYPE


def recorded_base(store: GraphStore) -> str | None:
    """The base IRI that the graph store records; None where it was never initialised.

    Raises
    ------
    ConflictError
        It records two, which no command of ours can have written.
    """
    found = sorted({value for value in store.select(load_query("deployment")).values("base") if value})
    if len(found) > 1:
        raise ConflictError(
            f"the graph store records several base IRIs, {' and '.join(found)}; remove all but one of these graphs"
        )
    return found[0] if found else None


def initialise(stores: list[GraphStore], base: str) -> bool:
    """Record the base IRI in the graph stores of a deployment; False where all record it already.

    Raises
    ------
    InputError
        It cannot be a base IRI.
    ConflictError
        A graph store records another one.
    """
    safe_base(base)
    changed = False
    for store in stores:
        recorded = recorded_base(store)
        if recorded not in {None, base}:
            raise ConflictError(f"the graph store was initialised with the base IRI {recorded}, not {base}; it cannot have two")
        if recorded is None:
            text = f"<{base}> <{RDF_TYPE}> <{terms.CLASS_CATALOG}> .\n<{base}> <{terms.BASE_IRI}> {literals.string(base)} .\n"
            store.apply([GraphUpdate(base, text.encode(), previous=b"")])
            changed = True
    return changed
