"""Fetch what a machine with a GPU and no network lacks: wheels, in a folder that git ignores.

    python -m benchmarks.gpu.wheels [FOLDER] [--python 3.12]

That machine has torch with all that torch needs, numpy and Pillow. Of bitsandbytes one library is kept, that
of its version of CUDA. Exit code 1 says that wheels and tree are too large together to travel there.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".gpu-wheels"

MOST = 64 * 2**20
"""Bytes of wheels and tree together."""

THERE = frozenset({"torch", "numpy", "pillow", "jinja2"})
"""Of this program's dependencies, those that the machine has."""

LEFT_OUT = frozenset({"num2words"})
"""Dependencies that no model there needs: SmolVLM2's processor alone wants it, and its own has no wheel."""

NAMES = (
    # What this program depends on, as `pyproject.toml` has it.
    *("transformers", "accelerate", "huggingface_hub", "httpx2", "tqdm", "msgspec", "psutil"),
    *("nvidia-ml-py", "rich", "textual", "platformdirs", "tomli_w", "argcomplete"),
    # What these depend on.
    *("tokenizers", "safetensors", "regex", "PyYAML", "packaging", "hf-xet", "click", "typing_extensions"),
    *("httpcore2", "truststore", "anyio", "h11", "idna"),
    *("Pygments", "markdown-it-py", "mdurl", "mdit-py-plugins", "linkify-it-py"),
    *("typer", "shellingham", "annotated-doc", "pydantic", "pydantic_core", "annotated-types"),
    "typing-inspection",
    # A terminal's screen, for the dashboard's part.
    *("pyte", "wcwidth"),
    # What the tree is installed by.
    *("hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers"),
)
"""Versions are those of `constraints.txt`."""

QUANTISING = "bitsandbytes==0.50.2"
LIBRARY = "bitsandbytes/libbitsandbytes_cuda130.so"
"""For CUDA 13.0."""

GLIBCS = (39, 35, 34, 31, 28, 27, 24, 17)
PLATFORMS = (*(f"manylinux_2_{one}_x86_64" for one in GLIBCS), "manylinux2014_x86_64", "manylinux1_x86_64")


def main(arguments: list[str]) -> int:
    """Fetch the wheels into an empty folder and tell their sizes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.wheels", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--python", default="3.12", metavar="X.Y", help="of the machine (default: 3.12)")
    options = parser.parse_args(arguments)
    options.folder.mkdir(exist_ok=True)
    for old in options.folder.glob("*.whl"):  # two versions of one package stop the whole installation
        old.unlink()
    download(NAMES, options.folder, options.python)
    with tempfile.TemporaryDirectory() as name:
        download([QUANTISING], Path(name), options.python)
        (whole,) = Path(name).glob("*.whl")
        repack(whole, options.folder / whole.name, LIBRARY)
    return _told(sorted(options.folder.glob("*.whl"), key=lambda file: -file.stat().st_size))


def download(names: Sequence[str], folder: Path, python: str) -> None:
    """Have pip fetch the wheels of packages, without what they depend on."""
    kinds = ["--only-binary=:all:", "--no-deps", "--implementation", "cp", "--python-version", python]
    kinds += [option for platform in PLATFORMS for option in ("--platform", platform)]
    known = ["--constraint", str(ROOT / "constraints.txt"), "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *kinds, *known, *names], check=True)


def repack(wheel: Path, target: Path, library: str) -> None:
    """Copy a wheel with one of its shared libraries alone.

    Raises:
        ValueError: it has no such library.
    """
    with zipfile.ZipFile(wheel) as source:
        names = source.namelist()
        if library not in names:
            raise ValueError(f"{wheel.name} has no {library}")
        dropped = {name for name in names if name.endswith(".so") and name != library}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept:
            for entry in source.infolist():
                data = source.read(entry)
                if entry.filename in dropped:
                    continue
                if entry.filename.endswith(".dist-info/RECORD"):
                    lines = data.decode().splitlines(keepends=True)
                    data = "".join(line for line in lines if line.split(",")[0] not in dropped).encode()
                kept.writestr(entry, data, zipfile.ZIP_DEFLATED)


def _told(wheels: Sequence[Path]) -> int:
    for file in wheels:
        print(f"{file.stat().st_size / 2**20:7.2f} MiB  {file.name}")
    of_wheels, of_tree = sum(file.stat().st_size for file in wheels), _tree()
    whole = of_wheels + of_tree
    print(f"{of_wheels / 2**20:7.2f} MiB  {len(wheels)} wheels")
    print(f"{of_tree / 2**20:7.2f} MiB  the tree")
    print(f"{whole / 2**20:7.2f} MiB  in all; {MOST / 2**20:.0f} may travel")
    return int(whole > MOST)


def _tree() -> int:
    """Bytes of the files that travel: those that git does not ignore."""
    asked = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split("\0")
    files = [ROOT / name for name in listed if name]
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
