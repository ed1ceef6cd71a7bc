"""A Zarr store in, validated linked data, an array out: the command itself, on real servers."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import rdflib
from rdflib.namespace import SH

from catalog.cli import main
from catalog.services.sample import write_sample
from tests.support.fuseki import FusekiServer
from tests.support.http_server import WebServer
from tests.support.s3_server import KEY, SECRET, S3Server

TOKEN, PASSWORD = "canary-token-5e1f", "canary-password-77aa"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def catalog(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    """Run ``catalog``; exit code, standard output and standard error come back."""
    if request.param == "fuseki":
        server: FusekiServer = request.getfixturevalue("fuseki")
        monkeypatch.setenv("CATALOG_GRAPH_STORE", f"fuseki:{server.url}/catalog")
        monkeypatch.setenv("CATALOG_FUSEKI__USER", server.user)
        monkeypatch.setenv("CATALOG_FUSEKI__PASSWORD", server.password)
        monkeypatch.setenv("CATALOG_ARCHIVE", str(tmp_path / "archive"))
    else:
        monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{tmp_path / 'graphs'}")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["catalog", *arguments])
        code = 0
        try:
            main.run()
        except SystemExit as ended:
            code = int(ended.code or 0)
        output = capfd.readouterr()
        for canary in (TOKEN, PASSWORD, SECRET):
            assert canary not in output.out + output.err
        return code, output.out, output.err

    return run


both = pytest.mark.parametrize("catalog", ["embedded", "fuseki"], indirect=True)


@pytest.fixture
def place(
    request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch, s3: S3Server, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """URL of a sample store behind a server of one kind, and the access that its dataset gets."""
    write_sample(folder / "lab.zarr", samples=12, zarr_format=2 if request.param == "basic" else 3)
    with ExitStack() as stack:
        if request.param == "file":
            yield str(folder / "lab.zarr"), "public"
        elif request.param == "s3":
            s3.make_bucket("lab")
            s3.upload(folder / "lab.zarr", "lab", "a/lab.zarr")
            credential = {"type": "s3", "key": KEY, "secret": SECRET, "endpoint_url": s3.url}
            monkeypatch.setenv("CATALOG_CREDENTIALS", json.dumps({"s3://lab/": credential}))
            yield "s3://lab/a/lab.zarr", "restricted"
        else:
            server = stack.enter_context(WebServer(folder, listing=403))
            if request.param == "bearer":
                server.wanted = {"Authorization": f"Bearer {TOKEN}"}
                credential = {"type": "bearer", "token": TOKEN}
                monkeypatch.setenv("CATALOG_CREDENTIALS", json.dumps({server.url: credential}))
            elif request.param == "basic":
                import base64

                pair = base64.b64encode(f"lab:{PASSWORD}".encode()).decode()
                server.wanted = {"Authorization": f"Basic {pair}"}
                secret = tmp_path / "credentials.json"
                secret.write_text(json.dumps({server.url: {"type": "basic", "user": "lab", "password": PASSWORD}}))
                monkeypatch.setenv("CATALOG_CREDENTIALS_FILE", str(secret))
            yield f"{server.url}/lab.zarr", "public" if request.param == "no-listing" else "restricted"


@both
@pytest.mark.parametrize("place", ["file", "no-listing", "basic", "bearer", "s3"], indirect=True)
def test_a_store_goes_round(catalog: Run, place: tuple[str, str], tmp_path: Path) -> None:
    url, access = place
    code, out, err = catalog("ingest", url, "--json", "--id", "lab")
    assert code == 0, err
    told = json.loads(out)
    assert (told["id"], told["groups"], told["arrays"]) == ("lab", 40, 12)
    assert (told["route"], told["access"], told["accepted"], told["changed"]) == ("consolidated", access, True, True)
    assert told["requests"] <= 3
    code, out, err = catalog("ingest", url, "--json")
    assert (json.loads(out)["changed"], json.loads(out)["requests"]) == (False, 1)

    query = "SELECT ?a { ?g zo:describes <https://example.org/lab/sample10> . ?a dct:isPartOf ?g ; a zo:ZarrArray }"
    code, out, err = catalog("sparql", query, "--format", "csv")
    _, iri = out.split()
    code, out, err = catalog("get", iri, "--save", str(tmp_path / "a.npy"), "--select", "time=10:20:3,wavelength=-1")
    assert code == 0, err
    rows = np.arange(10, 20, 3)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), 10e6 + rows * 1000 + 99)

    code, out, err = catalog("sparql", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "--public", "--format", "csv")
    assert (int(out.split()[1]) > 100) == (access == "public")
    code, out, err = catalog("sparql", "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "ntriples")
    for canary in (TOKEN, PASSWORD, SECRET):
        assert canary not in out
    assert catalog("delete", "lab", "--yes")[0] == 0
    code, out, err = catalog(
        "sparql", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(!STRENDS(STR(?s), ':8000/')) }", "--format", "csv"
    )
    assert out.split() == ["n", "0"]


@both
@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_an_array_that_changed_is_not_read_in_silence(catalog: Run, place: tuple[str, str], tmp_path: Path) -> None:
    url, _ = place
    assert catalog("ingest", url, "--id", "lab")[0] == 0
    document = next(Path(url).rglob("sample1Dataset/zarr.json"))
    changed = json.loads(document.read_text())
    changed["shape"][0] -= 30  # growth would pass
    document.write_text(json.dumps(changed))
    target = "https://example.org/lab/sample1Dataset"
    code, _, err = catalog("get", target, "--save", str(tmp_path / "a.npy"))
    assert (code, (tmp_path / "a.npy").exists()) == (5, False)
    assert "shape" in err
    assert catalog("get", target, "--save", str(tmp_path / "a.npy"), "--force")[0] == 0
    assert np.load(tmp_path / "a.npy").shape == (90, 100)


@both
@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_shapes_of_the_user_can_refuse(catalog: Run, place: tuple[str, str], tmp_path: Path) -> None:
    url, _ = place
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    (shapes / "mine.ttl").write_text(
        """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix zo: <https://w3id.org/zarr-catalog/ns#> . @prefix my: <urn:my:> .
        my:small a sh:NodeShape ; sh:targetClass zo:ZarrArray ; sh:property [ sh:path zo:dimensionCount ; sh:maxInclusive 1 ;
            sh:message "Split the array: at most one dimension." ] .
        """
    )
    assert catalog("ingest", url, "--id", "lab")[0] == 0
    report = tmp_path / "report.ttl"
    code, out, _ = catalog("ingest", url, "--shapes", str(shapes), "--json", "--report", str(report))
    assert (None, SH.conforms, rdflib.Literal(False)) in rdflib.Graph().parse(report)
    told = json.loads(out)
    assert (code, told["accepted"], told["conforms"]) == (8, False, False)
    assert any(problem["message"].startswith("Split the array") for problem in told["problems"])
    code, out, _ = catalog("list", "--json")
    assert (json.loads(out)["rejected"], json.loads(out)["arrays"]) == (True, 12)
    code, out, err = catalog("sparql", "SELECT (COUNT(?a) AS ?n) { ?a a zo:ZarrArray }", "--format", "csv")
    assert out.split() == ["n", "12"]
    rejected = "SELECT (COUNT(?a) AS ?n) { GRAPH <http://localhost:8000/datasets/lab/rejected> { ?a a zo:ZarrArray } }"
    code, out, err = catalog("sparql", rejected, "--format", "csv")
    assert out.split() == ["n", "12"], err


@both
def test_what_the_first_system_could_not_find_is_told(catalog: Run, corpora: Path, tmp_path: Path) -> None:
    store = str(corpora / "zarr-linked-data" / "test_store.zarr")
    prefix = "http://www.catplus.ch/ontology/concepts/"
    assert catalog("ingest", store, "--metadata-key", ".all_metadata", "--id", "first")[0] == 0
    for uri, inferred in ((f"{prefix}sample1", False), (f"{prefix}sample1Dataset", True)):
        code, out, err = catalog("get", uri, "--plan", "--json")
        plan = json.loads(out)
        assert (code, plan["inferred"]) == (0, inferred), err
        assert plan["iri"].endswith("/nodes/myBatch/mySamplePrep/sample1/sample1Dataset")
    code, _, err = catalog("get", f"{prefix}myCampaign", "--plan")
    assert code == 4
    assert f"{prefix}myCampaign" in err


def test_a_server_that_is_not_there_is_told_apart(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", "fuseki:http://127.0.0.1:9/catalog")
    monkeypatch.setattr(sys, "argv", ["catalog", "list"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 9
    assert "127.0.0.1:9" in capfd.readouterr().err


@both
def test_a_login_that_is_missing_is_told_apart(catalog: Run, folder: Path) -> None:
    write_sample(folder / "lab.zarr")
    with WebServer(folder, wanted={"Authorization": f"Bearer {TOKEN}"}) as server:
        code, out, _ = catalog("ingest", f"{server.url}/lab.zarr", "--json")
    told = json.loads(out)
    assert (code, told["error"]["code"], told["accepted"]) == (3, "store-unauthorized", False)
    assert "CATALOG_CREDENTIALS" in told["error"]["message"]
    assert told["problems"]
    assert told["location"] == f"{server.url}/lab.zarr"


def test_an_existing_fuseki_with_one_dataset(
    fuseki: FusekiServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    stranger = "<urn:stranger:s> <urn:stranger:p> 1"
    fuseki.update("catalog-update/update", f"INSERT DATA {{ GRAPH <urn:stranger:g> {{ {stranger} }} }}")
    write_sample(folder / "lab.zarr")
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"fuseki:{fuseki.url}/catalog-update")
    monkeypatch.setenv("CATALOG_FUSEKI__UPDATE_URL", f"{fuseki.url}/catalog-update/update")
    monkeypatch.setenv("CATALOG_FUSEKI__USER", fuseki.user)
    monkeypatch.setenv("CATALOG_FUSEKI__PASSWORD", fuseki.password)
    monkeypatch.setenv("CATALOG_ARCHIVE", str(tmp_path / "archive"))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["catalog", *arguments])
        try:
            main.run()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    assert run("check") == 0
    assert "CATALOG_FUSEKI__PUBLIC_URL" in capfd.readouterr().out
    assert run("ingest", str(folder / "lab.zarr"), "--id", "lab") == 0
    assert run("get", "https://example.org/lab/sample2", "--select", "time=1", "--save", str(tmp_path / "a.npy")) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), 2e6 + 1000 + np.arange(100))
    capfd.readouterr()
    assert run("sparql", "ASK {}", "--public") == 9
    assert run("delete", "lab", "--yes") == 0
    left = fuseki.ask("catalog-update/sparql", "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g")
    assert left.text.split() == ["g,n", "http://localhost:8000/,2", "urn:stranger:g,1"]
