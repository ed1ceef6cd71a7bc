"""A process of its own that takes hostile stores in: what it is given on standard input, a line each; a line for each comes back.

It has no more memory than it was told, and dies with its parent.
"""

import json
import os
import resource
import ssl
import sys
import time
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from catalog.bridge.array_ref import resolve
from catalog.bridge.read import StoreAccess, read_array
from catalog.bridge.selection import select
from catalog.errors import CatalogError, MetadataError
from catalog.rdf.iris import ASSERTED
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace
from catalog.stores import s3
from catalog.stores.credential import S3
from catalog.stores.credentials import Credentials
from catalog.validation.pyshacl_validator import PyShaclValidator
from tests.support.workspace import open_test_workspace

MEMORY = 2 * 2**30
MAX_READS = 3


def take(workspace: Workspace, task: dict[str, Any]) -> dict[str, Any]:
    """Ingest one store, read the first elements of its arrays, and say what came of it."""
    try:
        request = IngestRequest(task["url"], dataset_id=task["id"], dry_run=task["dry"], access=task["access"])
        result = ingest(workspace, request)
    except CatalogError as error:
        problems = error.problems if isinstance(error, MetadataError) else ()
        return {"outcome": error.code, "kinds": sorted({each.kind for each in problems}), "message": str(error)[:300]}
    found: dict[str, Any] = {
        "outcome": "accepted" if result.accepted else "refused",
        "reads": {},
        "problems": len(result.problems),
    }
    found["kinds"] = sorted({each.kind for each in result.problems})
    if task["dry"] or not result.accepted:
        return found
    graphs = [workspace.catalog.read_graph(workspace.iris.graph(task["id"], part)) for part in ("", ASSERTED)]
    found["graphs"] = str(Path(task["keep"]) / f"{task['id']}.nt")
    Path(found["graphs"]).write_bytes(b"".join(graphs))
    for path in task["reads"]:
        found["reads"][path] = read(workspace, task["id"], path)
    return found


def read(workspace: Workspace, dataset: str, path: str) -> str:
    """``values``, or the code of the error."""
    try:
        (ref,) = resolve(workspace.catalog, workspace.iris.node(dataset, path)).refs
        wanted = ",".join(f"dim{axis}=0:1" for axis in range(len(ref.array.shape)))
        values = read_array(ref, select(ref.array, wanted), access=StoreAccess(workspace.credentials))
    except CatalogError as error:
        return error.code
    return "values" if b"outside" not in values.tobytes() else "the values of something outside"


async def _stay_open(_: s3.S3Objects) -> None:
    """Leave the client to the next store."""


def main() -> None:
    """Take tasks until there are no more."""
    folder = Path(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # All servers speak plain HTTP; to read the world's certificates for each client would take longer than most stores.
    ssl.SSLContext.load_verify_locations = lambda *_, **__: None  # type: ignore[method-assign,assignment]
    # One S3 client serves for all stores: to make one, of botocore's parts, takes longer than most stores, too.
    s3._file_system = cache(s3._file_system)
    s3.S3Objects.close = _stay_open  # type: ignore[method-assign]
    judge = PyShaclValidator() if sys.argv[2] == "judge" else None
    service = Credentials({"s3://zoo": S3(endpoint_url=os.environ["ZOO_S3"])})
    with open_test_workspace(folder, judge) as opened:
        workspace = replace(opened, credentials=service)
        print("ready", flush=True)  # noqa: T201
        for line in sys.stdin:
            task = json.loads(line)
            start = time.monotonic()
            try:
                found = take(workspace, task)
            except BaseException as error:
                found = {"outcome": f"fault: {type(error).__name__}: {error}"[:400], "trace": traceback.format_exc()[-1500:]}
            found |= {"key": task["key"], "seconds": time.monotonic() - start}
            print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
