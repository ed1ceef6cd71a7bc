"""What became of each attribute key?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.metadata.array import Array
from catalog.metadata.document import Json
from catalog.metadata.hierarchy import Hierarchy
from catalog.rdf.convention import About, Given
from catalog.rdf.conventions import find_conventions
from catalog.rdf.conventions.jsonld import holds_linked_data, read_linked_data
from catalog.rdf.iris import Iris
from catalog.rdf.mapping import describe_mapped
from catalog.rdf.mapping_file import MappingFile

MAX_PATHS = 3


@dataclass(frozen=True, slots=True)
class KeyFate:
    """What one attribute key became, and where.

    Attributes
    ----------
    key
        The key, as it stands in the attributes.
    became
        ``linked data``: statements of the store's own, in the asserted graph; ``dimension names``; ``convention NAME``, ``mapping
        NAME``: what that convention or mapping file states; ``key and value``: an attribute that nobody gave a meaning to.
    nodes
        How many nodes have it.
    paths
        The first few of them.
    """

    key: str
    became: str
    nodes: int
    paths: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fate as a JSON object."""
        return asdict(self)


def fates_of_keys(
    hierarchy: Hierarchy,
    dataset_id: str,
    iris: Iris,
    contexts: Mapping[str, Json] | None = None,
    mappings: Sequence[MappingFile] = (),
) -> tuple[KeyFate, ...]:
    """What became of every attribute key of a hierarchy, the most frequent first.

    Cost: about that of describing the hierarchy once more.
    """
    about = About(dataset_id, iris)
    consumed: dict[str, dict[str, list[str]]] = {}
    makers = [(f"convention {each.NAME}", each.describe(hierarchy, about, Given())) for each in find_conventions(hierarchy)]
    makers += [(f"mapping {each.name}", describe_mapped(hierarchy, about, [each])) for each in mappings]
    for maker, findings in makers:
        for path, keys in findings.consumed.items():
            for key in keys:
                consumed.setdefault(path, {}).setdefault(key, []).append(maker)
    found: dict[tuple[str, str], list[str]] = {}
    for node in hierarchy.nodes:
        taken = consumed.get(node.path, {})
        linked = _linked_keys(node.attributes, node.path, dataset_id, iris, contexts)
        for key in node.attributes:
            if key in linked:
                became = "linked data"
            elif key in taken:
                became = " and ".join(taken[key])
            elif key == "_ARRAY_DIMENSIONS" and isinstance(node, Array):
                became = "dimension names"
            else:
                became = "key and value"
            found.setdefault((key, became), []).append(node.path)
    rows = [KeyFate(key, became, len(paths), tuple(paths[:MAX_PATHS])) for (key, became), paths in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.nodes, row.key, row.became)))


def _linked_keys(
    attributes: Mapping[str, Json], path: str, dataset_id: str, iris: Iris, contexts: Mapping[str, Json] | None
) -> frozenset[str]:
    """The keys that were read as linked data."""
    if not holds_linked_data(attributes):
        return frozenset()
    linked = read_linked_data(
        attributes,
        path=path,
        node_iri=iris.node(dataset_id, path),
        dataset_iri=iris.dataset(dataset_id),
        base_iri=iris.base,
        contexts=contexts,
    )
    return frozenset(attributes.keys() - linked.rest.keys())
