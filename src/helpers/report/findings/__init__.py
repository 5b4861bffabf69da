"""What each notebook says and shows: results in, worded pieces out. One module per notebook, two where a notebook has two subjects.

Nothing is computed here beyond choosing the words; numbers come from metrics, campaigns and proof.
"""

from helpers.report.findings import (
    agenda,
    care,
    churn,
    contracts,
    design,
    diagnosis,
    economics,
    evenness,
    experiment,
    forecast,
    leavers,
    loyalty,
    offering,
    planning,
    plans,
    proof,
    quality,
    sheets,
)

__all__ = [
    "agenda",
    "care",
    "churn",
    "contracts",
    "design",
    "diagnosis",
    "economics",
    "evenness",
    "experiment",
    "forecast",
    "leavers",
    "loyalty",
    "offering",
    "planning",
    "plans",
    "proof",
    "quality",
    "sheets",
]
