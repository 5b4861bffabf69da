"""`retention run --all`: many clients side by side, each guarded from the others, and what became of each."""

from helpers.fleet.many import Watch, in_order, run_many
from helpers.fleet.memory import Share, share
from helpers.fleet.one import Asked, Ended, language_of

__all__ = ["Asked", "Ended", "Share", "Watch", "in_order", "language_of", "run_many", "share"]
