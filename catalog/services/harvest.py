"""What does this store say of itself now?

Opens the store that a request names, reads its metadata, and what conventions want to know beside that.
"""

from catalog.metadata.dataset import Dataset
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.source import open_source
from catalog.stores.url import StoreUrl


def read_harvest(workspace: Workspace, request: IngestRequest, url: StoreUrl, known: Dataset | None) -> Harvest:
    """The metadata documents of a store, and how they were read.

    Parameters
    ----------
    known
        What is recorded about the dataset; says where the documents were last time.

    Raises
    ------
    CatalogError
        As ``read_documents`` and ``open_source``.
    """
    source = open_source(url, credentials=workspace.credentials, store=request.store, allow_protocols=workspace.protocols)
    try:
        latest = known.latest if known else None
        return read_documents(
            source,
            metadata_key=request.metadata_key,
            known_key=(latest.metadata_key or None) if latest else None,
            known_digest=latest.source_digest if latest else None,
            limits=workspace.limits,
        )
    finally:
        source.close()
