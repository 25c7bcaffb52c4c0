"""Pictures in a terminal: which way it draws them, and its escape sequences.

They are encoded here and not by textual-image, which asks the terminal when it is imported, and whose
sequences bypass Textual's writer.
"""
