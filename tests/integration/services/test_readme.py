"""The README's first question gets the answer that the README shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"


def test_the_first_question(tmp_path: Path) -> None:
    section = README.read_text().split("## A first question")[1].split("\n## ")[0]
    commands, answer, reads = re.findall(r"```(?:sh)?\n(.*?)```", section, re.DOTALL)
    environment = {
        **os.environ,
        "CATALOG_GRAPH_STORE": f"embedded:{tmp_path / 'graphs'}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["sh", "-e"], input=commands + reads, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = [line.split() for line in done.stdout.splitlines()]
    assert all(line.split() in shown for line in answer.splitlines())
    assert (tmp_path / "part.npy").is_file()
