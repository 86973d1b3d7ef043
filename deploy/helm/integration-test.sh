#!/usr/bin/env bash
# Installs the chart into the cluster of the current kubectl context, makes traffic between pods, finds it at the
# aggregator, upgrades, rolls back, uninstalls, and sees that nothing is left. Arguments go to helm install and upgrade, such
# as --set agent.image.repository=...; TEST_IMAGE is an image with the busybox commands. See README.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kubectl=${KUBECTL:-kubectl} helm=${HELM:-helm}
test_image=${TEST_IMAGE:-busybox:1.37}
release=network-monitor
namespace=network-monitor-test
traffic=network-monitor-traffic
chart=$here/network-monitor
values=("$@")
work=$(mktemp -d)
forward=

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

# Says what it can about why, for whoever reads the log of a failed run.
fail() {
  printf 'FAILED: %s\n' "$*"
  kube -n "$namespace" get all,events -o wide || true
  kube -n "$namespace" logs --tail 50 -l app.kubernetes.io/part-of=network-monitor --prefix || true
  kube -n "$traffic" get pods -o wide || true
  exit 1
}

kube() { "$kubectl" "$@"; }

clean_up() {
  trap '' INT TERM HUP
  [[ ! $forward ]] || kill "$forward" 2>/dev/null || true
  "$helm" -n "$namespace" uninstall "$release" >/dev/null 2>&1 || true
  kube delete clusterrolebinding "$namespace-reader" --ignore-not-found >/dev/null 2>&1 || true
  kube delete namespace "$namespace" "$traffic" --ignore-not-found --wait=false >/dev/null 2>&1 || true
  rm -rf "$work"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >"$work/last" 2>&1; do
    ((SECONDS < deadline)) || { cat "$work/last"; fail "$what"; }
    sleep 0.2
  done
}

