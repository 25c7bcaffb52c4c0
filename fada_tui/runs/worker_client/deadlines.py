"""How long a worker may be silent before it is ended."""

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.protocol import Load


class Deadlines(Struct, frozen=True):
    """The maximum silences of the worker, in seconds."""

    load: float = 1800.0
    """From the load command or the latest progress until the model is ready."""
    first_token: float = 300.0
    """From the start of an item to its first token."""
    token: float = 60.0
    """Between two tokens."""
    server: float = 300.0
    """While a server is down."""

    def told(self, command: Load) -> Load:
        """Return a command with those that the worker itself keeps to with a server."""
        return replace(
            command,
            first_token_timeout=self.first_token,
            token_timeout=self.token,
            server_patience=self.server,
        )
