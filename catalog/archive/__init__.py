"""Immutable objects, named by what they hold."""

from catalog.archive.objects import Archive, open_archive

__all__ = ["Archive", "open_archive"]
