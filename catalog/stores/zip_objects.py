"""How are the objects of a store read that lies in one zip file?

By parts: the directory at the zip's end once, then what is asked for and nothing else. A stored member is read by ranges like any
object; a deflated one is read and inflated whole, within the size that the directory declares.
Source: PKWARE APPNOTE 6.3.10, section 4.3.7 (local header), 4.4.5 (methods); RFC 1951.
"""

import asyncio
import struct
import zlib
from typing import Final

from catalog.errors import LimitExceededError, MetadataError
from catalog.metadata.key import safe_key
from catalog.stores.objects import Container, Listed, Objects, oversized, unavailable
from catalog.stores.signs import Signs, Taken
from catalog.stores.zip_directory import TAIL_BYTES, Directory, DirectoryEnd, Member, broken, find_end, parse_directory

MAX_WHOLE_BYTES: Final = 2**26
"""Size of a zip that is read whole where the store gives no parts of it."""

_STORED, _DEFLATED = 0, 8
_HEADER: Final = struct.Struct("<4s5H3L2H")
_GUESS: Final = 64
"""Bytes of a local header beyond its name that are read along, so that mostly one request is enough."""
_LONG: Final = 2**20
"""Packed bytes from which inflating is left to a thread."""


class _File:
    """The zip as bytes by range; read whole where the store gives no ranges."""

    def __init__(self, outer: Objects) -> None:
        self.outer = outer
        self._whole: bytes | None = None

    async def tail(self) -> bytes:
        """The last bytes; where they are all there are, nothing is asked for any more."""
        data = await self.part(-TAIL_BYTES, None)
        if len(data) < TAIL_BYTES:
            self._whole = data
        return data

    async def part(self, start: int, end: int | None) -> bytes:
        """The bytes in a half-open range, fewer at the end of the file; a negative start counts from there."""
        if self._whole is None:
            bound = -start if end is None else end - start
            try:
                data = await self.outer.fetch("", bound, start, end)
            except LimitExceededError:
                data = None
                self._whole = await self._read_whole()
            if self._whole is None:
                if data is None:
                    raise unavailable(self.outer.location, "", "it is not there any more")
                return data
        return self._whole[start:end]

    async def _read_whole(self) -> bytes:
        too_large = False
        try:
            data = await self.outer.fetch("", MAX_WHOLE_BYTES)
        except LimitExceededError:
            too_large = True
        if too_large:
            reason = f"the store gives no parts of it, and it has more than {MAX_WHOLE_BYTES} bytes; copy it to another store"
            raise unavailable(self.outer.location, "", reason)
        return data or b""


