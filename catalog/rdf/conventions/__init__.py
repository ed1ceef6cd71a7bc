"""What the attributes of a node mean by conventions that others agreed on.

One file per convention; each takes attributes and gives triples, and leaves the rest. ``jsonld``: linked data that the store
itself states.
"""
