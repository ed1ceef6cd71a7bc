"""Which members does this zip have, and where in it do they lie?

Everything is taken from the central directory at the end, so that neither the members nor the rest of the file are read. What it
says comes from a stranger: sizes and names are believed only as far as bounds and rules allow.
Source: PKWARE APPNOTE 6.3.10, sections 4.3.12 (central directory), 4.3.14 to 4.3.16 (ends), 4.5.3 (Zip64), 4.4.4 (flags).
"""

import stat
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from catalog.errors import LimitExceededError, MetadataError, Problem
from catalog.metadata.key import fault_of_key

TAIL_BYTES: Final = 2**18
"""Bytes at the end of the file that are read first; they hold the ends, and of most zips the whole directory."""
MAX_DIRECTORY_BYTES: Final = 2**28
MAX_MEMBERS: Final = 1_000_000
MAX_PROBLEMS: Final = 20
"""Members left out that are named one by one."""
MAX_SHOWN: Final = 3
"""Names of members that stand there more than once."""

_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_RECORD: Final = struct.Struct("<4s6H3L5H2L")
_HERE, _HERE_TOO = 0xFFFF, 0xFFFFFFFF
_ROOT_NAMES: Final = frozenset({"zarr.json", ".zgroup", ".zarray", ".zmetadata", ".all_metadata", "zmetadata"})


class Member(NamedTuple):
    """One file in a zip: where its local header begins, and what the directory says of it; sizes in bytes."""

    offset: int
    packed: int
    size: int
    crc: int
    method: int
    flags: int
    name_bytes: int

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & 0x2041)


@dataclass(frozen=True, slots=True)
class DirectoryEnd:
    """Where the central directory lies.

    Attributes
    ----------
    offset, size
        From the start of the file, in bytes.
    count
        Members that it names.
    in_tail
        Where it begins in the tail, if it lies there whole; else None.
    shift
        Bytes that stand before the zip in the file; offsets count from behind them.
    """

    offset: int
    size: int
    count: int
    in_tail: int | None
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """The members below the folder that holds the store, by key, and what was found wrong.

    Attributes
    ----------
    members
        By key below ``folder``.
    folder
        The folder inside the zip that is the store's root; ``""`` where that is the zip itself.
    problems
        Members that were left out.
    """

    members: dict[str, Member]
    folder: str
    problems: tuple[Problem, ...]


def broken(location: str, reason: str) -> MetadataError:
    """The zip cannot be read."""
    message = f"{location} is no zip that can be read: {reason}"
    return MetadataError(message, [Problem("", "broken-zip", message)])


def find_end(tail: bytes, location: str) -> DirectoryEnd:
    """Where the directory lies, from the last ``TAIL_BYTES`` of the file, or from all of it where it is shorter.

    Raises
    ------
    MetadataError
        There is no end of a zip, or it is one part of several.
    LimitExceededError
        The directory is too large.
    """
    at = tail.rfind(b"PK\5\6")
    while at >= 0 and (at + _END.size > len(tail) or at + _END.size + _END.unpack_from(tail, at)[7] != len(tail)):
        at = tail.rfind(b"PK\5\6", 0, at)
    if at < 0:
        raise broken(location, "it has no end-of-directory record at its end; it is cut off, or something else")
    _, disk, first_disk, _, count, size, offset, _ = _END.unpack_from(tail, at)
    end = at
    if _HERE in {disk, first_disk, count} or _HERE_TOO in {size, offset} or tail[max(0, at - 20) : at][:4] == b"PK\6\7":
        end, (disk, first_disk, count, size, offset) = _end64(tail, at, location)
    if disk or first_disk:
        raise broken(location, "it is one part of several")
    if size > MAX_DIRECTORY_BYTES or count > MAX_MEMBERS:
        message = f"{location}: the zip's directory has {count} members and {size} bytes; at most {MAX_MEMBERS} members and"
        message += f" {MAX_DIRECTORY_BYTES} bytes are read"
        raise LimitExceededError(message, limit="zip_members", value=count, allowed=MAX_MEMBERS)
    if size > end:
        if len(tail) < TAIL_BYTES:
            raise broken(location, f"its directory of {size} bytes does not fit into it")
        return DirectoryEnd(offset, size, count, None)
    shift = end - size - offset if len(tail) < TAIL_BYTES else 0
    if shift < 0:
        raise broken(location, "its directory does not lie where its end says")
    return DirectoryEnd(offset, size, count, end - size, shift)


