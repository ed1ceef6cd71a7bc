"""One file per group of addresses; each has a ``router``, which `catalog.api.app` includes."""
