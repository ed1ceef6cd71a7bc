"""Does it slow down others when somebody asks queries that would never end, or kill, on both graph stores?"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import numpy as np

from bench.bulk import filled_fuseki
from bench.hierarchies import write_v3
from bench.measure import Figure, Goal, agree
from bench.service import ASKED, Ask, checked, embedded_variables, fuseki_variables, serving, take_in
from bench.sizes import Sizes
from tests.support.queries_of_death import QUERIES

AT_ONCE: int = 4
"""Queries of death at the same time: as many as the embedded store lets run; Fuseki, fewer."""
ROUNDS: int = 3
"""Quiet and attacked take turns so often."""
_ORDINARY: dict[str, Ask] = {name: ASKED[name] for name in ("search by words", "dereference", "resolve")}
_GOAL = Goal("at most", 3)
_ENDS = {200, 400, 403, 413, 503}
"""How a query of death may end."""

Taken = dict[str, list[float]]
"""Seconds of each request, by its kind."""


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Ours: the 99th percentile of ordinary requests while all queries of death are asked. The peer: that of a quiet service."""
    store = write_v3(folder / "stores" / "a.zarr", max(1, sizes.dataset_arrays // 20), sizes.dataset_arrays)
    variables = embedded_variables(folder)
    nodes = take_in(variables, [store], folder / "kept")
    yield from _on("embedded", variables, nodes, sizes, folder)
    server = filled_fuseki(folder / "graphs", folder / "kept", folder / "fuseki")
    try:
        yield from _on("fuseki", fuseki_variables(server, folder), nodes, sizes, folder)
    finally:
        server.stop()


def _on(kind: str, variables: dict[str, str], nodes: Sequence[str], sizes: Sizes, folder: Path) -> Iterator[Figure]:
    queries = list(QUERIES.values())[: sizes.deaths]
    quiet, attacked = (dict[str, list[float]]((name, []) for name in _ORDINARY) for _ in range(2))
    ends: list[int] = []
    with serving(variables, folder) as base, httpx.Client(base_url=base, timeout=120) as client:
        asked = itertools.cycle(nodes)
        _ask(client, asked, {name: [] for name in _ORDINARY}, at_least=len(nodes))  # what is made once is made
        for turn in range(ROUNDS):
            _ask(client, asked, quiet, at_least=-(-sizes.service_requests // ROUNDS))
            with ThreadPoolExecutor(AT_ONCE) as pool:
                running = [pool.submit(_end, base, query) for query in queries[turn::ROUNDS]]
                _ask(client, asked, attacked, at_least=-(-sizes.service_requests // ROUNDS), until=partial(_over, running))
                ends += [each.result() for each in running]
        checked(client.get("health/ready"))
    agree("how queries of death end", set(ends) - _ENDS, set())
    for name in _ORDINARY:
        ours, peer = (float(np.percentile(found[name], 99)) for found in (attacked, quiet))
        p50, before = (float(np.percentile(found[name], 50)) for found in (attacked, quiet))
        note = f"{kind}, {len(ends)} queries; p50 {p50 * 1e3:.3g} ms, quiet {before * 1e3:.3g} ms"
        yield Figure(
            f"{name}, p99", ours, peer, _GOAL, note=f"{note}; of {len(attacked[name])} requests, quiet {len(quiet[name])}"
        )


def _over(running: Sequence["Future[int]"]) -> bool:
    return all(each.done() for each in running)


def _ask(
    client: httpx.Client, nodes: Iterator[str], taken: Taken, *, at_least: int, until: Callable[[], bool] = lambda: True
) -> None:
    """Ask one kind after the other, each at least so often, until something else is over."""
    for count in itertools.count():
        if count >= at_least and until():
            return
        for name, ask in _ORDINARY.items():
            start = time.perf_counter()
            answer = ask(client, next(nodes))
            taken[name].append(time.perf_counter() - start)
            checked(answer)


def _end(base: str, query: str) -> int:
    """The status with which a query ends."""
    return httpx.post(f"{base}sparql", data={"query": query}, timeout=120).status_code
