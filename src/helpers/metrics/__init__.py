"""Every number of the report: pure functions from tables and a day to table expressions or small frozen results."""
