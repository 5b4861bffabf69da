"""PostgreSQL as the measures need it: Ibis's backend with the two things it lacks, a digest of text and counting what is true.

Imported only where a PostgreSQL is used; the driver is the extra `postgres`.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
from ibis.backends.postgres import Backend
from ibis.backends.sql.compilers.postgres import PostgresCompiler


class Compiler(PostgresCompiler):  # type: ignore[misc]
    """Ibis's compiler, to which the server's own functions are added."""

    UNSUPPORTED_OPS = tuple(op for op in PostgresCompiler.UNSUPPORTED_OPS if op.__name__ != "HexDigest")

    def visit_HexDigest(self, op: Any, *, arg: Any, how: str) -> Any:  # noqa: N802 – Ibis finds rules by the operation's name
        """Hexadecimal digits of a digest of the text in UTF-8, as the other engines give them."""
        if how == "md5":
            return self.f.md5(arg)
        if how == "sha256":
            return self.f.encode(self.f.anon.sha256(self.f.anon.convert_to(arg, "UTF8")), "hex")
        raise NotImplementedError(how)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:  # noqa: N802
        """True as 1 and false as 0 in every kind of number; the server itself turns them into its `integer` alone."""
        if op.arg.dtype.is_boolean() and to.is_numeric() and to != dt.int32:
            return self.cast(self.cast(arg, dt.int32), to)
        return super().visit_Cast(op, arg=arg, to=to)


class Postgres(Backend):  # type: ignore[misc]
    """Ibis's backend with our compiler; opened by :func:`helpers.engine.connect`."""

    compiler = Compiler()


def connect(url: str, **settings: Any) -> Any:
    """A connection that compiles no queries to machine code, which takes longer than running expressions as long as ours.

    Args:
        url: ``postgres://…``. settings: further ones of the driver, such as `connect_timeout`.
    """
    from urllib.parse import urlparse

    options = f"{settings.pop('options', '')} -c jit=off".strip()
    return Postgres()._from_url(urlparse(url), options=options, **settings)
