"""Do stores in a folder, in memory and in an fsspec file system of the caller's keep the promises of every store?"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from tests.unit.stores.suite import Place, StoreTests


class TestPath(StoreTests):
    def publish(self, folder: Path) -> Place:
        return Place(str(folder))


class TestFileUrl(StoreTests):
    def publish(self, folder: Path) -> Place:
        return Place(folder.as_uri())


class TestMemory(StoreTests):
    @pytest.fixture(autouse=True)
    def _memory(self) -> Iterator[None]:
        self.name = uuid.uuid4().hex
        yield
        system = MemoryFileSystem()
        if system.exists(f"/{self.name}"):
            system.rm(f"/{self.name}", recursive=True)

    def publish(self, folder: Path) -> Place:
        system = MemoryFileSystem()
        for path in folder.rglob("*"):
            if path.is_file():
                system.pipe_file(f"/{self.name}/a store/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return Place(f"memory://{self.name}/a%20store")


class TestInjected(StoreTests):
    """A file system of the caller's that no URL could name."""

    def publish(self, folder: Path) -> Place:
        system = DirFileSystem(str(folder.parent), LocalFileSystem(skip_instance_cache=True))
        return Place(folder.name, {"store": system})
