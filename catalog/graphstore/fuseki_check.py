"""What can this Fuseki do, and what is missing? The sentences that ``catalog check`` prints.

Nothing is changed: writing is tried with an update that inserts nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from catalog.errors import CatalogError, ForbiddenError, NoSuchServiceError
from catalog.graphstore.door import MEDIA_TYPES, Check, StoreCheck
from catalog.graphstore.fuseki_http import SparqlEndpoint
from catalog.graphstore.fuseki_outside import ENDPOINT
from catalog.graphstore.queries import load_query

_NOTHING: Final = b"INSERT DATA {}"
_STRANGER: Final = "https://stranger.invalid"
_SMALL: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where one Fuseki dataset is read and written; `update_url` is `None` where it is only read."""

    query_url: str
    update_url: str | None

    @property
    def base(self) -> str:
        """URL of the dataset that the reading service belongs to."""
        return self.query_url.rpartition("/")[0]


def check_fuseki(http: SparqlEndpoint, graphs: Place, rejected: Place | None, has_index: Callable[[], bool | None]) -> StoreCheck:
    """Try each thing the catalogue needs or warns about.

    Parameters
    ----------
    http
        Speaks to the server, with the credential for writing.
    graphs, rejected
        The audience's dataset, and that of refused states if there should be one.
    has_index
        Finds out whether texts are indexed; `None`: there are none yet.
    """
    reachable = _check_reachable(http, graphs)
    checks = [reachable]
    if reachable.outcome != "fail":
        tests: Sequence[Callable[[], Check]] = (
            lambda: _check_version(http, graphs),
            lambda: _check_union(http, graphs),
            lambda: _check_update(http, graphs),
            lambda: _check_update_closed(http, graphs),
            lambda: _check_service(http, graphs),
            lambda: _check_cors(http, graphs),
            lambda: _check_rejected(http, rejected),
            lambda: _check_text(has_index),
            lambda: _check_guarded(http, graphs),
        )
        checks += [test() for test in tests]
    return StoreCheck("fuseki", graphs.query_url, tuple(checks))


def _ask(http: SparqlEndpoint, url: str, text: str) -> bytes:
    try:
        return http.query(url, text, MEDIA_TYPES["json"], max_bytes=_SMALL)
    except ForbiddenError:
        return http.query(url, text, MEDIA_TYPES["json"], max_bytes=_SMALL, authenticate=True)


def _check_reachable(http: SparqlEndpoint, place: Place) -> Check:
    try:
        _ask(http, place.query_url, "ASK {}")
    except CatalogError as error:
        return Check("reachable", "fail", str(error))
    return Check("reachable", "ok", f"{place.query_url} answers queries")


def _check_version(http: SparqlEndpoint, place: Place) -> Check:
    """Fuseki says its version at ``/$/server``, where that is open to us, or in a header."""
    parts = urlsplit(place.query_url)
    version = ""
    try:
        response = http.get(f"{parts.scheme}://{parts.netloc}/$/server")
        if response.status_code == 200:
            version = str(json.loads(response.content).get("version", ""))
        version = version or response.headers.get("server", "").partition("(")[2].rstrip(")")
    except (CatalogError, ValueError, AttributeError):
        version = ""
    if not version:
        return Check("version", "warn", "the server does not say its version; Fuseki 5.6 and 6 are tested")
    major = version.partition(".")[0]
    if major.isdigit() and int(major) >= 5:
        return Check("version", "ok", f"Fuseki {version}")
    return Check("version", "warn", f"Fuseki {version} is older than what is tested (5.6 and 6)")


def _check_union(http: SparqlEndpoint, place: Place) -> Check:
    name = "union-default-graph"
    try:
        answer = json.loads(_ask(http, place.query_url, load_query(name)))["results"]["bindings"]
    except (CatalogError, ValueError, KeyError) as error:
        return Check(name, "warn", f"could not be found out: {error}")
    if not answer:
        return Check(name, "ok", "no named graph holds anything yet that could tell")
    if answer[0]["shown"]["value"] == "true":
        return Check(name, "ok", "plain patterns see all graphs")
    return Check(
        name,
        "warn",
        "off: queries through the catalogue see all graphs, others (the Fuseki UI) must say GRAPH ?g;"
        " set tdb2:unionDefaultGraph true in the dataset's configuration",
    )


