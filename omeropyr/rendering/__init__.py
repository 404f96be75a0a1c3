"""Planes into pictures: pure functions on arrays, no OMERO objects, no web.

The order of work for one tile: quantize each active channel to 0..255 (:mod:`quantize`), colour and add them
(:mod:`composite`, compiled in :mod:`kernel`), encode (:mod:`encode`).
"""
