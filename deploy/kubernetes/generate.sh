#!/usr/bin/env bash
# generate.sh [--check]: writes base/network-monitor.yaml from the chart, or says whether it is current. HELM is the helm to use.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
helm=${HELM:-helm}
file=$here/base/network-monitor.yaml
new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
  printf '# Made from deploy/helm/network-monitor by deploy/kubernetes/generate.sh; change the chart instead.\n'
  # 1.21: what every later version understands, too. The labels that tell of Helm would not be true here.
  "$helm" template network-monitor "$here/../helm/network-monitor" --namespace network-monitor --kube-version 1.21.0 --no-hooks \
    --set tls.source=secrets,tls.agentSecret=network-monitor-agent-tls,tls.aggregatorSecret=network-monitor-aggregator-tls |
    grep -v -e '^ *app.kubernetes.io/managed-by: Helm$' -e '^ *helm.sh/chart: '
} >"$new"
if [[ ${1-} == --check ]]; then
  diff -u "$file" "$new" >&2 || { printf 'deploy/kubernetes/base/network-monitor.yaml is not current: run deploy/kubernetes/generate.sh\n' >&2; exit 1; }
else
  cat "$new" >"$file"
fi
