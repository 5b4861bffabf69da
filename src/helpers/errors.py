"""The one exception for everything that is the user's to mend.

Whoever finds a fault upstream does not know the reader's language, so the exception carries the English
sentence (which is also the catalog key) and its values; the command line or the notebook words it.
"""

from typing import Any


def key(message: str) -> str:
    """Mark a sentence that is stored now and worded later, so that the catalogs are known to need it."""
    return message


class InputError(Exception):
    """The user's input is at fault: one sentence saying what, where, and what to do. Exit code 2.

    Args:
        message: English sentence with ``{name}`` placeholders; the key of the language catalogs.
        **values: what the placeholders stand for. Numbers and dates may be given as such; the language formats them.
    """

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message.format(**self.values)
