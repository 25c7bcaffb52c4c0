"""A loaded model at work."""

from fada_tui.worker import devices
from fada_tui.worker.answering import LoadedModel


class Engine:
    """A model that answers, and what it takes of memory meanwhile."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.answerer = loaded.answerer
        self.adapter = loaded.adapter
        """Prompts the model and has its tokenizer; none where it runs elsewhere."""
        self.memory = devices.PeakMemory(loaded.device)
