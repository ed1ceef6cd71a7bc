"""A catalogue to ask: hierarchies described by the real mapping, in a real graph store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.bridge.array_ref import ArrayRef, Resolution, resolve
from catalog.graphstore.door import GraphStore, GraphUpdate
from catalog.metadata.dataset import Dataset, Snapshot
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.dataset import record_ntriples
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.stores.documents import read_documents
from catalog.stores.source import open_source

SNAPSHOT = Snapshot(
    digest="0" * 64, source_digest="1" * 64, route="listing", metadata_key="", complete=True, fresh="unproven", zarr_formats=(3,),
    groups=1, arrays=1, triples=1, mapping_version="1", shapes_digest="2" * 64, conforms=True, accepted=True, structure="3" * 64,
    asserted="4" * 64, documents="5" * 64, report="6" * 64, generated="2026-01-01T00:00:00Z",
)  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """A graph store of one audience, and what puts datasets into it."""

    store: GraphStore
    iris: Iris = field(default_factory=Iris)

    def add(
        self,
        dataset_id: str,
        documents: Sequence[Document],
        location: str = "file:///nowhere",
        route: str = "listing",
        key: str = "",
    ) -> Hierarchy:
        """Describe a hierarchy and put it in force."""
        hierarchy = parse_hierarchy(documents)
        description = describe(hierarchy, dataset_id, self.iris)
        snapshot = replace(SNAPSHOT, route=route, metadata_key=key)
        record = record_ntriples(
            Dataset(dataset_id, dataset_id, location, "public", current=snapshot), self.iris, self.store.audience
        )
        parts = {"": description.structure, "asserted": description.asserted, "record": record}
        self.store.apply([GraphUpdate(self.iris.graph(dataset_id, part), ntriples) for part, ntriples in parts.items()])
        return hierarchy

    def put(self, graph: str, ntriples: bytes) -> None:
        """Replace one graph."""
        self.store.apply([GraphUpdate(graph, ntriples)])

    def ingest(self, dataset_id: str, folder: Path, metadata_key: str | None = None) -> None:
        """Catalogue a local store."""
        source = open_source(str(folder))
        harvest = read_documents(source, metadata_key=metadata_key)
        self.add(dataset_id, harvest.documents, source.location, harvest.route, harvest.key)

    def resolve(self, uri: str) -> Resolution:
        """What a URI means here."""
        return resolve(self.store, uri)

    def ref(self, dataset_id: str, path: str) -> ArrayRef:
        """One array."""
        return self.resolve(self.iris.node(dataset_id, path)).one()


def v3(nodes: Mapping[str, dict[str, Any]]) -> list[Document]:
    """The documents of a v3 hierarchy: node path → document."""
    return [Document(f"{path}/zarr.json" if path else "zarr.json", json.dumps(node).encode()) for path, node in nodes.items()]
