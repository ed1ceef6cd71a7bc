"""How quickly does the service answer, as the catalogue grows, on both graph stores; and what does it cost to go through it?"""

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import zarr

from bench.bulk import KeptGraphs, filled_fuseki
from bench.deployment import AcceptingValidator
from bench.hierarchies import write_v3
from bench.measure import Figure, Goal, agree, medians
from bench.sizes import Sizes
from bench.web_server import web_server
from catalog.bootstrap import open_workspace
from catalog.rdf.iris import DEFAULT_BASE
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.settings import load_settings
from tests.support.fuseki import FusekiServer, free_port

TOGETHER = 8
"""Requests at once, where requests per second are measured."""
_START_S = 180
_LOOKUP = "SELECT ?p ?o WHERE { <%s> ?p ?o }"
_SERVED = (64, 512, 512)
"""Shape of the array of 64 MiB that is read through the service."""
SERVED = Goal("at most", 2.0)

Ask = Callable[[httpx.Client, str], httpx.Response]
"""Asks something about the node of an IRI."""


def _path(iri: str) -> str:
    return iri.removeprefix(DEFAULT_BASE)


def _get(client: httpx.Client, address: str, accept: str = "*/*", **params: str) -> httpx.Response:
    return client.get(address, params=params, headers={"Accept": accept}, follow_redirects=True)


