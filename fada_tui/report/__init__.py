"""Pages, tables and exports: pure functions of runs, the same bytes for the same input."""
