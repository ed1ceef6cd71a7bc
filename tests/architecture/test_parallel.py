"""Do tests of one file stay in one process, and files in their order, when `make test` runs them in two?

Where they do not, nothing fails, but all that tests share is made twice: pytest-xdist 3.8 lost its groups with pytest 9.2.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.sources import ROOT


def test_a_file_stays_in_one_process(tmp_path: Path) -> None:
    options = re.search(r"^PARALLEL := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert options
    for name, tests in (("a", 1), ("b", 4), ("c", 9)):
        (tmp_path / f"test_{name}.py").write_text("\n".join(f"def test_{i}(): pass" for i in range(tests)), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "xdist", *options[1].split(), "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    where = re.findall(r"^\[(gw\d)\].* PASSED .*(test_\w)\.py::(test_\d)", ran.stdout, re.MULTILINE)
    assert len(where) == 14, ran.stdout + ran.stderr
    processes = {name: {process for process, file, _ in where if file == name} for name in ("test_a", "test_b", "test_c")}
    assert all(len(found) == 1 for found in processes.values()), processes
    assert processes["test_a"] != processes["test_b"], "the first two files start at once, however few tests they hold"
