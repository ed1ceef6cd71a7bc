"""Does the page that says how to cite what was read do what it says, line by line?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import zarr

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "cite.md"


def test_the_example(tmp_path: Path) -> None:
    commands = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(commands) == 2
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e"], input="".join(commands), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    base = "http://localhost:8000/datasets/"
    pairs = [line.split(",") for line in done.stdout.splitlines() if line.startswith(f"{base}part/nodes/")]
    assert [old.startswith(f"{base}lab/nodes/") for _, old in pairs] == [True]
    assert done.stdout.splitlines()[-1] == "exit code 5"
    assert "holds other values" in done.stderr
    values = np.load(tmp_path / "part.npy")
    [name] = zarr.open_group(tmp_path / "part.zarr", mode="r").array_keys()
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "part.zarr" / name, mode="r")[...], values)  # type: ignore[arg-type]
    record = json.loads((tmp_path / "part.jsonld").read_text())
    assert "Ann Example" in {each.get("schema:name") for each in record["@graph"]}
