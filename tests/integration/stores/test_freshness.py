"""What does each check of freshness ask of a server, and what does it say where the server does not answer?"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.metadata.document import DocumentLimits
from catalog.stores.credentials import S3, Credentials
from catalog.stores.documents import Harvest, read_documents
from catalog.stores.freshness import Mode, Verdict, check_freshness
from catalog.stores.source import open_source
from tests.support.http_server import AtOnce, Reply, Request, WebServer
from tests.support.s3_server import KEY, SECRET, S3Server
from tests.support.zarr_documents import array_v2, array_v3, group_v3, write_documents, write_v3

NODES = {"": group_v3(), "a": array_v3([4]), "g": group_v3(), "g/b": array_v3([4])}
MEMBERS = ["a/zarr.json", "g/b/zarr.json", "g/zarr.json"]
OLD, NEW = 1_700_000_000, 1_700_000_100


def v3(root: Path) -> Path:
    write_v3(root, NODES, consolidate=True)
    date(root, OLD)
    return root


def v2(root: Path, arrays: int) -> Path:
    documents: dict[str, Any] = {".zgroup": {"zarr_format": 2}} | {f"x{n:03}/.zarray": array_v2([4]) for n in range(arrays)}
    write_documents(root, {**documents, ".zmetadata": {"zarr_consolidated_format": 1, "metadata": documents}})
    date(root, OLD)
    return root


def date(root: Path, seconds: int) -> None:
    for path in [root, *root.rglob("*")]:
        os.utime(path, (seconds, seconds))


def checked(url: str, mode: Mode, *, limits: DocumentLimits | None = None, **options: Any) -> tuple[Harvest, Verdict]:
    source = open_source(url, **options)
    try:
        harvest = read_documents(source)
        return harvest, check_freshness(source, harvest, mode, limits=limits or DocumentLimits())
    finally:
        source.close()


def kinds(verdict: Verdict) -> list[tuple[str, str]]:
    return [(problem.kind, problem.path) for problem in verdict.problems]


def asked(server: WebServer) -> list[tuple[str, str]]:
    """Method and key of each request after the one for the metadata, sorted."""
    first, *rest = server.requests
    assert first.path == "/s/zarr.json"
    return sorted((request.method, request.path.removeprefix("/s/")) for request in rest)


# -- file


@pytest.mark.parametrize(
    ("mode", "fresh", "requests"), [("skip", "unproven", 0), ("hint", "unproven", 4), ("prove", "proven", 6)]
)
def test_requests_of_a_folder(tmp_path: Path, mode: Mode, fresh: str, requests: int) -> None:
    # A hint looks at four files; a proof reads four documents, and the two folders that are no arrays.
    harvest, verdict = checked(str(v3(tmp_path / "s")), mode)
    assert (harvest.requests, verdict.fresh, verdict.requests) == (1, fresh, requests)


# -- HTTP


@pytest.mark.parametrize(
    ("mode", "listing", "fresh", "requests"),
    [
        ("skip", "index", "unproven", []),
        ("hint", "index", "unproven", [("HEAD", key) for key in [*MEMBERS, "zarr.json"]]),
        ("hint", 403, "unproven", [("HEAD", key) for key in [*MEMBERS, "zarr.json"]]),
        ("prove", "index", "proven", [("GET", key) for key in ["", *MEMBERS, "a/", "g/", "g/b/"]]),
        ("prove", 403, "proven-named", [("GET", key) for key in ["", *MEMBERS]]),
        ("prove", 404, "proven-named", [("GET", key) for key in ["", *MEMBERS]]),
    ],
)
def test_requests_of_a_web_server(
    server: WebServer, mode: Mode, listing: str | int, fresh: str, requests: list[tuple[str, str]]
) -> None:
    v3(server.folder / "s")
    server.listing = listing
    harvest, verdict = checked(f"{server.url}/s", mode)
    assert (harvest.requests, verdict.fresh, verdict.requests) == (1, fresh, len(requests))
    assert asked(server) == sorted(requests)
    assert [problem.kind for problem in verdict.problems] == ["freshness-named-only"] * (fresh == "proven-named")


def test_a_list_that_leaves_out_names_with_a_dot_proves_all_the_same(server: WebServer) -> None:
    v2(server.folder / "s", 2)
    server.listing = "no-dots"
    assert checked(f"{server.url}/s", "prove")[1].fresh == "proven"
    write_documents(server.folder / "s", {"new/.zarray": array_v2([1])})
    assert kinds(checked(f"{server.url}/s", "prove")[1]) == [("stale-unnamed", "new/.zarray")]


def test_a_list_that_does_not_show_what_is_there_proves_only_what_is_named(server: WebServer) -> None:
    root = v2(server.folder / "s", 2)
    whole = json.loads((root / ".zmetadata").read_text())
    del whole["metadata"][".zgroup"]
    (root / ".zmetadata").write_text(json.dumps(whole))
    (root / ".zgroup").unlink()  # below a URL whose root is no node, nothing is looked for
    verdict = checked(f"{server.url}/s", "prove")[1]
    assert verdict.fresh == "proven-named"
    assert "leaves out 2 of them" in verdict.problems[0].message


def test_a_hint_keeps_to_its_budget(server: WebServer) -> None:
    v2(server.folder / "s", 100)
    harvest, verdict = checked(f"{server.url}/s", "hint")
    assert (harvest.requests, verdict.requests, verdict.fresh) == (2, 8, "unproven")
    heads = [request.path for request in server.requests if request.method == "HEAD"]
    assert len(heads) == len(set(heads)) == 8
    assert "/s/.zmetadata" in heads
    assert len(server.requests) == 10
    assert checked(f"{server.url}/s", "hint", limits=DocumentLimits(max_hint_requests=3))[1].requests == 3


def test_a_member_that_is_newer_is_suspect(server: WebServer) -> None:
    root = v3(server.folder / "s")
    os.utime(root / "g/b/zarr.json", (NEW, NEW))
    verdict = checked(f"{server.url}/s", "hint")[1]
    assert (verdict.fresh, kinds(verdict)) == ("suspect", [("suspect-newer", "g/b/zarr.json")])
    assert "2023-11-14T22:15:00" in verdict.problems[0].message
    date(root, NEW)
    assert checked(f"{server.url}/s", "hint")[1].fresh == "unproven"


def test_a_member_that_vanished_is_suspect_and_then_stale(server: WebServer) -> None:
    root = v3(server.folder / "s")
    (root / "a/zarr.json").unlink()
    assert kinds(checked(f"{server.url}/s", "hint")[1]) == [("suspect-vanished", "a/zarr.json")]
    assert kinds(checked(f"{server.url}/s", "prove")[1]) == [("stale-missing", "a/zarr.json")]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501, 503])
def test_a_server_that_does_not_answer_head_is_asked_once(server: WebServer, status: int) -> None:
    v3(server.folder / "s")
    server.head = status
    verdict = checked(f"{server.url}/s", "hint")[1]
    assert (verdict.fresh, verdict.requests, kinds(verdict)) == ("unproven", 1, [("freshness-unproven", "")])


def test_a_server_that_says_no_times_can_only_show_what_is_gone(server: WebServer) -> None:
    root = v3(server.folder / "s")
    server.dated = False
    verdict = checked(f"{server.url}/s", "hint")[1]
    assert (verdict.fresh, kinds(verdict)) == ("unproven", [("freshness-unproven", "")])
    assert "does not say when" in verdict.problems[0].message
    (root / "a/zarr.json").unlink()
    assert checked(f"{server.url}/s", "hint")[1].fresh == "suspect"


def _refuse(status: int, *keys: str) -> Callable[[Request], Reply | None]:
    return lambda request: Reply(status) if request.path.removeprefix("/s/") in keys else None


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.parametrize("mode", ["hint", "prove"])
def test_members_that_are_refused_prove_nothing(server: WebServer, status: int, mode: Mode) -> None:
    v3(server.folder / "s")
    server.script = _refuse(status, "a/zarr.json")
    verdict = checked(f"{server.url}/s", mode)[1]
    assert (verdict.fresh, kinds(verdict)) == ("unproven", [("freshness-unproven", "")])
    assert str(status) in verdict.problems[0].message
    assert verdict.documents is None


def test_a_refused_member_keeps_its_copy_where_others_disagree(server: WebServer) -> None:
    root = v3(server.folder / "s")
    (root / "g/b/zarr.json").write_text(json.dumps(array_v3([5])))
    server.script = _refuse(403, "a/zarr.json")
    verdict = checked(f"{server.url}/s", "prove")[1]
    assert (verdict.fresh, kinds(verdict)) == ("stale", [("stale-differing", "g/b/zarr.json"), ("freshness-unproven", "")])
    assert not verdict.compared
    taken = {document.key: json.loads(document.data) for document in verdict.documents or ()}
    assert taken["a/zarr.json"] == NODES["a"]
    assert taken["g/b/zarr.json"]["shape"] == [5]


def test_a_proof_keeps_to_its_budget(server: WebServer) -> None:
    v2(server.folder / "s", 100)
    server.listing = 403
    verdict = checked(f"{server.url}/s", "prove", limits=DocumentLimits(max_prove_requests=40))[1]
    assert (verdict.fresh, verdict.requests) == ("unproven", 40)
    assert "CATALOG_METADATA__MAX_PROVE_REQUESTS" in verdict.problems[0].message
    assert len(server.requests) == 2 + 1 + 40 - 1  # zarr.json, .zmetadata; the listing is one of the 40


def test_a_proof_asks_for_no_more_at_a_time_than_allowed(server: WebServer) -> None:
    v2(server.folder / "s", 60)
    server.listing = 403
    server.script = counted = AtOnce(3)
    assert checked(f"{server.url}/s", "prove", concurrency=3)[1].fresh == "proven-named"
    assert counted.most == 3


def test_a_login_page_in_place_of_members_proves_nothing(server: WebServer) -> None:
    v3(server.folder / "s")
    page = Reply(200, b"<!DOCTYPE html><html>log in</html>", {"Content-Type": "text/html"})
    server.script = lambda request: None if request.path == "/s/zarr.json" else page
    verdict = checked(f"{server.url}/s", "prove")[1]
    assert (verdict.fresh, verdict.stale) == ("unproven", ())


# -- S3


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    name = f"freshness-{os.urandom(4).hex()}"
    s3.make_bucket(name)
    s3.upload(v3(tmp_path / "s"), name, "s")
    s3.upload(v3(tmp_path / "s"), name, "s-other")
    credential = S3(key=KEY, secret=SECRET, endpoint_url=s3.url)
    return name, {"credentials": Credentials({"s3://": credential})}


@pytest.mark.parametrize(
    ("mode", "fresh", "requests"), [("skip", "unproven", 0), ("hint", "unproven", 1), ("prove", "proven", 7)]
)
def test_requests_of_s3(s3: S3Server, bucket: tuple[str, dict[str, Any]], mode: Mode, fresh: str, requests: int) -> None:
    # A hint takes one page of a list; a proof lists four folders and reads three members.
    s3.requests()
    harvest, verdict = checked(f"s3://{bucket[0]}/s", mode, **bucket[1])
    assert (harvest.requests, verdict.fresh, verdict.requests) == (1, fresh, requests)
    assert len(s3.requests()) == 1 + requests


def test_one_page_shows_what_is_gone_and_what_is_new(s3: S3Server, bucket: tuple[str, dict[str, Any]]) -> None:
    s3.delete(bucket[0], "s/a/zarr.json")
    s3.put(bucket[0], [("s/h/zarr.json", json.dumps(group_v3()).encode())])
    verdict = checked(f"s3://{bucket[0]}/s", "hint", **bucket[1])[1]
    assert (verdict.fresh, verdict.requests) == ("suspect", 1)
    assert {("suspect-unnamed", "h/zarr.json"), ("suspect-vanished", "a/zarr.json")} <= set(kinds(verdict))
    proof = checked(f"s3://{bucket[0]}/s", "prove", **bucket[1])[1]
    assert kinds(proof) == [("stale-missing", "a/zarr.json"), ("stale-unnamed", "h/zarr.json")]


def test_more_than_a_page_is_looked_at_one_by_one(s3: S3Server, bucket: tuple[str, dict[str, Any]]) -> None:
    s3.put(bucket[0], ((f"s/a/c/{n}", b"\0\0\0\0") for n in range(1100)))
    s3.requests()
    verdict = checked(f"s3://{bucket[0]}/s", "hint", **bucket[1])[1]
    # The page ends among the chunks of a: the documents after it are asked for by name.
    assert (verdict.requests, len(s3.requests())) == (5, 6)
    s3.delete(bucket[0], "s/g/zarr.json")
    found = checked(f"s3://{bucket[0]}/s", "hint", **bucket[1])[1]
    assert ("suspect-vanished", "g/zarr.json") in kinds(found)


def test_a_bucket_that_is_not_listed_is_asked_for_each_document(server: WebServer) -> None:
    v3(server.folder / "bucket" / "s")
    denied = b"<Error><Code>AccessDenied</Code></Error>"
    server.script = lambda request: Reply(403, denied) if "list-type" in request.query else None
    options = {"credentials": Credentials({"s3://": S3(anonymous=True, endpoint_url=server.url)})}
    verdict = checked("s3://bucket/s", "hint", **options)[1]
    assert (verdict.fresh, verdict.requests) == ("unproven", 5)
    assert sorted(request.path for request in server.requests if request.method == "HEAD") == [
        f"/bucket/s/{key}" for key in [*MEMBERS, "zarr.json"]
    ]
    assert checked("s3://bucket/s", "prove", **options)[1].fresh == "proven-named"
    os.utime(server.folder / "bucket/s/a/zarr.json", (NEW, NEW))
    assert kinds(checked("s3://bucket/s", "hint", **options)[1]) == [("suspect-newer", "a/zarr.json")]
