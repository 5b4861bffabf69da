"""Where the notebooks, the playbook and the example business are: in a clone beside `src/`, in a wheel inside the package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "_bundle"


def root() -> Path:
    """Folder holding ``notebooks/``, ``playbook/`` and ``data/``."""
    return _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parents[1]


def notebooks() -> Path:
    """Folder of the notebooks as they are kept (never written to by a run)."""
    return root() / "notebooks"


def playbook() -> Path:
    """Folder of the playbook."""
    return root() / "playbook"


def example(name: str = "cafe") -> Path:
    """Folder of a committed example business."""
    return root() / "data" / name


def package_file(*parts: str) -> Path:
    """A file that lives inside the package (catalogs, templates, fonts, format declarations)."""
    return _PACKAGE.joinpath(*parts)
