"""Stores put into zip files by Python's own zipfile."""

import zipfile
from collections.abc import Iterable
from pathlib import Path


def zip_folder(folder: Path, target: Path, *, inside: str = "", method: int = zipfile.ZIP_STORED) -> Path:
    """Every file below a folder in one zip, below the folder ``inside``; folders get entries of their own, as most writers do."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", method) as archive:
        if inside:
            archive.mkdir(inside)
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{inside}/{path.relative_to(folder).as_posix()}".lstrip("/"))
    return target


def zip_of(members: Iterable[tuple[str, bytes]], target: Path, *, method: int = zipfile.ZIP_STORED) -> Path:
    """These members in one zip, whatever their names are."""
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo("x")
            info.filename = name  # as it stands; the constructor would tidy it up
            info.compress_type = method
            archive.writestr(info, data)
    return target
