"""The road from a client's files to a report: stages that are redone only when their inputs changed."""
