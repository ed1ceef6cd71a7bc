"""Which store does this text name?

One text, one store: every spelling of a location becomes the same canonical URL, which holds no credential and can be shown,
logged and written into the graph. Reading that canonical URL again gives the same store.

A text without a scheme is a path of the local file system, taken as it stands. A text with one is a URL: ``%20`` in it is a
space, whatever the protocol.

``icechunk+`` before a URL says that an Icechunk repository lies there; ``?branch=``, ``?tag=`` or ``?snapshot=`` behind it says
which state of the repository is meant, the branch ``main`` where nothing does.
"""

import os
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urlsplit

from catalog.errors import ForbiddenError, InputError
from catalog.metadata.key import safe_key
from catalog.stores.credential import Basic
from catalog.stores.policy import DEFAULT_PROTOCOLS

__all__ = ["SAFE_IN_URL", "StoreUrl", "join_key", "named_protocol", "parse_recorded_url", "parse_store_url", "safe_key", "shown"]

_SCHEME = re.compile(r"(https?|s3|file|memory|[a-z][a-z0-9+.-]+(?=:/)):", re.IGNORECASE)
SAFE_IN_URL = "-._~!$&'()*+,;=:@"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 4096
_ICECHUNK = re.compile(r"icechunk\+(?=[a-z0-9.+-]+:)", re.IGNORECASE)
_VERSION = re.compile(r"(branch|tag|snapshot)=([^&?#]+)")


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """One store.

    Attributes
    ----------
    location
        The canonical URL, without user, password and query string.
    protocol
        ``file``, ``s3``, ``http``, ``https``, ``memory``, or another one that was allowed.
    path
        What the protocol itself calls the place, decoded: an absolute folder, ``bucket/prefix``, the path of a URL.
    credential
        User and password that stood in the text.
    query
        Query string that stood in the text, such as a signature; part of each request, and of nothing else.
    container
        ``icechunk`` where the text says that the place is such a repository, else ``""``.
    version
        What stood behind it, as ``("branch", name)``, ``("tag", name)`` or ``("snapshot", id)``.
    """

    location: str
    protocol: str
    path: str
    credential: Basic | None = field(default=None, repr=False)
    query: str = field(default="", repr=False)
    container: str = ""
    version: tuple[str, str] = ("branch", "main")

    @property
    def place(self) -> str:
        """The location without what says how to read it: credentials belong to this."""
        return self.location.removeprefix(f"{self.container}+").partition("?")[0] if self.container else self.location

    def __str__(self) -> str:
        return self.location


def shown(text: str) -> str:
    """A text that was given as a URL, without what may be a secret, for messages.

    What stands before the last ``@`` and after the first ``?`` or ``#`` is left out; where they overlap, all is but the scheme.
    """
    match = re.search(r"^(?:https?|s3|file|memory):/*|:/+", text, re.IGNORECASE)
    if match:
        head, rest = text[: match.end()], text[match.end() :]
        before_query = re.split(r"[?#]", rest, maxsplit=1)[0]
        rest = "…" if "@" in rest[len(before_query) :] else before_query.rpartition("@")[2]
        text = head + rest
    return repr(text if len(text) <= 200 else text[:200] + "…")


