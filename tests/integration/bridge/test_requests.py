"""Do a web server and an S3 service hear exactly the requests, and give exactly the bytes, that a plan names?"""

import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from catalog.bridge.chunk_plan import plan_chunks
from catalog.bridge.exact_plan import ExactPlan, Part, exact_plan
from catalog.bridge.read import read_planned
from catalog.stores.arrays import open_array
from catalog.stores.credentials import S3, Credentials
from catalog.stores.policy import DEFAULT_READ_LIMITS
from tests.support.http_server import WebServer
from tests.support.random_arrays import PATH, Case, cases
from tests.support.s3_server import KEY, SECRET, S3Server

WHOLE = f"bytes=0-{DEFAULT_READ_LIMITS.max_object_bytes}"

Heard = tuple[str, str]
"""Key below the store's root, and the Range header."""


def header(part: Part) -> str:
    """What RFC 9110, section 14.1.2, calls that range."""
    if part.start is None:
        return ""
    if part.start < 0:
        return f"bytes={part.start}"
    assert part.end is not None
    return f"bytes={part.start}-{part.end - 1}"


def expected(exact: ExactPlan) -> Counter[Heard]:
    return Counter((part.key, header(part)) for part in exact.parts)


def check(case: Case, folder: Path, url: str, options: dict[str, Any], heard: Any) -> None:
    array = case.metadata(folder)
    plan = plan_chunks(array, case.selection(array))
    document = case.document(folder)
    with open_array(str(folder), PATH, document, zarr_format=case.zarr_format) as reader:
        exact = exact_plan(plan, reader.fetch)
    heard()
    with open_array(url, PATH, document, zarr_format=case.zarr_format, **options) as reader:
        values = read_planned(reader, plan)
        requests, fetched = reader.requests, reader.fetched_bytes
    asked = Counter(heard())
    np.testing.assert_array_equal(values, case.part(case.values()))
    assert asked == expected(exact)
    assert requests == asked.total()
    assert fetched == sum(len(content(folder / part.key)[part.start : part.end]) for part in exact.parts)


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as running:
        running.make_bucket("plans")
        yield running


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_a_web_server_hears_the_plan(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    root = tmp_path_factory.mktemp("web")
    case.write(root / "s")
    with WebServer(root) as server:

        def heard() -> list[Heard]:
            found = [(request.path.removeprefix("/s/"), request.headers.get("range", "")) for request in server.requests]
            server.requests.clear()
            return found

        check(case, root / "s", f"{server.url}/s", {}, heard)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_an_s3_service_hears_the_plan(tmp_path_factory: pytest.TempPathFactory, s3: S3Server, case: Case) -> None:
    root = tmp_path_factory.mktemp("s3")
    case.write(root)
    prefix = uuid.uuid4().hex
    s3.upload(root, "plans", prefix)
    credentials = Credentials({"s3://plans": S3(key=KEY, secret=SECRET, endpoint_url=s3.url, region="us-east-1")})

    def heard() -> list[Heard]:
        # A whole object is asked for up to the most that is read of one.
        found = [(request.path.removeprefix(f"/plans/{prefix}/"), request.range) for request in s3.requests()]
        return [(key, "" if wanted == WHOLE else wanted) for key, wanted in found]

    check(case, root, f"s3://plans/{prefix}", {"credentials": credentials}, heard)
