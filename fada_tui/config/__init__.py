"""Settings, question sets, class sets and rubrics: the program's own and the user's."""
