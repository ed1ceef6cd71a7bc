"""How fast is the catalogue, compared with what one would use without it?

``python -m bench`` (or ``make bench``) prints ratios. How to run it and how to read it: docs/reference/benchmarks.md.
"""
