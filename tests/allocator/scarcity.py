"""Memory that runs out in processes that a test starts."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        pytest.fail("these tests compile a library that lets memory run out: install a C compiler")
    library = folder / "scarce.so"
    options = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *options, "-o", library, SOURCE, "-ldl"], check=True)
    return Scarcity(library, folder / "scarce")