# ask PATH [CURL-OPTION...]: as nobody, unless an option has a token.
ask() { curl -s -4 --max-time 10 --cacert "$work/ca.pem" "${@:2}" "https://localhost:$port$1"; }
get() { ask "$1" -f -H "Authorization: Bearer $token"; }
status_of() { ask "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }

# reader NAMESPACE NAME: the token of a service account that is made for it.
reader() {
  until_true 30 "namespace $1" kube -n "$1" get serviceaccount default
  kube -n "$1" create serviceaccount "$2" >/dev/null
  kube -n "$1" create token "$2"
}

# Through the API server to the aggregator, as a user would: the local port is in its first line.
open_port() {
  "$kubectl" -n "$namespace" port-forward "service/$release-aggregator" :8081 >"$work/forward" 2>&1 &
  forward=$!
  until_true 30 "port-forward" grep -q 'Forwarding from 127' "$work/forward"
  port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p;q' "$work/forward")
}

close_port() {
  kill "$forward" 2>/dev/null || true
  wait "$forward" 2>/dev/null || true
  forward=
}

all_reached() { # NUMBER of agents
  get /health | python3 -c '
import json, sys
health = json.load(sys.stdin)
agents = [part for part in health["parts"] if part["name"].startswith("agent/")]
sys.exit(health["status"] != "healthy" or len(agents) != int(sys.argv[1]))' "$1"
}

# event QUERY CONDITION: whether the newest events that the query finds hold one for which the Python expression about it,
# e, is true. Shows it.
event() {
  get "/api/events?$1&limit=100" | python3 -c '
import json, sys
def find(events):
    for e in events:
        if eval(sys.argv[1]):
            return e
found = find(json.load(sys.stdin)["events"])
print(json.dumps(found) if found else "none")
sys.exit(not found)' "$2"
}

# Where there is a history: whether it has what came.
history_stores() {
  get /api/stats | python3 -c '
import json, sys
history = json.load(sys.stdin).get("history")
print(history)
sys.exit(history is not None and (history["problem"] != "" or int(history["stored"]) == 0))'
}

# expect WHAT POD QUERY CONDITION
expect() {
  local condition
  condition="($4) and e['k8s_node_name'] == '$(node_of "$2")' and e.get('k8s_pod_name') == '$2' and e.get('k8s_namespace') == '$traffic'"
  condition+=" and e['attribution'] in ('ATTRIBUTION_CGROUP', 'ATTRIBUTION_PROCESS')"
  condition+=" and e.get('peer_pod_name') == 'server' and e.get('peer_namespace') == '$traffic'"
  until_true 30 "no event: $1 ($3, $condition)" event "$3" "$condition"
  say "event: $1"
  cat "$work/last"
}

node_of() { kube -n "$traffic" get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
address_of() { kube -n "$traffic" get pod "$1" -o 'jsonpath={.status.podIP}'; }

# run_pod NAME COMMAND: of a shell.
run_pod() {
  kube -n "$traffic" run "$1" --image="$test_image" --image-pull-policy=IfNotPresent --restart=Never \
    --overrides='{"spec": {"automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0}}' \
    --command -- sh -c "$2" >/dev/null
}

revision() { "$helm" -n "$namespace" status "$release" -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])'; }
retention() { kube -n "$namespace" get daemonset "$release-agent" -o 'jsonpath={.spec.template.spec.containers[0].args}'; }
rolled_out() {
  kube -n "$namespace" rollout status "daemonset/$release-agent" --timeout=180s >/dev/null || fail "the agents did not come up"
  kube -n "$namespace" rollout status "deployment/$release-aggregator" --timeout=180s >/dev/null || fail "the aggregator did not come up"
}

trap clean_up EXIT
trap 'exit 1' INT TERM HUP

say "helm install"
# The leftovers of a run that was killed.
"$helm" -n "$namespace" uninstall "$release" >/dev/null 2>&1 || true
kube delete namespace "$namespace" "$traffic" --ignore-not-found >/dev/null
"$helm" install "$release" "$chart" -n "$namespace" --create-namespace "${values[@]}" >"$work/notes" || fail "helm install"
rolled_out
kube -n "$namespace" get secret "$release-aggregator-tls" -o 'go-template={{index .data "ca.crt" | base64decode}}' >"$work/ca.pem"
token=$(reader "$namespace" reader)
kube delete clusterrolebinding "$namespace-reader" --ignore-not-found >/dev/null
kube create clusterrolebinding "$namespace-reader" --clusterrole="$release-reader" --serviceaccount="$namespace:reader" >/dev/null
nodes=$(kube get nodes -l kubernetes.io/os=linux --no-headers | wc -l)
open_port
until_true 60 "the aggregator does not reach $nodes agents" all_reached "$nodes"
say "$nodes agents, all reached"

say "traffic between pods"
kube create namespace "$traffic" >/dev/null
until_true 30 "a service account in $traffic" kube -n "$traffic" get serviceaccount default
run_pod server 'mkdir -p /tmp/www; echo hello >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'
kube -n "$traffic" wait --for=condition=Ready pod/server --timeout=60s >/dev/null
server=$(address_of server)
run_pod client "while true; do timeout 5 wget -q -O /dev/null http://$server:8080/; sleep 1; done"
run_pod refused "while true; do nc -w 1 $server 9 </dev/null; sleep 1; done"
run_pod short "timeout 5 wget -q -O /dev/null http://$server:8080/"
for pod in client refused; do kube -n "$traffic" wait --for=condition=Ready "pod/$pod" --timeout=60s >/dev/null; done
expect "a pod that connects" client "type=connection&destination_ip=$server&destination_port=8080&source_ip=$(address_of client)" \
  "e['connection']['outcome'] == 'OUTCOME_CONNECTED' and e['command'] == 'wget' and e.get('k8s_container_name') == 'client'"
expect "a pod that is refused" refused "type=connection&destination_ip=$server&destination_port=9" \
  "e['connection'].get('error') == 'ECONNREFUSED' and e['command'] == 'nc'"
has_ended() { [[ $(kube -n "$traffic" get pod short -o 'jsonpath={.status.phase}') == Succeeded ]]; }
until_true 60 "the short-lived pod does not end" has_ended
expect "a pod that has ended" short "type=connection&destination_ip=$server&destination_port=8080&source_ip=$(address_of short)" \
  "e['connection']['outcome'] == 'OUTCOME_CONNECTED'"

# Of a pod whose name nobody knows before, found by what it belongs to.
kube -n "$traffic" create deployment talker --image="$test_image" -- sh -c "while true; do nc -w 1 $server 9 </dev/null; sleep 1; done" >/dev/null
kube -n "$traffic" rollout status deployment/talker --timeout=60s >/dev/null
talker=$(kube -n "$traffic" get pods -l app=talker -o 'jsonpath={.items[0].metadata.name}')
expect "a pod of a Deployment" "$talker" "k8s_workload_name=talker&peer_pod_name=server" \
  "e['k8s_workload_kind'] == 'Deployment' and e['connection'].get('error') == 'ECONNREFUSED'"

until_true 30 "the history does not store" history_stores

say "who may read"
[[ $(status_of /health) == 200 && $(status_of /api/events) == 401 && $(status_of /api/stats) == 401 ]] || fail "without a credential"
[[ $(ask /health) != *agent/* ]] || fail "health tells of agents without a credential"
[[ $(status_of /api/events -H "Authorization: Bearer ${token}x") == 401 ]] || fail "with a wrong token"
team=$(reader "$traffic" team)
[[ $(status_of /api/events -H "Authorization: Bearer $team") == 403 ]] || fail "an account without a role"
kube -n "$traffic" create rolebinding team --clusterrole="$release-reader" --serviceaccount="$traffic:team" >/dev/null
may_read() { [[ $(status_of /api/events -H "Authorization: Bearer $team") == 200 ]]; }
until_true 90 "an account with a role in its namespace" may_read
ask '/api/events?limit=1000' -f -H "Authorization: Bearer $team" | python3 -c '
import json, sys
seen = {e.get("k8s_namespace") for e in json.load(sys.stdin)["events"]}
sys.exit(seen != {sys.argv[1]} and f"a team sees {seen}")' "$traffic"
[[ $(status_of '/api/events?k8s_namespace=kube-system' -H "Authorization: Bearer $team") == 403 ]] || fail "a team in another namespace"
[[ $(status_of /api/stats -H "Authorization: Bearer $team") == 403 ]] || fail "a team and the counts of the cluster"

say "helm test"
"$helm" -n "$namespace" test "$release" --timeout 2m >"$work/test" || { cat "$work/test"; fail "helm test"; }

say "helm upgrade, with another setting"
close_port
"$helm" upgrade "$release" "$chart" -n "$namespace" "${values[@]}" --set agent.settings.retention=32MiB >/dev/null || fail "helm upgrade"
rolled_out
[[ $(revision) == 2 && $(retention) == *--retention=32MiB* ]] || fail "the upgrade did not arrive: $(retention)"
open_port
until_true 60 "the aggregator does not reach the agents after the upgrade" all_reached "$nodes"
expect "after the upgrade" client "type=connection&destination_ip=$server&destination_port=8080&since=$(date -u +%FT%TZ)" \
  "e['connection']['outcome'] == 'OUTCOME_CONNECTED'"

say "helm rollback"
close_port
"$helm" rollback "$release" 1 -n "$namespace" >/dev/null || fail "helm rollback"
rolled_out
[[ $(revision) == 3 && $(retention) == *--retention=64MiB* ]] || fail "the rollback did not arrive: $(retention)"

say "helm uninstall"
"$helm" -n "$namespace" uninstall "$release" --wait >/dev/null || fail "helm uninstall"
pods_gone() { [[ -z $(kube -n "$namespace" get pods -o name) ]]; }
until_true 60 "pods are left" pods_gone
kube delete clusterrolebinding "$namespace-reader" >/dev/null
left=$(kube get "clusterroles,clusterrolebindings,priorityclasses" -l app.kubernetes.io/part-of=network-monitor -o name
  kube -n "$namespace" get all,secrets,networkpolicies,poddisruptionbudgets,serviceaccounts -l app.kubernetes.io/part-of=network-monitor -o name)
[[ -z $left ]] || fail "left behind: $left"
say "passed"
