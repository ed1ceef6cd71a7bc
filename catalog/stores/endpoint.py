"""How is a SPARQL endpoint of somebody else asked? Where the operator named it and the gate lets it through, and once.

One POST on a connection of its own, which ends with it: no credential, cookie or proxy goes along, no redirect is followed, and
no answer is read further than the caller wants. What the library says stays here: its text may hold a whole URL.

Source: SPARQL 1.1 Protocol, section 2.1.2 (query via POST with URL-encoded parameters); RFC 9110, section 15.4 (redirects).
"""

import asyncio
import concurrent.futures
from collections.abc import Sequence
from typing import Final, NoReturn
from urllib.parse import urlencode

import aiohttp
import fsspec.asyn
import yarl

from catalog.errors import CatalogError, EndpointUnavailableError, ForbiddenError, InputError, LimitExceededError
from catalog.stores.connections import read_body
from catalog.stores.connector import checked_connections, refusal_in
from catalog.stores.credentials import is_below
from catalog.stores.gate import Outgoing, not_public
from catalog.stores.url import StoreUrl, parse_store_url

__all__ = ["Endpoints"]

SETTING: Final = "CATALOG_SPARQL__SERVICES"
ACCEPT: Final = "application/sparql-results+json"
_TAKEN: Final = frozenset([ACCEPT, "application/json"])
_WEB: Final = frozenset(["http", "https"])
_CONNECT_SECONDS: Final = 5.0


class Endpoints:
    """The endpoints that queries may ask; safe to use from threads.

    Parameters
    ----------
    prefixes
        URL prefixes, such as ``https://query.example.org/`` or one endpoint's address; a host alone stands for http and https.
    outgoing
        What else holds for each URL and connection.

    Raises
    ------
    InputError
        A prefix is no web address, or holds a credential or query string.
    """

    def __init__(self, prefixes: Sequence[str], outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._prefixes = tuple(_parse(each) for text in prefixes for each in _spelled_out(text))

    def admit(self, endpoint: str) -> None:
        """Let an endpoint through.

        Raises
        ------
        ForbiddenError
            It is below none of the prefixes, holds a user or password, or the gate refuses it; the message names the setting.
        InputError
            It is no web address.
        """
        self._admitted(endpoint)

    def ask(self, endpoint: str, question: str, *, max_bytes: int, seconds: float) -> "EndpointExchange":
        """Begin to ask an endpoint for SPARQL results in JSON.

        Parameters
        ----------
        endpoint
            Its address; a query string goes along.
        question
            SPARQL SELECT.
        max_bytes
            Largest answer.
        seconds
            For the whole exchange.

        Raises
        ------
        ForbiddenError, InputError
            As `admit`.
        """
        url = self._admitted(endpoint)
        slash = "/" if endpoint.partition("?")[0].endswith("/") and not url.location.endswith("/") else ""
        address = f"{url.location}{slash}" + (f"?{url.query}" if url.query else "")
        work = self._post(url, address, question, max_bytes, seconds)
        return EndpointExchange(asyncio.run_coroutine_threadsafe(work, fsspec.asyn.get_loop()), url.location)

    def _admitted(self, endpoint: str) -> StoreUrl:
        url = parse_store_url(endpoint, allow_protocols=_WEB)
        if url.credential is not None:
            raise ForbiddenError(f"SERVICE <{url.location}>: no user or password is sent to an endpoint; leave it out")
        if not any(is_below(url.location, prefix) for prefix in self._prefixes):
            raise ForbiddenError(f"SERVICE <{url.location}> is not allowed: the operator names endpoints in {SETTING}")
        self._outgoing.admit(url)
        return url

    async def _post(self, url: StoreUrl, address: str, question: str, max_bytes: int, seconds: float) -> bytes:
        headers = {"Accept": ACCEPT, "Accept-Encoding": "identity", "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"query": question}).encode()
        try:
            async with (
                self._session(url, seconds) as session,
                session.post(yarl.URL(address, encoded=True), data=body, headers=headers, allow_redirects=False) as response,
            ):
                return await _read(response, url.location, max_bytes)
        except TimeoutError:
            _refuse(url.location, f"did not answer within {seconds:g} s")
        except CatalogError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if refusal_in(error):
                raise not_public(url.location) from None
            _refuse(url.location, f"gave no answer that can be read ({type(error).__name__})")

    def _session(self, url: StoreUrl, seconds: float) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, **checked_connections(self._outgoing.watches(url))),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "zarr-linked-catalog"},
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT_SECONDS, seconds)),
            trust_env=False,
            auto_decompress=False,
        )


class EndpointExchange:
    """A request to an endpoint that is under way."""

    def __init__(self, future: concurrent.futures.Future[bytes], location: str) -> None:
        self._future, self._location = future, location

    def result(self) -> bytes:
        """Wait for the whole answer.

        Raises
        ------
        EndpointUnavailableError
            There is none, or `stop` was called.
        ForbiddenError
            The endpoint's name leads to an address that may not be reached.
        LimitExceededError
            It is too large.
        """
        try:
            return self._future.result()
        except concurrent.futures.CancelledError:
            _refuse(self._location, "was not waited for")

    def stop(self) -> None:
        """Close the connection, from any thread. Calling it again does nothing."""
        self._future.cancel()


async def _read(response: aiohttp.ClientResponse, location: str, max_bytes: int) -> bytes:
    """The body of an answer that is what was asked for."""
    if 300 <= response.status < 400:
        _refuse(location, f"answered {response.status}, a redirect, which is not followed; name the address that it leads to")
    if response.status != 200:
        _refuse(location, f"answered {response.status}")
    if response.content_type not in _TAKEN:
        _refuse(location, f"answered with {response.content_type[:80]!r} and not with {ACCEPT}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        _refuse(location, "compressed its answer, though it was asked not to")
    body = await read_body(response, max_bytes)
    if body is None:
        raise LimitExceededError(
            f"the SPARQL endpoint {location} answered a SERVICE block with more than {max_bytes} bytes: narrow the block, or"
            " put VALUES in front of it",
            limit="sparql-service-bytes",
            value=max(max_bytes + 1, response.content_length or 0),
            allowed=max_bytes,
        )
    return body


def _refuse(location: str, why: str) -> NoReturn:
    raise EndpointUnavailableError(f"the SPARQL endpoint {location} {why}")


def _spelled_out(text: str) -> tuple[str, ...]:
    return (text,) if "://" in text else (f"https://{text}", f"http://{text}")


def _parse(prefix: str) -> str:
    try:
        url = parse_store_url(prefix, allow_protocols=_WEB)
    except (InputError, ForbiddenError):
        url = None
    if url is None or url.credential is not None or url.query or url.container:
        raise InputError(f"{SETTING} holds something that is no host or web address without user, password and query string")
    return url.location
