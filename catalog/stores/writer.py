"""How does a store, or one document of it, get onto this machine's disk: all of it, or nothing?

The catalogue reads stores and does not write them, with two exceptions: a consolidated document where somebody asks for it, and
stores made here to try things on.
"""

import os
import secrets
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from catalog.errors import CatalogError, ConflictError, InputError, StoreForbiddenError, StoreUnavailableError
from catalog.metadata.key import safe_key

Block = tuple[tuple[slice, ...], "np.ndarray[Any, Any]"]
"""A part of an array: where it lies, and its values."""


def write_document(folder: Path, key: str, data: bytes, *, expected: bytes | None = None) -> None:
    """Write a document at the root of a local store, in one step.

    Parameters
    ----------
    folder
        The store's root.
    key
        Name of the document, without ``/``.
    data
        Its bytes.
    expected
        What the document must hold before; None where that does not matter.

    Raises
    ------
    InputError
        The key is not safe, or names a folder.
    ConflictError
        The document changed meanwhile.
    StoreForbiddenError, StoreUnavailableError
        This user may not write there, or the disk failed; the document is as it was.
    """
    target = folder / safe_key(key)
    if "/" in key or not key or target.is_dir():
        raise InputError(f"{key!r} cannot be the name of a document at the root of {str(folder)!r}")
    with _translated(folder):
        temporary = folder / f".{key}.{secrets.token_hex(8)}.partial"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.is_file():
                temporary.chmod(target.stat().st_mode & 0o777)
            if expected is not None and target.read_bytes() != expected:
                raise ConflictError(f"{key!r} in {str(folder)!r} was changed while its replacement was made; try again")
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_store(folder: Path, documents: Mapping[str, bytes], values: Iterable[tuple[str, Iterable[Block]]] = ()) -> None:
    """Write a whole store as a local folder.

    Parameters
    ----------
    folder
        Where; it must not exist yet, or be empty.
    documents
        Metadata documents by key.
    values
        Path and values of each array that has some; blocks should be whole chunks (or shards), so that none is written twice.

    Raises
    ------
    InputError
        There is something at that place, or a key is not safe.
    StoreForbiddenError, StoreUnavailableError
        This user may not write there, or the disk failed; nothing is left of it.
    """
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise InputError(f"there is something at {str(folder)!r} already; name a folder that does not exist yet")
    with _translated(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.partial"
        try:
            temporary.mkdir()
            _write_documents(temporary, documents)
            for path, blocks in values:
                _write_values(temporary, path, blocks)
            temporary.replace(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _write_documents(root: Path, documents: Mapping[str, bytes]) -> None:
    made = {""}
    for key, data in documents.items():
        parent = safe_key(key).rpartition("/")[0]
        if parent not in made:
            (root / parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        with open(f"{root}/{key}", "wb") as file:  # noqa: PTH123  a Path for each of 100,000 files costs more than writing them
            file.write(data)


def _write_values(root: Path, path: str, blocks: Iterable[Block]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the documents are there already, whatever zarr thinks of them
        array: Any = zarr.open_array(LocalStore(root / path), mode="r+")
        for where, block in blocks:
            array[where] = block


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except CatalogError:
        raise
    except PermissionError as error:
        raise StoreForbiddenError(f"this user may not write to {str(folder)!r}: {error.strerror}") from error
    except OSError as error:
        raise StoreUnavailableError(f"{str(folder)!r} could not be written: {error.strerror or error}") from error


@dataclass(frozen=True)
class NewArray:
    """Values for a new array.

    Attributes
    ----------
    values
        All of them; masked ones are written as their fill value.
    dimensions
        A name for each axis.
    attributes
        As JSON has them.
    """

    values: "np.ndarray[Any, Any]"
    dimensions: tuple[str, ...]
    attributes: Mapping[str, Any]


def write_arrays(folder: Path, arrays: Mapping[str, NewArray]) -> None:
    """Write a new store of format 3 with some arrays in its root.

    Raises
    ------
    InputError
        There is something at that place, a name is no key, or zarr-python has no data type for the values.
    StoreForbiddenError, StoreUnavailableError
        This user may not write there, or the disk failed; nothing is left of it.
    """
    if folder.is_symlink() or folder.exists():
        raise InputError(f"there is something at {str(folder)!r} already; name a folder that does not exist yet")
    with _translated(folder):
        temporary = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.partial"
        try:
            _write_arrays(temporary, arrays)
            temporary.replace(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def _write_arrays(root: Path, arrays: Mapping[str, NewArray]) -> None:
    fault = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data types that are not in the specification yet
        group = zarr.create_group(root, zarr_format=3)
        for name, new in arrays.items():
            values = np.ma.filled(new.values)
            try:
                made = group.create_array(
                    safe_key(name),
                    shape=values.shape,
                    dtype=values.dtype,
                    dimension_names=new.dimensions,
                    attributes=dict(new.attributes),
                )
            except (ValueError, TypeError) as error:
                fault = f"{name!r} with values of the type {values.dtype} cannot be written: {str(error)[:200]}"
                break
            made[...] = values
    if fault:
        raise InputError(fault)
