"""How does a person with Python at hand use the catalogue?

`catalog.connect` gives a `Catalog`; its queries are lazy, can be chained, and are asked once. The table of what can be asked for
is `catalog.services.asking.lookup_table`. Nothing here is imported by other folders.
"""
