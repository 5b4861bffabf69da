"""What each notebook says and shows: results in, worded pieces out. One module per notebook.

Nothing is computed here beyond choosing the words; numbers come from metrics, campaigns and proof.
"""

from helpers.report.findings import churn, design, diagnosis, plans, proof

__all__ = ["churn", "design", "diagnosis", "plans", "proof"]
