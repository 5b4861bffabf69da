"""A wheel carries the notebooks, the playbook and the example inside the package; an editable install finds them beside `src/`."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Bundle(BuildHookInterface):
    """Adds the top-level folders to standard wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files; `version` is ``standard`` or ``editable``."""
        if version == "standard":
            for name in ("notebooks", "playbook", "data"):
                build_data["force_include"][str(Path(self.root) / name)] = f"helpers/_bundle/{name}"
