"""The model list's rows as they are shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.records import ModelEntry
from fada_tui.models.endpoint import ADAPTER, is_endpoint, place_of
from fada_tui.models.registry import ModelRow
from fada_tui.report import memory, units
from fada_tui.report.figures import Figures
from fada_tui.report.metric_texts import on_one, requests


class ModelLine(Struct, frozen=True, kw_only=True):
    """A model as the list shows it."""

    name: str
    status: str
    """As in the testing list."""
    here: bool
    """Its weights are on this machine, or it runs behind a server and needs none here."""
    size: str
    """Parameters, short: `0.5B`; `server` where they are unknown behind one."""
    speed: str
    """Mean time of an answer in its latest run, `1.52s`."""
    state: str
    """What it does now: loading, running, queued; or that it is unreadable; empty for most."""
    damaged: bool
    loaded: bool
    marked: bool
    detail: str
    """All that is known of it, on one line."""


def model_lines(
    rows: Sequence[ModelRow],
    figures: Mapping[str, Figures],
    *,
    here: Collection[str],
    damaged: Mapping[str, str],
    loaded: str | None,
    progress: tuple[str, float | None] | None,
    queued: Iterable[str],
    marked: Collection[str],
    blind: bool,
) -> tuple[ModelLine, ...]:
    """Return the list, in its order.

    Args:
        rows: the models and their status.
        figures: of runs, by their id.
        here: names of the models whose weights are on this machine.
        damaged: why files cannot be read, by the model's name.
        loaded: the model that runs.
        progress: how far loading it is: in words, and as a share.
        queued: models that wait for their turn, in order.
        marked: models marked for the next run.
        blind: say nothing of speed, nor of which model runs.
    """
    turns = {name: place for place, name in reversed(list(enumerate(queued, 1)))}
    return tuple(
        _line(
            row,
            figures.get(row.run.id) if row.run and not blind else None,
            here=row.entry.name in here or is_endpoint(row.entry.source),
            damage=damaged.get(row.entry.name),
            state="" if blind else _state(row.entry, loaded, progress, turns),
            loaded=row.entry.name == loaded and not blind,
            marked=row.entry.name in marked,
        )
        for row in rows
    )


def _line(
    row: ModelRow,
    figures: Figures | None,
    *,
    here: bool,
    damage: str | None,
    state: str,
    loaded: bool,
    marked: bool,
) -> ModelLine:
    mean = figures.time_per_answer if figures else None
    return ModelLine(
        name=row.entry.name,
        status=row.status,
        here=here,
        size=units.parameters_briefly(row.run.model.parameters if row.run else None) or entry_size(row.entry),
        speed=f"{mean:.2f}s" if mean is not None else "",
        damaged=damage is not None,
        state=state or ("unreadable" if damage else ""),
        loaded=loaded,
        marked=marked,
        detail="  ·  ".join(_details(row, figures, here=here, damage=damage)),
    )


def _state(
    entry: ModelEntry, loaded: str | None, progress: tuple[str, float | None] | None, turns: Mapping[str, int]
) -> str:
    if entry.name == loaded:
        return _doing(*progress) if progress else "running"
    return f"queued {turns[entry.name]}" if entry.name in turns else ""


def _doing(words: str, share: float | None) -> str:
    word = words.split(maxsplit=1)[0]
    return f"{word} {share:.0%}" if share is not None else word


def _details(row: ModelRow, figures: Figures | None, *, here: bool, damage: str | None) -> Iterable[str]:
    yield f"{row.status}: {row.reason}" if row.reason else row.status
    if place := place_of(row.entry.source):
        yield f"behind the server {place}"
    elif damage:
        yield f"cannot be read: {damage}"
    else:
        yield "on this machine" if here else "not downloaded"
    if (parameters := row.run.model.parameters if row.run else row.entry.parameters) is not None:
        yield f"{units.parameters(parameters)} parameters"
    if figures is None or row.run is None:
        return
    if (mean := figures.time_per_answer) is not None:
        sizes = units.batches(figures.batch_sizes)
        told = (sizes, on_one(figures), requests(row.run))
        yield " ".join((f"{mean:.2f} s an answer", *filter(None, told)))
    if not is_endpoint(row.run.model.source):
        yield memory.briefly(row.run.model.memory, by_engine=bool(row.run.engine))


def entry_size(entry: ModelEntry) -> str:
    """Return an entry's parameters, short; where they are unknown behind a server, that it is behind one."""
    return units.parameters_briefly(entry.parameters) or (ADAPTER if is_endpoint(entry.source) else "")
