#!/usr/bin/env bash
# Two nodes, an aggregator and a little traffic on one machine, until Ctrl-C; see README.md. Arguments go to the
# aggregator.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$here/../../artifacts/bin
examples=$here/../../artifacts/bpf/examples
prefix=monitor-demo # of namespaces: monitor-demo-PID-a
logs=/run/$prefix-$$
monitors=$logs/monitors.d
declare -A name_of=() # of a process, by its id

say() { printf '%s\n' "$*" >&2; }
fail() { say "demo: $*"; exit 1; }

clean_up() {
  trap '' INT TERM HUP # a second Ctrl-C does not leave half of it
  set +e
  kill -TERM "${!name_of[@]}" 2>/dev/null
  local deadline=$((SECONDS + 5)) pid
  while kill -0 "${!name_of[@]}" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  for pid in "${!name_of[@]}"; do
    if kill -KILL "$pid" 2>/dev/null; then say "demo: ${name_of[$pid]} did not end in 5 s and was killed"; fi
  done
  wait 2>/dev/null
  remove $$
}

remove() { # PID
  local node
  for node in a b; do
    # The namespace would take it along, but some time later.
    ip link delete "mon$1-$node" 2>/dev/null || true
    if [[ -e /run/netns/$prefix-$1-$node ]]; then ip netns delete "$prefix-$1-$node"; fi
  done
  rm -rf "/run/$prefix-$1"
}