ASKED: dict[str, Ask] = {
    "search by words": lambda client, iri: _get(client, "search", q=iri.rpartition("/")[2], limit="10"),
    "facets": lambda client, _: _get(client, "search", kind="arrays", facet="dtype", limit="0"),
    "dereference": lambda client, iri: _get(client, _path(iri), "text/turtle"),
    "resolve": lambda client, iri: _get(client, "resolve", uri=iri),
    "SPARQL, one node": lambda client, iri: _get(client, "sparql", "text/tab-separated-values", query=_LOOKUP % iri),
    "a small slice": lambda client, iri: _get(client, f"arrays/{_path(iri)}", select="dim0=0:2,dim1=0:2", format="npy"),
}


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: the median latency. The peer: that of the point before, so that the ratio is what growing tenfold costs.

    Fuseki is given what was ingested into the embedded store (`bench.bulk`).
    """
    arrays = sizes.dataset_arrays
    numbers = range(max(sizes.served_datasets))
    stores = [write_v3(folder / "stores" / f"{number:04}.zarr", max(1, arrays // 20), arrays, seed=number) for number in numbers]
    embedded = embedded_variables(folder)
    before: dict[str, dict[str, float]] = {"embedded": {}, "fuseki": {}}
    held, nodes = 0, list[str]()
    for count in sizes.served_datasets:
        start = time.perf_counter()
        nodes += take_in(embedded, stores[held:count], folder / "kept")
        new, held = (count - held) * arrays, count
        yield Figure("ingest, per array", (time.perf_counter() - start) / new, note=f"embedded, to {count * arrays} arrays")
        yield from _point("embedded", embedded, nodes, count, sizes, folder, before["embedded"])
        start = time.perf_counter()
        server = filled_fuseki(folder / "graphs", folder / "kept", folder / f"fuseki-{count}")
        try:
            yield Figure("bulk load", time.perf_counter() - start, note=f"fuseki, {count * arrays} arrays, two audiences")
            variables = fuseki_variables(server, folder)
            yield from _point("fuseki", variables, nodes, count, sizes, folder, before["fuseki"])
            if count == sizes.served_datasets[-1]:
                yield from _over_fuseki(server.url, nodes[0], variables, folder, sizes)
        finally:
            server.stop()
        shutil.rmtree(folder / f"fuseki-{count}")
    yield from _served_arrays(folder, sizes)


def embedded_variables(folder: Path) -> dict[str, str]:
    """The environment of a catalogue in a folder."""
    return {"CATALOG_GRAPH_STORE": f"embedded:{folder / 'graphs'}", "CATALOG_ARCHIVE": str(folder / "archive")}


def fuseki_variables(server: FusekiServer, folder: Path) -> dict[str, str]:
    """The environment of the same in a Fuseki."""
    return {
        "CATALOG_GRAPH_STORE": f"fuseki:{server.url}/catalog",
        "CATALOG_FUSEKI__USER": server.user,
        "CATALOG_FUSEKI__PASSWORD": server.password,
        "CATALOG_ARCHIVE": str(folder / "archive"),
    }


def _point(
    kind: str, variables: dict[str, str], nodes: list[str], count: int, sizes: Sizes, folder: Path, before: dict[str, float]
) -> Iterator[Figure]:
    """Every kind of request at one point of the growth; `before` holds the medians of the point before."""
    with serving(variables, folder) as base, httpx.Client(base_url=base, timeout=120) as client:
        total = client.get("search", params={"kind": "arrays", "limit": "0"}).json()["total"]["value"]
        agree("how many arrays there are", total, count * sizes.dataset_arrays)
        for name, ask in ASKED.items():
            ask(client, nodes[-1])  # what is made once is made
            taken, alone = _latencies(client, ask, nodes, sizes.service_requests, sizes.service_s)
            rate, together = _rate(client, ask, nodes, sizes.service_requests, sizes.service_s)
            p50, p95, p99 = (float(np.percentile(taken, share)) for share in (50, 95, 99))
            note = f"{kind}, {count * sizes.dataset_arrays} arrays; p95 {p95 * 1e3:.3g} ms, p99 {p99 * 1e3:.3g} ms"
            note += f", of {len(taken)}; {rate:.3g}/s" + _refused("alone", alone) + _refused("together", together)
            yield Figure(f"{name}, p50", p50, before.get(name), note=note)
            before[name] = p50


def take_in(variables: dict[str, str], stores: list[Path], kept: Path) -> list[str]:
    """Ingest for everybody; IRIs of a few arrays of each dataset.

    Parameters
    ----------
    kept
        Folder for what graphs hold (`bench.bulk`).
    """
    with _environment(variables):
        settings = load_settings()
    found = []
    with open_workspace(settings) as workspace:
        accepting = replace(
            workspace,
            validator=AcceptingValidator(),
            catalog=KeptGraphs(workspace.catalog, kept / "catalog"),
            public=KeptGraphs(workspace.public, kept / "public"),
        )
        for store in stores:
            made = ingest(accepting, IngestRequest(str(store), access="public", extents=False))
            rows = workspace.public.query(
                f"SELECT ?a WHERE {{ GRAPH <{made.iri}> {{ ?a a zo:ZarrArray }} }} ORDER BY ?a LIMIT 20", "tsv"
            )
            found += [line.strip("<>") for line in rows.body.decode().splitlines()[1:]]
    return found


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def serving(variables: dict[str, str], folder: Path) -> Iterator[str]:
    """``catalog serve`` in a process of its own; its address."""
    base = f"http://127.0.0.1:{(port := free_port())}/"
    command = [Path(sys.executable).with_name("catalog"), "serve", "--port", str(port)]
    with (folder / "service.log").open("ab") as log:
        process = subprocess.Popen(command, env={**os.environ, **variables}, stderr=log)
    try:
        deadline = time.monotonic() + _START_S
        while not _is_ready(base):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start: {(folder / 'service.log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(_START_S)


def _is_ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}health/ready").status_code == 200
    except httpx.TransportError:
        return False


def _refused(how: str, statuses: list[int]) -> str:
    share = 1 - statuses.count(200) / len(statuses)
    return f", {share:.0%} {how} refused" if share else ""


def checked(answer: httpx.Response) -> None:
    """Stop where an answer is none."""
    agree(f"the status of {answer.url}: {answer.text[:300]}", answer.status_code, 200)


def _latencies(client: httpx.Client, ask: Ask, nodes: list[str], count: int, seconds: float) -> tuple[list[float], list[int]]:
    """Seconds and status of so many requests, one after the other, about one node after the other; fewer when the time is up."""
    taken, found = [], []
    end = time.perf_counter() + seconds
    for node in itertools.islice(itertools.cycle(nodes), count):
        start = time.perf_counter()
        found.append(_status(ask(client, node)))
        taken.append(time.perf_counter() - start)
        if start > end:
            break
    return taken, found


def _rate(client: httpx.Client, ask: Ask, nodes: list[str], count: int, seconds: float) -> tuple[float, list[int]]:
    """Answers per second when several are asked for at once, and the status of each."""
    start = time.perf_counter()

    def one(node: str) -> int | None:
        return None if time.perf_counter() > start + seconds else _status(ask(client, node))

    with ThreadPoolExecutor(TOGETHER) as pool:
        found = [each for each in pool.map(one, itertools.islice(itertools.cycle(nodes), count)) if each is not None]
    return found.count(200) / (time.perf_counter() - start), found


def _status(answer: httpx.Response) -> int:
    """The status of an answer, or of a refusal that says that it would take too long."""
    if answer.status_code not in {413, 503}:
        checked(answer)
    return answer.status_code


def _over_fuseki(url: str, node: str, variables: dict[str, str], folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The same queries at our address and at Fuseki's own."""
    queries = {"one node": _LOOKUP % node, "10,000 rows": "SELECT * WHERE { ?s ?p ?o } LIMIT 10000"}
    headers = {"Accept": "text/tab-separated-values"}
    with serving(variables, folder) as base, ExitStack() as stack:
        ours, theirs = (stack.enter_context(httpx.Client(headers=headers, timeout=60)) for _ in range(2))

        def several(client: httpx.Client, address: str, query: str) -> Callable[[], Any]:
            return lambda: [checked(client.get(address, params={"query": query})) for _ in range(20)]

        for name, query in queries.items():
            mine, direct = medians(
                sizes.runs, several(ours, f"{base}sparql", query), several(theirs, f"{url}/public/sparql", query)
            )
            yield Figure(f"/sparql against Fuseki's own, {name}", mine / 20, direct / 20)


