"""Any merchant's export into the canonical tables, every row in a table or in the rejects with its reason.

`recognise` says what a file is; `load` reads all files of a business; `people_keys` reads a list of customers.
"""

from helpers.intake.identity import people_keys
from helpers.intake.loading import Intake, load
from helpers.intake.quality import REASONS, Note, Quality, SourceReport
from helpers.intake.recognition import Recognition, recognise

__all__ = ["REASONS", "Intake", "Note", "Quality", "Recognition", "SourceReport", "load", "people_keys", "recognise"]
