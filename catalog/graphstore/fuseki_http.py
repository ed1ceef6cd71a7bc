"""How is one SPARQL endpoint asked over HTTP, and how do we know that an answer is whole?

Fuseki begins to answer before it has finished: when the time is up in mid-answer, it ends what it began to say with ``##
Query cancelled due to timeout during execution …``, still under status 200; in N-Triples and Turtle that is a comment, in
CSV and TSV a row. So every answer's end is looked at, and an answer whose length nobody announced is not taken.

Nor does it notice that its client has left before it writes, and nothing tells it to stop a query. So it is told with each query
how much time that has (``timeout``, in whole seconds; a limit of the server's own that is shorter counts), and ends it by itself.

Source: SPARQL 1.1 Protocol, sections 2.1 and 2.2; RFC 9112, section 6.3 (message body length).
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from catalog.errors import ForbiddenError, GraphStoreUnavailableError, InputError, LimitExceededError, NoSuchServiceError
from catalog.graphstore.door import OUT_OF_TIME

CONNECT_SECONDS: Final = 5.0
_TAIL: Final = 512
Watch = Callable[[str, Mapping[str, Any]], None]
"""Is told the name of each event of a connection, and what belongs to it."""

_CANCELLED: Final = (b"##  Query cancelled", b"Incomplete results           ****")
_CREDENTIAL_SETTINGS: Final = "CATALOG_FUSEKI__USER and CATALOG_FUSEKI__PASSWORD"


def check_url(url: str, setting: str) -> str:
    """Refuse what is no address of a SPARQL endpoint.

    Raises
    ------
    InputError
        Not http(s), no host, a fragment, or a credential inside (which the message does not repeat).
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InputError(f"{setting} is not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise InputError(f"{setting} holds a credential: put it into {_CREDENTIAL_SETTINGS}")
    if parts.scheme not in {"http", "https"} or not host or parts.fragment:
        raise InputError(f"{setting} is {url!r}, but must look like http://127.0.0.1:3030/catalog")
    return url.rstrip("/")


def server_seconds(seconds: float) -> int:
    """How much time the server is told that a query has, where its answer is waited for so long: the nearest number from 1."""
    return max(1, math.ceil(seconds - 0.5))


class SparqlEndpoint:
    """One server's SPARQL endpoints, spoken to with one credential.

    Parameters
    ----------
    user, password
        For Basic authentication, or `None`; sent only when `authenticate` is asked for.
    timeout
        Seconds for one whole answer.
    keep_alive
        Whether connections are used again.
    """

    def __init__(
        self, *, user: str | None = None, password: str | None = None, timeout: float = 60.0, keep_alive: bool = True
    ) -> None:
        self._user = user
        self._auth = httpx.BasicAuth(user, password or "") if user else None
        self._timeout = timeout
        kept = httpx.Limits(max_keepalive_connections=20 if keep_alive else 0)
        self._client = httpx.Client(trust_env=False, follow_redirects=False, limits=kept)

    @property
    def has_credential(self) -> bool:
        """Whether there is a user to log in as."""
        return self._auth is not None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def query(
        self,
        url: str,
        text: str,
        accept: str,
        *,
        max_bytes: int,
        timeout: float | None = None,
        params: Mapping[str, str] | None = None,
        authenticate: bool = False,
    ) -> bytes:
        """Send a query and take its whole answer.

        Parameters
        ----------
        url
            The endpoint.
        text
            SPARQL query.
        accept
            Media type of the answer.
        max_bytes
            Largest answer.
        timeout
            Seconds for this answer; `None`: the endpoint's.
        params
            Protocol parameters such as ``default-graph-uri``.
        authenticate
            Whether to send the credential.

        Raises
        ------
        LimitExceededError
            The answer is too large, or the time was up, here or at the server.
        InputError
            The server does not take the query.
        ForbiddenError
            The server wants another credential, or SERVICE is closed.
        GraphStoreUnavailableError
            No answer, or not a whole one.
        """
        given = None if params is None else list(params.items())
        return b"".join(
            self.pieces(url, text, accept, max_bytes=max_bytes, timeout=timeout, params=given, authenticate=authenticate)
        )

    def pieces(
        self,
        url: str,
        text: str,
        accept: str,
        *,
        max_bytes: int,
        timeout: float | None = None,
        params: Sequence[tuple[str, str]] | None = None,
        authenticate: bool = False,
        watch: Watch | None = None,
    ) -> Iterator[bytes]:
        """Send a query and take its answer as it comes. It is whole when nothing more comes and nothing was raised.

        Parameters and errors as for `query`, and `watch`, which is told what becomes of the connection (httpx calls this
        ``trace``).
        """
        seconds = self._timeout if timeout is None else timeout
        if not seconds > 0:
            raise InputError(f"a timeout is a number of seconds above 0, not {seconds!r}")
        told = server_seconds(seconds)
        params = [*(params or ()), ("timeout", f"{told},{told}")]  # to the first result, and in all
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        deadline = time.monotonic() + seconds
        tail = b""
        with self._exchange(url, text.encode(), headers, seconds, params, authenticate=authenticate, watch=watch) as response:
            for part in _read_whole(response, url, max_bytes, deadline, seconds):
                tail = (tail + part)[-_TAIL:]
                yield part
        if any(words in tail for words in _CANCELLED):
            raise _out_of_time(url, None)

    def update(self, url: str, text: bytes, *, authenticate: bool = True) -> None:
        """Send an update; on return the server says that it is done.

        Raises
        ------
        InputError
            The server does not take the update.
        ForbiddenError
            The server wants another credential.
        GraphStoreUnavailableError
            No answer: the update may have been carried out or not.
        """
        headers = {"Content-Type": "application/sparql-update; charset=utf-8"}
        with self._exchange(url, text, headers, self._timeout, None, authenticate=authenticate) as response:
            response.read()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Fetch a page of the server itself, whatever its status; with the credential where it asks for one.

        Raises
        ------
        GraphStoreUnavailableError
            No answer.
        """
        timeout = httpx.Timeout(10.0, connect=CONNECT_SECONDS)
        with _translated(url, self._timeout):
            response = self._client.get(url, headers=dict(headers or {}), timeout=timeout)
            if response.status_code == 401 and self._auth is not None:
                response = self._client.get(url, headers=dict(headers or {}), timeout=timeout, auth=self._auth)
            return response

    @contextmanager
    def _exchange(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        seconds: float,
        params: Sequence[tuple[str, str]] | None,
        *,
        authenticate: bool,
        watch: Watch | None = None,
    ) -> Iterator[httpx.Response]:
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        auth = self._auth if authenticate else None
        with _translated(url, seconds):
            given = None if params is None else httpx.QueryParams(list(params))
            more = {} if watch is None else {"trace": watch}
            request = self._client.build_request(
                "POST", url, content=body, headers=dict(headers), params=given, timeout=timeout, extensions=more
            )
            response = self._client.send(request, auth=auth, stream=True)
            try:
                if response.status_code >= 300:
                    self._refuse(url, response, authenticated=auth is not None)
                yield response
            finally:
                response.close()

    def _refuse(self, url: str, response: httpx.Response, *, authenticated: bool) -> None:
        """Raise what a status other than success means."""
        words = _first_words(response)
        status = response.status_code
        if status in {401, 403} and "SERVICE" not in words:
            who = f"refuses the user {self._user!r}" if authenticated else "asks for a user and a password"
            raise ForbiddenError(f"the graph store at {url} {who} ({status}): set {_CREDENTIAL_SETTINGS}")
        if "SERVICE" in words:
            raise ForbiddenError(f"the graph store at {url} does not let a query reach another server: {words}")
        if status == 400:
            raise InputError(f"the graph store at {url} cannot read this SPARQL: {words}")
        if status == 503 and "timed out" in words.lower():
            raise _out_of_time(url, None)
        if status == 406:
            raise InputError(f"the graph store at {url} cannot write this answer in the format that was asked for: {words}")
        if status == 413:
            raise LimitExceededError(f"the graph store at {url} takes no request of this size: {words}", limit="request-bytes")
        if status in {404, 405, 415} or 300 <= status < 400:
            raise NoSuchServiceError(
                f"there is no such SPARQL service at {url} ({status}): see CATALOG_FUSEKI__URL and CATALOG_FUSEKI__UPDATE_URL"
            )
        raise GraphStoreUnavailableError(f"the graph store at {url} answered {status}: {words}")


def _first_words(response: httpx.Response, limit: int = 300) -> str:
    """The beginning of a refusal's text, on one line."""
    text = b""
    for part in response.iter_bytes():
        text += part
        if len(text) > limit:
            break
    words = " ".join(text.decode(errors="replace").split())
    return words[:limit] + ("…" if len(words) > limit else "") or "no reason given"


def _read_whole(response: httpx.Response, url: str, max_bytes: int, deadline: float, seconds: float) -> Iterator[bytes]:
    if "content-length" not in response.headers and "chunked" not in response.headers.get("transfer-encoding", "").lower():
        raise GraphStoreUnavailableError(
            f"the graph store at {url} does not say how long its answer is: a cut one would look whole"
        )
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > max_bytes:
            raise LimitExceededError(
                f"the answer is larger than {max_bytes} bytes: ask for fewer columns, or add a LIMIT",
                limit="sparql-answer-bytes",
                value=size,
                allowed=max_bytes,
            )
        if time.monotonic() > deadline:
            raise _out_of_time(url, seconds)
        yield part


def _out_of_time(url: str, seconds: float | None) -> LimitExceededError:
    limit = "its own time limit" if seconds is None else f"{seconds:g} s"
    return LimitExceededError(
        f"the query was given up by the graph store at {url} after {limit}: narrow it, or allow more time"
        if seconds is None
        else f"the graph store at {url} had not answered the query after {limit}: narrow it, or allow more time",
        limit=OUT_OF_TIME,
        value=int(seconds or 0),
        allowed=int(seconds or 0),
    )


@contextmanager
def _translated(url: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except httpx.ReadTimeout:
        raise _out_of_time(url, seconds) from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise GraphStoreUnavailableError(f"no graph store answers at {url} ({error}): is it running?") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        why = str(error) or type(error).__name__
        raise GraphStoreUnavailableError(f"the connection to the graph store at {url} broke: {why}") from error
    except httpx.InvalidURL as error:
        raise InputError(f"{url!r} is no URL: {error}") from error
