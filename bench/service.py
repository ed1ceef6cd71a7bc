"""How quickly does the service answer, as the catalogue grows, on both graph stores; and what does it cost to go through it?"""

import itertools
import os
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

from bench.deployment import AcceptingValidator
from bench.hierarchies import write_v3
from bench.measure import Figure, agree, medians
from bench.sizes import Sizes
from catalog.bootstrap import open_workspace
from catalog.rdf.iris import DEFAULT_BASE
from catalog.services.ingest import ingest
from catalog.services.request import IngestRequest
from catalog.settings import load_settings
from tests.support.fuseki import our_fuseki
from tests.support.http_server import WebServer

TOGETHER = 8
"""Requests at once, where requests per second are measured."""
_START_S = 60
_LOOKUP = "SELECT ?p ?o WHERE { <%s> ?p ?o }"
_ARRAYS = "SELECT ?a WHERE { GRAPH <%s> { ?a a zo:ZarrArray } } ORDER BY ?a LIMIT 20"
_SERVED = (64, 512, 512)
"""Shape of the array of 64 MiB that is read through the service."""

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
    """Ours: the median latency. The peer: that of the point before, so that the ratio is what growing tenfold costs."""
    arrays = sizes.dataset_arrays
    numbers = range(max(sizes.datasets))
    stores = [write_v3(folder / "stores" / f"{number:04}.zarr", max(1, arrays // 20), arrays, seed=number) for number in numbers]
    yield from _growing("embedded", {"CATALOG_GRAPH_STORE": f"embedded:{folder / 'graphs'}"}, stores, sizes, folder)
    yield from _served_array(folder, sizes)
    server = our_fuseki(folder / "fuseki").start()
    try:
        variables = {
            "CATALOG_GRAPH_STORE": f"fuseki:{server.url}/catalog",
            "CATALOG_FUSEKI__USER": server.user,
            "CATALOG_FUSEKI__PASSWORD": server.password,
            "CATALOG_ARCHIVE": str(folder / "archive"),
        }
        yield from _growing("fuseki", variables, stores, sizes, folder)
        yield from _over_fuseki(server.url, variables, folder, sizes)
    finally:
        server.stop()


def _growing(kind: str, variables: dict[str, str], stores: list[Path], sizes: Sizes, folder: Path) -> Iterator[Figure]:
    before: dict[str, float] = {}
    held, nodes = 0, list[str]()
    for count in sizes.datasets:
        nodes += _take_in(variables, stores[held:count])
        held = count
        with _serving(variables, folder) as base, httpx.Client(base_url=base, timeout=120) as client:
            for name, ask in ASKED.items():
                taken = _latencies(client, ask, nodes, sizes.service_requests)
                rate = _rate(client, ask, nodes, sizes.service_requests)
                p50, p95, p99 = (float(np.percentile(taken, share)) for share in (50, 95, 99))
                note = (
                    f"{kind}, {count * sizes.dataset_arrays} arrays; p95 {p95 * 1e3:.3g} ms, p99 {p99 * 1e3:.3g} ms, {rate:.3g}/s"
                )
                yield Figure(f"{name}, p50", p50, before.get(name), note=note)
                before[name] = p50


def _take_in(variables: dict[str, str], stores: list[Path]) -> list[str]:
    """Ingest for everybody; IRIs of a few arrays of each dataset."""
    with _environment(variables):
        settings = load_settings()
    found = []
    with open_workspace(settings) as workspace:
        accepting = replace(workspace, validator=AcceptingValidator())
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
def _serving(variables: dict[str, str], folder: Path) -> Iterator[str]:
    """``catalog serve`` in a process of its own; its address."""
    from tests.support.fuseki import free_port  # noqa: PLC0415  a port is taken when it is needed

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


def _checked(answer: httpx.Response) -> None:
    agree("the status", answer.status_code, 200)


def _latencies(client: httpx.Client, ask: Ask, nodes: list[str], count: int) -> list[float]:
    """Seconds of each of so many requests, one after the other, about one node after the other."""
    taken = []
    for node in itertools.islice(itertools.cycle(nodes), count):
        start = time.perf_counter()
        answer = ask(client, node)
        taken.append(time.perf_counter() - start)
        _checked(answer)
    return taken


def _rate(client: httpx.Client, ask: Ask, nodes: list[str], count: int) -> float:
    """Requests per second when several are under way."""
    start = time.perf_counter()
    with ThreadPoolExecutor(TOGETHER) as pool:
        for answer in pool.map(lambda node: ask(client, node), itertools.islice(itertools.cycle(nodes), count)):
            _checked(answer)
    return count / (time.perf_counter() - start)


def _over_fuseki(url: str, variables: dict[str, str], folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """The same queries at our address and at Fuseki's own."""
    queries = {"one node": _LOOKUP % f"{DEFAULT_BASE}datasets", "1,000 rows": "SELECT * WHERE { ?s ?p ?o } LIMIT 1000"}
    headers = {"Accept": "text/tab-separated-values"}
    with _serving(variables, folder) as base, ExitStack() as stack:
        ours, theirs = (stack.enter_context(httpx.Client(headers=headers, timeout=60)) for _ in range(2))

        def several(client: httpx.Client, address: str, query: str) -> Callable[[], Any]:
            return lambda: [_checked(client.get(address, params={"query": query})) for _ in range(20)]

        for name, query in queries.items():
            mine, direct = medians(
                sizes.runs, several(ours, f"{base}sparql", query), several(theirs, f"{url}/public/sparql", query)
            )
            yield Figure(f"/sparql against Fuseki's own, {name}", mine / 20, direct / 20)


def _served_array(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """An array read by zarr-python through the service, and from a web server that gives the same files."""
    shape = _SERVED if sizes.value_bytes > 2**20 else (4, 8, 8)
    values = np.random.default_rng(1).integers(0, 1000, shape, dtype="int32")
    source = folder / "source" / "a.zarr"
    zarr.create_array(source, data=values, chunks=tuple(max(1, size // 4) for size in shape), attributes={"title": "served"})
    variables = {"CATALOG_GRAPH_STORE": f"embedded:{folder / 'served'}"}
    with _environment(variables):
        settings = load_settings()
    with open_workspace(settings) as workspace:
        dataset = ingest(replace(workspace, validator=AcceptingValidator()), IngestRequest(str(source), access="public")).id
    with _serving(variables, folder) as base, WebServer(folder / "source") as web:
        places = [f"{base}datasets/{dataset}/zarr", f"{web.url}/a.zarr"]
        read = [lambda place=place: np.asarray(zarr.open_array(place, mode="r")[...]) for place in places]
        agree("the values", bool(np.array_equal(read[0](), values)), True)
        ours, direct = medians(sizes.runs, *read)
        yield Figure("a served Zarr against its source over HTTP", ours, direct, note=f"{values.nbytes / 2**20:.3g} MiB")
