"""Which variables of the service do the processes get that read for it?"""

import json
import os
import pickle
from typing import Any

import pytest

from catalog.bootstrap import open_read_workers, store_access
from catalog.bridge import read_workers
from catalog.settings import load_settings


@pytest.mark.parametrize("ambient", [False, True])
def test_rights_of_the_service_only_where_a_credential_says_so(monkeypatch: pytest.MonkeyPatch, ambient: bool) -> None:
    """What is told comes over the pipe; the process itself starts with an environment of its own."""
    told: list[Any] = []

    class Told:
        def __init__(self, start: Any, *_: object, **__: object) -> None:
            monkeypatch.setattr(read_workers, "ReadProcess", lambda entry, confinement, said: told.append(pickle.loads(said)))
            start()

    monkeypatch.setattr(read_workers, "Pool", Told)
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name in ("HOME", "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "SSL_CERT_FILE", "CATALOG_API__TITLE", "OTHER"):
        monkeypatch.setenv(name, f"value of {name}")
    credential = {"type": "s3", "ambient": True} if ambient else {"type": "s3", "key": "k", "secret": "s"}
    settings = load_settings(credentials=json.dumps({"s3://lab": credential}))
    open_read_workers(settings, store_access(settings, "named"))
    ((access, environment),) = told
    assert set(environment) == {"SSL_CERT_FILE"} | ({"HOME", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"} if ambient else set())
    assert access.credentials == store_access(settings).credentials
    assert access.workers is None
    assert access.outgoing.private == "named"
