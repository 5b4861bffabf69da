"""Build the gallery: `python -m gallery [NAME …] [--workspace DIR] [--real-data DIR] [--no-pictures]`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gallery.entries import ENTRIES, ROOT, build
from gallery.pictures import take
from helpers.errors import InputError
from helpers.language import language


def main(arguments: list[str] | None = None) -> None:
    """Build the businesses named, or all; one whose data are missing is named and ends the program with 2 when asked for alone."""
    parser = argparse.ArgumentParser(prog="python -m gallery", description="Build the gallery of reports.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(ENTRIES)} (default: all)")
    parser.add_argument("--workspace", type=Path, default=Path("clients"), help="where clients are (default: clients)")
    parser.add_argument("--real-data", type=Path, help="folder of real data sets (default: RETENTION_REAL_DATA)")
    parser.add_argument("--pictures", type=Path, default=ROOT / "docs" / "images" / "gallery", help="where pictures go")
    parser.add_argument("--no-pictures", action="store_true", help="only the reports; no browser is needed")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in ENTRIES:
            parser.error(f"there is no business “{name}”; there are {', '.join(ENTRIES)}")
    if options.real_data:
        os.environ["RETENTION_REAL_DATA"] = str(options.real_data)
    for name in options.names or ENTRIES:
        try:
            report = build(name, options.workspace).report
            print(report)
            if not options.no_pictures:
                take(report, name, ENTRIES[name].chapter, options.pictures)
        except InputError as fault:
            print(f"{name}: {language('en').text(fault.message, **fault.values)}")
            if options.names:
                raise SystemExit(2) from None


if __name__ == "__main__":
    main()