# What a demo left that was killed: its processes ended with it (--pdeathsig), the rest did not.
remove_remains() {
  local folder
  for folder in /run/"$prefix"-*; do
    if [[ -e $folder && ! -e /proc/${folder##*-} ]]; then remove "${folder##*-}"; fi
  done
}

# start NAME COMMAND...: in the background, its output in a file of that name.
start() {
  local name=$1
  shift
  setpriv --pdeathsig TERM "$@" >"$logs/$name" 2>&1 </dev/null &
  name_of[$!]=$name
  started=$!
}

# In a node's network and nothing else: ip netns exec would exchange /sys and with it the cgroups that the agent needs.
start_in() { # NODE NAME COMMAND...
  local node=$1 name=$2
  shift 2
  start "$name" nsenter "--net=/run/netns/$prefix-$$-$node" "$@"
}

# wait_for SECONDS NAME PID COMMAND...: until the command succeeds; fails where the process of that name ends before.
wait_for() {
  local deadline=$((SECONDS + $1)) name=$2 pid=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      say "demo: $name did not come up. It said:"
      cat "$logs/$name" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# in_node NODE COMMAND...
in_node() {
  local node=$1
  shift
  nsenter "--net=/run/netns/$prefix-$$-$node" "$@"
}

# The benchmarking range (RFC 2544), which is in no real network: .1 and .2 are the nodes as they see each other, .5 and
# .9 this machine as node a and b see it.
lay_cables() {
  ip -n "$prefix-$$-a" link add peer type veth peer name peer netns "$prefix-$$-b"
  connect a "$net.1/30" "$net.6/30" "$net.5/30"
  connect b "$net.2/30" "$net.10/30" "$net.9/30"
}

connect() { # NODE ITS-ADDRESS ITS-ADDRESS-TOWARDS-THIS-MACHINE ADDRESS-OF-THIS-MACHINE
  local node=$1 namespace=$prefix-$$-$1 cable=mon$$-$1 link
  ip link add "$cable" type veth peer name uplink netns "$namespace"
  ip address add "$4" dev "$cable"
  ip link set "$cable" up
  ip -n "$namespace" address add "$2" dev peer
  ip -n "$namespace" address add "$3" dev uplink
  for link in lo peer uplink; do ip -n "$namespace" link set "$link" up; done
  in_node "$node" nft 'add table inet demo; add chain inet demo input { type filter hook input priority 0; };
    add rule inet demo input udp dport 9 drop'
}

both_streaming() {
  [[ $(curl -sf "$url/api/agents" | grep -o '"state":"STATE_STREAMING"' | wc -l) == 2 ]]
}

((EUID == 0)) || fail "network namespaces and BPF programs need root: sudo $0"
for command in ip nft nsenter setpriv python3 curl; do
  command -v "$command" >/dev/null || fail "$command is missing; ./build.sh demo installs what the demo needs"
done
for command in monitor-agent monitor-aggregator; do
  [[ -x $bin/$command ]] || fail "artifacts/bin/$command is missing; run ./build.sh demo"
done
for example in exec listen; do
  [[ -e $examples/$example.bpf.o ]] || fail "artifacts/bpf/examples/$example.bpf.o is missing; run ./build.sh demo"
done
net=198.18.$(($$ % 256))
[[ -z $(ip -4 -o address show to "$net.0/28") ]] || fail "this machine has addresses in $net.0/28; try again"

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
remove_remains
mkdir -m 755 "$logs"

# Of both agents; a copy, since the agent loads nothing that others than root can change.
mkdir -m 755 "$monitors"
install -m 644 "$examples"/{exec,listen}.bpf.o "$monitors"

say "starting two nodes ..."
for node in a b; do ip netns add "$prefix-$$-$node"; done
lay_cables
declare -A agent=()
for node in a b; do
  start_in $node agent-$node "$bin/monitor-agent" --node-name "node-$node" --network-namespace "$prefix-$$-$node" \
    --http '*:8080' --grpc '*:50051' --insecure --monitors-folder "$monitors"
  agent[$node]=$started
done
for node in a b; do wait_for 60 agent-$node "${agent[$node]}" grep -q '^gRPC on' "$logs/agent-$node"; done

# Nobody else is in the nodes' network, so that clear text does.
start aggregator "$bin/monitor-aggregator" --insecure --agent "$net.6:50051" --agent "$net.10:50051" "$@"
aggregator=$started
wait_for 60 aggregator "$aggregator" grep -q '^gRPC on' "$logs/aggregator"
url=$(sed -n 's/^REST on \(http:[^ ]*\).*/\1/p' "$logs/aggregator")
target=$(sed -n 's/^gRPC on \([^ ]*\).*/\1/p' "$logs/aggregator")
wait_for 30 aggregator "$aggregator" both_streaming

start_in a traffic-a python3 "$here/traffic.py" "$net.1" "$net.2"
start_in b traffic-b python3 "$here/traffic.py" "$net.2" "$net.1"

cat <<END

Two nodes talk to each other: every second a connection that succeeds, one that is refused, a datagram that arrives, and
one that the other node drops.

  node-a   $net.1   agent $net.6:50051    namespace $prefix-$$-a   process ${agent[a]}
  node-b   $net.2   agent $net.10:50051   namespace $prefix-$$-b   process ${agent[b]}

The aggregator has both, on $url and $target. Try, in another terminal:

  curl -s $url/api/agents                                         # both agents: state, lag, rates, clocks
  curl -s '$url/api/events?node_name=node-a&type=connection&limit=5'
  curl -s '$url/api/connection-summary?duration_seconds=60'              # both nodes, by outcome and by node
  curl -s '$url/api/packet-drop-summary?duration_seconds=60'             # what node-a sends, node-b drops, and why
  curl -N '$url/api/events/stream?type=packet_drop'               # as it happens, from both nodes
  curl -N '$url/api/events/stream?agent_status=true'              # and what becomes of the agents
  curl -s $url/health
  grpcurl -plaintext $target monitor.v1.StatusService/ListAgents

Both agents also load two monitors of bpf/examples, as they would yours, from $monitors. They watch
the whole machine, so each of their events comes from both nodes:

  curl -s $url/api/monitors                                       # what they report, in which fields
  curl -s '$url/api/events?type=exec&field=file=/usr/bin/curl&limit=5'   # your curl
  curl -N '$url/api/events/stream?type=listen'                    # who begins to listen; then, elsewhere: nc -l 7000
  sudo install -m 644 YOUR.bpf.o $monitors   # loaded within seconds; rm unloads it

Cut node-b off, and see within 10 seconds that it is missed and which it is; bring it back, and nothing is missing:

  sudo ip -n $prefix-$$-b link set uplink down
  curl -s $url/health
  sudo ip -n $prefix-$$-b link set uplink up

Ctrl-C ends the demo and removes all of it.
END

while ((${#name_of[@]})); do
  status=0
  wait -n -p ended "${!name_of[@]}" || status=$?
  name=${name_of[$ended]}
  say "demo: $name has ended with exit code $status. Its last lines:"
  tail -n 5 "$logs/$name" >&2
  unset "name_of[$ended]"
  [[ $name != aggregator ]] || exit 1
done
