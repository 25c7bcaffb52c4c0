"""What keys call that judge answers: verdicts, tags and notes, models side by side, and zoom."""

from fada_tui.tui.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("assess.correct", "1", "judge('correct')", "Correct", "Judge the answer correct", "verdict"),
    Command(
        "assess.partial", "2", "judge('partial')", "Partial", "Judge the answer partly correct", "verdict"
    ),
    Command(
        "assess.incorrect", "3", "judge('incorrect')", "Incorrect", "Judge the answer incorrect", "verdict"
    ),
    Command("assess.clear", "0", "judge(None)", "Clear", "Take the verdict back", "verdict"),
    Command(
        "assess.anyway",
        "A",
        "door('judge_anyway')",
        "Judge anyway",
        "Judge though the image was changed since",
        "verdict",
        False,
    ),
    Command(
        "assess.context", "c", "door('context')", "Context", "Context flag: yes, no, or unset", "verdict"
    ),
    Command(
        "assess.flag", "F", "flag", "Flag", "Flag for a second look; again removes the flag", "verdict", False
    ),
    Command("undo", "u", "undo", "Undo", "Take back the last assessment", "verdict"),
    Command("redo", "U,ctrl+r", "redo", "Redo", "Make it again", "verdict", False),
    Command(
        "judged_before",
        "backspace",
        "judged_before",
        "Back",
        "To the answer judged last; again, to the one before it",
        "verdict",
        False,
    ),
    Command(
        "second_look",
        "V",
        "second_look",
        "Second look",
        "Go through partial and flagged answers once more; again ends it",
        "assess",
        False,
    ),
    Command(
        "assessor", "N", "door('assessor')", "Name", "The name that verdicts are kept under", "assess", False
    ),
    Command("assess.tags", "t", "door('tags')", "Tags", "Tags of the rubric, by their letters", "assess"),
    Command("assess.note", "n", "door('note')", "Note", "Write a note on this answer", "assess"),
    Command("next", "right_square_bracket", "step(1)", "Next", "Next unassessed answer", "assess"),
    Command("previous", "left_square_bracket", "step(-1)", "", "Previous unassessed answer", "assess"),
    Command(
        "question.next",
        "full_stop",
        "question(1)",
        "Question",
        "Next question of this image",
        "assess",
        False,
    ),
    Command("question.previous", "comma", "question(-1)", "", "Previous question", "assess", False),
    Command(
        "blind", "b", "door('blind')", "Blind", "Blind mode: no names, no auto scores, shuffled", "assess"
    ),
    Command(
        "thoughts",
        "T",
        "thoughts",
        "Thoughts",
        "Show or hide what the model thought before its answer",
        "assess",
        False,
    ),
    Command(
        "answer.copy", "y", "copy_answer", "Copy", "Copy the answer's text to the clipboard", "assess", False
    ),
    Command(
        "answer.scroll_down",
        "J",
        "scroll_answer(3)",
        "Scroll answer",
        "Scroll the answer down",
        "assess",
        False,
    ),
    Command("answer.scroll_up", "K", "scroll_answer(-3)", "", "Scroll the answer up", "assess", False),
    Command(
        "answer.beginning",
        "less_than_sign",
        "answer_edge('beginning')",
        "Begin/end",
        "The answer's beginning",
        "assess",
        False,
    ),
    Command("answer.end", "greater_than_sign", "answer_edge('end')", "", "The answer's end", "assess", False),
    Command(
        "column.left", "h,left,shift+tab", "column(-1)", "Model", "The model to the left", "models_on_image"
    ),
    Command("column.right", "l,right,tab", "column(1)", "", "The model to the right", "models_on_image"),
    Command(
        "column.tags", "t", "door('tags')", "Tags", "Tags of the rubric, by their letters", "models_on_image"
    ),
    Command("column.note", "n", "door('note')", "Note", "Write a note on this answer", "models_on_image"),
    Command(
        "column.thoughts",
        "T",
        "thoughts",
        "Thoughts",
        "Show or hide what the models thought before their answers",
        "models_on_image",
        False,
    ),
    Command("column.zoom", "z", "door('zoom')", "Zoom", "The picture on the whole screen", "models_on_image"),
    Command("column.back", "escape,q,m", "back", "Back", "Back to the main screen", "models_on_image"),
    Command("zoom.in", "plus,equals_sign", "zoom(1)", "Size", "A step larger", "zoom"),
    Command("zoom.out", "minus", "zoom(-1)", "", "A step smaller", "zoom"),
    Command("zoom.fit", "underscore", "fit", "Fit", "All of the picture", "zoom"),
    Command("zoom.left", "h,left", "pan(-1, 0)", "Move", "Look further left", "zoom"),
    Command("zoom.down", "j,down", "pan(0, 1)", "", "Look further down", "zoom"),
    Command("zoom.up", "k,up", "pan(0, -1)", "", "Look further up", "zoom"),
    Command("zoom.right", "l,right", "pan(1, 0)", "", "Look further right", "zoom"),
    Command("zoom.words", "i", "words", "Words", "Hide question, answer and verdict, or show them", "zoom"),
    Command("zoom.back", "escape,q,z", "back", "Back", "Back to the screen before", "zoom"),
    Command("context.yes", "y", "set(True)", "Yes", "The context was named", "context"),
    Command("context.no", "n", "set(False)", "No", "The context was not named", "context"),
    Command("context.unset", "0", "set(None)", "Unset", "Take the flag back", "context"),
    Command("context.back", "escape,q", "back", "Back", "Back; nothing changes", "context"),
    Command("assessor.take", "enter", "take", "Take", "Judge under this name", "assessor"),
    Command("assessor.down", "down", "scroll(1)", "Scroll", "Down in the guideline", "assessor"),
    Command("assessor.up", "up", "scroll(-1)", "", "Up in the guideline", "assessor"),
    Command("assessor.back", "escape", "back", "Back", "Back without a name", "assessor"),
    Command("tags.back", "escape,enter,q", "back", "Back", "Back; a letter toggles its tag", "tags"),
    Command("note.save", "enter,ctrl+s", "save", "Save", "Keep the note", "note"),
    Command("note.break", "ctrl+j", "break", "New line", "Begin another line", "note"),
    Command(
        "note.back",
        "escape",
        "back",
        "Drop",
        "Go back; a changed note is dropped only when asked twice",
        "note",
    ),
)
