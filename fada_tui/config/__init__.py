"""Settings, question sets, class sets and rubrics, both shipped and user-defined."""
