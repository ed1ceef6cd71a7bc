"""Which files may a set of references point to, and how are they read?

A reference file may come from a stranger, so what it names is checked before anything is opened:

- the protocol is an allowed one, and no chain of protocols;
- a file of this machine is named by a file of this machine only, and lies below its folder;
- what is in this process's memory is named from there only;
- a web address is a public one, or of the very server that the references came from, or below the prefix of a credential.

What the operator vouches for (`Outgoing.allowed`) may be named besides. A host is judged by its name, and by what the name leads
to when the connection is made.
"""

import asyncio
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from catalog.errors import ForbiddenError, InputError, NotFoundError
from catalog.metadata.address import is_public_host
from catalog.metadata.key import safe_key
from catalog.stores.credentials import Credentials, is_below
from catalog.stores.gate import ANYWHERE, SETTING, Outgoing
from catalog.stores.local import LocalFolder
from catalog.stores.objects import Listed, Objects, unlisted
from catalog.stores.policy import DEFAULT_READ_LIMITS, Timeouts
from catalog.stores.remote import open_objects
from catalog.stores.url import StoreUrl, join_key, parse_store_url, shown

MAX_OPEN: Final = 64
"""Servers, buckets and folders that connections are kept to at the same time."""

_HAS_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class TargetRules:
    """How targets may be reached.

    Attributes
    ----------
    outgoing
        What may be reached. What it vouches for may be named besides what is allowed anyway: ``file:///data`` or
        ``http://10.0.0.5:8000/``, say. A file of this machine stays refused to references from elsewhere.
    """

    credentials: Credentials = field(default_factory=Credentials)
    timeouts: Timeouts = field(default_factory=Timeouts)
    concurrency: int = DEFAULT_READ_LIMITS.concurrency
    outgoing: Outgoing = ANYWHERE


@dataclass(frozen=True, slots=True)
class Target:
    """One file: its URL, and the root and key it is read by. ``group`` is the same for all files of one connection."""

    url: StoreUrl
    root: StoreUrl
    key: str
    prefix: str

    @property
    def group(self) -> tuple[object, ...]:
        """What tells one connection from another."""
        return (self.root, self.root.credential, self.root.query, self.prefix)


