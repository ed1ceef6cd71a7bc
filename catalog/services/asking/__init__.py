"""How does a question in our users' words become SPARQL? Names of things become ways through the graph, values become terms.

`lookup_table` says which names there are, `lookups` reads ``dataset__title__contains``, `values` makes terms, `conditions` makes
patterns, `question` makes the query. The Python client and the search ask through the same rooms.
"""
