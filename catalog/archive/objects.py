"""Where are the exact documents and the graphs of every snapshot kept?

An object is a file named by the SHA-256 of its bytes, compressed with zstd. Writing one twice is writing it once; nothing is ever
changed in place. Any fsspec location serves, a local folder by default.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import fsspec
import orjson
import zstandard

from catalog.errors import InputError, NotFoundError, UnavailableError
from catalog.metadata.document import Document

MAX_OBJECT_BYTES = 1 << 30


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

    def write(self, data: bytes) -> str:
        """Keep an object; the SHA-256 of its bytes comes back. An object that is there already costs one look.

        Raises
        ------
        UnavailableError
            The location cannot be written to.
        """
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
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        if "file" in self._protocols:
            partial = Path(f"{path}.{uuid.uuid4().hex}.partial")
            partial.write_bytes(data)
            partial.replace(path)
        else:
            self._fs.pipe_file(path, data)

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
        try:
            packed = self._fs.cat_file(self._path(digest))
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MAX_OBJECT_BYTES)
        except FileNotFoundError as error:
            raise NotFoundError(f"the archive at {self._root!r} has no object {digest}") from error
        except (OSError, zstandard.ZstdError) as error:
            raise UnavailableError(f"the archive at {self._root!r} cannot give object {digest}: {error}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise UnavailableError(f"object {digest} in the archive at {self._root!r} is damaged: its bytes have another digest")
        return data

    def write_documents(self, documents: Iterable[Document]) -> str:
        """Keep documents and the list of them; the digest of the list comes back."""
        listed = {document.key: self.write(document.data) for document in documents}
        return self.write(orjson.dumps(listed, option=orjson.OPT_SORT_KEYS))

    def read_documents(self, digest: str) -> tuple[Document, ...]:
        """The documents of a list, byte for byte as they were read from the store."""
        return tuple(Document(key, self.read(object_digest)) for key, object_digest in orjson.loads(self.read(digest)).items())

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}.zst"
