"""The command line's grammar. It imports nothing but argparse: `--help` must not wait for anything."""

import argparse
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from fada_tui import __version__

DTYPES = ("auto", "float32", "float16", "bfloat16")
GRAPHICS = ("auto", "kitty", "sixel", "half", "off")
STATUSES = ("auto", "untested", "tested", "failed", "skipped", "gated")


class BadUsage(Exception):
    """What argparse found wrong, in one line."""


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the command line."""
        raise BadUsage(f"{message}; see {self.prog} --help")


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
CommandAdder: TypeAlias = Callable[[Commands, str, str], argparse.ArgumentParser]
"""Adds a command, by name and help, that knows the common options."""


def parser() -> argparse.ArgumentParser:
    """Return the program's parser.

    Options that are settings have no default here: what isn't given comes from the environment, the
    settings file, or the setting's default (see `config.settings`).
    """
    root = Parser(
        prog="fada-tui",
        description="Try vision-language models on folders of images.",
        epilog="Every option that is a setting can also stand in settings.toml and in FADA_TUI_<OPTION>.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=34, width=100),
    )
    root.add_argument("--version", action="version", version=f"fada-tui {__version__}")
    root.add_argument("--batch", action="store_true", help="run without a screen")
    _add_selection(root)
    _add_generation(root)
    _add_run(root)
    _add_dashboard(root)
    _add_worker(root)
    _add_common(root)
    _add_commands(root)
    return root


def _add_selection(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("what is asked")
    group.add_argument(
        "--model",
        action="append",
        metavar="NAME|HUB_ID|FOLDER|URL",
        help="a model of the list, of the hub, on disk, or behind a server (http://HOST:PORT/v1#MODEL); "
        "repeatable, one runs after another",
    )
    group.add_argument("--images", metavar="DIR", help="folder of images, one sub-folder for each category")
    group.add_argument("--category", nargs="+", action="extend", metavar="C", help="these categories only")
    group.add_argument("--per-category", type=int, metavar="N", help="so many image files of each category")
    group.add_argument("--limit", type=int, metavar="N", help="so many image files in all")
    group.add_argument("--shuffle", type=int, metavar="SEED", help="take images in a random order")
    group.add_argument(
        "--frames", type=int, metavar="N", help="so many frames of each file that has several, spread evenly"
    )
    group.add_argument("--frame", type=int, metavar="K", help="this frame of each such file; 1 is the first")
    group.add_argument("--question", action="append", metavar="TEXT", help="a question; repeatable")
    group.add_argument("--questions", metavar="SET_OR_FILE", help="a question set, or a file of questions")
    group.add_argument(
        "--classes", metavar="SET_OR_FILE", help="what models that write no text (CLIP) sort images into"
    )


def _add_generation(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("how it is answered")
    group.add_argument("--max-new-tokens", type=int, metavar="N", help="longest answer")
    group.add_argument("--temperature", type=float, metavar="T", help="above 0: sample")
    group.add_argument("--top-p", type=float, metavar="P", help="sample from the likeliest tokens")
    group.add_argument("--seed", type=int, metavar="N", help="of sampling")
    group.add_argument(
        "--batch-size", metavar="N|auto", help="answers made together; auto: as memory allows (default: 1)"
    )
    group.add_argument("--system-prompt", metavar="TEXT", help="put before each question")
    group.add_argument("--dtype", choices=DTYPES, help="precision; auto is the checkpoint's own")
    group.add_argument("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 …")
    group.add_argument("--quantization", choices=("4bit", "8bit"), help="on CUDA, with bitsandbytes")
    group.add_argument(
        "--pad-square",
        action=argparse.BooleanOptionalAction,
        help="pad images to a square, for models that sort them",
    )
    _add_resolution(group)
    group.add_argument(
        "--trust-remote-code", action="append", metavar="MODEL", help="let this model run its own code"
    )
    group.add_argument(
        "--allow-host",
        action="append",
        metavar="HOST",
        help="a server beside this machine that images may be sent to",
    )
    group.add_argument("--concurrency", type=int, metavar="N", help="requests in flight, to a server")
    group.add_argument("--allow-pickle", action="store_true", help="read weights that are no safetensors")


def _add_resolution(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--longest-edge", type=int, metavar="PIXELS", help="longest edge in which models see their images"
    )
    group.add_argument(
        "--max-tiles", type=int, metavar="N", help="so many tiles at most, for models that cut images up"
    )


def _add_run(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("what is written")
    group.add_argument("--resume", metavar="RUN", help="go on with an unfinished run, given by id or folder")
    group.add_argument("--name", metavar="LABEL", help="added to the run's folder name")
    group.add_argument("--assessor", metavar="NAME", help="who judges")
    group.add_argument("--rubric", metavar="NAME_OR_FILE", help="what answers are scored by")
    group.add_argument("--dry-run", action="store_true", help="print the plan and its needs; load nothing")


def _add_dashboard(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("the dashboard")
    group.add_argument("--graphics", choices=GRAPHICS, help="how pictures are drawn")
    group.add_argument("--theme", choices=("dark", "light"))
    group.add_argument(
        "--auto-advance",
        action=argparse.BooleanOptionalAction,
        help="a verdict moves on to the next unassessed answer",
    )
    group.add_argument(
        "--low-bandwidth",
        action=argparse.BooleanOptionalAction,
        help="for slow links: fewer frames, no animation, half blocks",
    )
    group.add_argument("--keymap", action="append", metavar="ACTION=KEY", help="change a key; repeatable")


def _add_worker(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("how long the model may be silent, in seconds")
    group.add_argument("--load-timeout", type=float, metavar="S", help="while loading")
    group.add_argument("--first-token-timeout", type=float, metavar="S", help="before the first token")
    group.add_argument("--token-timeout", type=float, metavar="S", help="between two tokens")


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument("--results", metavar="DIR", help="folder of the runs (default: ./results)")
    group.add_argument("--json", action="store_true", help="one JSON object as stdout's last line")
    group.add_argument("--debug", action="store_true", help="tracebacks for errors")


def _add_commands(root: argparse.ArgumentParser) -> None:
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_common(common)

    def command(
        of: Commands,
        name: str,
        help: str,
    ) -> argparse.ArgumentParser:
        return of.add_parser(
            name,
            help=help,
            description=help,
            parents=[common],
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
        )

    _add_models(command(commands, "models", "the model list"), command)
    listing = command(commands, "runs", "the runs on disk")
    of_runs = listing.add_subparsers(dest="action", metavar="ACTION", required=True)
    command(of_runs, "list", "all runs, oldest first")
    command(of_runs, "show", "one run").add_argument("run", metavar="RUN")
    command(commands, "report", "write a run's page again").add_argument("run", metavar="RUN")
    _add_verify(command(commands, "verify", "make a sample of a run's answers again, one at a time"))
    compare = command(commands, "compare", "a table of runs")
    compare.add_argument("runs", nargs="*", default=(), metavar="RUN", help="these only (default: all)")
    compare.add_argument("--format", choices=("md", "csv", "json"), default="md")
    legacy = command(commands, "import", "read an older script's results into a run")
    legacy.add_argument("file", metavar="FILE")
    legacy.add_argument("--model", required=True, metavar="NAME", help="the model that gave the answers")
    export = command(commands, "export", "write a run's results to stdout in another format")
    export.add_argument("run", metavar="RUN")
    export.add_argument("--format", choices=("csv", "jsonl", "html"), required=True)
    command(commands, "doctor", "what works here")


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("run", metavar="RUN")
    verify.add_argument("--sample", type=int, metavar="N", help="so many results (default: 10)")
    verify.add_argument("--seed", type=int, metavar="N", dest="sample_seed", help="of drawing them")
    verify.add_argument("--device", metavar="NAME", help="in place of the run's own")
    verify.add_argument(
        "--trust-remote-code", action="append", metavar="MODEL", help="let this model run its own code"
    )
    verify.add_argument("--allow-pickle", action="store_true", help="read weights that are no safetensors")


def _add_models(models: argparse.ArgumentParser, command: CommandAdder) -> None:
    actions = models.add_subparsers(dest="action", metavar="ACTION", required=True)
    command(actions, "list", "all models, in the order of the testing list")
    show = command(actions, "show", "one model, and what it needs before it is loaded")
    show.add_argument("name", metavar="NAME|HUB_ID|FOLDER")
    command(actions, "next", "the next model to test")
    command(actions, "remove", "take a model of yours off the list").add_argument("name", metavar="NAME")
    status = command(actions, "status", "set a model's status")
    status.add_argument("name", metavar="NAME")
    status.add_argument("status", choices=STATUSES)
    status.add_argument("--reason", metavar="TEXT")
    add = command(actions, "add", "put a model on the list, or change one")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--source", required=True, metavar="HUB_ID|FOLDER|URL")
    add.add_argument("--revision")
    add.add_argument("--adapter")
    add.add_argument("--dtype", choices=DTYPES)
    add.add_argument("--quantization", choices=("4bit", "8bit"))
    add.add_argument("--pad-square", action=argparse.BooleanOptionalAction)
    _add_resolution(add)
    add.add_argument("--api-key-env", metavar="VARIABLE", help="the environment variable that holds its key")
    add.add_argument("--parameters", type=int, metavar="N")
    add.add_argument("--license")
    add.add_argument("--order", type=int, metavar="N", help="place in the testing list")
    add.add_argument("--notes", metavar="TEXT")
