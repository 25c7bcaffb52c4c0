"""Rubrics, auto scores, verdicts and statistics: pure functions of texts and records."""
