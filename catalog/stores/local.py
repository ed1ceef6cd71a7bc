"""How does a folder of this machine answer?

Files are opened one path segment at a time, without following links, so nothing outside the root can be reached, not even when
somebody swaps a folder for a link in between. A link whose target lies inside the root is followed by opening that target in the
same way. Only regular files are read: a FIFO or a device is refused without waiting for it.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog.errors import (
    CatalogError,
    InputError,
    LimitExceededError,
    LinkOutsideError,
    NotAFileError,
    NotFoundError,
    Problem,
    StoreForbiddenError,
    StoreUnavailableError,
)
from catalog.metadata.document import DEFAULT_LIMITS, DocumentLimits
from catalog.metadata.key import fault_of_key, safe_key
from catalog.stores.listing import (
    DOCUMENT_NAMES,
    MAX_DEPTH,
    Found,
    is_array_v3,
    join,
    nested_copy,
    too_deep,
    too_large,
    too_many,
    too_many_folders,
)
from catalog.stores.signs import Signs, signs_of_files
from catalog.stores.url import StoreUrl

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LINK_OR_NO_FOLDER: Final = {errno.ELOOP, errno.ENOTDIR}
_ABSENT: Final = {errno.ENOENT, errno.ENAMETOOLONG}


class LocalFolder:
    """Reads files beneath one root, and nothing else.

    Parameters
    ----------
    path
        The root; it may itself be a link.

    Raises
    ------
    NotFoundError
        There is no such folder.
    InputError
        It is a file.
    """

    def __init__(self, path: str) -> None:
        self.root = os.path.realpath(path)
        if not os.path.isdir(self.root):  # noqa: PTH112
            if os.path.lexists(self.root):
                raise InputError(f"{path!r} is a file; a Zarr store is a folder")
            raise NotFoundError(f"there is no folder {path!r}")

    def read(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """The bytes of a file, or of a part of it.

        Parameters
        ----------
        key
            A safe key.
        max_bytes
            More than this is not read.
        start, end
            Half-open range in bytes; a negative ``start`` without ``end`` counts from the file's end.

        Returns
        -------
        bytes or None
            None where there is no such file.

        Raises
        ------
        LinkOutsideError, NotAFileError, StoreForbiddenError
            It must not, or cannot, be opened.
        LimitExceededError
            It is larger than ``max_bytes``.
        StoreUnavailableError
            The file system failed.
        """
        descriptor = self.open(key)
        if descriptor is None:
            return None
        failure: OSError
        try:
            return _read(descriptor, key, max_bytes, start, end)
        except OSError as error:
            failure = error
        finally:
            os.close(descriptor)
        raise _translated(failure, key)

    def open(self, key: str) -> int | None:
        """A descriptor of the regular file at a key, or None where there is none. The caller closes it."""
        failure: OSError | None = None
        descriptor = None
        try:
            descriptor = self._open(safe_key(key).split("/"), _FILE)
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISREG(mode):
                return descriptor
            os.close(descriptor)
            if stat.S_ISDIR(mode):
                return None
        except OSError as error:
            failure = error
        if failure is None or failure.errno == errno.ENXIO:  # ENXIO: a socket
            raise NotAFileError(f"{key!r} is not a regular file; it was not read")
        if failure.errno in _ABSENT:
            return None
        if failure.errno in _LINK_OR_NO_FOLDER:
            target = self.resolve(key)
            return self.open(target) if target is not None and target != key else None
        raise _translated(failure, key)

    def open_folder(self, folder: str) -> int:
        """A descriptor of a folder that has no link in its path. The caller closes it; OSError as it comes."""
        return self._open([*folder.split("/"), "."] if folder else ["."], _FOLDER)

    def resolve(self, key: str) -> str | None:
        """Where a key leads once links are followed, as a key; None where it leads nowhere.

        Raises
        ------
        LinkOutsideError
            It leads out of the root.
        """
        try:
            target = os.path.realpath(f"{self.root}/{key}", strict=True)
        except OSError:
            return None
        if target == self.root:
            return ""
        prefix = self.root.rstrip("/") + "/"
        if not target.startswith(prefix):
            raise LinkOutsideError(f"{key!r} leads through a link out of the store's root; it was not read")
        return target[len(prefix) :]

    def _open(self, names: list[str], flags: int) -> int:
        descriptor = os.open(self.root, _FOLDER)
        try:
            for name in names[:-1]:
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            return os.open(names[-1], flags, dir_fd=descriptor)
        finally:
            os.close(descriptor)


def _read(descriptor: int, key: str, max_bytes: int, start: int | None, end: int | None) -> bytes:
    size = os.fstat(descriptor).st_size
    first = 0 if start is None else max(0, size + start) if start < 0 else start
    count = max(0, min(size, size if end is None else end) - first)
    if count > max_bytes:
        message = f"{key!r} has {count} bytes; at most {max_bytes} are read"
        raise LimitExceededError(message, limit="max_bytes", value=count, allowed=max_bytes)
    data = os.pread(descriptor, count, first)
    if len(data) < count:  # one call gives at most 2 GiB, or the file shrank
        parts = [data]
        while data and sum(map(len, parts)) < count:
            data = os.pread(descriptor, count - sum(map(len, parts)), first + sum(map(len, parts)))
            parts.append(data)
        return b"".join(parts)
    return data


def _translated(error: OSError, key: str) -> CatalogError:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StoreForbiddenError(f"{key!r} may not be read by this user: {error.strerror}")
    return StoreUnavailableError(f"{key!r} could not be read: {error.strerror or error}")


class LocalSource:
    """Metadata documents of a store in a local folder.

    Attributes
    ----------
    location
        Its canonical URL.
    requests
        Documents and folders that were asked for.
    """

    container = only = immutable = ""
    opening = 0
    problems: tuple[Problem, ...] = ()

    def __init__(self, url: StoreUrl) -> None:
        self.location = url.location
        self.requests = 0
        self._folder = LocalFolder(url.path)

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """The bytes at a key, None where there is nothing; errors as ``LocalFolder.read``."""
        self.requests += 1
        return self._folder.read(key, max_bytes)

    def read_many(self, keys: Iterable[str], max_bytes: int) -> dict[str, bytes | CatalogError | None]:
        """The bytes at each key; an error stands in the place of what could not be read."""
        return {key: self._outcome(key, max_bytes) for key in keys}

    def look(self, keys: Collection[str]) -> dict[str, Signs | CatalogError | None]:
        """What the file system says of each file; None where there is none."""
        self.requests += len(keys)
        return signs_of_files(self._folder.open, keys)

    def glance(self) -> None:
        """No list of all names comes in one piece."""

    def _outcome(self, key: str, max_bytes: int) -> bytes | CatalogError | None:
        try:
            return self.read(key, max_bytes)
        except CatalogError as error:
            return error

    def list_documents(self) -> list[str]:
        """The keys of all metadata documents below the root, sorted."""
        return sorted(found.key for found in self.walk() if found.data is not None)

    def seen(self, key: str) -> bool:
        """Whether a file is there."""
        return os.path.isfile(f"{self._folder.root}/{safe_key(key)}")  # noqa: PTH113

    def close(self) -> None:
        """Nothing is kept open."""

    def walk(self, limits: DocumentLimits = DEFAULT_LIMITS, known: Mapping[str, bytes] | None = None) -> Iterator[Found]:
        """Every metadata document below the root, and every problem on the way.

        Folders of arrays are not entered: no node can be below an array, and they may hold millions of chunks.
        """
        walker = _Walker(self, self._folder, limits, known or {})
        yield from walker.walk()


@dataclass(slots=True)
class _Folder:
    """One folder on the way down. ``path`` is how it is reached, ``real`` the same without links."""

    path: str
    real: str
    descriptor: int
    above: tuple[str, ...]
    inner: list[tuple[str, str | None]] = field(default_factory=list)  # name, and where it leads if it is a link


class _Walker:
    """One walk, depth first, with the folders on the way down held open."""

    def __init__(self, source: LocalSource, folder: LocalFolder, limits: DocumentLimits, known: Mapping[str, bytes]) -> None:
        self._source, self._root, self._limits, self._known = source, folder, limits, known

    def walk(self) -> Iterator[Found]:
        folders = nodes = 0
        stack: list[_Folder] = []
        here: _Folder | None = _Folder("", "", self._root.open_folder(""), ())
        try:
            while here is not None:
                stack.append(here)
                folders += 1
                if folders > 4 * self._limits.max_nodes + 1000 or nodes >= self._limits.max_nodes:
                    yield Found("", problem=too_many(self._limits.max_nodes))
                    return
                if nodes == 0 and folders > 10_000:
                    yield Found("", problem=too_many_folders(folders))
                    return
                found = list(self._visit(here))
                nodes += any(one.data is not None for one in found)
                yield from found
                here = None
                while stack and here is None:
                    if not stack[-1].inner:
                        os.close(stack.pop().descriptor)
                        continue
                    entered = self._enter(stack[-1], *stack[-1].inner.pop())
                    if isinstance(entered, Found):
                        yield entered
                    else:
                        here = entered
        finally:
            for folder in stack:
                os.close(folder.descriptor)

    def _enter(self, outer: _Folder, name: str, target: str | None) -> "_Folder | Found":
        path = join(outer.path, name)
        if len(outer.above) >= MAX_DEPTH:
            return Found(path, problem=too_deep(path))
        try:
            if target is None:
                descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer.descriptor)
            else:
                descriptor = self._root.open_folder(target)
        except OSError as error:
            return Found(path, problem=_unreadable(path, error))
        return _Folder(path, join(outer.real, name) if target is None else target, descriptor, (*outer.above, outer.real))

    def _visit(self, folder: _Folder) -> Iterator[Found]:
        """The folder's documents; unless they say that it is an array, its inner folders are noted too."""
        is_array = False
        for name in DOCUMENT_NAMES:
            found = self._document(folder, name)
            if found is None:
                continue
            self._source.requests += 1
            yield found
            if found.data is not None:
                is_array = is_array or name == ".zarray" or (name == "zarr.json" and is_array_v3(found.data))
        if not is_array:
            self._source.requests += 1
            try:
                with os.scandir(folder.descriptor) as entries:
                    for entry in entries:
                        yield from self._note(folder, entry)
            except OSError as error:
                yield Found(folder.path, problem=_unreadable(folder.path, error))

    def _document(self, folder: _Folder, name: str) -> Found | None:
        key = join(folder.path, name)
        if key in self._known:
            return Found(key, self._known[key])
        try:
            file = os.open(name, _FILE, dir_fd=folder.descriptor)
        except FileNotFoundError:
            return None
        except OSError:
            return self._by_key(key, join(folder.real, name))
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return self._by_key(key, join(folder.real, name))
            return Found(key, _read(file, key, self._limits.max_bytes, None, None))
        except LimitExceededError:
            return Found(key, problem=too_large(key, self._limits.max_bytes))
        except OSError as error:
            return Found(key, problem=_unreadable(key, error))
        finally:
            os.close(file)

    def _by_key(self, key: str, real: str) -> Found | None:
        """The long way, for links and for the right word about what is no file."""
        try:
            data = self._root.read(real, self._limits.max_bytes)
        except LimitExceededError:
            return Found(key, problem=too_large(key, self._limits.max_bytes))
        except CatalogError as error:
            kind = error.code if isinstance(error, LinkOutsideError | NotAFileError) else "unreadable"
            return Found(key, problem=Problem(key, kind, str(error)))
        return None if data is None else Found(key, data)

    def _note(self, folder: _Folder, entry: "os.DirEntry[str]") -> Iterator[Found]:
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name == ".zmetadata" and folder.path:
            yield Found(folder.path, problem=nested_copy(folder.path, entry.name))
        if not is_folder and (not entry.is_symlink() or entry.name in DOCUMENT_NAMES):
            return
        key = join(folder.path, entry.name)
        fault = fault_of_key(key)
        if fault:
            message = f"the folder {key!r} cannot be a node's path: it {fault}; it was left out"
            yield Found(folder.path, problem=Problem(folder.path, "unsafe-key", message))
        elif is_folder:
            folder.inner.append((entry.name, None))
        else:
            try:
                target = self._root.resolve(join(folder.real, entry.name))
            except LinkOutsideError as error:
                yield Found(key, problem=Problem(key, error.code, str(error)))
                return
            loops = target is None or target == folder.real or target in folder.above
            if not loops and os.path.isdir(f"{self._root.root}/{target}"):  # noqa: PTH112
                folder.inner.append((entry.name, target))


def _unreadable(key: str, error: OSError) -> Problem:
    return Problem(key, "unreadable", f"{key!r} could not be read: {error.strerror or error}")