class Targets:
    """The files that references of one set point to.

    Parameters
    ----------
    location
        The reference file's canonical URL; relative targets lie in its folder.
    rules
        What may be reached, and how.

    Attributes
    ----------
    requests
        Requests that were made so far.
    """

    def __init__(self, location: str, rules: TargetRules) -> None:
        self._rules = rules
        self._folder = _folder_of(location)
        self._open: OrderedDict[tuple[object, ...], _Opened] = OrderedDict()
        self._requests_of_closed = 0

    @property
    def requests(self) -> int:
        """Requests that were made so far."""
        return self._requests_of_closed + sum(opened.objects.requests for opened in self._open.values())

    def place(self, text: str) -> Target:
        """The file that a reference names, if it may be read; nothing is opened.

        Raises
        ------
        InputError
            It is no URL and no path of a file.
        ForbiddenError
            It must not be read; the message says which rule forbids it, and what allows it.
        """
        rules = self._rules.outgoing
        url = self._url(text)
        if url.protocol == "file":
            rules.admit(url)
            return self._local(url, text)
        if url.protocol in {"http", "https"}:
            self._check_host(url)
            return self._web(url)
        if url.protocol == "memory" and self._folder.protocol != "memory" and rules.vouched(url) is None:
            raise ForbiddenError(f"{url.location} is in the memory of this process, which references from elsewhere may not name")
        rules.admit(url)
        return self._bucket(url)

    async def fetch(self, target: Target, max_bytes: int, start: int | None, end: int | None) -> bytes | None:
        """The bytes of a target, or of a part of it; see ``Objects.fetch``."""
        return await self.asked(target, lambda objects: objects.fetch(target.key, max_bytes, start, end))

    async def asked[T](self, target: Target, ask: Callable[[Objects], Awaitable[T]]) -> T:
        """What the objects answer that a target is one of; they stay open meanwhile."""
        opened = self._opened(target)
        opened.users += 1
        try:
            return await ask(opened.objects)
        finally:
            opened.users -= 1
            await self._close_idle(MAX_OPEN)

    async def close(self) -> None:
        """Give all connections back."""
        for opened in self._open.values():
            opened.users = 0
        await self._close_idle(0)

    # -- what a text names

    def _url(self, text: str) -> StoreUrl:
        allowed = self._rules.outgoing.protocols
        if _HAS_PROTOCOL.match(text) or "::" in text or "://" in text:
            url = parse_store_url(text, allow_protocols=allowed)
            if url.protocol == "file" and not text.lower().startswith("file:"):
                raise InputError(f"{shown(text)} is no URL; a relative name with ':' in it is written with './' before it")
            if url.container:
                raise InputError(f"{shown(text)} is a whole store; a reference names a file")
            return url
        if text.startswith("/") and self._folder.protocol != "file":
            raise ForbiddenError(f"{shown(text)} is a file of this machine, which {self._folder.location} may not name")
        if self._folder.protocol == "file":
            if "\0" in text:
                raise InputError(f"{shown(text)} has a NUL")
            path = Path(os.path.abspath(os.path.join(self._folder.path, text)))  # noqa: PTH100, PTH118  '..' is resolved
            return parse_store_url(path.as_uri(), allow_protocols=allowed)
        key = text.removeprefix("./")
        if ".." in key.split("/"):
            raise ForbiddenError(f"{shown(text)} leads out of the folder of the references, {self._folder.location}")
        base = self._folder.location.removesuffix("//")  # a folder that holds everything ends so
        return parse_store_url(join_key(base + "/" * (base != self._folder.location), safe_key(key)), allow_protocols=allowed)

    def _local(self, url: StoreUrl, text: str) -> Target:
        if self._folder.protocol != "file":
            raise ForbiddenError(f"{shown(text)} is a file of this machine, which {self._folder.location} may not name")
        for root in (self._folder.location, *(prefix for prefix in self._rules.outgoing.allowed if prefix.startswith("file:"))):
            if is_below(url.location, root) and url.location != root:
                folder = parse_store_url(root)
                return Target(url, folder, safe_key(os.path.relpath(url.path, folder.path)), "")
        raise ForbiddenError(
            f"{shown(text)} lies outside {self._folder.location}, the folder of the references; put them beside each other, or "
            f"name the place in {SETTING}"
        )

    def _check_host(self, url: StoreUrl) -> None:
        if not self._is_near(url) and not is_public_host(urlsplit(url.location).hostname or ""):
            raise ForbiddenError(
                f"{url.location} is no public address; references may name it only on the server they came from, below the "
                f"prefix of a credential, or below one in {SETTING}"
            )
        self._rules.outgoing.admit(url)

    def _is_near(self, url: StoreUrl) -> bool:
        """Whether a web address is where the references came from, or what somebody who may do so named."""
        rules = self._rules
        if _origin(url.location) == _origin(self._folder.location) or rules.outgoing.vouched(url) is not None:
            return True
        return rules.credentials.find(url.location) is not None

    def _web(self, url: StoreUrl) -> Target:
        found = None if url.credential else self._rules.credentials.find(url.location)
        vouched = self._rules.outgoing.vouched(url) or ""
        named = "" if vouched.endswith("//") else vouched
        root = found[0] if found else named or _origin(url.location)
        rest = url.location[len(root) :].removeprefix("/")
        if url.credential is not None or "%2f" in rest.lower():  # a key cannot say that
            return Target(url, url, "", root)
        path = root[len(_origin(root)) :]
        return Target(url, StoreUrl(root, url.protocol, path, None, url.query), unquote(rest), found[0] if found else "")

    def _bucket(self, url: StoreUrl) -> Target:
        bucket, _, key = url.path.partition("/")
        if url.protocol == "memory":
            bucket, key = "", url.path
        if not key:
            raise InputError(f"{url.location} names no file")
        found = self._rules.credentials.find(url.location)
        root = StoreUrl(_origin(url.location) if bucket else "memory://", url.protocol, bucket)
        return Target(url, root, key, found[0] if found else "")

    # -- connections

    def _opened(self, target: Target) -> "_Opened":
        opened = self._open.get(target.group)
        if opened is None:
            opened = self._open[target.group] = _Opened(self._objects(target))
        self._open.move_to_end(target.group)
        return opened

    def _objects(self, target: Target) -> Objects:
        rules = self._rules
        if target.root.protocol == "file":
            return LocalObjects(target.root)
        credentials = rules.credentials
        if target.root.protocol == "s3":  # one prefix may be a part of a bucket, and is no place that a key could leave
            found = credentials.find(target.url.location)
            credentials = Credentials({target.root.location: found[1]}) if found else Credentials()
        return open_objects(
            target.root,
            credentials=credentials,
            timeouts=rules.timeouts,
            concurrency=rules.concurrency,
            outgoing=self._outgoing(target),
        )

    def _outgoing(self, target: Target) -> Outgoing:
        """What connections for a target are held against; what a stranger's references name leads to public addresses only."""
        outgoing, url = self._rules.outgoing, target.root
        is_web = url.protocol in {"http", "https"}
        return outgoing.guarded if is_web and not self._is_near(url) else outgoing

    async def _close_idle(self, most: int) -> None:
        """Close what was not used for longest, until so many are left; what is in use stays."""
        for group in [group for group, opened in self._open.items() if opened.users == 0]:
            if len(self._open) <= most:
                break
            opened = self._open.pop(group)
            self._requests_of_closed += opened.objects.requests
            await opened.objects.close()


@dataclass(slots=True)
class _Opened:
    objects: Objects
    users: int = 0


class LocalObjects:
    """Files below one folder of this machine, as ``Objects``."""

    def __init__(self, folder: StoreUrl) -> None:
        self.location, self.requests = folder.location, 0
        self._path, self._folder = folder.path, _local_folder(folder.path)

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``."""
        if self._folder is None:
            raise NotFoundError(f"there is no folder {self._path!r}")
        self.requests += 1
        return await asyncio.to_thread(self._folder.read, key, max_bytes, start, end)

    async def list_folder(self, folder: str) -> Listed:
        """Refused: targets are read by name."""
        raise unlisted(self.location, folder, "its files are read by name only")

    async def close(self) -> None:
        """Nothing is kept open."""


def _local_folder(path: str) -> LocalFolder | None:
    try:
        return LocalFolder(path)
    except (NotFoundError, InputError):
        return None


def _folder_of(location: str) -> StoreUrl:
    """The folder that a canonical URL lies in; the one that holds everything where it lies in none."""
    protocol, _, rest = location.partition("://")
    folder, slash, _ = rest.rpartition("/")
    if protocol == "file" or folder:
        return parse_store_url(f"{protocol}://{folder or slash}", allow_protocols=frozenset({protocol}))
    return StoreUrl(f"{protocol}://", protocol, "")


def _origin(location: str) -> str:
    """Scheme, host and port of a canonical URL."""
    return "/".join(location.split("/")[:3])
