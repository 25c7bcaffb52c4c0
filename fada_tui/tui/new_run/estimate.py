"""The estimate of a run: how many answers, how long, how much memory, and where each figure is from."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeAlias

from msgspec import Struct
from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size

from fada_tui.report import units
from fada_tui.runs.forecast import Forecast, Together
from fada_tui.tui.present.cells import fitted, shortened
from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.widgets.measured import Measured

Line: TypeAlias = Sequence[tuple[str, str]]
"""Pieces of text, each with the name of its style; no name for plain."""

_FITS = {True: ("✓ fits", "fits"), False: ("! does not fit", "misfit"), None: ("unknown", "muted")}

_NAMES = 24
"""Cells for the longest model name."""


class ModelForecast(Struct, frozen=True):
    """A model's part of the estimate."""

    name: str
    forecast: Forecast | None
    """The forecast; `None` while the checkpoint is being examined."""


class EstimateView(Struct, frozen=True):
    """What is shown."""

    images: int
    questions: int
    models: tuple[ModelForecast, ...]
    together: Together
    controls: int = 0
    """Answers about control pictures, of each model."""


class EstimateText(Measured):
    """Lines of the estimate; where there are more models than lines, it says how many are left out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "estimate--strong",
        "estimate--muted",
        "estimate--fits",
        "estimate--misfit",
    }

    DEFAULT_CSS = """
    EstimateText {
        height: auto;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        & .estimate--strong { text-style: bold; }
        & .estimate--muted { color: $unjudged; }
        & .estimate--fits { color: $success; }
        & .estimate--misfit { color: $error; text-style: bold; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: EstimateView | None = None

    @property
    def text(self) -> str:
        """What is shown, without its styles."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines(self.content_size))

    def show(self, view: EstimateView) -> None:
        """Show an estimate."""
        if view != self._view:
            self._view = view
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are when none is left out."""
        return max(len(self._lines(Size(width, 10_000))), 3)

    def render(self) -> RenderResult:
        """Draw the lines."""
        lines = self._lines(self.content_size)
        return Content("\n").join(
            Content.assemble(
                *(
                    (text, self.get_visual_style(f"estimate--{style}") if style else "")
                    for text, style in line
                )
            )
            for line in lines
        )

    def _lines(self, size: Size) -> list[Line]:
        view = self._view
        if view is None:
            return []
        lines = [_answers(view)]
        if not view.models:
            return lines
        if len(view.models) == 1:
            return [*lines, *_alone(view.models[0].forecast, size.width)][: max(size.height, 1)]
        rows = _rows(view, size.width)
        left = size.height - 1
        if len(rows) > left > 1:
            hidden = len(rows) - left + 1
            rows = [rows[0], *rows[1 : left - 1], [(f"… and {units.count(hidden, 'model')} more", "muted")]]
        return [*lines, *rows]


def together_text(view: EstimateView) -> str:
    """Return what there is to say of several models at once; empty for one."""
    if len(view.models) < 2:
        return ""
    free = units.memory(view.together.memory_free)
    return (f"{free} free in {view.together.place}, " if free else "") + "run one after another"


def _answers(view: EstimateView) -> Line:
    each = view.images * view.questions
    models = len(view.models)
    text = f"{units.count(view.images, 'image')} × {units.count(view.questions, 'question')}"
    line = [(f"{text} = ", ""), (units.count(each, "answer"), "strong")]
    if models > 1:
        line += [(f" × {models} models = ", ""), (f"{each * models:,}", "strong")]
    elif models and (alone := view.models[0].forecast) and alone.image_tokens:
        line += [(f"  {units.count(alone.image_tokens, 'image token')} each", "muted")]
    if view.controls:
        line += [(f" + {view.controls:,} on control pictures", "muted")]
    return line


def _alone(forecast: Forecast | None, width: int) -> Iterable[Line]:
    if forecast is None:
        yield [("Time    ", "muted"), ("…", "muted")]
        yield [("Memory  ", "muted"), ("looking at the checkpoint …", "muted")]
        return
    if obstacle := _obstacle(forecast):
        whole = shortened(obstacle, 5 * width // 2)  # Three lines: that much fits everywhere.
        yield from ([(line, "misfit")] for line in wrapped(whole, width))
        return
    loading = f" + {forecast.load_seconds:.0f} s loading" if (forecast.load_seconds or 0) >= 1 else ""
    time = units.expected_time(forecast.seconds) + (loading if forecast.seconds is not None else "")
    source = forecast.seconds_from
    beside = 8 + len(time) + 2 + cell_len(source) <= width
    yield [("Time    ", "muted"), (time, "strong"), (f"  {source}" if beside else "", "muted")]
    yield _memory(forecast, width)
    if forecast.fits is False:
        yield [("        ", ""), (shortened(_way_out(forecast), width - 8), "strong")]
    if not beside:
        yield [(shortened(f"Time is {source}" if forecast.seconds is not None else source, width), "muted")]


def _obstacle(forecast: Forecast) -> str:
    return f"! cannot be run: {forecast.obstacle}" if forecast.obstacle else ""


def _memory(forecast: Forecast, width: int) -> Line:
    """As much as there is room for: the place goes first, then how the need is known."""
    needed = units.memory(forecast.memory_needed)
    free = units.memory(forecast.memory_free)
    kind = f" {forecast.memory_from}" if needed else f": {forecast.memory_from}"
    known = f"{' of' if needed else ';'} {free} free" if free else "; free memory unknown"
    place = f" in {forecast.place}" if free else ""
    word, style = _FITS[forecast.fits]
    word = f"  {word}{', spread' if forecast.spread else ''}" if forecast.fits is not None else ""
    start = [("Memory  ", "muted"), (needed or "unknown", "strong")]
    ends: list[Line] = [
        [(kind, "muted"), (known, ""), (place, "muted"), (word, style)],
        [(kind, "muted"), (known, ""), (word, style)],
        [(kind.removesuffix(" from weights"), "muted"), (known, ""), (word, style)],
        [(known, ""), (word, style)],
    ]
    return [*start, *next((end for end in ends if _room([*start, *end], width) >= 0), ends[-1])]


def _way_out(forecast: Forecast) -> str:
    """What to do about a model that does not fit."""
    return forecast.instead.text if forecast.instead else "fits nowhere here: choose a smaller model"


def _rows(view: EstimateView, width: int) -> list[Line]:
    """The sum first, so that it is seen however many models there are."""
    longest = max((cell_len(model.name) for model in view.models), default=0)
    name = max(min(longest, _NAMES, width - 48), 8)
    total = view.together
    most = units.memory(total.memory_needed)
    rows: list[Line] = [
        _row(fitted("In all", name), total.seconds, f"≤ {most}" if most else "unknown", total.fits, "strong")
    ]
    for model in view.models:
        label = fitted(model.name, name)
        if (forecast := model.forecast) is None:
            rows.append([(f"{label}  looking at the checkpoint …", "muted")])
            continue
        if obstacle := _obstacle(forecast):
            rows.append([(f"{label}  ", ""), (shortened(obstacle, width - name - 2), "misfit")])
            continue
        needed = units.memory(forecast.memory_needed)
        line = _row(label, forecast.whole, needed or "unknown", forecast.fits, "")
        source = forecast.seconds_from
        sources: tuple[str, ...] = (
            f" {forecast.memory_from}; time {source}",
            f" {source}",
            f" {source.partition(' of run ')[0]}",
        )
        if forecast.fits is False:
            sources = (f" {_way_out(forecast)}", f" {_way_out(forecast).partition(':')[0]}")
        shown = next((text for text in sources if cell_len(text) <= _room(line, width)), "")
        rows.append([*line, (shown, "muted")])
    return rows


def _row(
    name: str, seconds: float | None, memory: str, fits: bool | None, style: str
) -> list[tuple[str, str]]:
    word, fits_style = _FITS[fits]
    word = word if fits is not None else ""
    return [(f"{name}  {units.expected_time(seconds):<18}{memory:<14}", style), (f"{word:<14}", fits_style)]


def _room(line: Line, width: int) -> int:
    return width - sum(cell_len(text) for text, _ in line)
