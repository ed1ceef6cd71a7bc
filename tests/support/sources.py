"""Which files does the project consist of?"""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("catalog", "bench", "scripts", "tests")


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, under version control; what .gitignore names is left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = [ROOT / name for name in listed.split("\0") if name]
    return tuple(path for path in found if path.is_file())


def text_of(path: Path) -> str:
    """The file's text; ``""`` for a file that is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def python_files(*folders: str) -> list[Path]:
    """The Python programs below the folders, scripts without an ending included."""
    return [path for path in project_files() if path.relative_to(ROOT).parts[0] in folders and _is_python(path)]


def _is_python(path: Path) -> bool:
    return path.suffix == ".py" or (not path.suffix and text_of(path).startswith("#!/usr/bin/env python3"))
