"""SHACL: does a description hold what the shapes ask for?

``door`` is what the rest of the program sees: graphs and shapes in, a report out. ``shapes`` finds the shapes, ``shape_check``
looks whether a user's own can be applied. Behind the door stands ``pyshacl_validator``: ``graphs`` makes the data readable,
``engine`` lets pySHACL judge it, ``results`` and ``trace`` put the findings into the catalogue's words. ``report`` tells people
and programs what came of it. Which rules there are, and how severe each is, is written in ``shapes/``, never here.
"""
