"""How does a web server answer?

Plain GET requests, with what a careless client gets wrong made sure of: no proxy, cookie or password that the process has lying
around; no redirect to another server, for the credential would go along; a part of an object is believed only if the server says
which part it is; and no answer is read further than the caller wants.
"""

import asyncio
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl

from catalog.errors import CatalogError, ForbiddenError, InputError, LimitExceededError, StoreUnavailableError
from catalog.metadata.key import safe_key
from catalog.stores.connections import Connections, read_body
from catalog.stores.connector import refusal_in
from catalog.stores.credentials import Bearer, HttpCredential, is_below
from catalog.stores.gate import Outgoing, not_public
from catalog.stores.link_page import links_of_page
from catalog.stores.objects import Listed, busy, forbidden, oversized, unauthorized, unavailable, unlisted, web_page
from catalog.stores.policy import ATTEMPTS, Timeouts
from catalog.stores.signs import Signs, Taken, signs_of_headers
from catalog.stores.url import StoreUrl, join_key, parse_store_url

MAX_INDEX_BYTES: Final = 64 * 2**20
"""Size of a page of links."""
MAX_REDIRECTS: Final = 3
PAUSE_S = 0.1
"""Half of what is waited, on average, before a request is sent for the second time; each further wait is twice as long."""
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
_REDIRECT: Final = frozenset({301, 302, 303, 307, 308})
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_RANGE_OF: Final = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back, after redirects; the body is empty where nobody needs it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class HttpObjects:
    """Objects below one URL.

    Parameters
    ----------
    url
        The store; its query string goes along with each request.
    credential, prefix
        Sent to URLs below the prefix, and to no other.
    outgoing
        What redirects and connections are held against; the URL itself was let through.
    """

    def __init__(
        self,
        url: StoreUrl,
        credential: HttpCredential | None,
        prefix: str,
        timeouts: Timeouts,
        concurrency: int,
        outgoing: Outgoing,
    ) -> None:
        self.location, self.requests = url.location, 0
        self._url, self._outgoing = url, outgoing
        self._query, self._credential, self._prefix = url.query, credential, prefix
        self._connections = Connections(outgoing.watches(url), concurrency)
        self._asks = isinstance(credential, Bearer) and callable(credential.token)
        self._patience, self._token_timeout = timeouts.retry, timeouts.total
        self._timeout = aiohttp.ClientTimeout(total=timeouts.total, sock_connect=timeouts.connect, sock_read=timeouts.read)

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``; a server that ignores ranges is asked for the whole object, of which the part is taken."""
        if start is not None and start == end:
            return b""
        answer = await self._part(key, max_bytes, start, end)
        if answer is None or answer.status == 416:
            return None if answer is None else b""
        return answer.body[start:end] if answer.status == 200 else answer.body

    async def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        """A part of an object, and in the same request what the server says of the whole; errors as ``fetch``."""
        answer = await self._part(key, max_bytes, start, end)
        if answer is None:
            return None
        said, part = signs_of_headers(answer.headers), _RANGE_OF.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status == 200:
            first, last, _ = slice(start, end).indices(len(answer.body))
            return Taken(answer.body[first:last], first, replace(said, size=len(answer.body)))
        size = int(part[2]) if part and part[2] != "*" else None
        if answer.status == 416:
            return Taken(b"", 0 if size is None else min(max(0, start), size), replace(said, size=size))
        return Taken(answer.body, int(part[1] or 0) if part else 0, replace(said, size=size))

    async def _part(self, key: str, max_bytes: int, start: int | None, end: int | None) -> "_Answer | None":
        """The answer that has an object (200), a part of it (206), or says that there is no such part (416)."""
        headers = {} if start is None and end is None else {"Range": _range_header(start, end)}
        answer = await self._answer(join_key(self.location, safe_key(key)), headers, max_bytes, key)
        if answer.status in {404, 410}:
            return None
        if answer.status == 416 and headers:
            return answer
        if answer.status == 401:
            raise unauthorized(self.location, key, "401")
        if answer.status == 403:
            raise forbidden(self.location, key, "403")
        if answer.status == 200 and _is_web_page(answer):
            raise web_page(self.location, key)
        if answer.status == 200:
            return answer
        if answer.status != 206 or not headers:
            raise self._trouble(answer, key)
        fault = _fault_of_part(answer, start, end)
        if fault:
            raise unavailable(self.location, key, f"asked for a part, {headers['Range']}; the server's answer {fault}")
        return answer

    async def look(self, key: str) -> Signs | None:
        """What the server says of an object, by one HEAD that is not repeated; errors as ``fetch``."""
        url = join_key(self.location, safe_key(key))
        outcome = await self._followed(f"{url}?{self._query}" if self._query else url, {}, 0, key, "HEAD")
        if isinstance(outcome, CatalogError):
            raise outcome
        if outcome.status in {404, 410}:
            return None
        if outcome.status != 200:
            raise unavailable(self.location, key, f"the server answered {outcome.status} to HEAD")
        return signs_of_headers(outcome.headers)

    async def list_folder(self, folder: str) -> Listed:
        """The links of the page that the server makes for a folder."""
        too_large = False
        try:
            answer = await self._answer(join_key(self.location, folder) + "/", {}, MAX_INDEX_BYTES, folder)
        except LimitExceededError:
            too_large = True
        if too_large:
            raise unlisted(self.location, folder, f"its page of links has more than {MAX_INDEX_BYTES} bytes")
        if answer.status in {401, 403, 404, 405, 410, 501}:
            raise unlisted(self.location, folder, str(answer.status))
        if answer.status != 200:
            raise self._trouble(answer, folder)
        listed = links_of_page(answer.url, answer.body) if "html" in answer.headers.get("Content-Type", "") else Listed()
        if not folder and not listed.files and not listed.folders:
            raise unlisted(self.location, folder, "the answer is no page of links")
        return listed

    async def close(self) -> None:
        """Give connections back."""
        await self._connections.close()

    async def _answer(self, url: str, headers: Mapping[str, str], max_bytes: int, key: str) -> _Answer:
        """The answer; where a token is not believed, whoever gives tokens is asked for another one, once."""
        url = f"{url}?{self._query}" if self._query else url
        answer = await self._insisted(url, headers, max_bytes, key)
        if answer.status == 401 and self._asks:
            answer = await self._insisted(url, headers, max_bytes, key)
        return answer

    async def _insisted(self, url: str, headers: Mapping[str, str], max_bytes: int, key: str) -> _Answer:
        """The answer, asked for again where the server is busy or the connection broke."""
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            outcome = await self._followed(url, headers, max_bytes, key)
            again = outcome.status in _TRY_AGAIN if isinstance(outcome, _Answer) else getattr(outcome, "broken", False)
            if not again or attempt == ATTEMPTS:
                break
            pause = PAUSE_S * 2**attempt * (0.5 + random.random())  # noqa: S311  spreads clients, hides nothing
            wanted = _retry_after(outcome.headers) if isinstance(outcome, _Answer) else None
            if wanted is not None:
                pause = wanted + min(1.0, wanted) * random.random()  # noqa: S311  so that not all come back at once
            if waited + pause > self._patience:
                break
            waited += pause
            await asyncio.sleep(pause)
        if isinstance(outcome, CatalogError):
            raise outcome
        return outcome

    def _trouble(self, answer: _Answer, key: str) -> StoreUnavailableError:
        """The error of an answer that is neither the object nor a refusal."""
        later = _retry_after(answer.headers)
        if answer.status == 429 or (answer.status == 503 and later is not None):
            return busy(self.location, key, str(answer.status), later)
        return unavailable(self.location, key, f"the server answered {answer.status}")

    async def _followed(
        self, url: str, headers: Mapping[str, str], max_bytes: int, key: str, method: str = "GET"
    ) -> _Answer | CatalogError:
        for _ in range(MAX_REDIRECTS + 1):
            outcome = await self._once(url, headers, max_bytes, key, method)
            if isinstance(outcome, CatalogError) or outcome.status not in _REDIRECT:
                return outcome
            if not outcome.headers.get("Location"):
                return unavailable(
                    self.location, key, f"the server answered {outcome.status}, a redirect that does not say where to"
                )
            target = urljoin(url, outcome.headers["Location"])
            if not self._is_same_origin(target):
                where = urlsplit(target)
                other = f"{where.scheme}://{where.netloc.rpartition('@')[2]}"
                message = f"{join_key(self.location, key)} redirects to {other}, which is not followed; name that URL itself"
                return ForbiddenError(message)
            refusal = self._refusal_of(target)
            if refusal is not None:
                return refusal
            url = target
        return unavailable(self.location, key, f"more than {MAX_REDIRECTS} redirects")

    def _is_same_origin(self, target: str) -> bool:
        place = _canonical(target)
        return place is not None and place.location.split("/")[:3] == self.location.split("/")[:3]

    def _refusal_of(self, target: str) -> ForbiddenError | None:
        place = _canonical(target)
        try:
            if place is not None:
                self._outgoing.admit_redirect(self._url, place)
        except ForbiddenError as error:
            return error
        return None

    async def _once(self, url: str, headers: Mapping[str, str], max_bytes: int, key: str, method: str) -> _Answer | CatalogError:
        """One request. What the library raises stays here, for its text holds the whole URL."""
        sent = {"Accept-Encoding": "identity", **headers, **await self._authorization(url, key)}
        self.requests += 1
        try:
            address, session = yarl.URL(url, encoded=True), self._connections.session()
            async with (
                self._connections.places,
                session.request(method, address, headers=sent, allow_redirects=False, timeout=self._timeout) as response,
            ):
                body = b"" if method == "HEAD" else await _body(response, max_bytes)
                if body is None:
                    return oversized(self.location, key, max_bytes)
                return _Answer(response.status, response.headers, body, url)
        except TimeoutError:
            return unavailable(self.location, key, "the server did not answer in time")
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError) as error:
            return self._unconnected(error, key)
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            broken = unavailable(self.location, key, "the connection broke before the answer was complete")
            broken.broken = True
            return broken
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return unavailable(self.location, key, f"the answer cannot be understood ({type(error).__name__})")

    def _unconnected(self, error: aiohttp.ClientError, key: str) -> CatalogError:
        """Why there is no connection."""
        if refusal_in(error):
            return not_public(join_key(self.location, safe_key(key)))
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            reason = "the server's certificate is not valid"
        elif isinstance(error, aiohttp.ClientConnectorSSLError):
            reason = "no secure connection to the server; does it speak https at all?"
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            reason = "no address is known for the server's name"
        else:
            reason = f"no connection to the server ({type(getattr(error, 'os_error', error)).__name__})"
        return unavailable(self.location, key, reason)

    async def _authorization(self, url: str, key: str) -> Mapping[str, str]:
        if self._credential is None:
            return {}
        place = _canonical(url)
        if place is None or not is_below(place.location, self._prefix):
            return {}
        failure = ""
        try:
            if self._asks:  # it may ask another server
                return await asyncio.wait_for(asyncio.to_thread(self._credential.headers), self._token_timeout)
            return self._credential.headers()
        except Exception as error:  # whatever the caller's function raises
            failure = type(error).__name__
        raise unauthorized(self.location, key, f"no token could be had: {failure}")


def _canonical(url: str) -> StoreUrl | None:
    """A URL without its query string; None where it is no web address."""
    try:
        return parse_store_url(re.split(r"[?#]", url, maxsplit=1)[0], allow_protocols=frozenset({"http", "https"}))
    except (InputError, ForbiddenError):
        return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server wants to be left alone for, 0 or more. Source: RFC 9110, section 10.2.3."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _is_web_page(answer: _Answer) -> bool:
    """Whether it is a page for people: no document or chunk is called HTML and begins like HTML."""
    start = answer.body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" in answer.headers.get("Content-Type", "").lower() and start.startswith((b"<!doctype html", b"<html"))


async def _body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes | None:
    """The body, or None where it is too large; of an answer that is an error, nothing is kept."""
    if response.status not in {200, 206}:
        if (response.content_length or 0) < 2**16:
            await response.content.read(2**16)  # so that the connection can be used again
        return b""
    return await read_body(response, max_bytes)


def _range_header(start: int | None, end: int | None) -> str:
    if start is not None and start < 0:
        return f"bytes={start}"
    return f"bytes={start or 0}-{'' if end is None else end - 1}"


def _fault_of_part(answer: _Answer, start: int | None, end: int | None) -> str:
    """Why the answer is not the part that was asked for, or nothing. Source: RFC 9110, sections 14.2 to 14.4."""
    match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if match is None or answer.headers.get("Content-Encoding", "identity") != "identity":
        return "does not say which part it is"
    first, last, total = int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3])
    if len(answer.body) != last - first + 1:
        return f"has {len(answer.body)} bytes and calls them {first} to {last}"
    if total is None and (end is None or (start or 0) < 0):
        return "does not say where the object ends"
    if start is not None and start < 0:
        wanted = (max(0, (total or 0) + start), (total or 0) - 1)
    else:
        wanted = (start or 0, min(x for x in (end and end - 1, total and total - 1) if x is not None))
    return "" if (first, last) == wanted else f"is {first} to {last}"
