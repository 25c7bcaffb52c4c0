"""A worker that is kept between two runs."""

from msgspec import Struct

from fada_tui.core.protocol import Hello, Load, Loaded
from fada_tui.runs.worker_client.model_identity import Identity
from fada_tui.runs.worker_client.process import WorkerProcess


class Kept(Struct, frozen=True):
    """A worker between two runs, with what it has loaded."""

    name: str
    process: WorkerProcess
    hello: Hello
    command: Load
    identity: Identity
    loaded: Loaded

    def has_few_threads_for(self, command: Load) -> bool:
        """Return whether its environment has it compute with fewer threads than it may now."""
        return self.command.threads is not None and command.threads is None
