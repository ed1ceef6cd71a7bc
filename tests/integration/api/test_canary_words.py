"""Does a secret that was put into one of the slots for secrets come out anywhere?

Each slot gets a word that is nowhere else. Then stores are ingested, searched and read, and everything goes wrong as well, by the
command and by the service as a process of its own; at last whatever there is to see is searched for those words: both audiences'
graphs, archive, index, published copies, records, files, logs, figures, arguments of processes, answers and errors.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
import numpy as np
import pytest
import zarr

from catalog.api.keys import digest_of, make_key
from catalog.cli import main
from tests.support.fuseki import FusekiServer
from tests.support.http_server import Reply, Request, WebServer
from tests.support.s3_server import S3Server
from tests.support.secret_words import Words, command_lines, contents_of
from tests.support.service import ServedCatalogue, listening_socket

WEB = ("basic", "bearer", "key", "cookie", "custom", "user", "signed")
"""Slots for secrets of web servers; beside them: S3, the graph store's password, keys of the service, a caller's own token."""
pytestmark = pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
FAULTS = (401, 403, 404, 429, 500, 302)


@dataclass
class Scene:
    """All that secrets are put into."""

    folder: Path
    words: Words
    secrets: dict[str, str]
    web: WebServer
    s3: S3Server
    environment: dict[str, str]
    fault: int = 0
    sent: set[str] = field(default_factory=set)
    seen: dict[str, bytes] = field(default_factory=dict)

    def see(self, what: str, data: bytes | str) -> None:
        """Keep what somebody could see."""
        self.seen[f"{len(self.seen)} {what}"] = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")

    def url(self, slot: str) -> str:
        """What people write to name the store of a slot."""
        place = f"127.0.0.1:{self.web.port}/{slot}/s.zarr"
        if slot == "s3":
            return "s3://guarded/s.zarr"
        if slot == "user":
            return f"http://me:{self.secrets['user']}@{place}"
        return f"http://{place}" + (f"?X-Amz-Signature={self.secrets['signed']}" if slot == "signed" else "")

    def answer(self, request: Request) -> Reply | None:
        """What the web server says: nothing to who has no right, and all that it was told to who asks while it is broken."""
        slot = request.path.split("/")[1]
        told = f"{request.query} {request.headers}"
        if self.secrets[slot] in told or (slot in {"user", "basic"} and _basic(self.secrets[slot]) in told):
            self.sent.add(slot)
        elif not self.fault:
            return Reply(401, told.encode())
        if not self.fault:
            return None
        moved = {"Location": f"http://localhost:1{request.path}?{request.query}"} if self.fault == 302 else {}
        return Reply(self.fault, told.encode(), {"X-Told": told.encode("ascii", "replace").decode()[:500], **moved})


def _basic(word: str) -> str:
    return base64.b64encode(f"me:{word}".encode()).decode()


def _write_store(path: Path) -> None:
    root = zarr.open_group(path, mode="w", zarr_format=3)
    array = root.create_array("t", shape=(8,), chunks=(4,), dtype="i4", dimension_names=["time"])
    array[:] = np.arange(8)
    root.attrs["title"] = "a guarded store"
    zarr.consolidate_metadata(path)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    words = Words()
    secrets = {slot: words.new() for slot in (*WEB, "s3", "s3-token", "fuseki", "caller", "unknown-key", "query")}
    keys = {"read": make_key(), "write": make_key()}
    words.given += keys.values()
    with WebServer(tmp_path / "stores", listing=403) as web, S3Server() as s3:
        for slot in WEB:
            _write_store(tmp_path / "stores" / slot / "s.zarr")
        s3.make_bucket("guarded")
        s3.upload(tmp_path / "stores/basic/s.zarr", "guarded", "s.zarr")
        prefix = {slot: f"{web.url}/{slot}" for slot in WEB}
        credentials = {
            prefix["basic"]: {"type": "basic", "user": "me", "password": secrets["basic"]},
            prefix["bearer"]: {"type": "bearer", "token": secrets["bearer"]},
            prefix["key"]: {"type": "headers", "values": {"X-API-Key": secrets["key"]}},
            prefix["cookie"]: {"type": "headers", "values": {"Cookie": f"session={secrets['cookie']}"}},
            prefix["custom"]: {"type": "headers", "values": {"X-Lab-Pass": secrets["custom"]}},
            "s3://guarded": {
                "type": "s3", "key": "someone", "secret": secrets["s3"], "token": secrets["s3-token"], "endpoint_url": s3.url,
                "region": "us-east-1",
            },
        }  # fmt: skip
        with listening_socket() as free:
            port = free.getsockname()[1]
        environment = {
            "CATALOG_GRAPH_STORE": f"embedded:{tmp_path / 'graphs'}",
            "CATALOG_ARCHIVE": str(tmp_path / "archive"),
            "CATALOG_CREDENTIALS": json.dumps(credentials),
            "CATALOG_FUSEKI__PASSWORD": secrets["fuseki"],
            "CATALOG_API__READ_KEYS": digest_of(keys["read"]),
            "CATALOG_API__WRITE_KEYS": digest_of(keys["write"]),
            "CATALOG_API__PORT": str(port),
            "CATALOG_API__METRICS_OPEN": "true",
            "CATALOG_API__LOG_LEVEL": "DEBUG",
            "CATALOG_API__ARRAY_CHECK_S": "0",
            "CATALOG_API__CALLERS_TOKENS": web.url,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = Scene(tmp_path, words, {**secrets, **keys}, web, s3, environment)
        web.script = found.answer
        yield found


def _command(scene: Scene, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command; keep what it says."""
    monkeypatch.setattr(sys, "argv", ["catalog", *arguments])
    code = 0
    try:
        main.run()
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capfd.readouterr()
    scene.see(f"catalog {arguments[0]}, on standard output", said.out)
    scene.see(f"catalog {arguments[0]}, on standard error", said.err)
    return code


