"""Is this a CF standard name, and which one is meant where it is not?

Source: CF Conventions 1.11, section 3.3 "Standard Name", appendix C "Standard Name Modifiers"; the pinned table
``ontology/imports/cf-standard-names.tsv``. The NERC Vocabulary Server names each by an IRI.
"""

from difflib import get_close_matches
from functools import cache

from catalog.resources import resource

NVS = "http://vocab.nerc.ac.uk/standard_name/"
MODIFIERS = frozenset({"detection_minimum", "number_of_observations", "standard_error", "status_flag"})


def standard_name_iri(name: str) -> str:
    """The IRI of a standard name."""
    return f"{NVS}{name}/"


def find_standard_name(name: str) -> str | None:
    """The name in use: the name itself, or what an alias stands for; None where the table has neither."""
    return load_standard_names().get(name)


def split_modifier(text: str) -> tuple[str, str]:
    """A standard name and its modifier, which is ``""`` where it has none."""
    name, _, modifier = text.strip().partition(" ")
    return name, modifier.strip()


def near_names(name: str) -> list[str]:
    """Up to three names that come close."""
    return get_close_matches(name.lower().replace(" ", "_")[:120], load_standard_names(), n=3, cutoff=0.8)


@cache
def load_standard_names() -> dict[str, str]:
    """Name, or alias → name in use."""
    lines = (resource("ontology") / "imports" / "cf-standard-names.tsv").read_text(encoding="utf-8").splitlines()
    return {name: used or name for name, _, used in (line.partition("\t") for line in lines if line[:1] != "#")}
