"""Which shapes judge a dataset?

The built-in ones (``core``: what holds for any Zarr hierarchy; ``recommended``: what others will miss), profiles by name, and the
user's own folder. Built-in shapes are tested with the project; a user's are checked when they are loaded, so that a mistake in
them is reported with file and line, before any store is read.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from catalog.errors import InputError, LimitExceededError
from catalog.resources import resource
from catalog.validation.shapes_file import ShapesFile

SHAPES = "https://w3id.org/zarr-catalog/shapes#"
"""Namespace of the built-in shapes."""
MAX_BYTES = 8 * 2**20
"""Bytes of all files in a user's folder."""


@dataclass(frozen=True)
class Shapes:
    """A set of shapes.

    Attributes
    ----------
    files
        The files in the order they were taken.
    notes
        What was left out, for the user to know.
    required
        Names of the profiles whose violations block.
    """

    files: tuple[ShapesFile, ...]
    notes: tuple[str, ...] = field(default=())
    required: tuple[str, ...] = field(default=())

    @cached_property
    def digest(self) -> str:
        """sha256 over the files' bytes, 64 hex digits; the same shapes in files of other names have the same."""
        digests = sorted(hashlib.sha256(file.text).hexdigest() for file in self.files)
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def load_shapes(
    *, core: bool = True, recommended: bool = True, profiles: Sequence[str] = (), folder: Path | None = None
) -> Shapes:
    """The shapes to judge by.

    Parameters
    ----------
    core, recommended
        Whether to take the built-in ones.
    profiles
        Names of built-in sets of further shapes.
    folder
        A user's own: each ``*.ttl`` in it, at any depth. Severities count as they are stated.

    Raises
    ------
    InputError
        No such profile or folder; a file of the folder is not Turtle, holds a shape that is not well formed or cannot be applied
        here, redefines a built-in shape, or has a query that leaves the data (``SERVICE``, ``FROM``). The message names file and
        line.
    LimitExceededError
        The folder's files are larger than ``MAX_BYTES``.
    """
    chosen = [*["core"] * core, *["recommended"] * recommended, *(_profile(name) for name in profiles)]
    files = [file for name in chosen for file in _built_in(name)]
    if folder is None:
        return Shapes(tuple(files))
    from catalog.validation.shape_check import check_shapes  # noqa: PLC0415  half a second, for those who have own shapes

    own = _read_folder(folder)
    notes = check_shapes(own, files, protected=SHAPES)
    return Shapes((*files, *own), notes)


def add_profiles(shapes: Shapes, applying: Sequence[str], required: Sequence[str] = ()) -> Shapes:
    """Shapes and those of the profiles that apply.

    Parameters
    ----------
    applying
        Names of the conventions that the data follows; those without a profile are passed over.
    required
        Profiles whose violations block. The data is judged by them whether they apply or not.

    Raises
    ------
    InputError
        There is no profile of a required name.
    """
    for name in required:
        _profile(name)
    names = sorted(set(known_profiles()) & {*applying, *required})
    if not names:
        return shapes
    files = (*shapes.files, *(file for name in names for file in _built_in(f"profiles/{name}")))
    return replace(shapes, files=files, required=tuple(sorted(required)))


@cache
def known_profiles() -> tuple[str, ...]:
    """The names of the built-in profiles, sorted."""
    folder = resource("shapes") / "profiles"
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ()


@cache
def profiles_digest() -> str:
    """sha256 over all profiles, 64 hex digits: whichever apply, another version of one may judge otherwise."""
    return Shapes(tuple(file for name in known_profiles() for file in _built_in(f"profiles/{name}"))).digest


@cache
def _built_in(folder: str) -> tuple[ShapesFile, ...]:
    return tuple(_read(path, f"{folder}/{path.name}") for path in sorted((resource("shapes") / folder).glob("*.ttl")))


def _profile(name: str) -> str:
    if name not in known_profiles():
        raise InputError(f"there is no profile {name!r}; known are: {', '.join(known_profiles()) or 'none yet'}")
    return f"profiles/{name}"


def _read_folder(folder: Path) -> list[ShapesFile]:
    if not folder.is_dir():
        raise InputError(f"the folder of shapes {str(folder)!r} does not exist")
    paths = sorted(path for path in folder.rglob("*.ttl") if path.is_file())
    if not paths:
        raise InputError(f"the folder of shapes {str(folder)!r} holds no file *.ttl: write your shapes as Turtle")
    size = sum(path.stat().st_size for path in paths)
    if size > MAX_BYTES:
        message = f"the shapes in {str(folder)!r} have {size} bytes; at most {MAX_BYTES} are read"
        raise LimitExceededError(message, limit="shapes", value=size, allowed=MAX_BYTES)
    return [_read(path, str(path)) for path in paths]


def _read(path: Path, name: str) -> ShapesFile:
    try:
        return ShapesFile(name, path.read_bytes())
    except OSError as error:
        raise InputError(f"the shapes file {name!r} cannot be read: {error.strerror}") from error
