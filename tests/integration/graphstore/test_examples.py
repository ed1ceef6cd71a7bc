"""Do the example queries find what they say, in a real catalogue, in Fuseki and as links for its UI?"""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.fuseki import FusekiServer
from tests.support.sources import ROOT
from tests.support.zarr_documents import group_v3, write_v3

EXAMPLES = sorted((ROOT / "fuseki" / "examples").glob("*.rq"))
COLUMNS = {
    "arrays": ["array", "path", "shape", "type", "chunks"],
    "arrays-below-a-thing": ["thing", "array", "shape"],
    "attributes": ["node", "key", "value"],
    "datasets": ["dataset", "name", "access", "location", "groups", "arrays", "refused"],
    "layouts": ["type", "chunks", "codecs", "arrays"],
    "refused-states": ["graph", "arrays"],
    "what-nodes-describe": ["kind", "thing", "node"],
    "who-says": ["graph", "subject", "property", "value"],
}

NEEDS_LICENCE = """
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix dct: <http://purl.org/dc/terms/> .
    <urn:x-test:licensed> a sh:NodeShape ; sh:targetClass <https://w3id.org/zarr-catalog/ns#ZarrArray> ;
        sh:property [ sh:path dct:license ; sh:minCount 1 ; sh:message "Give the array a licence." ] .
"""


def catalog(*arguments: str | Path, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "XDG_DATA_HOME": str(folder / "data"), **settings}
    command = [str(Path(sys.executable).with_name("catalog")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@pytest.fixture
def filled(fuseki: FusekiServer, tmp_path: Path) -> FusekiServer:
    """Fuseki with one sample store that is accepted and one that the shapes refuse."""
    store, refusable = tmp_path / "sample.zarr", tmp_path / "other.zarr"
    settings = {
        "CATALOG_GRAPH_STORE": f"fuseki:{fuseki.url}/catalog",
        "CATALOG_FUSEKI__USER": fuseki.user,
        "CATALOG_FUSEKI__PASSWORD": fuseki.password,
    }
    assert catalog("sample", store, folder=tmp_path).returncode == 0
    done = catalog("ingest", store, "--json", folder=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] is True
    plain = write_v3(tmp_path / "plain.zarr", {"": group_v3(operator="A. Person")})
    assert catalog("ingest", plain, folder=tmp_path, **settings).returncode == 0
    assert catalog("sample", refusable, folder=tmp_path).returncode == 0
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    (shapes / "strict.ttl").write_text(NEEDS_LICENCE)
    refused = catalog("ingest", refusable, "--shapes", shapes, "--json", folder=tmp_path, **settings)
    assert refused.returncode == 8, refused.stdout + refused.stderr
    return fuseki


def test_every_example_finds_something(filled: FusekiServer) -> None:
    assert {path.stem for path in EXAMPLES} == set(COLUMNS)
    for path in EXAMPLES:
        service = "catalog-rejected/sparql" if path.stem.startswith("refused") else "catalog/sparql"
        answer = filled.ask(service, path.read_text())
        assert answer.status_code == 200, f"{path.stem}: {answer.text}"
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert rows[0] == COLUMNS[path.stem]
        assert len(rows) > 1, f"{path.stem} finds nothing"


def test_the_refused_state_can_be_asked_about_from_the_command_line(filled: FusekiServer, tmp_path: Path) -> None:
    graphs = filled.ask("catalog-rejected/sparql", "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").text.split()[1:]
    assert len(graphs) == 1
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graphs[0]}> {{ ?s a zo:ZarrArray }} }}"
    settings = {"CATALOG_GRAPH_STORE": f"fuseki:{filled.url}/catalog"}
    answer = catalog("sparql", query, "--format", "csv", folder=tmp_path, **settings)
    assert answer.stdout.split() == ["n", "2"], answer.stderr


def test_links_open_the_examples_in_the_ui() -> None:
    said = subprocess.run(
        [ROOT / "scripts" / "fuseki", "--examples", "--port", "3999"], capture_output=True, text=True, check=True
    )
    links = re.findall(r"http://127\.0\.0\.1:3999/#/dataset/([\w-]+)/query\?query=(\S+)", said.stdout)
    assert [unquote(query) for _, query in links] == [path.read_text() for path in EXAMPLES]
    assert {dataset for dataset, _ in links} == {"catalog", "catalog-rejected"}


def test_the_readme_lists_them_all() -> None:
    readme = (ROOT / "fuseki" / "README.md").read_text()
    assert set(re.findall(r"\(examples/([\w-]+)\.rq\)", readme)) == set(COLUMNS)
