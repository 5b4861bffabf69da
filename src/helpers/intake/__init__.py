"""Any merchant's export into the canonical tables, every row in a table or in the rejects with its reason.

`recognise` says what a file is; `load` reads all files of a business; `people_keys` reads a list of customers;
`memory` how much the engine should hold for it; `fingerprint` says whether a table of a warehouse has changed; `expanded` fills secrets into an address.
"""

from helpers.intake.forgotten import FILE as FORGOTTEN
from helpers.intake.loading import Intake, in_one_warehouse, load, memory
from helpers.intake.quality import REASONS, Note, Quality, SourceReport
from helpers.intake.recognition import Recognition, recognise
from helpers.intake.remote import fingerprint
from helpers.intake.resolution import people_keys
from helpers.intake.warehouse import expanded

__all__ = [
    "FORGOTTEN",
    "REASONS",
    "Intake",
    "Note",
    "Quality",
    "Recognition",
    "SourceReport",
    "expanded",
    "fingerprint",
    "in_one_warehouse",
    "load",
    "memory",
    "people_keys",
    "recognise",
]