def _served_arrays(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Arrays read by zarr-python through the service, and from a web server that gives the same files."""
    shape = _SERVED if sizes.value_bytes > 2**20 else (4, 8, 8)
    values = np.random.default_rng(1).integers(0, 1000, shape, dtype="int32")
    kinds = {"large": (tuple(max(1, size // 4) for size in shape), SERVED), "small": (_small_chunks(shape), Goal())}
    for name, (chunks, _) in kinds.items():
        options: dict[str, Any] = {"attributes": {"title": name}, "compressors": "auto" if name == "large" else None}
        zarr.create_array(folder / "source" / f"{name}.zarr", data=values, chunks=chunks, **options)
    variables = {"CATALOG_GRAPH_STORE": f"embedded:{folder / 'served'}"}
    with _environment(variables):
        settings = load_settings()
    with open_workspace(settings) as workspace:
        accepting = replace(workspace, validator=AcceptingValidator())
        for name in kinds:
            ingest(accepting, IngestRequest(str(folder / "source" / f"{name}.zarr"), dataset_id=name, access="public"))
    with serving(variables, folder) as base, web_server(folder / "source") as web:
        for name, (chunks, goal) in kinds.items():
            places = [f"{base}datasets/{name}/zarr", f"{web}/{name}.zarr"]
            read = [lambda place=place: np.asarray(zarr.open_array(place, mode="r")[...]) for place in places]
            agree("the values", bool(np.array_equal(read[0](), values)), True)
            ours, direct = medians(sizes.runs, *read)
            count = int(np.prod([size // chunk for size, chunk in zip(shape, chunks, strict=True)]))
            note = f"{values.nbytes / 2**20:.3g} MiB in {count} chunks; {count / ours:.3g}/s, the source {count / direct:.3g}/s"
            yield Figure(f"a served Zarr against its source over HTTP, {name} chunks", ours, direct, goal, note)


def _small_chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Of 64 KiB of the array that is served, so that what each request costs is seen."""
    return (1, max(1, shape[1] // 4), max(1, shape[2] // 4))
