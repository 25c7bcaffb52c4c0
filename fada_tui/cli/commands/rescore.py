"""`fada-tui rescore`: runs scored again, with nothing generated."""

import sys
from argparse import Namespace

from msgspec import UNSET

from fada_tui.cli.commands.common import results_folder, warn
from fada_tui.cli.output import print_json
from fada_tui.config.questions import load_questions, question_set
from fada_tui.config.settings import merge
from fada_tui.core.paths import models_file
from fada_tui.core.text import printable
from fada_tui.models.registry import load_registry
from fada_tui.report.looking import constant_answers, constant_told
from fada_tui.report.references import references_told
from fada_tui.runs.rescoring import Anew, rescore
from fada_tui.store import folder as store

BY = ("questions", "references", "rubric", "alias")
"""Settings that can be given here, too."""


def run(options: Namespace) -> int:
    """Score runs again and write their pages; return the exit code.

    What is not given stays each run's own: settings of the file and the environment are for new runs.

    Raises:
        UsageError: an unknown run, question set or rubric, or a file that cannot be used.
        StoreError: a run cannot be read or written.
    """
    results, registry = results_folder(options), load_registry(models_file())
    names = {name for name in BY if getattr(options, name, None) is not None}
    given, _ = merge({name: getattr(options, name) for name in names}, {}, {}, "")
    anew = Anew(
        questions=load_questions(given.questions) if given.questions else None,
        question_set=question_set(given.questions) if given.questions else None,
        rubric=given.rubric if "rubric" in names else None,
        references=given.references,
        aliases=given.alias if "alias" in names else None,
        similarity=getattr(options, "similarity", None),
    )
    rows = []
    for folder in [store.find(results, name) for name in options.runs]:
        scored, told = rescore(folder, anew, registry)
        if given.references and scored.references is not UNSET:
            for line in references_told(scored.references, scored.questions):
                sys.stderr.write(f"{printable(f'{folder.name}: {line}')}\n")
        warn(f"{folder.name}: {line}" for line in told)
        if constant := constant_told(scored):
            sys.stderr.write(f"{printable(f'{folder.name}: {constant}')}\n")
        number = sum(bool(result.score) for result in scored.results)
        rows.append(
            {
                "run": folder.name,
                "scored": number,
                "answers": sum(result.response is not None for result in scored.results),
                "constant_answers": [one.question_id for one in constant_answers(scored)],
                "page": str(folder / store.SUMMARY_NAME),
                "told": told,
            }
        )
        if not getattr(options, "json", False):
            sys.stdout.write(f"{printable(str(folder / store.SUMMARY_NAME))}\n")
    if getattr(options, "json", False):
        print_json({"runs": rows})
    return 0
