"""The command line's grammar: options built from the settings' descriptions, other options, and commands.

It imports argparse and plain data alone: `--help` must not wait for anything.
"""

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

from fada_tui import __version__
from fada_tui.cli.argument_parser import ArgumentParser, Once
from fada_tui.cli.import_options import add_import
from fada_tui.config.schema import SETTINGS
from fada_tui.config.setting import GROUPS, Group, Setting
from fada_tui.report.export_formats import EXPORT_FORMATS

STATUSES = ("auto", "untested", "tested", "failed", "skipped", "gated")

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
CommandAdder: TypeAlias = Callable[[Commands, str, str], argparse.ArgumentParser]
"""Adds a command with the common options, by name and help."""


def parser() -> argparse.ArgumentParser:
    """Return the program's parser.

    Options that are settings have no default here: what isn't given comes from the environment, the
    settings file, or the setting's default (see `config.settings`).
    """
    root = ArgumentParser(
        prog="fada-tui",
        description="Try vision-language models on folders of images.",
        epilog="Every option that is a setting can also stand in settings.toml and in FADA_TUI_<OPTION>.",
    )
    root.add_argument("--version", action="version", version=f"fada-tui {__version__}")
    root.add_argument("--batch", action="store_true", help="run without a screen")
    _add_settings(root, "asked")
    _add_settings(root, "answered")
    _add_run(_add_settings(root, "written"))
    _add_settings(root, "dashboard")
    _add_settings(root, "silence")
    _add_common(root)
    _add_commands(root)
    return root


def _add_settings(root: argparse.ArgumentParser, of: Group) -> argparse._ArgumentGroup:
    """Add a group with the options of settings; return it."""
    group = root.add_argument_group(GROUPS[of])
    for setting in SETTINGS.values():
        if setting.group == of and not setting.in_file_alone:
            _add_setting(group, setting)
    return group


def _add_setting(to: argparse._ActionsContainer, setting: Setting, *, default: str | None = None) -> None:
    """Add a setting's option; `default`, in words, replaces the setting's own default in the help."""
    how: dict[str, Any] = {"metavar": setting.metavar or None, "choices": setting.choices or None}
    match setting.kind:
        case "texts" | "pairs":
            how |= {"action": "extend", "nargs": "+"} if setting.many else {"action": "append"}
        case "whole" if setting.choices:
            how["choices"] = None
        case "whole":
            how["type"] = int
        case "number":
            how["type"] = float
        case "switch":
            how = {"action": argparse.BooleanOptionalAction}
        case "flag":
            how = {"action": "store_true"}
        case "text" | "choice" | "shard" | "devices" | "tables":
            if setting.name == "lora":
                how["action"] = Once
    to.add_argument(
        setting.option, help=f"{setting.help} (default: {default or setting.default_text})", **how
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--resume", metavar="RUN", help="resume an unfinished run, given by id or folder (default: none)"
    )
    group.add_argument("--name", metavar="LABEL", help="added to the run's folder name (default: none)")
    group.add_argument("--dry-run", action="store_true", help="print the plan and its needs; load nothing")


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = _add_settings(parser, "everywhere")
    group.add_argument("--json", action="store_true", help="one JSON object as stdout's last line")
    group.add_argument("--debug", action="store_true", help="tracebacks for errors")


def _add_commands(root: argparse.ArgumentParser) -> None:
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    common = ArgumentParser(add_help=False)
    _add_common(common)

    def command(of: Commands, name: str, help: str) -> argparse.ArgumentParser:
        description = f"{help[0].upper()}{help[1:]}."
        return of.add_parser(name, help=help, description=description, parents=[common])

    _add_models(command(commands, "models", "the model list, and changes to your part of it"), command)
    _add_servers(command(commands, "servers", "what servers serve"), command)
    _add_runs(command(commands, "runs", "the runs in the results folder"), command)
    _add_run_argument(command(commands, "report", "write a run's page again"))
    notes = command(commands, "notes", "write your notes on a run, from a Markdown file")
    _add_run_argument(notes)
    notes.add_argument(
        "--from",
        required=True,
        metavar="FILE",
        dest="file",
        help="Markdown with headings Strengths, Weaknesses, Conclusion, Recommendation, Technical notes",
    )
    rescore = command(commands, "rescore", "score runs again, with nothing generated")
    rescore.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder of a run, or its name in the results folder"
    )
    for name in ("questions", "references", "rubric", "alias"):
        _add_setting(rescore, SETTINGS[name], default="the run's own")
    rescore.add_argument(
        "--similarity",
        metavar="HUB_ID|FOLDER",
        help="compare free texts by this sentence-transformers model's embeddings, too (default: none)",
    )
    _add_verify(command(commands, "verify", "make a sample of a run's answers again, one at a time"))
    control = command(commands, "control", "ask a run's questions about pictures that show nothing")
    _add_run_argument(control)
    _add_repeating(control)
    compare = command(commands, "compare", "print a table of runs")
    compare.add_argument("runs", nargs="*", default=(), metavar="RUN", help="only these runs (default: all)")
    compare.add_argument(
        "--format", choices=("md", "csv", "json"), default="md", help="format of the table (default: md)"
    )
    compare.add_argument(
        "--paired",
        action="store_true",
        default=False,
        help="test each two runs on the images and questions that both have",
    )
    others = command(commands, "import", "read another program's results into runs")
    add_import(others)
    for name in ("references", "rubric", "alias"):
        _add_setting(others, SETTINGS[name])
    export = command(commands, "export", "write a run's results to stdout in another format")
    _add_run_argument(export)
    formats = [one.name for one in EXPORT_FORMATS]
    export.add_argument("--format", choices=formats, required=True, help="format of the results")
    command(commands, "doctor", "tell what works on this machine, and what does not")
    completion = command(commands, "completion", "print what a shell needs to complete options and names")
    completion.add_argument(
        "shell", choices=("bash", "zsh", "fish"), help="the shell for which the code is printed"
    )


