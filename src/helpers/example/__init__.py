"""An invented café, simulated from a known truth: what its till exports, what its owner keeps, and what is behind it.

`simulate` makes the tables in memory; `write_cafe` writes the files under `data/cafe`.
"""

from helpers.example.files import write_cafe
from helpers.example.process import Process
from helpers.example.world import SEED, World, simulate

__all__ = ["SEED", "Process", "World", "simulate", "write_cafe"]
