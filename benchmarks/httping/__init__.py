"""The parts of ``benchmarks/http.py``."""
