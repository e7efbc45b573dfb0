"""Lists as one parameter: of a thousand, a driver would have more to do than the database."""

from __future__ import annotations

from sqlalchemy import JSON, Text, bindparam, cast, func
from sqlalchemy.sql.selectable import TableValuedAlias


def listed(dialect: str, name: str) -> TableValuedAlias:
    """Read a parameter, JSON, as a table of texts in one column, `value`."""
    given = bindparam(name, type_=Text)
    if dialect == "sqlite":
        return func.json_each(given).table_valued("value")
    return func.json_array_elements_text(cast(given, JSON)).table_valued("value").render_derived()
