"""Where are the exact documents and the graphs of every snapshot kept?

An object is a file named by the SHA-256 of its bytes, compressed with zstd. Writing one twice is writing it once; nothing is ever
changed in place. Any fsspec location serves, a local folder by default.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

import fsspec
import orjson
import zstandard

from catalog.errors import InputError, LimitExceededError, NotFoundError, UnavailableError
from catalog.metadata.document import Document

MAX_OBJECT_BYTES = 1 << 30
"""Size of an object before it is compressed."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def open_archive(location: str) -> "Archive":
    """The archive at a folder or fsspec URL; it is made when the first object is written.

    Raises
    ------
    InputError
        The URL's protocol is unknown.
    """
    try:
        filesystem, root = fsspec.core.url_to_fs(location)
    except (ValueError, ImportError) as error:
        raise InputError(f"{location!r} cannot hold the archive: {error}") from error
    return Archive(filesystem, str(root))


class Archive:
    """Content-addressed objects below one root."""

    def __init__(self, filesystem: fsspec.AbstractFileSystem, root: str) -> None:
        self._fs = filesystem
        self._root = root.rstrip("/")
        self._is_local = "file" in self._protocols

    def write(self, data: bytes) -> str:
        """Keep an object; the SHA-256 of its bytes comes back. An object that is there already costs one look.

        Raises
        ------
        LimitExceededError
            It is larger than ``MAX_OBJECT_BYTES``.
        UnavailableError
            The location cannot be written to.
        """
        if len(data) > MAX_OBJECT_BYTES:
            message = f"an object of {len(data)} bytes cannot be archived; at most {MAX_OBJECT_BYTES} are kept"
            raise LimitExceededError(message, limit="MAX_OBJECT_BYTES", value=len(data), allowed=MAX_OBJECT_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        try:
            if not self._fs.exists(path):
                self._put(path, zstandard.ZstdCompressor(level=1).compress(data))
        except OSError as error:
            raise UnavailableError(f"the archive at {self._root!r} cannot be written: {error}") from error
        return digest

    def _put(self, path: str, data: bytes) -> None:
        """Write beside the name, then move: a name never shows half an object."""
        if not self._is_local:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, data)
            return
        partial = f"{path}.{uuid.uuid4().hex}.partial"
        try:
            descriptor = os.open(partial, _NEW_FILE, 0o666)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(partial, _NEW_FILE, 0o666)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # the graph store will point here: after a loss of power it must not point to nothing
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)
            raise

    @property
    def _protocols(self) -> Sequence[str]:
        protocol = self._fs.protocol
        return (protocol,) if isinstance(protocol, str) else protocol

    def read(self, digest: str) -> bytes:
        """The bytes of an object, checked against its name.

        Raises
        ------
        NotFoundError
            There is no such object.
        UnavailableError
            The location does not answer, or the object was damaged.
        """
        if not _DIGEST.fullmatch(digest):
            raise NotFoundError(f"{digest!r} names no object: 64 hexadecimal digits do")
        try:
            packed = self._fs.cat_file(self._path(digest))
            if zstandard.frame_content_size(packed) > MAX_OBJECT_BYTES:
                raise zstandard.ZstdError(f"it says that it holds more than {MAX_OBJECT_BYTES} bytes")
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_OBJECT_BYTES)
        except FileNotFoundError as error:
            raise NotFoundError(f"the archive at {self._root!r} has no object {digest}") from error
        except (OSError, zstandard.ZstdError) as error:
            raise UnavailableError(f"the archive at {self._root!r} cannot give object {digest}: {error}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise UnavailableError(f"object {digest} in the archive at {self._root!r} is damaged: its bytes have another digest")
        return data

    def write_documents(self, documents: Sequence[Document]) -> str:
        """Keep documents and the list of them; the digest of the list comes back.

        The documents of one hierarchy are one object, one after the other: ten thousand small files would take longer to make
        than all else. The list says where each begins, how long it is, and its SHA-256.
        """
        listed: dict[str, tuple[int, int, str]] = {}
        start = 0
        for document in documents:
            listed[document.key] = (start, len(document.data), document.digest)
            start += len(document.data)
        digest = self.write(b"".join(document.data for document in documents))
        return self.write(orjson.dumps({"object": digest, "documents": listed}, option=orjson.OPT_SORT_KEYS))

    def read_documents(self, digest: str) -> tuple[Document, ...]:
        """The documents of a list, byte for byte as they were read from the store, sorted by key; errors as ``read``."""
        listed = orjson.loads(self.read(digest))
        data = self.read(listed["object"])
        return tuple(Document(key, data[start : start + length]) for key, (start, length, _) in listed["documents"].items())

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}.zst"
