"""How does a Fuseki come to hold what an embedded catalogue holds, within minutes?

An ingest into Fuseki takes seconds for a thousand arrays and writes each audience on its own. So it is given the very same graphs
by its own bulk loader while it is not running; its own indexer follows at its start (``fuseki/start``).
"""

import shutil
import subprocess
from pathlib import Path

from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.queries import write_iri
from tests.support.fuseki import ROOT, FusekiServer, find_java, our_fuseki

_GRAPHS = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } }"
_JAVA = 21
"""The oldest Java that our Fuseki runs on."""


def filled_fuseki(graphs: Path, folder: Path) -> FusekiServer:
    """A Fuseki, running, that holds what the public audience of an embedded catalogue holds, for both audiences.

    Parameters
    ----------
    graphs
        The embedded catalogue, of which everything is public; nobody writes to it meanwhile.
    folder
        New: for databases, secrets and log.
    """
    server = our_fuseki(folder)
    databases = folder / "base" / "databases"
    databases.mkdir(parents=True)
    _load(_write_quads(graphs, folder / "everything.nq"), databases / "public")
    server.start().stop()
    for suffix in ("", "-text"):
        shutil.rmtree(databases / f"catalog{suffix}", ignore_errors=True)
        shutil.copytree(databases / f"public{suffix}", databases / f"catalog{suffix}")
    (databases / "catalog" / "tdb.lock").unlink(missing_ok=True)
    return server.start()


def _write_quads(graphs: Path, target: Path) -> Path:
    """All named graphs as N-Quads."""
    with EmbeddedGraphStore(graphs, "public", writable=False) as store, target.open("wb") as out:
        for row in store.select(_GRAPHS):
            if (name := row["graph"]) is not None:
                out.write(store.read_graph(name.value).replace(b" .\n", f" {write_iri(name.value)} .\n".encode()))
    return target


def _load(quads: Path, database: Path) -> None:
    """Fill a database that is not open anywhere, and remove the file it is filled from."""
    jar = next((ROOT / "fuseki" / "lib").glob("jena-fuseki-server-*.jar"))
    command = [find_java(_JAVA), "-Xmx2g", "-cp", str(jar), "tdb2.tdbloader", "--quiet", f"--loc={database}", str(quads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Fuseki's loader failed: {done.stderr[-2000:]}")
    quads.unlink()
