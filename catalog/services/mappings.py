"""Which mapping files are there, and which of them are about this store?

They are read again whenever one of them changed, so that a running service takes a new mapping without a restart.
"""

from dataclasses import dataclass, field
from pathlib import Path

from catalog.errors import InputError, LimitExceededError
from catalog.rdf.mapping_file import MappingFile, parse_mapping

MAX_BYTES = 2**20
"""Bytes of one mapping file."""
_SUFFIXES = {".json", ".jsonld"}

Signature = tuple[tuple[str, int, int], ...]


@dataclass
class Mappings:
    """The mapping files of a folder.

    Attributes
    ----------
    folder
        Where they lie (``*.json``, ``*.jsonld``); None: there are none.
    """

    folder: Path | None = None
    _kept: tuple[Signature, tuple[MappingFile, ...]] | None = field(default=None, repr=False)

    def all(self) -> tuple[MappingFile, ...]:
        """All mapping files, by file name.

        Raises
        ------
        InputError, LimitExceededError
            One cannot be read, or two have the same name; the message names the file.
        """
        if self.folder is None:
            return ()
        signature = self._signature()
        if self._kept is None or self._kept[0] != signature:
            found = tuple(read_mapping(Path(path)) for path, *_ in signature)
            names = [mapping.name for mapping in found]
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise InputError(f"two mapping files in {str(self.folder)!r} have the name {min(twice)!r}")
            self._kept = (signature, found)
        return self._kept[1]

    def for_location(self, location: str) -> tuple[MappingFile, ...]:
        """The mapping files that are about the store at a location; errors as ``all``."""
        return tuple(mapping for mapping in self.all() if mapping.applies(location))

    def _signature(self) -> Signature:
        """Name, time and size of each file: what changes when one does."""
        assert self.folder is not None  # noqa: S101 - all() looked
        try:
            paths = sorted(path for path in self.folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
            stats = [path.stat() for path in paths]
        except OSError as error:
            raise InputError(f"the folder of mapping files {str(self.folder)!r} cannot be read: {error.strerror}") from error
        return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in zip(paths, stats, strict=True))


def read_mapping(path: Path) -> MappingFile:
    """A mapping file; errors as ``Mappings.all``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"the mapping file {path.name!r} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        message = f"the mapping file {path.name!r} has {len(data)} bytes; at most {MAX_BYTES} are read"
        raise LimitExceededError(message, limit="mapping", value=len(data), allowed=MAX_BYTES)
    return parse_mapping(data, path.name)
