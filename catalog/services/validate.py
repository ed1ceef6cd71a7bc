"""Would the shapes accept this store? Nothing is written."""

from dataclasses import replace

from catalog.services.ingest import Progress, ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace


def validate(workspace: Workspace, request: IngestRequest, progress: Progress = lambda _: None) -> IngestResult:
    """Read, describe and judge a store as an ingest would, and write nothing."""
    return ingest(workspace, replace(request, dry_run=True), progress)
