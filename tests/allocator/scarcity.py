"""Memory that runs out in processes that a test starts."""

from dataclasses import dataclass
from pathlib import Path

from tests.compiled import compile_library

SOURCE = Path(__file__).parent / "scarce.c"


@dataclass
class Scarcity:
    """What allocations fail in a process of the environment `variables`, from now on until told otherwise."""

    library: Path
    control: Path

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables of a process whose memory is to run out."""
        return {"LD_PRELOAD": str(self.library), "SCARCE_MEMORY": str(self.control)}

    def above(self, size: int, times: int = -1) -> None:
        """Let allocations of more than so many bytes fail; so many of them, or all."""
        waiting = self.control.with_suffix(".new")
        waiting.write_text(f"{size} {times}\n")
        waiting.replace(self.control)

    def end(self) -> list[int]:
        """Let none fail any more; return the bytes of those that failed."""
        self.control.unlink(missing_ok=True)
        failed = Path(f"{self.control}.failed")
        sizes = [int(line) for line in failed.read_text().split()] if failed.exists() else []
        failed.unlink(missing_ok=True)
        return sizes


def build_scarcity(folder: Path) -> Scarcity:
    """Compile the library that lets memory run out into a folder."""
    return Scarcity(compile_library(folder / "scarce.so", [SOURCE], "-ldl"), folder / "scarce")
