"""Is a lookup that begins at the wrong kind of thing told where it belongs?"""

import pytest

from catalog.errors import InputError
from catalog.services.asking.lookup_table import ANY, ARRAY, GROUP
from catalog.services.asking.lookups import Vocabulary, parse_lookup


@pytest.mark.parametrize("kind", [ANY, GROUP])
@pytest.mark.parametrize("name", ["ndim__gte", "dtype", "nbytes__lt"])
def test_lookups_of_arrays_are_not_those_of_nodes(kind: str, name: str) -> None:
    with pytest.raises(InputError, match=r"is a lookup of arrays: .*kind=arrays"):
        parse_lookup(name, kind, Vocabulary)
    assert parse_lookup(name, ARRAY, Vocabulary).name == name


def test_what_a_store_calls_so_itself_comes_first() -> None:
    """A group's own attribute ``ndim`` is asked for by its name."""
    assert parse_lookup("ndim", GROUP, lambda: Vocabulary(attributes=frozenset({"ndim"}))).key == "ndim"