class ZipObjects:
    """Objects in a zip; made by ``open_zip``."""

    def __init__(self, file: _File, directory: Directory) -> None:
        self.location = file.outer.location
        self._file, self._members = file, directory.members
        self._begins: dict[str, int] = {}
        self._folders = _folders_of(directory)

    @property
    def requests(self) -> int:
        """Parts of the zip that were asked for so far."""
        return self._file.outer.requests

    @requests.setter
    def requests(self, value: int) -> None:
        self._file.outer.requests = value

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        """See ``Objects.fetch``.

        Raises
        ------
        MetadataError
            The member is encrypted, packed in another way than by deflate, or damaged.
        """
        member = self._members.get(safe_key(key))
        if member is None:
            return None
        if member.encrypted:
            raise self._fault(key, "is encrypted; such members are not read")
        first, last, _ = slice(start, end).indices(member.size)
        if member.method == _STORED:
            if member.packed != member.size:
                raise self._fault(key, "is stored, but its two sizes differ")
            if last - first > max_bytes:
                raise oversized(self.location, key, max_bytes)
            data = await self._packed(key, member, first, max(first, last))
            if len(data) == member.size:
                self._check(key, member, data)
            return data
        if member.method != _DEFLATED:
            raise self._fault(key, f"is packed by method {member.method}; 0 (stored) and 8 (deflated) are read")
        return (await self._inflated(key, member, max_bytes))[first:last]

    async def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        """A part of a member, and what the directory says of the whole: its size, and its checksum for a name of its content."""
        member = self._members.get(safe_key(key))
        if member is None:
            return None
        first, last, _ = slice(start, end).indices(member.size)
        data = b"" if first >= last else await self.fetch(key, max_bytes, first, last)
        return Taken(data or b"", first, Signs(size=member.size, etag=f'"{member.crc:08x}-{member.size:x}"'))

    async def list_folder(self, folder: str) -> Listed:
        """The names in a folder, from the directory; nothing is asked for."""
        return self._folders.get(folder) or Listed()

    async def close(self) -> None:
        """Give connections back."""
        await self._file.outer.close()

    async def _inflated(self, key: str, member: Member, max_bytes: int) -> bytes:
        if member.size > max_bytes:
            raise oversized(self.location, key, max_bytes)
        if member.packed > member.size + member.size // 100 + 1024:
            raise self._fault(key, f"declares {member.size} bytes, and {member.packed} before it is inflated")
        packed = await self._packed(key, member, 0, member.packed)
        if member.packed < _LONG:
            data = _inflate(packed, member.size)
        else:
            data = await asyncio.to_thread(_inflate, packed, member.size)
        if data is None:
            raise self._fault(key, f"does not inflate to the {member.size} bytes that the zip declares")
        self._check(key, member, data)
        return data

    async def _packed(self, key: str, member: Member, first: int, last: int) -> bytes:
        """Bytes of a member as they lie in the zip."""
        if first == last:
            return b""
        read = b""
        begin = self._begins.get(key)
        if begin is None:
            header_bytes = _HEADER.size + member.name_bytes + _GUESS
            read = await self._file.part(member.offset, member.offset + header_bytes + (last if first == 0 else 0))
            begin = self._begins[key] = self._begin(key, member, read)
            read = read[begin - member.offset :][:last] if first == 0 else b""
        if len(read) < last - first:
            read += await self._file.part(begin + first + len(read), begin + last)
        if len(read) < last - first:
            raise broken(self.location, f"it ends inside {key!r}")
        return read

    def _begin(self, key: str, member: Member, read: bytes) -> int:
        """Where a member's bytes begin, behind its local header."""
        if len(read) < _HEADER.size or read[:4] != b"PK\3\4":
            raise broken(self.location, f"{key!r} does not lie where its directory says")
        name_bytes, extra_bytes = _HEADER.unpack_from(read)[-2:]
        return int(member.offset + _HEADER.size + name_bytes + extra_bytes)

    def _check(self, key: str, member: Member, data: bytes) -> None:
        if zlib.crc32(data) != member.crc:
            raise self._fault(key, "is damaged: its checksum is not the one that the zip declares")

    def _fault(self, key: str, fault: str) -> MetadataError:
        return MetadataError(f"{self.location}: the member {key!r} {fault}")


async def open_zip(outer: Objects) -> tuple[ZipObjects, Container]:
    """The objects in a zip, and what was found about it.

    Parameters
    ----------
    outer
        Objects whose key ``""`` is the zip.

    Raises
    ------
    MetadataError
        It is broken or empty; the message has the reason.
    LimitExceededError
        It has too many members.
    StoreUnauthorizedError, StoreForbiddenError, StoreUnavailableError
        The store refused, or did not answer as it should.

    Notes
    -----
    Cost: one request where the directory lies in the last ``TAIL_BYTES``, else two.
    """
    file = _File(outer)
    tail = await file.tail()
    end = find_end(tail, outer.location)
    directory = await asyncio.to_thread(parse_directory, await _directory(file, tail, end), end, outer.location)
    objects = ZipObjects(file, directory)
    return objects, Container("zip", requests=outer.requests, problems=directory.problems)


async def _directory(file: _File, tail: bytes, end: DirectoryEnd) -> bytes:
    if end.in_tail is not None:
        return tail[end.in_tail : end.in_tail + end.size]
    data = await file.part(end.offset, end.offset + end.size)
    if len(data) < end.size:
        raise broken(file.outer.location, "its directory does not lie where its end says")
    return data


def _inflate(packed: bytes, size: int) -> bytes | None:
    """The inflated bytes; None where they are not exactly so many."""
    machine = zlib.decompressobj(-15)
    try:
        data = machine.decompress(packed, size + 1)
        data += machine.decompress(machine.unconsumed_tail, 1) if len(data) == size and not machine.eof else b""
    except zlib.error:
        return None
    return data if len(data) == size and machine.eof else None


def _folders_of(directory: Directory) -> dict[str, Listed]:
    """Folder → names in it."""
    folders: dict[str, Listed] = {"": Listed()}
    for key in directory.members:
        folder, _, name = key.rpartition("/")
        _made(folders, folder).files.add(name)
    return folders


def _made(folders: dict[str, Listed], folder: str) -> Listed:
    """The folder's names, and the folder among those of the folder above it."""
    found = folders.get(folder)
    if found is None:
        missing = []
        here = folder
        while here not in folders:
            missing.append(here)
            here = here.rpartition("/")[0]
        for path in reversed(missing):
            above, _, name = path.rpartition("/")
            folders[above].folders.append(name)
            folders[path] = Listed()
        found = folders[folder]
    return found
