"""Reports: pages, tables and exports as pure functions of runs, with reproducible bytes."""
