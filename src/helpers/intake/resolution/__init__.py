"""One person across till, web shop and marketplaces: who the rows of all files of a business are about.

Keys of a row are the customer code (within its system), the telephone number and the e-mail; then, only then, the full name
with birthday or address. Rows that share a key, or are joined by a chain of them, are one customer – unless the key belongs
to many. Source of the method: Fellegi & Sunter (1969) for keys as evidence; transitive closure by connected components.
"""

from helpers.intake.resolution.lookup import Known, directory, owners, people_keys, resolve
from helpers.intake.resolution.records import Rows
from helpers.intake.resolution.resolving import Resolved, every_key, resolved
from helpers.intake.resolution.summary import STATED, identified, joined_people
from helpers.intake.resolution.systems import of_lists

__all__ = [
    "STATED",
    "Known",
    "Resolved",
    "Rows",
    "directory",
    "every_key",
    "identified",
    "joined_people",
    "of_lists",
    "owners",
    "people_keys",
    "resolve",
    "resolved",
]
