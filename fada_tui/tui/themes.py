"""The dashboard's own colours, light and dark.

The verdicts' colours are of the set by Okabe and Ito (jfly.uni-koeln.de/color), which people with any kind of
colour vision tell apart; each also has its own glyph, so that nothing is told by colour alone. The surfaces
are close to black or white, which is what they become where a terminal has 16 colours.
"""

from textual.theme import Theme

DARK = Theme(
    name="fada-dark",
    primary="#56b4e9",
    secondary="#8aa4b8",
    accent="#f0c674",
    foreground="#dbe2e8",
    background="#0d1117",
    surface="#11161d",
    panel="#1a212b",
    success="#2fbf93",
    warning="#e6a100",
    error="#f0743e",
    dark=True,
    variables={
        "correct": "#2fbf93",
        "partial": "#e6a100",
        "incorrect": "#f0743e",
        "unjudged": "#7d8b99",
        "muted": "#8b98a5",
        "border": "#334150",
        "border-blurred": "#334150",
        "scrollbar": "#334150",
        "scrollbar-hover": "#4a5d70",
        "scrollbar-active": "#56b4e9",
        "scrollbar-background": "#0d1117",
        "scrollbar-background-hover": "#0d1117",
        "scrollbar-background-active": "#0d1117",
        "scrollbar-corner-color": "#0d1117",
        "block-cursor-background": "#234a66",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#56b4e9 35%",
        "footer-key-foreground": "#f0c674",
    },
)

LIGHT = Theme(
    name="fada-light",
    primary="#00639c",
    secondary="#4d6373",
    accent="#8f4f00",
    foreground="#1c2329",
    background="#fbfcfd",
    surface="#ffffff",
    panel="#e9eef2",
    success="#00704f",
    warning="#8a5a00",
    error="#b33c00",
    dark=False,
    variables={
        "correct": "#00704f",
        "partial": "#8a5a00",
        "incorrect": "#b33c00",
        "unjudged": "#62707c",
        "muted": "#5b6873",
        "border": "#b4c0ca",
        "border-blurred": "#b4c0ca",
        "scrollbar": "#b4c0ca",
        "scrollbar-hover": "#8c9aa6",
        "scrollbar-active": "#00639c",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-background-hover": "#fbfcfd",
        "scrollbar-background-active": "#fbfcfd",
        "scrollbar-corner-color": "#fbfcfd",
        "block-cursor-background": "#00639c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#00639c 25%",
        "footer-key-foreground": "#8f4f00",
    },
)

THEMES = {"dark": DARK, "light": LIGHT}
"""By the name that the setting uses."""
