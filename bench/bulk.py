"""How does a Fuseki come to hold what an embedded catalogue holds, within minutes?

An ingest into Fuseki takes seconds for a thousand arrays and writes each audience on its own. So it is given the very same graphs
by its own bulk loader and indexer while it is not running. The graphs are kept as files while they are ingested, since reading
millions of triples back from Oxigraph takes minutes.
"""

import filecmp
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog.graphstore.door import GraphUpdate
from catalog.graphstore.embedded import EmbeddedGraphStore
from catalog.graphstore.queries import write_iri
from tests.support.fuseki import ROOT, FusekiServer, find_java, our_fuseki

_GRAPHS = "SELECT ?graph WHERE { GRAPH ?graph {} }"
_JAVA = 21
"""The oldest Java that our Fuseki runs on."""


class KeptGraphs:
    """A graph store that also keeps what each graph holds, as a file of N-Quads.

    Parameters
    ----------
    store
        Does all that a graph store does.
    folder
        Of the files.
    """

    def __init__(self, store: Any, folder: Path) -> None:
        self._store = store
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def apply(self, updates: Sequence[GraphUpdate]) -> None:
        """Give several named graphs their next content, and keep it."""
        self._store.apply(updates)
        for update in updates:
            _keep(self._folder, update.graph, update.ntriples or b"")


def filled_fuseki(graphs: Path, kept: Path, folder: Path) -> FusekiServer:
    """A Fuseki, running, that holds what the public audience of an embedded catalogue holds, for both audiences.

    Parameters
    ----------
    graphs
        The embedded catalogue, of which everything is public; nobody writes to it meanwhile.
    kept
        The files of `KeptGraphs`, in a folder for each audience.
    folder
        New: for databases, secrets and log.
    """
    server = our_fuseki(folder)
    databases = folder / "base" / "databases"
    databases.mkdir(parents=True)
    everything, public = kept / "catalog", kept / "public"
    with EmbeddedGraphStore(graphs, "public", writable=False) as store:
        for name in _graphs(store):
            if not _file(public, name).exists():
                _keep(public, name, store.read_graph(name))
    with EmbeddedGraphStore(graphs, "catalog", writable=False) as store:  # says more of where stores lie
        more = [GraphUpdate(name, store.read_graph(name)) for name in _graphs(store) if not _is_same(everything, public, name)]
    _load(sorted(public.iterdir()), databases / "public")
    _run([ROOT / "fuseki" / "start", "--index", "--base", folder / "base", "--secrets-in", folder / "secrets"])
    for suffix in ("", "-text"):
        shutil.copytree(databases / f"public{suffix}", databases / f"catalog{suffix}")
    server.start()
    with server.store("catalog") as catalogue:
        catalogue.apply(more)
    return server


def _graphs(store: EmbeddedGraphStore) -> list[str]:
    return [name.value for row in store.select(_GRAPHS) if (name := row["graph"]) is not None]


def _is_same(folder: Path, other: Path, graph: str) -> bool:
    here, there = _file(folder, graph), _file(other, graph)
    return here.exists() and there.exists() and filecmp.cmp(here, there, shallow=False)


def _file(folder: Path, graph: str) -> Path:
    return folder / f"{hashlib.sha256(graph.encode()).hexdigest()[:24]}.nq"


def _keep(folder: Path, graph: str, ntriples: bytes) -> None:
    _file(folder, graph).write_bytes(ntriples.replace(b" .\n", f" {write_iri(graph)} .\n".encode()))


def _load(quads: Sequence[Path], database: Path) -> None:
    """Fill a database that is not open anywhere."""
    jar = next((ROOT / "fuseki" / "lib").glob("jena-fuseki-server-*.jar"))
    _run([find_java(_JAVA), "-Xmx2g", "-cp", jar, "tdb2.tdbloader", "--quiet", f"--loc={database}", *quads])


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