def _check_update(http: SparqlEndpoint, place: Place) -> Check:
    if place.update_url is None:
        return Check("update", "warn", "for reading only: CATALOG_FUSEKI__UPDATE_URL is not set")
    try:
        http.update(place.update_url, _NOTHING)
    except CatalogError as error:
        return Check("update", "fail", str(error))
    return Check("update", "ok", f"{place.update_url} takes updates")


def _check_update_closed(http: SparqlEndpoint, place: Place) -> Check:
    """Whether strangers can write."""
    urls = dict.fromkeys(url for url in (place.update_url, place.base, f"{place.base}/update") if url)
    opened = []
    for url in urls:
        try:
            http.update(url, _NOTHING, authenticate=False)
        except CatalogError:
            continue
        opened.append(url)
    if opened:
        return Check(
            "update-closed",
            "warn",
            f"whoever reaches the server can change it at {' and '.join(opened)}: ask for a password there",
        )
    return Check("update-closed", "ok", "nobody can write without the password")


def _check_service(http: SparqlEndpoint, place: Place) -> Check:
    """Ask for a SERVICE at the server's own port 1, where nothing listens: closed, it says so; open, it tries."""
    name = "service-closed"
    try:
        _ask(http, place.query_url, "ASK { SERVICE <http://127.0.0.1:1/nothing> { ?s ?p ?o } }")
    except ForbiddenError:
        return Check(name, "ok", "no query can reach another server")
    except CatalogError:
        pass
    return Check(
        name,
        "warn",
        "whoever queries this Fuseki can make it reach other servers: set ja:context [ ja:cxtName"
        ' "arq:httpServiceAllowed" ; ja:cxtValue false ] (the catalogue itself refuses SERVICE)',
    )


def _check_cors(http: SparqlEndpoint, place: Place) -> Check:
    try:
        response = http.get(f"{place.query_url}?query=ASK%7B%7D", {"Origin": _STRANGER})
    except CatalogError as error:
        return Check("cors-closed", "warn", f"could not be found out: {error}")
    if response.headers.get("access-control-allow-origin", "") in {_STRANGER, "*"}:
        return Check(
            "cors-closed", "warn", "pages of any site may read it through a visitor's browser: start Fuseki with --no-cors"
        )
    return Check("cors-closed", "ok", "pages of other sites cannot read it")


def _check_rejected(http: SparqlEndpoint, place: Place | None) -> Check:
    name = "rejected"
    if place is None:
        return Check(name, "ok", "this audience does not see what the shapes refused")
    try:
        _ask(http, place.query_url, "ASK {}")
        if place.update_url is not None:
            http.update(place.update_url, _NOTHING)
    except CatalogError as error:
        return Check(name, "warn", f"what the shapes refuse is not kept: add a Fuseki dataset at {place.base} ({error})")
    return Check(name, "ok", f"what the shapes refuse is kept at {place.base}")


def _check_text(has_index: Callable[[], bool | None]) -> Check:
    name = "text-index"
    try:
        found = has_index()
    except CatalogError as error:
        return Check(name, "warn", f"could not be found out: {error}")
    if found is None:
        return Check(name, "ok", "no named graph holds a text yet that could tell")
    if found:
        return Check(name, "ok", "words are found by an index")
    return Check(
        name,
        "warn",
        "there is none, or it does not know what was there before it: words are looked for in every text;"
        " take the text:TextDataset of fuseki/config.ttl, and start once with scripts/fuseki or run jena.textindexer",
    )


def _check_guarded(http: SparqlEndpoint, place: Place) -> Check:
    name, url = "guarded-endpoint", f"{place.base}/{ENDPOINT}"
    try:
        _ask(http, url, "ASK {}")
    except NoSuchServiceError:
        return Check(
            name,
            "warn",
            f"there is no {url}: queries from outside go to the usual endpoint, whose time limit is longer;"
            " take the endpoint of that name from fuseki/config.ttl",
        )
    except CatalogError as error:
        return Check(name, "warn", f"could not be found out: {error}")
    return Check(name, "ok", "queries from outside have an endpoint with a time limit of its own")
