"""How far the data can carry what is said from them: gaps, amounts, strange customers, what can be told at all, a grade.

Everything is computed in the engine; what comes back is small, frozen and names no customer. The one exception is
:func:`helpers.metrics.quality.suspects.suspects`, a table for the client's own eyes.
"""

from helpers.metrics.quality.assessment import DataQuality, assess
from helpers.metrics.quality.grade import Basis, Grade, grade
from helpers.metrics.quality.possible import FROM_SILENCE, REQUIREMENTS, Held, Possible, possible
from helpers.metrics.quality.suspects import suspects

__all__ = [
    "FROM_SILENCE",
    "REQUIREMENTS",
    "Basis",
    "DataQuality",
    "Grade",
    "Held",
    "Possible",
    "assess",
    "grade",
    "possible",
    "suspects",
]
