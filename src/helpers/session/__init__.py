"""What is said in the guided session, and what it means beside the numbers: state on disk and plain functions; no widgets.

`said` is the state, `storage` keeps it, the rest reads it together with the last run's `metrics.json`.
"""

from helpers.session.guesses import Fact, facts, gap
from helpers.session.interview import scores
from helpers.session.said import QUESTIONS, Answer, Commitment, Session
from helpers.session.storage import FILE, HISTORY, KEPT, Changed, load, restore, save, touched

__all__ = [
    "FILE",
    "HISTORY",
    "KEPT",
    "QUESTIONS",
    "Answer",
    "Changed",
    "Commitment",
    "Fact",
    "Session",
    "facts",
    "gap",
    "load",
    "restore",
    "save",
    "scores",
    "touched",
]
