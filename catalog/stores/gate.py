"""May this URL be reached at all? One gate for whatever the catalogue reads, at ingest and at read.

Whoever works at their own machine reads what they name: a folder, a server of the laboratory, one on this very machine. Whoever
asks a service may not look through its eyes at what it alone can see. So the gate has three widths (`Outgoing.private`):

``allow``
    Private places are read. For the command line and for Python.
``named``
    A private place is read where the URL itself names one. For datasets that are in the catalogue already: a request cannot put
    such a URL there, so the operator did. A public name stays refused where it leads to a private address.
``refuse``
    Private places are refused, unless the operator vouches for them. For a URL that a request names.

What a name leads to is decided when the connection is made, see `catalog.stores.connector`.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from catalog.errors import ForbiddenError, InputError
from catalog.metadata.address import is_public_host
from catalog.stores.credentials import is_below
from catalog.stores.policy import DEFAULT_PROTOCOLS
from catalog.stores.url import SAFE_IN_URL, StoreUrl, named_protocol, parse_store_url

__all__ = ["ANYWHERE", "SETTING", "Outgoing", "Private", "locate", "not_public"]

Private = Literal["allow", "named", "refuse"]

SETTING: Final = "CATALOG_OUTGOING__ALLOWED"
_WEB: Final = frozenset({"http", "https"})
_EVERY: Final = re.compile(r"([a-z][a-z0-9+.-]*):/*", re.IGNORECASE)
_WRAPPERS: Final = frozenset(
    {
        "archive", "asyncwrapper", "blockcache", "cached", "dir", "filecache", "generic", "libarchive", "local", "reference",
        "simplecache", "tar", "zip",
    }
)  # fmt: skip
"""Protocols of fsspec that read through others, or files of this machine by another name: what they reach, no gate can see."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What may be reached.

    Attributes
    ----------
    protocols
        URL schemes.
    private
        Whether folders of this machine, its memory, and hosts inside a network may be read; see the module.
    allowed
        URL prefixes that the operator vouches for, whatever is there: ``http://10.0.0.5:8000/data``, ``file:///srv/stores``.
        A scheme alone, such as ``s3://``, is a prefix, too.
    only_allowed
        Nothing else is reached.

    Raises
    ------
    InputError
        A prefix is no URL, or holds a credential; or a protocol is one that reads through others.
    """

    protocols: frozenset[str] = DEFAULT_PROTOCOLS
    private: Private = "allow"
    allowed: tuple[str, ...] = ()
    only_allowed: bool = False

    def __post_init__(self) -> None:
        wrappers = sorted(self.protocols & _WRAPPERS)
        if wrappers:
            raise InputError(f"the protocol {wrappers[0]!r} reads through others, and cannot be allowed; name the store itself")
        object.__setattr__(self, "allowed", tuple(dict.fromkeys(self._prefix(prefix) for prefix in self.allowed)))

    def _prefix(self, text: str) -> str:
        every = _EVERY.fullmatch(text)
        if every is not None and every[1].lower() != "file":
            return f"{every[1].lower()}://"
        protocol = named_protocol(text)
        url = parse_store_url(text, allow_protocols=self.protocols | ({protocol} if protocol else frozenset()))
        if url.credential is not None or url.query or url.container:
            raise InputError(f"the prefix {url.location} in {SETTING} must have no user, password, query string or 'icechunk+'")
        return url.location

    @property
    def guarded(self) -> "Outgoing":
        """The same, with private places refused."""
        return replace(self, private="refuse")

    def vouched(self, url: StoreUrl) -> str | None:
        """The longest allowed prefix that holds a URL; None where there is none."""
        holding = [prefix for prefix in self.allowed if is_below(url.place, prefix)]
        if url.protocol == "file":  # a link in the folder may lead anywhere
            holding = [prefix for prefix in holding if _is_really_below(url, prefix)]
        return max(holding, key=len, default=None)

    def admit(self, url: StoreUrl) -> None:
        """Let a URL through, by what its text says.

        Raises
        ------
        ForbiddenError
            It may not be reached; the message names the rule, and the setting that allows it.
        """
        if url.protocol not in self.protocols:
            allowed = ", ".join(sorted(self.protocols))
            raise ForbiddenError(f"{url.location}: the protocol {url.protocol!r} is not allowed; allowed are {allowed}")
        if self.vouched(url) is not None:
            return
        if self.only_allowed:
            raise ForbiddenError(f"{url.location} is below no prefix that may be read; the operator names them in {SETTING}")
        if self.private == "refuse" and _is_private(url):
            raise not_public(url.location)

    def watches(self, url: StoreUrl) -> bool:
        """Whether connections for a URL may go to public addresses only."""
        if self.private == "allow" or self.vouched(url) is not None:
            return False
        return self.private == "refuse" or not _is_private(url)

    def admit_redirect(self, start: StoreUrl, target: StoreUrl) -> None:
        """Let a redirect through: it must not lead to where another rule holds than where it started.

        Raises
        ------
        ForbiddenError
            As `admit`; or the target lies outside the allowed prefix that the start lies below.
        """
        self.admit(target)
        if self.watches(start) != self.watches(target):
            raise ForbiddenError(f"{start.location} redirects to {target.location}, which is below no prefix in {SETTING}")


ANYWHERE: Final = Outgoing()
"""What somebody at their own machine may reach."""


def not_public(location: str) -> ForbiddenError:
    """The error of a URL whose host leads to an address that is not public; it tells nothing of the network."""
    return ForbiddenError(
        f"{location} lies at no public address, and may not be read for a request; the operator can allow its prefix in {SETTING}"
    )


def _is_private(url: StoreUrl) -> bool:
    """Whether the text of a URL names a place that is not of the public internet, or that nobody can tell."""
    if url.protocol in _WEB:
        return not is_public_host(urlsplit(url.location).hostname or "")
    return url.protocol != "s3"  # of which the host is Amazon's, or the operator's own in a credential


def _is_really_below(url: StoreUrl, prefix: str) -> bool:
    folder = parse_store_url(prefix, allow_protocols=frozenset({"file"})).path
    return Path(url.path).resolve().is_relative_to(Path(folder).resolve())


def locate(url: str | StoreUrl, store: Any = None, outgoing: Outgoing = ANYWHERE) -> StoreUrl:
    """The store that a caller names, by URL, or by a path inside a file system of its own, let through the gate.

    Parameters
    ----------
    store
        What the caller reads it through, as ``open_source`` takes it. Then the URL is not what is reached, and the gate is open.

    Raises
    ------
    InputError, ForbiddenError
        See ``parse_store_url`` and ``Outgoing.admit``; the protocols of a given file system are allowed. Where a mapping or a
        Zarr store is given, the URL is but its name, and may be of any protocol.
    """
    if store is None:
        if not isinstance(url, StoreUrl):
            url = parse_store_url(url, allow_protocols=outgoing.protocols)
        outgoing.admit(url)
        return url
    if isinstance(url, StoreUrl):
        return url
    protocol = getattr(store, "protocol", None)
    if not isinstance(protocol, str | tuple | list):
        named = named_protocol(url)
        return parse_store_url(url, allow_protocols=outgoing.protocols | {"file"} | ({named} if named else set()))
    protocols = (protocol,) if isinstance(protocol, str) else tuple(protocol)
    if "://" not in url:
        url = f"{protocols[0]}://" + quote(url if protocols[0] == "file" else url.lstrip("/"), safe="/" + SAFE_IN_URL)
    return parse_store_url(url, allow_protocols=outgoing.protocols | set(protocols))
