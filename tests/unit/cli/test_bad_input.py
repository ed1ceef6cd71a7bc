"""What a user can get wrong comes out as one clear sentence, with its exit code, and leaves nothing behind."""

import sys
from pathlib import Path

import pytest

from catalog.cli import main
from tests.support import command
from tests.support.zarr_documents import array_v3, group_v3, write_documents, write_v3


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue that holds one store of two arrays, and files that are wrong in their own ways."""
    folder = tmp_path_factory.mktemp("bad")
    arrays = {
        "a": array_v3([4, 6], [2, 3], dimension_names=["time", "x"]),
        "twice": array_v3([2, 2], dimension_names=["n", "n"]),
        "huge": array_v3([2**21, 2**21], [1024, 1024]),
        "pickled": array_v3([4], codecs=[{"name": "numcodecs.pickle", "configuration": {}}]),
    }
    write_v3(folder / "good.zarr", {"": group_v3(), **arrays})
    write_v3(folder / "other.zarr", {"": group_v3()})
    write_documents(folder / "broken.zarr", {"zarr.json": b"{"})
    write_documents(folder / "hello.zarr", {".zmetadata": {"hello": "world"}})
    write_documents(folder / "draft.zarr", {"zarr.json": {"zarr_format": 3, "metadata_encoding": "x"}})
    (folder / "empty").mkdir()
    (folder / "file.txt").write_text("text")
    write_documents(folder / "shapes", {"mine.ttl": b"@prefix broken"})
    (folder / "noshapes").mkdir()
    (folder / "query.rq").write_bytes(b"\xff\xfe")
    return folder


def call(place: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> int:
    """Run the command as the shell would, and give its exit code."""
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{place / 'graphs'}")
    monkeypatch.chdir(place)
    return command.call(monkeypatch, *arguments)


NODE = "http://localhost:8000/datasets/good/nodes/"
CASES: list[tuple[list[str], int, str]] = [
    # arguments, exit code, what the message must hold
    (["search", ""], 2, "to search for"),
    (["search", "x" * 501], 2, "501"),
    (["search", "x", "--limit", "0"], 2, "1 to 1000"),
    (["sparql"], 2, "give a query"),
    (["sparql", "ASK {}", "--file", "q.rq"], 2, "give a query"),
    (["sparql", "--file", "missing.rq"], 2, "missing.rq"),
    (["sparql", "--file", "query.rq"], 2, "query.rq"),
    (["sparql", "ASK {}", "--format", "yaml"], 2, "yaml"),
    (["sparql", "SELECT ?x WHERE { ?x"], 2, "line 1"),
    (["sparql", "SELECT * WHERE { ?s no:prefix ?o }"], 2, "no:"),
    (["sparql", "ASK {}", "--format", "turtle"], 2, "turtle"),
    (["sparql", "DROP ALL"], 3, "DROP"),
    (["sparql", "INSERT DATA { <a:b> <a:b> <a:b> }"], 3, "INSERT"),
    (["sparql", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"], 3, "SERVICE"),
    (["sparql", "SELECT * WHERE " + "{" * 100 + "}" * 100], 6, "64"),
    (["sparql", "ASK {} #" + "x" * 70_000], 6, "65536"),
    (["ingest"], 2, "URL"),
    (["ingest", "missing.zarr"], 4, "missing.zarr"),
    (["ingest", "file.txt"], 2, "file.txt"),
    (["ingest", "empty"], 4, "zarr.json"),
    (["ingest", "broken.zarr"], 7, "zarr.json"),
    (["ingest", "hello.zarr"], 7, ".zmetadata"),
    (["ingest", "draft.zarr"], 7, "draft"),
    (["ingest", "ftp://host/store.zarr"], 3, "ftp"),
    (["ingest", "simplecache::file:///etc"], 2, "::"),
    (["ingest", "http://"], 2, "http"),
    (["ingest", "good.zarr", "other.zarr", "--id", "one"], 2, "--id"),
    (["ingest", "other.zarr", "--id", "a/b"], 2, "'a/b'"),
    (["ingest", "other.zarr", "--id", "good"], 5, "--relocate"),
    (["ingest", "good.zarr", "--id", "second"], 5, "'good'"),
    (["ingest", "good.zarr", "--relocate"], 2, "--id"),
    (["ingest", "good.zarr", "--access", "secret"], 2, "secret"),
    (["ingest", "good.zarr", "--freshness", "guess"], 2, "skip, hint or prove"),
    (["validate", "good.zarr", "--trust", "nobody"], 2, "members or consolidated"),
    (["ingest", "good.zarr", "--metadata-key", "../x"], 2, "'../x'"),
    (["ingest", "good.zarr", "--metadata-key", ".none"], 4, ".none"),
    (["ingest", "good.zarr", "--shapes", "nowhere"], 2, "nowhere"),
    (["ingest", "good.zarr", "--shapes", "noshapes"], 2, "noshapes"),
    (["ingest", "good.zarr", "--shapes", "shapes"], 2, "mine.ttl"),
    (["validate", "good.zarr", "--report", "r.pdf"], 2, "r.pdf"),
    (["validate", "good.zarr", "other.zarr", "--report", "r.ttl"], 2, "one by one"),
    (["validate", "good.zarr", "--report", "no/folder/r.ttl"], 2, "no/folder"),
    (["show", "nothing"], 4, "nothing"),
    (["show", "http://localhost:8000/datasets/"], 4, "datasets/"),
    (["delete", "nothing", "--yes"], 4, "nothing"),
    (["init", "--base", "ftp://x/"], 2, "ftp://x/"),
    (["init", "--base", "https://other.example/"], 5, "http://localhost:8000/"),
    (["get", "nothing", "--plan"], 2, "nothing"),
    (["get", "https://example.org/none", "--plan"], 4, "https://example.org/none"),
    (["get", NODE + "missing", "--plan"], 4, "missing"),
    (["get", NODE + "a"], 2, "--save"),
    (["get", NODE, "--plan"], 2, "arrays"),
    (["get", NODE + "a", "--plan", "--select", "y=1"], 2, "time"),
    (["get", NODE + "a", "--plan", "--select", "time=9"], 2, "9"),
    (["get", NODE + "a", "--plan", "--select", "time=a:b"], 2, "a"),
    (["get", NODE + "a", "--plan", "--select", "time=1,time=2"], 2, "time"),
    (["get", NODE + "a", "--plan", "--select", "time=0:4:0"], 2, "step"),
    (["get", NODE + "twice", "--plan", "--select", "n=1"], 2, "dim0"),
    (["get", NODE + "huge", "--save", "x.npy"], 6, "CATALOG_READ__MAX_RESULT_BYTES"),
    (["get", NODE + "pickled", "--save", "x.npy"], 3, "pickle"),
    (["get", NODE + "a", "--save", "no/such/folder/x.npy"], 2, "no/such/folder"),
    (["get", NODE + "a", "--save", "x.tiff"], 2, ".npy"),
    (["ingest", "good.zarr", "--require", "colour"], 2, "'colour'"),
    (["curate", "nothing", "--set", "title=x"], 4, "nothing"),
    (["curate", "good", "--set", "title"], 2, "PROPERTY=VALUE"),
    (["curate", "good", "--set", "colour=red"], 2, "'colour'"),
    (["curate", "good", "--set", "dcat:accessURL=http://a.example/"], 2, "accessURL"),
    (["curate", "good", "missing.ttl"], 2, "missing.ttl"),
    (["curate", "good", "file.txt"], 2, "'.txt'"),
    (["waive", "good", "array-shape", "--owner", "x", "--until", "2999-01-01", "--reason", "y"], 4, "core shapes"),
    (["mapping", "check", "missing.json"], 2, "missing.json"),
    (["mapping", "check", "file.txt"], 2, "'file.txt'"),
    (["waive", "good", "array-units"], 2, "--owner"),
    (["reference", "add", "missing.ttl"], 2, "missing.ttl"),
    (["reference", "add", "file.txt"], 2, "'.txt'"),
    (["reference", "delete", "nothing"], 4, "'nothing'"),
    (["sample", "good.zarr"], 2, "good.zarr"),
    (["sample", "new.zarr", "--shape", "0,5"], 2, "--shape"),
    (["consolidate", "missing.zarr"], 4, "missing.zarr"),
    (["consolidate", "good.zarr", "--key", ".all_metadata"], 2, ".all_metadata"),
]


@pytest.fixture(scope="module", autouse=True)
def _good(place: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert call(place, patch, ["ingest", "good.zarr", "--id", "good"]) == 0


@pytest.mark.parametrize(("arguments", "code", "told"), CASES, ids=[" ".join(case[0])[:60] for case in CASES])
def test_one_clear_sentence(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    told: str,
) -> None:
    before = sorted(path.name for path in place.iterdir())
    assert call(place, monkeypatch, arguments) == code
    output = capfd.readouterr()
    assert told in output.err
    assert "Traceback" not in output.err + output.out
    assert output.out == ""
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CATALOG_GRAPH_STORE", "postgres:x", "embedded:FOLDER"),
        ("CATALOG_CREDENTIALS", "not json", "CATALOG_CREDENTIALS"),
        ("CATALOG_CREDENTIALS", '{"https://h/": {"type": "magic", "key": "canary-secret"}}', "bearer"),
        ("CATALOG_CREDENTIALS_FILE", "missing.json", "missing.json"),
        ("CATALOG_FRESHNESS", "guess", "CATALOG_FRESHNESS"),
        ("CATALOG_LOCK_TIMEOUT_S", "-1", "CATALOG_LOCK_TIMEOUT_S"),
        ("CATALOG_METADATA__MAX_DEPTH", "many", "CATALOG_METADATA__MAX_DEPTH"),
        ("CATALOG_FUSEKI__NOTHING", "x", "CATALOG_FUSEKI__NOTHING"),
    ],
)
def test_a_wrong_setting_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", f"embedded:{place / 'graphs'}")
    monkeypatch.setenv(name, value)
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "argv", ["catalog", "ingest", "good.zarr"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    output = capfd.readouterr()
    assert ended.value.code == 2
    assert told in output.err
    assert "canary-secret" not in output.err
    assert "Traceback" not in output.err
