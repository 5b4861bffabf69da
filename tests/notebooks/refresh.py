"""Execute the committed notebooks in place, as somebody opening them by hand would: `make notebooks`."""

from __future__ import annotations

import os

import nbformat
from nbclient import NotebookClient

from helpers import resources
from helpers.pipeline.example import example_run
from helpers.run import ENVIRONMENT

KEPT = {"kernelspec", "language_info"}


def refresh() -> None:
    """Run every notebook on the example business and keep its outputs, without traces of this machine or this moment."""
    os.environ.pop(ENVIRONMENT, None)
    example_run()
    for path in sorted(resources.notebooks().glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        NotebookClient(book, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
        for cell in book.cells:
            cell.metadata.pop("execution", None)
        book.metadata = {key: value for key, value in book.metadata.items() if key in KEPT}
        book.metadata["language_info"] = {"name": "python"}
        nbformat.write(book, path)


if __name__ == "__main__":
    refresh()