def _end64(tail: bytes, at: int, location: str) -> tuple[int, tuple[int, int, int, int, int]]:
    """Where the Zip64 end stands in the tail, and disk, first disk, count, size and offset as it says."""
    place = at - _LOCATOR.size
    if place < 0 or tail[place : place + 4] != b"PK\6\7":
        raise broken(location, "its end refers to a Zip64 record that is not there")
    at64 = tail.rfind(b"PK\6\6", max(0, place - _END64.size - 4096), place)
    if at64 < 0 or at64 + _END64.size > place:
        raise broken(location, "its Zip64 end cannot be read")
    _, _, _, _, disk, first_disk, _, count, size, offset = _END64.unpack_from(tail, at64)
    return at64, (disk, first_disk, count, size, offset)


def parse_directory(data: bytes, end: DirectoryEnd, location: str) -> Directory:
    """The members that a central directory names.

    Of several members with one name the last counts, as for every unzipper. Folders are left to the names of what is in them.

    Raises
    ------
    MetadataError
        It cannot be read, or names no file at all.
    """
    files: dict[str, Member] = {}
    problems: list[Problem] = []
    unnamed = 0
    double: list[str] = []
    for name, member, mode in _records(data, end, location):
        if name.endswith("/"):
            continue
        problem = _problem_of(name, mode)
        if problem is None and name in files:
            double.append(name)
        if problem is not None and len(problems) < MAX_PROBLEMS:
            problems.append(problem)
        elif problem is not None:
            unnamed += 1
        if problem is None:
            files[name] = member
    if not files and not problems:
        raise broken(location, "it is empty")
    if unnamed:
        problems.append(Problem("", "unsafe-key", f"{unnamed} more members of the zip were left out"))
    if double:
        problems.append(_double(double))
    folder = _folder_of_store(files)
    prefix = f"{folder}/" if folder else ""
    members = {name[len(prefix) :]: member for name, member in files.items() if name.startswith(prefix)}
    return Directory(members, folder, tuple(problems))


def _double(names: list[str]) -> Problem:
    """Members that stand there more than once, as one problem. zarr-python appends a document each time that it changes."""
    different = list(dict.fromkeys(names))
    shown = ", ".join(repr(name[:200]) for name in different[:MAX_SHOWN]) + " …" * (len(different) > MAX_SHOWN)
    message = f"the zip has {len(different)} of its members more than once ({shown}); the last one of each counts"
    return Problem(different[0] if len(different) == 1 else "", "duplicate-member", message, severity="info")


def _problem_of(name: str, mode: int) -> Problem | None:
    """What is wrong with a member, by its name and file mode, so that it must be left out."""
    fault = fault_of_key(name) if name else "has no name"
    if fault is None and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        fault = "is a link or device"
    if fault:
        return Problem(name[:200], "unsafe-key", f"the member {name!r:.200} of the zip {fault}; it was left out")
    return None


def _records(data: bytes, end: DirectoryEnd, location: str) -> Iterator[tuple[str, Member, int]]:
    """Name, member and file mode of each record, in order."""
    at = count = 0
    while at < len(data):
        if count == MAX_MEMBERS:
            raise broken(location, f"its directory has more than {MAX_MEMBERS} members, and its end says {end.count}")
        if at + _RECORD.size > len(data) or data[at : at + 4] != b"PK\1\2":
            raise broken(location, f"its directory cannot be read at byte {at}")
        fields = _RECORD.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_bytes, extra_bytes, comment_bytes, offset = fields[10], fields[11], fields[12], fields[16]
        begin = at + _RECORD.size
        name = data[begin : begin + name_bytes]
        extra = data[begin + name_bytes : begin + name_bytes + extra_bytes]
        size, packed, offset = _wide(extra, size, packed, offset)
        at = begin + name_bytes + extra_bytes + comment_bytes
        count += 1
        mode = fields[15] >> 16 if fields[1] >> 8 == 3 else 0  # made on Unix
        yield _decoded(name, flags), Member(offset + end.shift, packed, size, crc, method, flags, name_bytes), mode
    if at != len(data) or (count - end.count) % 2**16:  # some writers let the count of a plain end run over
        raise broken(location, f"its directory has {count} members, and its end says {end.count}")


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset, from the Zip64 field where they do not fit into the record."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            wide = iter(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            size, packed, offset = (next(wide, value) if value == _HERE_TOO else value for value in (size, packed, offset))
            break
        at += 4 + length
    return size, packed, offset


def _decoded(name: bytes, flags: int) -> str:
    """A member's name. Many writers use UTF-8 and do not say so; hardly any name of code page 437 is UTF-8 by chance."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("utf-8", "surrogateescape") if flags & 0x800 else name.decode("cp437")


def _folder_of_store(names: Iterable[str]) -> str:
    """The deepest folder below which all metadata documents lie: a zip may hold the store's folder, not only what is in it."""
    common: list[str] | None = None
    for name in names:
        folder, _, last = name.rpartition("/")
        if last not in _ROOT_NAMES:
            continue
        parts = folder.split("/") if folder else []
        if common is None:
            common = parts
        while parts[: len(common)] != common:
            common = common[:-1]
        if not common:
            break
    return "/".join(common or [])
