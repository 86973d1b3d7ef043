#!/usr/bin/env bash
# A Kubernetes cluster of one real node on this machine, in a network namespace of its own. See README.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(realpath -m "${CLUSTER_FOLDER:-$here/../../artifacts/kubernetes}")
bin=$work/bin
run=$work/run
logs=$work/logs
# Clusters of several clones run beside each other: what is named on the machine carries this.
id=$(printf '%s' "$work" | cksum | awk '{ printf "%06x", $1 % 16777216 }')
name=monitor-k8s-$id
sockets=/run/$name
netns=/run/netns/$name
mounts=$sockets/namespaces/mounts
uplink=mk8s$id
# The node's address, and this machine's end of the cable: two of the range that is meant for tests (RFC 2544).
network=198.19.$((16#${id:0:2})).$((16#${id:2:2} & 0xfc))
node_ip=${network%.*}.$((${network##*.} + 2))
host_ip=${network%.*}.$((${network##*.} + 1))
api_port=6443

usage() {
  cat <<'END'
usage: cluster.sh COMMAND
  build                        gets the programs, into artifacts/kubernetes
  start [PID]                  starts a new cluster, in place of one that runs; it ends with the process PID
  stop                         ends it, and removes what it or a killed one left
  restart-apiserver            kills the API server and starts it again: every older resource version is gone (410)
  status                       what runs, and the node
  env                          how to reach it, as KEY=value
  image NAME FOLDER COMMAND..  makes an image of a root file system, for the node
  kubectl ARGUMENTS            with the rights of an administrator
  helm ARGUMENTS               likewise
CLUSTER_FOLDER is the folder to use instead of artifacts/kubernetes.
END
}

say() { printf 'kubernetes: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# shellcheck source=test/kubernetes/control-plane.sh
source "$here/control-plane.sh"
# shellcheck source=test/kubernetes/node.sh
source "$here/node.sh"

need() { if ! command -v "$1" >/dev/null; then missing+=("$2"); fi; }

install_missing() {
  local missing=()
  need curl curl
  need openssl openssl
  need python3 python3
  need npm npm
  need ip iproute2
  need nsenter util-linux
  need iptables iptables
  need conntrack conntrack
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || fail "missing Debian packages: ${missing[*]}. Install them: sudo apt-get install ${missing[*]}"
  say "installing ${missing[*]} ..."
  apt-get update -qq || say "apt-get update failed; trying with the package lists as they are"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    fail "could not install ${missing[*]}"
}

build() {
  install_missing
  "$here/binaries.sh" "$work"
}

kubectl() { "$bin/kubectl" "--kubeconfig=$run/admin.kubeconfig" "$@"; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what did not come up; see $logs"
    sleep 0.1
  done
}

# The folders of all cgroup hierarchies, version 1 and 2.
hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }

# The hierarchy where every process of the cluster is below one cgroup: version 2, else any.
tracking_hierarchy() { awk '$3 == "cgroup2" { two = $2 } $3 == "cgroup" { one = $2 } END { print two ? two : one }' /proc/mounts; }

# daemon NAME COMMAND...: in the network and with the mounts of the node, its output in a log.
daemon() {
  local daemon=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell to expand
  setsid sh -c 'echo $$ >"$1"; echo $$ >"$2"; shift 2; exec "$@"' sh "$(tracking_hierarchy)/$name/daemons/cgroup.procs" \
    "$run/pids/$daemon" nsenter "--mount=$mounts" "--net=$netns" "$@" >>"$logs/$daemon.log" 2>&1 </dev/null 8>&- &
}

# end_daemon NAME: at once.
end_daemon() {
  local pid
  pid=$(cat "$run/pids/$1")
  kill -KILL "$pid" 2>/dev/null || true
  while [[ -e /proc/$pid ]] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
}

# Every process of the cluster, its pods included, is in one cgroup: nothing has to be remembered, and nothing escapes.
kill_all() {
  local tree deadline=$((SECONDS + 30)) pids
  tree=$(tracking_hierarchy)/$name
  while [[ -d $tree ]]; do
    pids=$(find "$tree" -name cgroup.procs -exec cat {} + 2>/dev/null || true)
    [[ $pids ]] || break
    ((SECONDS < deadline)) || fail "some processes do not end: $pids"
    # shellcheck disable=SC2086 # one argument for each
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
  done
}

stop() {
  local folder deadline
  kill_all
  # The namespace of its mounts has ended with the last process, except for this file.
  umount "$mounts" 2>/dev/null || true
  umount "${mounts%/*}" 2>/dev/null || true
  for folder in $(hierarchies); do
    deadline=$((SECONDS + 10))
    while [[ -d $folder/$name ]] && ((SECONDS < deadline)); do
      find "$folder/$name" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
    done
  done
  if [[ -e $netns ]]; then ip netns delete "$name"; fi
  ip link delete "$uplink" 2>/dev/null || true
  rm -rf "$sockets" "$run"
}

start() { # [PID]
  local owner=${1-}
  ((EUID == 0)) || fail "a node needs root"
  build
  stop
  trap 'stop' EXIT
  trap 'exit 1' INT TERM HUP
  rm -rf "$logs"
  mkdir -p "$run/pids" "$logs" "$sockets"
  make_network
  make_namespaces
  make_certificates
  start_etcd
  start_containerd
  start_apiserver
  wait_for 60 containerd ctr version
  make_test_images
  wait_for 120 "the API server" api_ready
  start_controllers
  start_node
  trap - EXIT INT TERM HUP
  cat /proc/sys/kernel/random/uuid >"$run/generation"
  if [[ $owner ]]; then
    # shellcheck disable=SC2016 # for the inner shell to expand
    setsid sh -c 'tail --pid="$1" -f /dev/null; exec "$2" end "$3"' sh "$owner" "$here/cluster.sh" "$(cat "$run/generation")" \
      >/dev/null 2>&1 </dev/null 8>&- &
  fi
  say "ready: KUBECONFIG=$run/admin.kubeconfig"
}

print_env() {
  [[ -e $run/generation ]] || fail "no cluster runs; cluster.sh start starts one"
  cat <<END
KUBECONFIG=$run/admin.kubeconfig
KUBECTL=$bin/kubectl
HELM=$bin/helm
API_SERVER=https://$node_ip:$api_port
NODE_NAME=$node_name
NODE_ADDRESS=$node_ip
NETNS=$name
NETNS_PATH=$netns
MOUNTS_PATH=$mounts
CTR=$work/root/usr/bin/ctr
CONTAINERD_ADDRESS=$sockets/containerd.sock
LOGS=$logs
END
}

status() {
  local file pid
  [[ -e $run/generation ]] || { say "no cluster runs"; return 1; }
  for file in "$run"/pids/*; do
    pid=$(cat "$file")
    printf '%-24s %s\n' "${file##*/}" "$([[ -e /proc/$pid ]] && echo "runs, $pid" || echo "has ended")"
  done
  kubectl get nodes -o wide
  kubectl get pods --all-namespaces -o wide
}

# One start or stop at a time.
locked() {
  mkdir -p "$work"
  exec 8>"$work/.cluster"
  flock 8
  "$@"
}

case ${1-} in
  build) build ;;
  start) locked start "${2-}" ;;
  stop) locked stop ;;
  end) # GENERATION: what a start with a PID calls
    stop_generation() { if [[ $(cat "$run/generation" 2>/dev/null) == "$1" ]]; then stop; fi; }
    locked stop_generation "$2"
    ;;
  restart-apiserver) locked restart_apiserver ;;
  status) status ;;
  env) print_env ;;
  image) shift; make_image "$@" ;;
  kubectl) shift; kubectl "$@" ;;
  helm) shift; KUBECONFIG=$run/admin.kubeconfig "$bin/helm" "$@" ;;
  *) usage >&2; exit 2 ;;
esac
