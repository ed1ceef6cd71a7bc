"""JavaScript programs that nobody here wrote, run by Node.js; ``scripts/setup --tests`` installs them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "npm"


def installed() -> Path:
    """The folder that the packages lie in."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "zarr-linked-catalog" / "npm"
    wanted, there = HERE / "package-lock.json", folder / "installed"
    if not (there.is_file() and there.read_bytes() == wanted.read_bytes()):
        pytest.fail(f"the packages of {wanted} are not installed in {folder}: run scripts/setup --tests")
    return folder


def run_node(script: str, folder: Path, *arguments: str) -> str:
    """What a module of this folder's ``npm`` prints.

    Parameters
    ----------
    script
        Its name.
    folder
        An empty place, from where it finds its packages.
    """
    target = folder / script
    if not target.exists():
        shutil.copy(HERE / script, target)
        (folder / "node_modules").symlink_to(installed() / "node_modules")
    done = subprocess.run(["node", str(target), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
