"""What a page shows, read from an AppTest."""

from __future__ import annotations

import pandas as pd
from streamlit.testing.v1 import AppTest


def sound(app: AppTest) -> AppTest:
    """Return the app when it shows neither a traceback nor the guard's message for an unforeseen error."""
    assert [e.message for e in app.exception] == []
    assert [e.value for e in app.error if "not foreseen" in e.value] == []
    return app


def words(app: AppTest) -> str:
    """Return every sentence on the page, as written in markdown without its backslashes."""
    texts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.error, *app.success, *app.info]
    links = [link.value for link in app.get("page_link")]
    return "\n".join([*(e.value for e in texts), *links]).replace("\\", "")


def title(app: AppTest) -> str:
    """Return the page's title."""
    return str(app.title[0].value)


def table(app: AppTest, key: str = "") -> pd.DataFrame:
    """Return the only table whose key starts so; AppTest knows the keys of tables with selectable rows only."""
    found = [d for d in app.dataframe if (d.key or "").startswith(key)]
    assert len(found) == 1, f"tables: {[d.key for d in app.dataframe]}"
    return found[0].value


def links(app: AppTest) -> dict[str, str]:
    """Return the address that each link on the page leads to, query included, by its label."""
    return {
        link.value: f"{link.proto.page}?{link.proto.query_string}" if link.proto.query_string else link.proto.page
        for link in app.get("page_link")
    }
