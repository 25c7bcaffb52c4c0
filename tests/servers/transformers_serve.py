"""`transformers serve` with a checkpoint that lies in a hub's cache, as it wants it."""

import sys
from pathlib import Path

from tests.servers.server_process import ServerProcess, answers

NAME = "local/fada-demo"
"""What the embedded model is called there."""

_REVISION = "0" * 40


def hub_with(checkpoint: Path, name: str, hub: Path) -> Path:
    """Lay a checkpoint out as if it had been downloaded; return the cache."""
    repository = hub / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / _REVISION
    for folder in (repository / "blobs", repository / "refs", snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    (repository / "refs" / "main").write_text(_REVISION)
    for file in checkpoint.iterdir():
        (snapshot / file.name).symlink_to(file.resolve())
    return hub


def transformers_serve(checkpoint: Path, name: str, folder: Path) -> ServerProcess:
    """The server of a checkpoint, which it has loaded when it is ready; not started yet."""
    hub = hub_with(checkpoint, name, folder / "hub")
    start = [sys.executable, "-P", "-m", "transformers.cli.transformers", "serve", name]
    return ServerProcess(
        name="transformers serve",
        command=lambda port: [*start, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
        ready=lambda port: answers(port, "/health"),
        folder=folder,
        env={"HF_HUB_CACHE": str(hub), "HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"},
    )
