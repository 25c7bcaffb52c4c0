"""LoRAs on *New run*: a model with one is offered as itself, never as its base."""

import json
from pathlib import Path

from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry
from fada_tui.images.catalogue import scan
from fada_tui.models.registry import Registry
from fada_tui.tui.new_run.options import read


def offered(
    entries: tuple[ModelEntry, ...], images: Path, state: Path, **settings: str
) -> dict[str, ModelEntry]:
    found = read(
        settings=Settings(**settings),  # type: ignore[arg-type]
        given=set(),
        registry=Registry(entries=()),
        entries=entries,
        catalogue=scan(images),
        marked_models=(),
        marked_images=(),
        state=state,
    )
    return dict(found.offer.models)


def save(folder: Path, **settings: object) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **settings}))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    return folder


def test_a_model_with_a_lora_is_offered_by_its_lora(images: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    tuned = save(tmp_path / "tuned", base_model_name_or_path=str(base))
    unsaid = save(tmp_path / "unsaid")
    plain = ModelEntry(name="base", source=str(base))
    with_tuned = ModelEntry(name="base+tuned", source=str(base), lora=str(tuned))
    with_unsaid = ModelEntry(name="base+unsaid", source=str(base), lora=str(unsaid))
    models = offered((plain, with_tuned, with_unsaid), images, tmp_path / "state.toml")
    assert models[str(base)].lora is None
    assert models[str(tuned)].lora == str(tuned)
    assert str(unsaid) not in models, "nothing would name it to the run"


def test_the_lora_of_the_command_is_that_of_every_model(images: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    tuned = save(tmp_path / "tuned")
    plain = ModelEntry(name="base", source=str(base))
    served = ModelEntry(name="served", source="http://127.0.0.1:8000/v1#m")
    models = offered((plain, served), images, tmp_path / "state.toml", lora=str(tuned))
    assert (models[str(base)].name, models[str(base)].lora) == ("base+tuned", str(tuned))
    assert models[served.source].lora is None
