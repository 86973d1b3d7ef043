#!/usr/bin/env bash
# Makes the file systems of both images without Docker, in artifacts/images/agent and artifacts/images/aggregator, of the
# published programs in artifacts/agent and artifacts/aggregator.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
images=$root/artifacts/images
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
rm -rf "$images"
mkdir -p "$images"
for program in agent aggregator; do
  "$root/deploy/docker/rootfs.sh" "$program" "$root/artifacts/$program" "$dotnet" "$images/$program"
done
