"""What the page reads first, read before anybody waits: imported by the process its kernels are forked from, by nobody else.

A fork shares what its parent has read, so the first screen of every tab starts with the words of all languages and with a parser and
checks of the playbook that have been used once. The playbook itself is read anew by every page.
"""

from __future__ import annotations

from contextlib import suppress

import helpers.page  # noqa: F401 – for the kernels
from helpers import playbook
from helpers.errors import InputError
from helpers.language import available, language

for code in available():
    language(code).text("Saved.")
with suppress(InputError):  # the page will say so itself
    playbook.load()
