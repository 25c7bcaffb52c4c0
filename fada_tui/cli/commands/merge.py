"""`fada-tui runs merge`: one run of the shards of a plan."""

import sys
from argparse import Namespace
from pathlib import Path

from fada_tui.cli.commands.common import settings_for, warn
from fada_tui.cli.output import print_json
from fada_tui.core.errors import FadaError
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import models_file
from fada_tui.core.text import printable
from fada_tui.models.registry import load_registry
from fada_tui.runs.shards.merge import merge
from fada_tui.store import folder as store


def run(options: Namespace) -> int:
    """Merge the runs that the options name; with `--json`, even a refusal is a JSON object."""
    as_json, label = getattr(options, "json", False), getattr(options, "name", None)
    try:
        settings = settings_for(options, "files")
        results = Path(settings.results)
        folders = [store.find(results, name) for name in options.runs]
        done = merge(folders, results, label, load_registry(models_file()), settings.files)
    except FadaError as error:
        if as_json:
            print_json({"run": None, "error": str(error)})
        raise
    warn(done.warnings)
    page = done.folder / store.SUMMARY_NAME
    if not as_json:
        sys.stdout.write(f"{printable(str(page))}\n")
        return 0
    print_json(
        {
            "run": done.run.id,
            "path": encode_name(str(done.folder.absolute())),
            "model": done.run.model.name,
            "images": done.run.dataset.images,
            "results": len(done.run.results),
            "errors": sum(result.error is not None for result in done.run.results),
            "shards": [shard.run for shard in done.run.merged or ()],
            "summary": encode_name(str(page.absolute())),
            "warnings": list(done.warnings),
        }
    )
    return 0
