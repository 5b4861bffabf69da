"""Proof: did the campaign work, and what changed since the last run."""
