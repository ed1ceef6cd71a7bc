"""The metadata tree as triples, and back.

``hierarchy`` drives the mapping; each entity has its own file. Triples are written as canonical N-Triples text in blocks,
straight from the tree: a general RDF library would be thirty times slower and add nothing, for the terms are known.
"""
