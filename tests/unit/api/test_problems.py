"""Does every error become one problem of the same shape, with its status, and a fault of ours without its words?"""

import asyncio
import json

import httpx
import jsonschema
import pytest
from fastapi import FastAPI

from catalog import errors
from catalog.api.problems import MEDIA_TYPE, PROBLEM_SCHEMA, add_problems, refuse
from catalog.errors import CatalogError, LimitExceededError, MetadataError, NotFoundError, Problem, StoreBusyError, status_of


def _kinds(kind: type[CatalogError] = CatalogError) -> list[type[CatalogError]]:
    return [found for child in kind.__subclasses__() for found in (child, *_kinds(child))]


async def _get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get(path)


def _answer(error: Exception) -> tuple[int, dict[str, object], dict[str, str]]:
    app = FastAPI()
    add_problems(app)

    @app.get("/raise/{number}")
    def fail(number: int) -> None:
        raise error

    answer = asyncio.run(_get(app, "/raise/1"))
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = json.loads(answer.content)
    jsonschema.validate(body, PROBLEM_SCHEMA)
    assert body["status"] == answer.status_code
    return answer.status_code, body, dict(answer.headers)


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: kind.__name__)
def test_each_error_has_its_status_and_code(kind: type[CatalogError]) -> None:
    status, body, headers = _answer(kind("what was wrong"))
    assert status == status_of(kind("x"))
    assert body["code"] == kind.code
    assert body["detail"] == "what was wrong"
    assert ("retry-after" in headers) == issubclass(kind, errors.UnavailableError)


def test_a_limit_has_its_name_and_figures() -> None:
    _, body, _ = _answer(LimitExceededError("too much", limit="chunks", value=12, allowed=10))
    assert (body["limit"], body["value"], body["allowed"]) == ("chunks", 12, 10)


def test_near_names_and_problems_are_listed() -> None:
    assert _answer(NotFoundError("no such dataset", near=["lab"]))[1]["near"] == ["lab"]
    listed = _answer(MetadataError("broken", [Problem("a/b", "invalid-json", "cut off")]))[1]["problems"]
    assert isinstance(listed, list)
    assert listed[0]["path"] == "a/b"


def test_a_busy_store_says_when_to_come_back() -> None:
    assert _answer(StoreBusyError("later", retry_after=7.2))[2]["retry-after"] == "8"


def test_nobody_learns_where_the_graph_store_lies() -> None:
    error = errors.GraphStoreUnavailableError("no graph store answers at http://fuseki.internal:3030/ds/sparql: is it running?")
    status, body, headers = _answer(error)
    assert (status, body["code"], "retry-after" in headers) == (503, "graph-store-unavailable", True)
    assert "internal" not in json.dumps(body)


def test_a_fault_keeps_its_words_to_itself() -> None:
    status, body, _ = _answer(RuntimeError("secret-value"))
    assert (status, body["code"]) == (500, "fault")
    assert "secret-value" not in json.dumps(body)


def test_what_only_http_knows() -> None:
    status, body, headers = _answer(refuse(406, "only Turtle", "not-acceptable", {"Vary": "Accept"}))
    assert (status, body["code"], headers["vary"]) == (406, "not-acceptable", "Accept")
