"""Gauss–Jacobi quadrature for averages over Beta distributions (Golub & Welsch 1969), many distributions at once."""

from __future__ import annotations

import numpy as np

from helpers.metrics.histories import Floats

NODES = 32


def beta_nodes(a: Floats, b: Floats, nodes: int = NODES) -> tuple[Floats, Floats]:
    """Nodes and weights: Σ w·f(p) is the mean of f over p ~ Beta(a, b), exact for polynomials to degree 2·nodes − 1.

    Args:
        a: shape (k,), positive.
        b: shape (k,), positive.
        nodes: points per distribution.

    Returns:
        Nodes in (0, 1) and weights summing to 1, both (k, nodes).
    """
    a, b = np.asarray(a, dtype=float)[:, None], np.asarray(b, dtype=float)[:, None]
    i = np.arange(nodes, dtype=float)[None, :]
    total = a + b
    # three-term recurrence of the polynomials orthogonal under Beta(a, b) on [0, 1]; at 0 and 1 it may be 0/0
    two = 2 * i + total
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = 0.5 * (1 + (a - b) * (total - 2) / ((two - 2) * two))
        square = i * (i + a - 1) * (i + b - 1) * (i + total - 2) / ((two - 2) ** 2 * (two - 1) * (two - 3))
    centre[:, 0] = (a / total)[:, 0]
    square[:, 1] = (a * b / (total**2 * (total + 1)))[:, 0]
    off = np.sqrt(square[:, 1:])
    matrix = np.zeros((len(a), nodes, nodes))
    j = np.arange(nodes)
    matrix[:, j, j] = centre
    matrix[:, j[1:], j[:-1]] = off
    values, vectors = np.linalg.eigh(matrix)
    # rounding may push the outermost node a hair outside
    return np.clip(values, 1e-300, 1.0), vectors[:, 0, :] ** 2
