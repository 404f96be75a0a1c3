"""Pixels of imported and of written images: readers by format, resolution levels, tile access, statistics."""
