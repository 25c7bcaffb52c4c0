"""What answers are worth: rubrics, scores, verdicts and statistics: pure functions of texts and records."""
