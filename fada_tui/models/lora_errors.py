"""Reasons why a LoRA cannot be applied, each in one line: the same before loading and on loading."""

from collections.abc import Sequence

LORA_EXTRA = "pip install 'fada-tui[peft]'"


def no_lora(where: str, inside: Sequence[str]) -> str:
    """Return the message: there is no LoRA.

    Args:
        where: folder or hub id.
        inside: folders in it that hold one, as a training leaves them.
    """
    if inside:
        return f"{where} holds no LoRA, but folders in it do: name one of them, such as {where}/{inside[-1]}"
    return f"{where} holds no adapter_config.json: name what peft's save_pretrained wrote, or a hub id of it"


def no_place(text: str) -> str:
    """Return the message: a text is neither a folder nor a hub id."""
    return f"--lora: '{text}' is neither a folder nor a hub id (owner/name)"


def served(name: str) -> str:
    """Return the message: a LoRA cannot be applied to a model behind a server."""
    return (
        f"{name} runs behind a server, to which no LoRA is given: have the server load it and name it as the "
        "model (http://HOST:PORT/v1#NAME), and leave out --lora"
    )


def base_unsaid(lora: str) -> str:
    """Return the message: nothing says what a LoRA was made for."""
    return f"{lora} is a LoRA that does not say of which model: --model MODEL --lora {lora}"


def base_elsewhere(lora: str, base: str, *, hub: bool) -> str:
    """Return the message: the model that a LoRA names is not on this machine, and no person named it.

    Args:
        lora: folder or hub id.
        base: the model, by the LoRA's own word.
        hub: whether that has the form of a hub id.
    """
    if hub:
        return (
            f"{lora} is a LoRA of {base}, which is not on this machine, and a LoRA's word downloads nothing: "
            f"--model {base} --lora {lora}"
        )
    return f"{lora} is a LoRA of '{base}', which is not here: --model MODEL --lora {lora}"


def needs_peft(name: str) -> str:
    """Return the message: peft is not installed."""
    return f"{name}: its LoRA needs peft: {LORA_EXTRA}"


def unreadable(where: str) -> str:
    """Return the message: its configuration is none."""
    return f"{where}: adapter_config.json is no JSON object; save or download the LoRA again"


def other_kind(where: str, kind: str) -> str:
    """Return the message: the adapter is of another kind than LoRA."""
    return f"{where} is an adapter of kind {kind}, and only LoRA is applied here: merge it into its model"


def not_followed(where: str, settings: Sequence[str]) -> str:
    """Return the message: the configuration asks for what is not done here.

    Args:
        where: folder or hub id.
        settings: each as `name=value`.
    """
    return (
        f"{where}: adapter_config.json sets {', '.join(settings)}, which is not followed here, and without "
        "it the answers would be others: merge it into its model (peft: merge_and_unload)"
    )


def changes_base(where: str, how: str) -> str:
    """Return the message: the training began by changing the model's own weights."""
    return (
        f"{where}: its training began with init_lora_weights={how}, which changes the model's own weights: "
        "save it as a plain LoRA (peft: path_initial_model_for_weight_conversion), or merge it"
    )


def no_weights(where: str) -> str:
    """Return the message: the weights are missing."""
    return f"{where} has no adapter_model.safetensors: save or download the LoRA again"


def pickled(where: str) -> str:
    """Return the message: the weights are a pickle."""
    return (
        f"{where} has its LoRA as adapter_model.bin alone; pickles can run code, and are read only with "
        "--allow-pickle"
    )


def merged_already(name: str, where: str) -> str:
    """Return the message: the model's folder holds the same LoRA beside whole weights."""
    return (
        f"{name}: {where} lies in the model's own folder, beside whole weights that it was most likely "
        "merged into; it is not applied twice: leave out --lora, or name the model that it was made for"
    )


def changed(name: str, files: Sequence[str]) -> str:
    """Return the message: files are not those that the run was made with."""
    return (
        f"{name}: its LoRA is another than the one the run was made with ({', '.join(files)} changed): begin "
        "a new run, or put the old files back"
    )


def no_room_for(name: str, where: str, model_class: str, left: Sequence[str], of: int) -> str:
    """Return the message: tensors of a LoRA have no place in the model.

    Args:
        name: the model.
        where: the LoRA.
        model_class: the class that the model is loaded as.
        left: names of the tensors, at least one.
        of: how many it has.
    """
    verb = "has" if len(left) == 1 else "have"
    return (
        f"{name}: {len(left)} of {of} tensors of {where} {verb} no place in {model_class} (such as "
        f"{left[0]}): it was made for another model, or saved with other names; nothing of it is left out"
    )


def incomplete(name: str, where: str, missing: Sequence[str]) -> str:
    """Return the message: a LoRA lacks tensors that its configuration asks for; arguments as above."""
    return (
        f"{name}: {where} lacks {len(missing)} tensors that its configuration asks for (such as "
        f"{missing[0]}): the file is incomplete, or belongs to another model"
    )


def unfit(name: str, where: str, why: str) -> str:
    """Return the message: peft cannot apply it; arguments as above, and why."""
    return f"{name}: {where} cannot be applied: {why} (worker.log has more)"
