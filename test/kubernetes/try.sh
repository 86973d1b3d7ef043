#!/usr/bin/env bash
# The whole thing on a real node, as ./build.sh cluster runs it: starts a cluster, makes the images, and lets
# deploy/helm/integration-test.sh install, use and remove the chart. The cluster is stopped at the end.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cluster=$root/test/kubernetes/cluster.sh
trap '"$cluster" stop' EXIT
trap 'exit 1' INT TERM HUP
"$cluster" start "$$"
"$root/deploy/docker/folders.sh"
for program in agent aggregator; do
  "$cluster" image "monitor.test/$program:test" "$root/artifacts/images/$program" "/app/monitor-$program"
done
settings=$("$cluster" env)
while IFS='=' read -r name value; do export "$name=$value"; done <<<"$settings"
TEST_IMAGE=monitor.test/busybox:1 "$root/deploy/helm/integration-test.sh" \
  --set agent.image.repository=monitor.test/agent,agent.image.tag=test \
  --set aggregator.image.repository=monitor.test/aggregator,aggregator.image.tag=test --set aggregator.settings.retention=64MiB
