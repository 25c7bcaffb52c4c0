"""Opening other screens from the main screen, and acting on their results.

A screen's module is imported when it is first opened, so that the main screen need not wait for it.
"""
