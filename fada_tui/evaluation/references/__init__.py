"""An expert's answers, from a table, beside a run's images and questions: pure.

matched = match(table, name, images, questions, folders)
matched.references                       # what went with what, for the run
matched.answers[path, question_id]       # the answers, by image and question
"""

from fada_tui.evaluation.references.asked import of_questions
from fada_tui.evaluation.references.folders import Folders
from fada_tui.evaluation.references.matching import Matched, check, match

__all__ = ["Folders", "Matched", "check", "match", "of_questions"]
