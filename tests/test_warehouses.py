"""The warehouses that tests use are real ones: they start, answer, and refuse a stranger."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from warehouses import Postgres


def test_the_postgres_server_answers_and_wants_its_password(postgres: Postgres) -> None:
    """A table written is a table read; a wrong password is refused."""
    con = postgres.connect()
    con.create_table("answers", pa.table({"a": [1, 2, 3]}))
    assert con.table("answers").a.sum().to_pyarrow().as_py() == 6
    con.drop_table("answers")
    con.disconnect()
    psycopg = pytest.importorskip("psycopg")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url.replace(postgres.password, "guess"))


def test_the_spark_session_answers(spark: Any) -> None:
    """A table written is a table read."""
    spark.create_table("answers", pa.table({"a": [1, 2, 3]}))
    assert spark.table("answers").a.sum().to_pyarrow().as_py() == 6
    spark.drop_table("answers")
