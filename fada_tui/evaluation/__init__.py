"""Evaluation of answers: rubrics, scores, verdicts and statistics, as pure functions of texts and records."""
