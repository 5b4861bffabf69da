"""What a run reads, by its contents: a stage is taken over from an earlier run only where this is the same."""

from __future__ import annotations

from pathlib import Path

from helpers import intake
from helpers.business import Business
from helpers.pipeline import stages


def source_hashes(client: Path, business: Business) -> dict[str, dict[str, str]]:
    """SHA-256 of every file a run reads: sources, campaign lists, the session's answers. Names only, no paths.

    A table of a warehouse has no hash: its number of rows and a checksum are worked out there (:func:`intake.fingerprint`).

    A file that is missing is left to intake, which says so in the client's language.
    """
    named: dict[str, list[str]] = {
        "sources": [source.file for group in business.sources.values() for source in group if source.file],
        "campaigns": [f for c in business.campaigns for f in (c.treated, c.holdout, c.outcomes) if f],
        "session": ["session.yml"],
        "forgotten": [intake.FORGOTTEN],
    }
    found: dict[str, dict[str, str]] = {}
    for kind, names in named.items():
        found[kind] = {}
        for name in names:
            path = client / name
            if path.exists():
                found[kind][path.name if path.name not in found[kind] else name] = stages.file_hash(path)
    for kind, group in business.sources.items():
        for number, source in enumerate(group, 1):
            if source.table:
                found["sources"][f"{kind} {number}: {source.table}"] = intake.fingerprint(
                    source, kind, business.timezone, client
                )
    return found
