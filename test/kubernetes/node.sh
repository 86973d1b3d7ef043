# shellcheck shell=bash disable=SC2034,SC2154 # shared with cluster.sh
# The node: namespaces, containerd, kubelet, kube-proxy, DNS, images. Sourced by cluster.sh.

pod_ips=10.244.0.0/24
dns_ip=10.96.0.10

make_network() {
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip link add "$uplink" type veth peer name eth0 netns "$name"
  ip addr add "$host_ip/30" dev "$uplink"
  ip link set "$uplink" up
  ip -n "$name" addr add "$node_ip/30" dev eth0
  ip -n "$name" link set eth0 up
  # The kubelet looks for it. This machine forwards nothing: what leaves the node ends there.
  ip -n "$name" route add default via "$host_ip"
  # In place of a kube-dns Service.
  ip -n "$name" addr add "$dns_ip/32" dev lo
}

# Mounts of their own, which end with the last process of the cluster; and a cgroup for all of these.
make_namespaces() {
  local folder file controller
  for folder in $(hierarchies); do mkdir -p "$folder/$name"; done
  folder=$(tracking_hierarchy)
  if [[ -e $folder/cgroup.controllers ]]; then
    for file in "$folder" "$folder/$name"; do
      # One by one: a kernel may refuse some.
      tr ' ' '\n' <"$file/cgroup.controllers" | while read -r controller; do echo "+$controller" >"$file/cgroup.subtree_control" || true; done
    done
  fi
  mkdir "$folder/$name/daemons"
  # nsfs cannot be bound where mounts are shared.
  mkdir "${mounts%/*}"
  mount --bind "${mounts%/*}" "${mounts%/*}"
  mount --make-private "${mounts%/*}"
  touch "$mounts"
  unshare "--mount=$mounts" --propagation private true
  nsenter "--mount=$mounts" bash -euo pipefail -s "$run" <<'END'
    # As on any machine with systemd, but shared with nobody outside.
    mount --make-rshared /
    # Where the network plug-in names the pods' namespaces; on the machine's own the names would stay behind.
    mount -t tmpfs -o mode=755 tmpfs /run/netns
    # The kubelet sets these for the whole machine; here it sets files.
    echo 1 >"$1/overcommit_memory"
    echo 10 >"$1/panic"
    echo 1 >"$1/panic_on_oops"
    mount --bind "$1/overcommit_memory" /proc/sys/vm/overcommit_memory
    mount --bind "$1/panic" /proc/sys/kernel/panic
    mount --bind "$1/panic_on_oops" /proc/sys/kernel/panic_on_oops
END
}

ctr() { "$work/root/usr/bin/ctr" -a "$sockets/containerd.sock" -n k8s.io "$@"; }

start_containerd() {
  mkdir -p "$run/cni"
  cat >"$run/cni/10-ptp.conflist" <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": false, "ipam": {
  "type": "host-local", "dataDir": "$run/addresses", "ranges": [[{"subnet": "$pod_ips"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
  # oom_score_adj below its own takes CAP_SYS_RESOURCE, which not every machine has.
  cat >"$run/containerd.toml" <<END
version = 2
root = "$run/containerd"
state = "$sockets/containerd"
[grpc]
  address = "$sockets/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "monitor.test/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$work/root/usr/lib/cni"
    conf_dir = "$run/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "$work/root/usr/sbin/runc"
        SystemdCgroup = false
END
  daemon containerd env "PATH=$work/root/usr/bin:$work/root/usr/sbin:$PATH" "$work/root/usr/bin/containerd" -c "$run/containerd.toml"
}

# make_image NAME FOLDER COMMAND...
make_image() {
  local archive
  archive=$(mktemp -p "$run" image.XXXXXX)
  python3 "$here/image.py" "$archive" "$@"
  ctr images import "$archive" >/dev/null
  rm "$archive"
}

# What pods consist of where a test needs nothing else: a shell, nc, wget (-T crashes it), httpd; libc resolves names.
make_test_images() {
  local tree=$run/busybox
  mkdir -p "$tree"/{bin,tmp}
  cp -r "$work/root/lib" "$work/root/lib64" "$tree/"
  cp "$work/root/bin/busybox" "$tree/bin/"
  "$work/root/bin/busybox" --list | grep -vx busybox | xargs -I NAME ln -s busybox "$tree/bin/NAME"
  make_image monitor.test/busybox:1 "$tree" /bin/sh
  make_image monitor.test/pause:1 "$tree" /bin/sleep 2147483647
}

node_ready() {
  [[ $(kubectl get node "$node_name" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.spec.taints}') == "True " ]]
}

start_node() {
  cat >"$run/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_ip
healthzPort: 0
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$name
cgroupsPerQOS: true
enforceNodeAllocatable: [pods]
failSwapOn: false
makeIPTablesUtilChains: false
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
resolvConf: ""
nodeStatusUpdateFrequency: 1s
syncFrequency: 10s
evictionHard: {memory.available: 50Mi}
volumePluginDir: $run/volume-plugins
END
  mkdir -p "$run/kubelet"
  daemon kubelet env "PATH=$work/root/usr/sbin:$PATH" "$bin/kubelet" --config "$run/kubelet.yaml" \
    --kubeconfig "$run/kubelet.kubeconfig" --hostname-override "$node_name" --node-ip "$node_ip" --root-dir "$run/kubelet" \
    --cert-dir "$run/kubelet/pki" --container-runtime remote --container-runtime-endpoint "unix://$sockets/containerd.sock"
  kubectl create clusterrolebinding test-proxy --clusterrole=system:node-proxier --user=system:kube-proxy \
    --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  # Connection tracking is sized for the whole machine, so 0: as it is.
  cat >"$run/proxy.yaml" <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $run/proxy.kubeconfig}
hostnameOverride: $node_name
mode: iptables
clusterCIDR: $pod_ips
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {syncPeriod: 10s, minSyncPeriod: 100ms}
END
  daemon kube-proxy "$bin/kube-proxy" --config "$run/proxy.yaml"
  daemon dns python3 "$here/dns.py" "$dns_ip" "https://$node_ip:$api_port" "$pki"
  wait_for 180 "the node" node_ready
}
