"""Write the example business: `python -m helpers.example [--out DIR] [--seed N]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from helpers.example import SEED, write_cafe


def main(arguments: list[str] | None = None) -> None:
    """Read the options and write the files."""
    parser = argparse.ArgumentParser(prog="python -m helpers.example", description="Write the example café's files.")
    parser.add_argument("--out", type=Path, default=Path("data/cafe"), help="folder to write (default: data/cafe)")
    parser.add_argument("--seed", type=int, default=SEED, help="start of the random streams (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"--seed must be 0 or more, got {options.seed}")
    write_cafe(options.out, options.seed)
    sys.stdout.write(f"{options.out}\n")


if __name__ == "__main__":
    main()