def named_protocol(text: str) -> str:
    """The protocol that a text begins with, in lower case; ``""`` where it is a path."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else ""


def parse_store_url(text: str, *, allow_protocols: frozenset[str] = DEFAULT_PROTOCOLS) -> StoreUrl:
    """The store that a text names.

    Parameters
    ----------
    text
        A local path, or a URL of an allowed protocol.
    allow_protocols
        URL schemes that may be read.

    Raises
    ------
    InputError
        It is no URL of a store; the message says what is allowed.
    ForbiddenError
        The protocol is not allowed.
    """
    _check_text(text)
    prefix = _ICECHUNK.match(text)
    if prefix is not None:
        return _repository(text, text[prefix.end() :], allow_protocols)
    match = _SCHEME.match(text)
    if match is None and "://" in text:
        raise InputError(f"{shown(text)} is neither a path nor a URL: '://' follows no protocol")
    if match is None:
        return _local(text, text, allow_protocols)
    protocol = match[1].lower()
    if protocol not in allow_protocols:
        allowed = ", ".join(sorted(allow_protocols))
        raise ForbiddenError(f"{shown(text)}: the protocol {protocol!r} is not allowed; allowed are {allowed}")
    if "\\" in text:
        raise InputError(f"{shown(text)} has a backslash; a URL has '/' only")
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if parts is None or (parts.fragment or text.endswith("#")):
        raise InputError(f"{shown(text)} is no URL of a store: it cannot be read, or it has a fragment ('#')")
    if protocol == "file":
        return _file(text, parts, allow_protocols)
    if protocol in _DEFAULT_PORTS:
        return _http(text, protocol, parts)
    return _bucket(text, protocol, parts)


@lru_cache(maxsize=256)
def parse_recorded_url(location: str, protocols: frozenset[str]) -> StoreUrl:
    """The same of a location that is recorded, and so holds no credential: read once, for it is asked for with each chunk."""
    return parse_store_url(location, allow_protocols=protocols)


def _repository(text: str, inner: str, allow_protocols: frozenset[str]) -> StoreUrl:
    """The Icechunk repository, in one state, that a text names."""
    where, mark, query = inner.partition("?")
    version = _VERSION.fullmatch(query)
    if (mark and version is None) or _ICECHUNK.match(inner):
        raise InputError(
            f"{shown(text)}: behind an Icechunk repository stands ?branch=, ?tag= or ?snapshot=, one of them and once"
        )
    url = parse_store_url(where, allow_protocols=allow_protocols)
    kind, name = (version[1], unquote(version[2])) if version else ("branch", "main")
    behind = "" if (kind, name) == ("branch", "main") else f"?{kind}={quote(name, safe=SAFE_IN_URL.replace('&', '') + '/')}"
    return replace(url, location=f"icechunk+{url.location}{behind}", container="icechunk", version=(kind, name))


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"a store is named by a path or URL, not by a {type(text).__name__}")
    if not text.strip() or len(text) > _MAX_LENGTH or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        raise InputError(
            f"{shown(text)} names no store: give a path or URL of 1 to {_MAX_LENGTH} characters, none of them a control"
        )
    if any(0xD800 <= ord(c) < 0xE000 for c in text):
        raise InputError("the name of a store has half a character (lone surrogate)")
    if "::" in re.sub(r"//\[[0-9A-Fa-f:.]+\]", "//", text, count=1):  # an IPv6 address is no chain
        raise InputError(f"{shown(text)} is a chained URL ('::'); name the store itself (a '::' in a path is written %3A%3A)")


def _local(text: str, path: str, allow_protocols: frozenset[str]) -> StoreUrl:
    if "file" not in allow_protocols:
        raise ForbiddenError(f"{shown(text)}: local paths are not allowed; allowed are {', '.join(sorted(allow_protocols))}")
    absolute = os.path.abspath(path)  # noqa: PTH100  Path.absolute keeps '..'
    return StoreUrl(Path(absolute).as_uri(), "file", absolute)


def _file(text: str, parts: SplitResult, allow_protocols: frozenset[str]) -> StoreUrl:
    if parts.netloc not in {"", "localhost"} or parts.query or not parts.path.startswith("/"):
        raise InputError(f"{shown(text)} is no local folder: write file:///absolute/path")
    path = os.fsdecode(unquote_to_bytes(parts.path))
    if "\0" in path:
        raise InputError(f"{shown(text)} has a NUL")
    return _local(text, path, allow_protocols)


def _segments(text: str, path: str) -> list[str]:
    """The decoded segments of a URL's path, without a trailing '/'."""
    path = path.removeprefix("/").removesuffix("/")
    segments = [unquote(segment, errors="strict") for segment in path.split("/")] if path else []
    if segments:
        try:
            for segment in segments:
                safe_key(segment.replace("/", "_") or "/")
        except InputError:
            fault = True
        else:
            fault = False
        if fault:
            raise InputError(f"{shown(text)}: its path has an empty segment, '.', '..', a backslash or a control character")
    return segments


def _http(text: str, protocol: str, parts: SplitResult) -> StoreUrl:
    userinfo, at, _ = parts.netloc.rpartition("@")
    try:
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
        segments = _segments(text, parts.path)
    except InputError:
        raise
    except (ValueError, UnicodeError):
        host = ""
    if not host or not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise InputError(f"{shown(text)} is no URL of a store: its host, port or path cannot be read")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[protocol]:
        netloc += f":{port}"
    path = "".join("/" + quote(segment, safe=SAFE_IN_URL) for segment in segments)
    user, _, password = userinfo.partition(":")
    credential = Basic(unquote(user), unquote(password)) if at else None
    return StoreUrl(f"{protocol}://{netloc}{path}", protocol, path, credential, parts.query)


def _bucket(text: str, protocol: str, parts: SplitResult) -> StoreUrl:
    if "@" in parts.netloc:
        raise InputError(
            f"{shown(text)}: a credential for {protocol} belongs in the settings (CATALOG_CREDENTIALS), not in the URL"
        )
    if parts.query:
        raise InputError(f"{shown(text)}: a query string has no meaning for {protocol}; write '?' in a name as %3F")
    try:
        segments = _segments(text, parts.netloc + parts.path)
    except UnicodeError:
        segments = []
    if not segments or (protocol == "s3" and not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", parts.netloc)):
        raise InputError(f"{shown(text)} is no URL of a store: write {protocol}://bucket/path")
    if any("/" in segment for segment in segments):
        raise InputError(f"{shown(text)}: '%2F' cannot stand in a name")
    path = "/".join(segments)
    location = f"{protocol}://" + "/".join(quote(segment, safe=SAFE_IN_URL) for segment in segments)
    return StoreUrl(location, protocol, path)


def join_key(location: str, key: str) -> str:
    """The canonical URL of a key below a location."""
    if not key:
        return location
    return location.rstrip("/") + "/" + "/".join(quote(segment, safe=SAFE_IN_URL) for segment in safe_key(key).split("/"))
