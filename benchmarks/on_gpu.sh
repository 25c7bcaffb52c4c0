#!/bin/sh
# Runs `python -m benchmarks.gpu` on a machine that has a GPU, torch, and no network:
#
#     OUT=FOLDER sh benchmarks/on_gpu.sh [OPTION …]
#
# The wheels that it lacks lie in .gpu-wheels (make gpu-wheels). Figures and what is printed go to FOLDER.
set -eu
cd "$(dirname "$0")/.."
: "${OUT:?name the folder that takes the figures}"
outer=${PYTHON:-python3}
place=$(mktemp -d)
mkdir -p "$OUT"
"$outer" -m venv --without-pip --system-site-packages "$place/venv"
inner=$place/venv/bin/python

install() {
    "$outer" -m pip --disable-pip-version-check --python "$inner" install --quiet --no-index --no-deps \
        --no-compile --ignore-installed "$@"
}
site() { "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

install "${WHEELS:-.gpu-wheels}"/*.whl
# Where that Python is a virtual environment's own, its packages are no system's ones: these come last.
"$outer" -c 'import sys; print(f"import site; site.addsitedir({sys.argv[1]!r})")' "$(site "$outer")" \
    >"$(site "$inner")/outer.pth"
install --no-build-isolation .

export HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
mkfifo "$place/printed"
tee "$OUT/gpu.log" <"$place/printed" &
code=0
"$inner" -m benchmarks.gpu --out "$OUT/gpu.json" "$@" >"$place/printed" 2>&1 || code=$?
wait
rm -r "$place"
exit "$code"
