"""The commands other than the dashboard; each module is imported only when its command is called."""

import sys
from argparse import Namespace


def run(command: str, options: Namespace) -> int:
    """Run a command of `parser.parser`; return the exit code.

    Raises:
        FadaError: what the command could not do.
    """
    match command:
        case "models" if options.action == "note":
            from fada_tui.cli.commands import model_notes

            return model_notes.run(options)
        case "models":
            from fada_tui.cli.commands import models

            return models.run(options)
        case "doctor":
            from fada_tui.cli import doctor
            from fada_tui.cli.commands.common import results_folder

            return doctor.run(results_folder(options), as_json=getattr(options, "json", False))
        case "completion":
            from fada_tui.cli.commands import completion

            sys.stdout.write(completion.shell_code(options.shell))
            return 0
        case "verify":
            from fada_tui.cli.commands import verify

            return verify.run(options)
        case "control":
            from fada_tui.cli.commands import control

            return control.run(options)
        case "notes":
            from fada_tui.cli.commands import notes

            return notes.run(options)
        case "rescore":
            from fada_tui.cli.commands import rescore

            return rescore.run(options)
        case "import":
            from fada_tui.cli.commands import import_results

            return import_results.run(options)
        case "servers":
            from fada_tui.cli.commands import servers

            return servers.run(options)
        case "runs" if options.action == "check":
            from fada_tui.cli.commands import check

            return check.run(options)
        case "runs" if options.action == "merge":
            from fada_tui.cli.commands import merge

            return merge.run(options)
        case _:
            from fada_tui.cli.commands import runs

            actions = {
                "runs": runs.of_runs,
                "report": runs.report,
                "compare": runs.compare,
                "export": runs.export,
            }
            return actions[command](options)
