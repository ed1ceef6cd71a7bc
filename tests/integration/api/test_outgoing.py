"""What does the service read for those who ask it, and what not?"""

from pathlib import Path

import pytest

from catalog.api.state import Service
from catalog.errors import ForbiddenError
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from tests.support.canary import Canary
from tests.support.http_server import WebServer
from tests.support.service import served, take_in
from tests.unit.stores.trees import GROUP3, array3, write


def test_what_the_operator_took_in_is_served_and_a_request_can_name_none_of_it(tmp_path: Path) -> None:
    write(tmp_path / "data" / "s", {"zarr.json": GROUP3, "a/zarr.json": array3(), "a/c/0": b"\1\2\3\4"})
    with WebServer(tmp_path / "data") as server, Canary() as canary, served(tmp_path) as catalogue:
        take_in(catalogue, f"{server.url}/s", "near")
        with catalogue.client() as client:
            assert client.get("/datasets/near/zarr/a/c/0").content == b"\1\2\3\4"
        service = Service(catalogue.settings)
        for url in (canary.url, f"{server.url}/s", str(tmp_path / "data" / "s")):
            with service.workspace() as workspace, pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
                ingest(workspace, IngestRequest(url))
        with service.workspace("named") as workspace:  # the location that the catalogue has, such as for a look anew
            assert ingest(workspace, IngestRequest(f"{server.url}/s")).id == "near"
        service.close()
        assert canary.visits == 0
