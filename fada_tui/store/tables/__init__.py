"""Tables that people write: CSV, JSON Lines and spreadsheets, read as texts."""

from fada_tui.store.tables.reading import read_table

__all__ = ["read_table"]
