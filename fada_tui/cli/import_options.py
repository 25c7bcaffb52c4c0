"""The options of `fada-tui import`. Like the parser, it imports argparse and plain data alone."""

import argparse
from typing import Final

_OPTIONS: Final = (
    ("--model", "NAME", "the model that gave the answers", "as the file says"),
    ("--date", "DATE", "when the answers were given: a date, or a time, in ISO 8601", "unknown"),
    ("--dataset", "NAME", "what the page calls the images", "the name of --images, or of the file"),
    ("--images", "DIR", "the folder of the images, so that answers are judged beside them", "unknown"),
    ("--questions", "SET_OR_FILE", "the question set that was asked, for ids and kinds", "as in the file"),
    ("--device", "NAME", "where the model ran, as 'CUDA (RTX 4070)'", "unknown"),
    ("--dtype", "NAME", "precision of its weights, as bfloat16", "unknown"),
    ("--quantization", "NAME", "quantisation of its weights, as 4bit", "unknown"),
    ("--memory", "SIZE", "its memory on the GPU: bytes, or a size such as 1.02GB", "unknown"),
    ("--parameters", "N", "its parameters, as 507482304, 510M or 0.51B", "the model list's"),
    ("--load-time", "S", "seconds that loading it took", "unknown"),
    ("--assessments", "FILE", "a table of verdicts on the answers (CSV, JSON Lines, XLSX)", "none"),
    ("--assessor", "NAME", "who gave them where the table does not say", "the settings'"),
)
"""Option, placeholder of its value, what it is, and what counts where it is not given."""


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="JSON, JSON Lines, CSV or XLSX, in any usual shape")
    for option, metavar, help, default in _OPTIONS:
        kind = float if metavar == "S" else str
        parser.add_argument(option, metavar=metavar, type=kind, help=f"{help} (default: {default})")
    parser.add_argument(
        "--map",
        action="append",
        metavar="FIELD=COLUMN",
        help="which column holds image, category, patient, question, question_id, response, time, error or "
        "model; commas between several, or repeated (default: by the columns' names)",
    )
    parser.add_argument(
        "--error-prefix",
        action="append",
        metavar="TEXT",
        help="a text that begins what is an error and no answer; repeatable (default: ERROR:)",
    )
