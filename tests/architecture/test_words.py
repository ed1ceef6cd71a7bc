"""Does the tree keep to the project's words, and to itself?"""

import re
from pathlib import Path

from tests.support.sources import CODE, ROOT, project_files, python_files, text_of

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "misc"}

# Where packages come from is the business of the machine that installs them, so no host of a registry is written down.
# The names are put together here, so that this file does not hold them either.
HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("crates", "io"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
    ]
]
# A path that exists on one machine only. (Containers may use what they like below /opt, /srv and /var.)
HOME_PATHS = re.compile(r"(?<![\w./-])/(?:root|work|Users)/[\w.-]+")


def test_no_file_is_named_by_a_word_that_says_nothing() -> None:
    names = [path.relative_to(ROOT) for path in python_files(*CODE)]
    assert not [str(name) for name in names if EMPTY_WORDS & {Path(part).stem for part in name.parts}], (
        "name it after what it is about"
    )


def test_no_registry_is_named() -> None:
    found = [f"{path.relative_to(ROOT)}: {host}" for path in project_files() for host in HOSTS if host in text_of(path)]
    assert not found


def test_no_path_of_one_machine() -> None:
    found = [f"{path.relative_to(ROOT)}: {match}" for path in project_files() for match in HOME_PATHS.findall(text_of(path))]
    assert not found


def test_machine_files_are_kebab_case() -> None:
    """Turtle, SPARQL and JSON-LD files are read by machines of all kinds; Python modules are snake_case by need."""
    named = [
        path
        for path in project_files()
        if path.suffix in {".ttl", ".rq", ".jsonld"} and path.relative_to(ROOT).parts[0] != "tests"
    ]
    assert not [str(path.relative_to(ROOT)) for path in named if "_" in path.name]
