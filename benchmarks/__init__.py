"""Measurements side by side with peers; each module prints a table and `docs/benchmarks.md` holds the last one."""
