"""Retention playbook: who comes back, who is leaving, what to do on Monday, and did it work.

Rooms, in the order data walks through them (nothing upstream imports anything downstream):
intake → tables → metrics → segments → playbook → campaigns → proof → report → pipeline → cli.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("retention-playbook")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"
