"""Does the service do what its OpenAPI document says, whatever is sent? Schemathesis, as an anonymous client and with both keys.

No fault of the service, no status, media type or body that the document does not tell of, no method beside those it names, and
nothing accepted that it rules out. ``CATALOG_SCHEMATHESIS_EXAMPLES`` asks for more examples of each operation than `EXAMPLES`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import ServedCatalogue, served, take_in_samples

EXAMPLES = 4
RUN = Path(sys.executable).with_name("schemathesis")
# The document cannot say which texts are SPARQL, selections or lookups, so what fits it may be refused.
LEFT_OUT = "positive_data_acceptance"
# How the body of a query is sent, which Schemathesis does not know by itself.
HOOKS = """
import schemathesis

@schemathesis.serializer("application/sparql-query", "text/turtle", "application/n-triples", "application/rdf+xml")
def as_text(ctx, value):
    return str(value).encode("utf-8", "replace")

@schemathesis.serializer("application/merge-patch+json", "application/ld+json")
def as_json(ctx, value):
    import json
    return json.dumps(value).encode("utf-8", "replace")
"""
# What is against the document may be refused as too much, too.
REFUSED = """
[checks]
negative_data_rejection.expected-statuses = ["4xx", "5xx"]
"""


@pytest.fixture(scope="module")
def changing_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalogue]:
    """A service of its own, as what is sent may change it; a query that takes long is given up soon."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    with served(folder, sparql={"timeout_s": 2}) as catalogue:
        take_in_samples(catalogue, folder)
        yield catalogue


@pytest.mark.parametrize("role", ["anonymous", "reading", "writing"])
def test_it_does_what_its_document_says(changing_service: ServedCatalogue, role: str, tmp_path: Path) -> None:
    key = {"anonymous": "", "reading": changing_service.read_key, "writing": changing_service.write_key}[role]
    (tmp_path / "hooks.py").write_text(HOOKS)
    (tmp_path / "schemathesis.toml").write_text(REFUSED)
    options = {
        "phases": "fuzzing" if role == "reading" else "examples,coverage,fuzzing",
        "max-examples": os.environ.get("CATALOG_SCHEMATHESIS_EXAMPLES", str(EXAMPLES)),
        "exclude-checks": LEFT_OUT,
        "max-redirects": "0",
        "warnings": "off",
        "request-timeout": "60",
    }
    done = subprocess.run(
        [
            *(str(RUN), "run", f"{changing_service.base}openapi.json", "--generation-deterministic", "--continue-on-failure"),
            *("--no-shrink", "--no-color", *(f"--{name}={value}" for name, value in options.items())),
            *(["--header", f"Authorization: Bearer {key}"] if key else []),
        ],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    said = done.stdout.replace(key, "KEY") if key else done.stdout
    assert done.returncode == 0, said + done.stderr[-2000:]
    assert "No operations" not in said
