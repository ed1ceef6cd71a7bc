"""Chromium without a screen, asked over a pipe what it shows, what it complained of, and what it wanted from whom.

Source: Chrome DevTools Protocol (``--remote-debugging-pipe``: JSON messages that end in a zero byte, on descriptors 3 and 4).
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = (
    *("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
MOVE = (
    "import os, sys; i, o, *run = sys.argv[1:]; i, o = os.dup(int(i)), os.dup(int(o)); os.dup2(i, 3); os.dup2(o, 4);"
    " os.set_inheritable(3, True); os.set_inheritable(4, True); os.execv(run[0], run)"
)
"""Puts two descriptors where Chromium looks for them, and becomes it."""
SECONDS = 60.0
COMPLAINTS = frozenset(["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening"])


@dataclass
class Visit:
    """One page as it was seen.

    Attributes
    ----------
    text
        What people read on it.
    requests
        Addresses that were asked for, the page's own among them.
    complaints
        What stood in the console, dialogs and faults of scripts, as the protocol tells of them.
    """

    text: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)


class Browser:
    """One window of Chromium."""

    def __init__(self, folder: Path) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        assert program is not None, "Chromium is needed to look at pages: `scripts/setup --tests` installs it (Debian: chromium)"
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        begin = [sys.executable, "-I", "-S", "-c", MOVE, str(theirs_in), str(theirs_out), program, *QUIET, *sandbox]
        self._process = subprocess.Popen(
            [*begin, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer, self._number, self._session = b"", 0, ""
        self._seen: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        try:
            return self._begun()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def _begun(self) -> Self:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._out)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
        os.close(self._in)

    def visit(self, url: str) -> Visit:
        """Open a page, and wait until all of it is there."""
        self._seen.clear()
        answer = self.ask("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        deadline = time.monotonic() + SECONDS
        while not any(each["method"] == "Page.loadEventFired" for each in self._seen):
            self._receive(deadline)
        text = self.evaluate("document.body.innerText")  # what came before the answer has been seen by now
        requests = [each["params"]["request"]["url"] for each in self._seen if each["method"] == "Network.requestWillBeSent"]
        return Visit(text, requests, [each for each in self._seen if each["method"] in COMPLAINTS])

    def evaluate(self, expression: str) -> Any:
        """The value of JavaScript in the page, as JSON has it."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command; what comes back."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while (answer := self._receive(deadline)).get("id") != self._number:
            pass
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next message; one that answers no command is kept."""
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))[0], "Chromium says nothing more"
            piece = os.read(self._in, 2**20)
            assert piece, "Chromium ended"
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._seen.append(message)
        return message
