"""Does the archive give back the exact bytes, or say that it cannot?"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
import zstandard

from catalog.archive import Archive, objects, open_archive
from catalog.errors import InputError, LimitExceededError, NotFoundError, UnavailableError
from catalog.metadata.document import Document

SHA_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, example for "abc"


@pytest.fixture(params=["folder", "file", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """An archive in a folder by path, by URL, and in a file system that is not local."""
    location = {"folder": str(tmp_path / "a" / "archive"), "file": f"file://{tmp_path}/archive", "memory": "memory://archive"}
    yield open_archive(location[request.param])
    fsspec.filesystem("memory").store.clear()


@pytest.mark.parametrize("data", [b"", b"abc", b"\x00\xff" * 1000, b"<s> <p> <o> .\n" * 100_000])
def test_an_object_comes_back(archive: Archive, data: bytes) -> None:
    digest = archive.write(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert archive.read(digest) == data


def test_an_object_is_named_by_sha256(archive: Archive) -> None:
    assert archive.write(b"abc") == SHA_ABC
    assert archive.read(SHA_ABC) == b"abc"


def files_of(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    archive.write(b"abc")
    (path,) = files_of(tmp_path)
    assert path.relative_to(tmp_path).as_posix() == f"ba/{SHA_ABC}.zst"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    archive.write(b"abc")
    assert files_of(tmp_path) == [path]
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_objects_are_compressed(tmp_path: Path) -> None:
    open_archive(str(tmp_path)).write(b"<s> <p> <o> .\n" * 10_000)
    (path,) = files_of(tmp_path)
    assert path.stat().st_size < 1000
    assert zstandard.ZstdDecompressor().decompress(path.read_bytes()) == b"<s> <p> <o> .\n" * 10_000


def test_what_is_not_there_is_not_found(archive: Archive) -> None:
    with pytest.raises(NotFoundError, match=SHA_ABC):
        archive.read(SHA_ABC)


@pytest.mark.parametrize("digest", ["", "abc", "../secret", SHA_ABC.upper(), SHA_ABC + "0", "../../" + "a" * 58])
def test_what_is_no_digest_names_nothing(archive: Archive, digest: str) -> None:
    with pytest.raises(NotFoundError, match="64 hexadecimal digits"):
        archive.read(digest)


def damaged(kind: str, packed: bytes) -> bytes:
    if kind == "cut":
        return packed[: len(packed) // 2]
    if kind == "empty":
        return b""
    if kind == "no zstd":
        return b"plain text"
    if kind == "another object":
        return zstandard.ZstdCompressor().compress(b"abd")
    flipped = bytearray(packed)
    flipped[-1] ^= 1
    return bytes(flipped)


@pytest.mark.parametrize("kind", ["cut", "empty", "no zstd", "another object", "flipped"])
def test_a_damaged_object_is_refused(tmp_path: Path, kind: str) -> None:
    archive = open_archive(str(tmp_path))
    digest = archive.write(b"abc")
    (path,) = files_of(tmp_path)
    path.write_bytes(damaged(kind, path.read_bytes()))
    with pytest.raises(UnavailableError, match=digest):
        archive.read(digest)


def test_an_object_that_claims_to_be_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = open_archive(str(tmp_path))
    digest = archive.write(b"x" * 5000)
    monkeypatch.setattr(objects, "MAX_OBJECT_BYTES", 4999)
    with pytest.raises(UnavailableError, match="4999"):
        archive.read(digest)
    with pytest.raises(LimitExceededError, match="4999") as caught:
        archive.write(b"y" * 5000)
    assert (caught.value.value, caught.value.allowed) == (5000, 4999)


def test_a_failed_write_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = open_archive(str(tmp_path / "archive"))

    def full(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(UnavailableError, match="No space left"):
            archive.write(b"abc")
    assert files_of(tmp_path) == []
    assert archive.read(archive.write(b"abc")) == b"abc"


def test_a_location_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError, match="cannot be written"):
        open_archive(str(tmp_path / "file")).write(b"abc")


def test_a_location_that_nobody_serves() -> None:
    with pytest.raises(InputError, match="nosuchprotocol"):
        open_archive("nosuchprotocol://x")


DOCUMENTS = (
    Document("a/.zarray", b'{"a": 1}'),
    Document("a/.zattrs", b"\xef\xbb\xbf not even JSON \xff"),
    Document("b/.zarray", b'{"a": 1}'),
    Document("empty/zarr.json", b""),
    Document("é/zarr.json", "{}\n".encode("utf-16")),
)


def test_documents_come_back_byte_for_byte(archive: Archive) -> None:
    digest = archive.write_documents(DOCUMENTS)
    assert archive.read_documents(digest) == DOCUMENTS
    assert archive.write_documents(DOCUMENTS) == digest


def test_the_list_names_each_document_by_its_own_digest(archive: Archive) -> None:
    listed = json.loads(archive.read(archive.write_documents(DOCUMENTS)))
    found = {key: digest for key, (_, _, digest) in listed["documents"].items()}
    assert found == {document.key: hashlib.sha256(document.data).hexdigest() for document in DOCUMENTS}


def test_one_document_is_an_object_of_its_own(archive: Archive) -> None:
    document = Document("zarr.json", b'{"zarr_format": 3}')
    archive.write_documents([document])
    assert archive.read(document.digest) == document.data


def test_the_list_depends_on_keys(archive: Archive) -> None:
    one = archive.write_documents([Document("a", b"x"), Document("b", b"y")])
    other = archive.write_documents([Document("a", b"x"), Document("c", b"y")])
    assert one != other


def test_many_documents_are_few_files(tmp_path: Path) -> None:
    documents = [Document(f"{index}/zarr.json", str(index).encode()) for index in range(1000)]
    archive = open_archive(str(tmp_path))
    found = archive.read_documents(archive.write_documents(documents))
    assert {document.key: document.data for document in found} == {document.key: document.data for document in documents}
    assert len(files_of(tmp_path)) == 2


def test_archives_are_written_for_the_owner_by_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        open_archive(str(tmp_path)).write(b"abc")
    finally:
        os.umask(before)
    (path,) = files_of(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