def _add_run_argument(to: argparse.ArgumentParser) -> None:
    to.add_argument("run", metavar="RUN", help="folder of the run, or its name in the results folder")


def _add_runs(runs: argparse.ArgumentParser, command: CommandAdder) -> None:
    actions = runs.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    command(actions, "list", "list all runs, oldest first")
    _add_run_argument(command(actions, "show", "show one run"))
    _add_run_argument(
        command(actions, "unlock", "break the lock of a run that another machine no longer writes")
    )
    merge = command(actions, "merge", "make one run of the shards of a plan, which stay as they are")
    merge.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder of a shard, or its name in the results folder"
    )
    merge.add_argument("--name", metavar="LABEL", help="added to the new run's folder name (default: none)")
    check = command(actions, "check", "tell whether runs on disk are damaged, and repair them")
    check.add_argument("run", nargs="?", metavar="RUN", help="only this run (default: all)")
    check.add_argument(
        "--repair", action="store_true", help="save what can be saved; damaged files are kept beside it"
    )


def _add_servers(servers: argparse.ArgumentParser, command: CommandAdder) -> None:
    actions = servers.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    listing = command(actions, "list", "list the models that a server serves, and what it says of them")
    listing.add_argument("url", metavar="URL", help="the server's URL, or a listed model behind it")


def _add_verify(verify: argparse.ArgumentParser) -> None:
    _add_run_argument(verify)
    verify.add_argument("--sample", type=int, metavar="N", help="number of results (default: 10)")
    verify.add_argument(
        "--seed", type=int, metavar="N", dest="sample_seed", help="seed of the random sample (default: 0)"
    )
    _add_repeating(verify)
    verify.add_argument(
        "--server", action="store_true", help="ask a server again, which may answer otherwise by now"
    )


def _add_repeating(to: argparse.ArgumentParser) -> None:
    """Add the options of commands that load a run's model again."""
    _add_setting(to, SETTINGS["device"], default="the run's own")
    for name in ("trust_remote_code", "allow_pickle", "allow_host"):
        _add_setting(to, SETTINGS[name])


def _add_models(models: argparse.ArgumentParser, command: CommandAdder) -> None:
    actions = models.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    command(actions, "list", "list all models, in the order of the testing list")
    show = command(actions, "show", "show one model, and what it needs before it is loaded")
    show.add_argument(
        "name", metavar="NAME|HUB_ID|FOLDER", help="a model of the list, of the hub, or on disk"
    )
    _add_setting(show, SETTINGS["lora"])
    _add_setting(show, SETTINGS["engine"])
    command(actions, "next", "show the next model to test")
    remove = command(actions, "remove", "take a model of yours off the list")
    remove.add_argument("name", metavar="NAME", help="a model of the list")
    status = command(actions, "status", "set a model's status")
    status.add_argument("name", metavar="NAME", help="a model of the list")
    status.add_argument("status", choices=STATUSES, help="new status; auto: determined by its runs")
    status.add_argument("--reason", metavar="TEXT", help="reason for the status (default: none)")
    _add_model_note(command(actions, "note", "tell of a model without a run what is known of it"))
    _add_model_entry(command(actions, "add", "put a model on the list, or change what is given of one"))


def _add_model_note(note: argparse.ArgumentParser) -> None:
    note.add_argument("name", metavar="NAME", help="a model of the list, or any other")
    note.add_argument("--size", metavar="TEXT", help="its size, such as 0.51B (default: as it was)")
    note.add_argument("--memory", metavar="TEXT", help="memory, such as '1.02 GB' (default: as it was)")
    note.add_argument("--speed", metavar="TEXT", help="seconds an answer, or a word (default: as it was)")
    note.add_argument("--context", metavar="TEXT", help="share such as 40%%, or a word (default: as it was)")
    note.add_argument("--quality", metavar="TEXT", help="share such as 40%%, or words (default: as it was)")
    note.add_argument("--source", metavar="TEXT", help="who tells it (default: as it was)")
    note.add_argument("--remove", action="store_true", help="take out what is told of it")


def _add_model_entry(add: argparse.ArgumentParser) -> None:
    add.add_argument("name", metavar="NAME", help="name of the model")
    add.add_argument("--source", required=True, metavar="HUB_ID|FOLDER|URL", help="where the model is")
    add.add_argument("--revision", metavar="COMMIT", help="revision on the hub (default: the latest)")
    add.add_argument(
        "--lora-revision", metavar="COMMIT", help="revision of its LoRA on the hub (default: the latest)"
    )
    add.add_argument(
        "--adapter", metavar="NAME", help="adapter that prompts it (default: by its architecture)"
    )
    for setting in SETTINGS.values():
        if setting.entry_default:
            _add_setting(add, setting, default=setting.entry_default)
    add.add_argument(
        "--api-key-env", metavar="VARIABLE", help="the environment variable with its key (default: none)"
    )
    add.add_argument("--parameters", type=int, metavar="N", help="number of parameters (default: unknown)")
    add.add_argument("--license", metavar="NAME", help="its licence (default: unknown)")
    add.add_argument("--order", type=int, metavar="N", help="place in the testing list (default: the last)")
    add.add_argument("--notes", metavar="TEXT", help="for yourself (default: none)")
