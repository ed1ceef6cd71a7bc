"""Who may do what at the Fuseki that the project sets up?"""

import re
import stat
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from catalog.errors import ForbiddenError
from catalog.graphstore.door import GraphUpdate
from tests.support.fuseki import ROOT, FusekiServer
from tests.support.graph_content import A, content, count_of

READING = ["catalog", "public", "catalog-rejected"]
NOTHING = "INSERT DATA {}"


def send(method: str, url: str, body: str = "", kind: str = "", **options: object) -> httpx.Response:
    headers = {"Content-Type": kind} if kind else {}
    return httpx.request(method, url, content=body.encode(), headers=headers, timeout=30, trust_env=False, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("service", ["catalog", "public"])
@pytest.mark.parametrize("path", ["", "/", "/update", "/sparql", "/query", "/data", "/upload", "/patch", "/get"])
def test_nothing_can_be_written_where_users_read(fuseki: FusekiServer, service: str, path: str) -> None:
    bodies = [
        ("", "DROP ALL", "application/sparql-update"),
        ("?update=DROP%20ALL", "update=DROP+ALL", "application/x-www-form-urlencoded"),
        ("?default", "<x:s> <x:p> 1 .", "text/turtle"),
        (f"?graph={A}", "<x:s> <x:p> 1 .", "application/n-triples"),
        ("", "TX .\nA <x:s> <x:p> <x:o> .\nTC .\n", "application/rdf-patch"),
    ]
    with fuseki.store(service) as store, httpx.Client(trust_env=False, timeout=30) as client:
        store.apply([GraphUpdate(A, content(3), b"")])
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            for query, body, kind in bodies:
                url = f"{fuseki.url}/{service}{path}{query}"
                # A server that refuses before it has read the body closes the connection.
                answer = client.request(method, url, content=body.encode(), headers={"Content-Type": kind, "Connection": "close"})
                assert answer.status_code >= 400, f"{method} {path}{query} {kind}: {answer.status_code} {answer.text[:200]}"
        assert store.read_graph(A) == content(3)
        assert count_of(store) == 3


@pytest.mark.parametrize(
    "path",
    [
        "catalog-update/update",
        "public-update/update",
        "catalog-rejected/update",
        "catalog-update",
        "catalog-update/",
        "catalog-update/sparql",
        "%63atalog-update/update",
        "catalog-update/%75pdate",
        "./catalog-update/update",
        "catalog/../catalog-update/update",
        "catalog-update;a=b/update",
        "catalog-update/update;a=b",
        "catalog-update//update",
        "/catalog-update/update",
        "catalog-rejected/update/",
        "catalog-rejected//update",
        "catalog-rejected/update;x",
        "catalog-rejected/%75pdate",
        "CATALOG-UPDATE/update",
        "$/../catalog-update/update",
    ],
)
def test_writing_asks_for_the_password(fuseki: FusekiServer, path: str) -> None:
    for login in (None, ("catalog", "wrong"), ("admin", "admin"), ("", "")):
        answer = send("POST", f"{fuseki.url}/{path}", "INSERT DATA { <x:s> <x:p> 1 }", "application/sparql-update", auth=login)
        assert answer.status_code >= 400
    with fuseki.store() as store:
        assert count_of(store) == 0
        assert fuseki.ask("catalog-rejected/sparql", "ASK { ?s ?p ?o }").text.split() == ["_askResult", "false"]


@pytest.mark.parametrize("path", ["datasets", "backup/catalog", "compact/catalog", "tasks", "backups-list", "sleep", "dump"])
def test_running_the_server_is_for_its_admin(fuseki: FusekiServer, path: str) -> None:
    for method in ("GET", "POST"):
        for login in (None, (fuseki.user, fuseki.password)):
            assert send(method, f"{fuseki.url}/$/{path}", auth=login).status_code in {401, 403, 404, 405}
    made = send("POST", f"{fuseki.url}/$/datasets?dbName=stranger&dbType=mem")
    assert made.status_code == 401
    assert send("DELETE", f"{fuseki.url}/$/datasets/catalog").status_code == 401


def test_the_admin_may(fuseki: FusekiServer) -> None:
    secrets = dict(re.findall(r"^(\w+)=(.*)$", (fuseki.folder / "secrets" / "fuseki.env").read_text(), re.MULTILINE))
    login = ("admin", secrets["FUSEKI_ADMIN_PASSWORD"])
    listed = send("GET", f"{fuseki.url}/$/datasets", auth=login)
    names = {each["ds.name"] for each in listed.json()["datasets"]}
    assert names == {"/catalog", "/catalog-update", "/catalog-rejected", "/public", "/public-update"}


def test_a_wrong_password_names_the_settings_and_not_itself(fuseki: FusekiServer) -> None:
    for options in ({"password": "hunter2-wrong"}, {"user": None, "password": None}):
        with fuseki.store(**options) as store:
            with pytest.raises(ForbiddenError, match="CATALOG_FUSEKI__USER and CATALOG_FUSEKI__PASSWORD") as caught:
                store.apply([GraphUpdate(A, content(1), b"")])
            assert "hunter2" not in str(caught.value)
            found = {check.name: check.outcome for check in store.check().checks}
            assert found["update"] == "fail"
            assert found["reachable"] == "ok"


@pytest.mark.parametrize("service", READING)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_pages_of_other_sites_read_nothing(fuseki: FusekiServer, service: str, method: str) -> None:
    headers = {"Origin": "https://stranger.invalid", "Access-Control-Request-Method": "GET"}
    url = f"{fuseki.url}/{service}/sparql"
    answer = httpx.request(method, url, params={"query": "ASK {}"}, headers=headers, trust_env=False, timeout=30)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_the_ui_is_there(fuseki: FusekiServer) -> None:
    page = send("GET", fuseki.url + "/")
    assert page.status_code == 200
    assert b"Fuseki" in page.content


def test_it_listens_on_loopback_alone(fuseki: FusekiServer) -> None:
    assert fuseki.process is not None
    sockets = psutil.Process(fuseki.process.pid).net_connections(kind="inet")
    listening = {
        (each.laddr.ip.removeprefix("::ffff:"), each.laddr.port) for each in sockets if each.status == psutil.CONN_LISTEN
    }
    assert listening == {("127.0.0.1", fuseki.port)}


def test_secrets_are_for_their_owner_and_differ_each_time(fuseki: FusekiServer, tmp_path: Path) -> None:
    secrets = fuseki.folder / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in secrets.iterdir()} == {0o600}
    subprocess.run([ROOT / "scripts" / "fuseki", "--secrets", "--secrets-in", tmp_path / "s"], check=True, capture_output=True)
    assert (tmp_path / "s" / "fuseki.env").read_text() != (secrets / "fuseki.env").read_text()
    ignored = subprocess.run(["git", "check-ignore", "-q", "fuseki/secrets/shiro.ini"], cwd=ROOT, check=False)
    assert ignored.returncode == 0


def test_the_password_is_in_no_list_of_processes(fuseki: FusekiServer) -> None:
    assert fuseki.process is not None
    proc = Path(f"/proc/{fuseki.process.pid}")
    assert fuseki.password.encode() not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    assert fuseki.password not in (fuseki.folder / "log").read_text(errors="replace")


def test_the_public_audience_sees_its_own_graphs_and_keeps_no_refused_states(fuseki: FusekiServer) -> None:
    with fuseki.store() as everything, fuseki.store("public") as public:
        everything.apply([GraphUpdate(A, content(3), b""), GraphUpdate(A + "/rejected", content(2, of="bad"), b"")])
        public.apply([GraphUpdate(A, content(1), b""), GraphUpdate(A + "/rejected", content(2, of="bad"), b"")])
        assert count_of(public) == 1
        assert public.read_graph(A + "/rejected") == b""
        assert everything.read_graph(A + "/rejected") == content(2, of="bad")
        assert fuseki.ask("public/sparql", "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").text.split() == ["g", A]
