"""Which prefixes may a query use without declaring them?"""

from collections.abc import Mapping

from catalog.rdf.prefixes import PREFIXES

__all__ = ["PREFIXES", "declare_prefixes"]


def declare_prefixes(prefixes: Mapping[str, str]) -> str:
    """Prefix declarations on one line, so that what follows keeps its line numbers."""
    return "".join(f"PREFIX {name}: <{namespace}> " for name, namespace in sorted(prefixes.items()))
