"""The ``catalog`` command, run in this process."""

import sys

import pytest

from catalog.cli import main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of ``catalog`` with some arguments."""
    monkeypatch.setattr(sys, "argv", ["catalog", *arguments])
    try:
        main.run()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