def _by_command(scene: Scene, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that people do, and everything that goes wrong for them."""

    def run(*arguments: str) -> int:
        return _command(scene, capfd, monkeypatch, *arguments)

    monkeypatch.chdir(scene.folder)
    monkeypatch.setenv("CATALOG_DEBUG", "1")
    for slot in (*WEB, "s3"):
        access = "public" if slot in {"bearer", "s3", "signed"} else "restricted"
        assert run("ingest", scene.url(slot), "--id", slot, "--access", access, "--json") == 0, slot
    node = "http://localhost:8000/datasets/bearer/nodes/t"
    assert run("get", node, "--save", "out.npy", "--record", "record.ttl", "--agent", "https://lab.example/me") == 0
    assert run("get", node, "--save", "out.zarr", "--register", "--id", "derived") == 0
    run("replay", "record.ttl", "--json")
    for arguments in (("list",), ("show", "basic"), ("search", "guarded"), ("check",), ("sparql", "SELECT * { ?s ?p ?o }"),
                      ("explain", scene.url("signed")), ("validate", scene.url("user"), "--report", "report.ttl"),
                      ("find", scene.url("user")), ("get", node, "--plan", "--json")):  # fmt: skip
        run(*arguments)
    for scene.fault, slot in zip(FAULTS, cycle(("basic", "custom", "user", "signed", "cookie")), strict=False):
        assert run("ingest", scene.url(slot), "--id", slot) != 0
        assert run("get", node, "--save", "no.npy") != 0
    scene.fault = 0
    for wrong in (
        "http://me:{0}@h o/",
        "http://me:{0}@127.0.0.1:9/x",
        "ftp://me:{0}@h/x",
        "s3://b/x?sig={0}",
        "https://h/x?{0}#y",
    ):
        assert run("ingest", wrong.format(scene.secrets["user"])) != 0
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"fuseki:{scene.web.url}/basic")
    scene.fault = 500
    for arguments in (("list",), ("check",), ("search", "x"), ("ingest", scene.url("basic"))):
        assert run(*arguments) != 0
    scene.fault = 0
    monkeypatch.setenv("CATALOG_GRAPH_STORE", scene.environment["CATALOG_GRAPH_STORE"])


def _ask(scene: Scene, client: httpx.Client, method: str, address: str, **how: object) -> int:
    answer = client.request(method, address, **how)  # type: ignore[arg-type]
    scene.see(f"{method} {address[:60]}: {answer.status_code}", f"{answer.headers!r}\n".encode() + answer.content)
    return answer.status_code


def _by_service(scene: Scene, base: str) -> None:
    """Everything that is asked of the service, with and without keys, right and wrong."""
    for key in ("", scene.secrets["read"], scene.secrets["write"]):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            slots = (*WEB, "s3", "derived") if key == scene.secrets["read"] else ("bearer", "signed", "basic")
            for node in (f"datasets/{slot}/nodes/t" for slot in slots):
                for scene.fault in (0, 500 if key else 403):
                    _ask(scene, client, "GET", f"arrays/{node}?format=json")
                    _ask(scene, client, "GET", f"{node.replace('nodes', 'zarr')}/c/0")
                    mine = {"X-Store-Authorization": f"Bearer {scene.secrets['caller']}"}
                    _ask(scene, client, "GET", f"{node.replace('nodes', 'zarr')}/c/1", headers=mine)
                scene.fault = 0
                _ask(scene, client, "GET", f"{node}.ttl")
                _ask(scene, client, "GET", f"plan/{node}")
            token = f"search?token={scene.secrets['query']}"
            for address in ("catalog.ttl", "search?q=guarded&facet=dtype", "search?kind=datasets&format=csv", "metrics",
                            "openapi.json", "datasets/bearer.jsonld", "datasets/signed.html", token,
                            "resolve?uri=urn:x"):  # fmt: skip
                _ask(scene, client, "GET", address)
            for query in ("CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }", "SELECT", "ASK { SERVICE <http://me:x@h/> {} }"):
                _ask(scene, client, "POST", "sparql", data={"query": query})
            curated = "<> <http://purl.org/dc/terms/title> 'mine' ."
            _ask(scene, client, "PATCH", "datasets/basic", content=curated, headers={"Content-Type": "text/turtle"})
    with httpx.Client(base_url=base, timeout=60) as client:
        for wrong in (f"Bearer zc_{scene.secrets['unknown-key']}", f"Basic {_basic(scene.secrets['unknown-key'])}",
                      f"Digest {scene.secrets['unknown-key']}", scene.secrets["unknown-key"]):  # fmt: skip
            assert _ask(scene, client, "GET", "search", headers={"Authorization": wrong}) == 401
        _ask(scene, client, "GET", "search", headers={"Cookie": f"session={scene.secrets['unknown-key']}"})


# What a caller wrote into an address comes back to that caller, in the answer to that request, and nowhere else.
TOLD_BACK = "query"


def test_no_secret_comes_out(scene: Scene, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _by_command(scene, capfd, monkeypatch)
    log = scene.folder / "log"
    command = Path(sys.executable).with_name("catalog")
    base = f"http://127.0.0.1:{scene.environment['CATALOG_API__PORT']}/"
    with log.open("wb") as out:
        process = subprocess.Popen([command, "serve"], env=dict(os.environ), stdout=out, stderr=out)
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text()[-2000:]
            try:
                if httpx.get(f"{base}health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        _by_service(scene, base)
        for what, data in command_lines(process.pid):
            scene.see(what, data)
    finally:
        process.terminate()
        process.wait(60)
    assert scene.sent == set(WEB), "each secret was really sent, else this would prove nothing"
    assert any("Credential=someone/" in each.authorization for each in scene.s3.requests())
    for what, data in contents_of(scene.folder):
        if not what.startswith(str(scene.folder / "stores")):
            scene.see(what, data)
    assert sum("(quads)" in what for what in scene.seen) >= 2, "both audiences' graphs were looked at"
    assert sum("(rows)" in what for what in scene.seen) >= 1, "the index of words was looked at"
    assert sum("(unpacked)" in what for what in scene.seen) >= 10, "the archive was looked at"
    assert b"request" in log.read_bytes()
    hits = {what: scene.words.found_in(data) for what, data in scene.seen.items()}
    names = {word: slot for slot, word in scene.secrets.items()}
    found = {what: [names[word] for word in each] for what, each in hits.items() if each}
    own = {what for what, slots in found.items() if slots == [TOLD_BACK] and " GET " in what}
    assert not {what: slots for what, slots in found.items() if what not in own}
    assert len(scene.seen) > 400


def test_the_words_are_found_in_every_disguise() -> None:
    words = Words()
    word = words.new()
    for text in (word, word.upper(), word.encode().hex(), "".join(f"%{each:02X}" for each in word.encode()),
                 *(base64.b64encode(f"{'x' * length}{word}:y".encode()).decode() for length in range(4))):  # fmt: skip
        assert words.found_in(f"before {text} after") == [word], text
    assert not words.found_in("Canary" + "0" * 16)


def test_the_password_of_fuseki_does_not_come_out(
    fuseki_sparql: ServedCatalogue, fuseki_server: FusekiServer, capfd: pytest.CaptureFixture[str]
) -> None:
    words = Words()
    words.given.append(fuseki_server.password)
    addresses = ("datasets/open-lab.ttl", "search?q=sample", "sparql?query=SELECT", "metrics", "openapi.json", "catalog.ttl")
    seen = []
    for key in ("", fuseki_sparql.read_key):
        with fuseki_sparql.client(key) as client:
            answers = [client.get(address) for address in addresses]
            seen += [f"{answer.status_code} {answer.headers} {answer.text}" for answer in answers]
    everything = "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }"
    seen += [fuseki_server.ask(f"{each}/sparql", everything, "application/n-triples").text for each in ("catalog", "public")]
    said = capfd.readouterr()
    assert "open-lab" in seen[0]
    assert "open-lab" in seen[-1]
    assert not [text[:300] for text in [*seen, said.out, said.err] if words.found_in(text)]
