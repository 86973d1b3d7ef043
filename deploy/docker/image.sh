#!/usr/bin/env bash
# image.sh [TAG]: builds the images network-monitor/agent and network-monitor/aggregator with Docker or Buildah.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tag=${1:-$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)}
if docker info >/dev/null 2>&1; then
  build=(docker build)
  export DOCKER_BUILDKIT=1
elif command -v buildah >/dev/null; then
  build=(buildah build --ignorefile deploy/docker/Dockerfile.dockerignore)
else
  printf 'image: neither a Docker daemon nor Buildah is here. On Debian: apt-get install buildah\n' >&2
  exit 1
fi
for program in agent aggregator; do
  "${build[@]}" -f deploy/docker/Dockerfile --target "$program" -t "network-monitor/$program:$tag" .
done
