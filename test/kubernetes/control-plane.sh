# shellcheck shell=bash disable=SC2034,SC2154 # shared with cluster.sh
# The control plane: certificates, etcd, the API server, the controllers and the scheduler. Sourced by cluster.sh.

cluster_ips=10.96.0.0/16
api_ip=10.96.0.1
etcd=http://127.0.0.1:2379
pki=$run/pki
node_name=node-1

# certificate NAME SUBJECT EXTENSION
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$pki/$1.key" -out "$pki/$1.csr" 2>/dev/null
  openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 30 -out "$pki/$1.crt" \
    -extfile <(printf '%s' "$3") 2>/dev/null
  rm "$pki/$1.csr"
}

kubeconfig() { # NAME
  cat >"$run/$1.kubeconfig" <<END
apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster: {server: "https://$node_ip:$api_port", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}
users:
  - name: $1
    user: {client-certificate-data: $(base64 -w0 "$pki/$1.crt"), client-key-data: $(base64 -w0 "$pki/$1.key")}
contexts:
  - name: test
    context: {cluster: test, user: $1}
current-context: test
END
}

make_certificates() {
  local client='extendedKeyUsage=clientAuth' user
  mkdir -p "$pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=test-ca -keyout "$pki/ca.key" \
    -out "$pki/ca.crt" 2>/dev/null
  openssl ecparam -name prime256v1 -genkey -noout -out "$pki/accounts.key"
  openssl ec -in "$pki/accounts.key" -pubout -out "$pki/accounts.pub" 2>/dev/null
  certificate apiserver /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:$node_ip,IP:$api_ip,DNS:localhost,DNS:kubernetes,\
DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate admin /O=system:masters/CN=admin "$client"
  certificate controller-manager /CN=system:kube-controller-manager "$client"
  certificate scheduler /CN=system:kube-scheduler "$client"
  certificate proxy /CN=system:kube-proxy "$client"
  certificate kubelet "/O=system:nodes/CN=system:node:$node_name" "$client"
  for user in admin controller-manager scheduler proxy kubelet; do kubeconfig "$user"; done
}

start_etcd() {
  daemon etcd "$work/root/usr/bin/etcd" --name test --data-dir "$run/etcd" --unsafe-no-fsync \
    --listen-client-urls "$etcd" --advertise-client-urls "$etcd" --listen-peer-urls http://127.0.0.1:2380 \
    --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster test=http://127.0.0.1:2380
}

api_ready() {
  curl -sf --max-time 5 --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "https://$node_ip:$api_port/readyz"
}

start_apiserver() {
  daemon kube-apiserver "$bin/kube-apiserver" --etcd-servers "$etcd" --bind-address 0.0.0.0 --advertise-address "$node_ip" \
    --secure-port "$api_port" --insecure-port 0 --cert-dir "$run/apiserver" \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" --client-ca-file "$pki/ca.crt" \
    --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
    --kubelet-preferred-address-types InternalIP --service-cluster-ip-range "$cluster_ips" \
    --authorization-mode Node,RBAC --allow-privileged=true --enable-admission-plugins NodeRestriction \
    --service-account-issuer https://kubernetes.default.svc --api-audiences https://kubernetes.default.svc \
    --service-account-key-file "$pki/accounts.pub" --service-account-signing-key-file "$pki/accounts.key" \
    --feature-gates BoundServiceAccountTokenVolume=true,RootCAConfigMap=true
}

# A graceful end would wait a minute for open watches.
restart_apiserver() {
  end_daemon kube-apiserver
  start_apiserver
  wait_for 120 "the API server" api_ready
}

start_controllers() {
  # Without those that need a cloud, storage or node addresses of their own.
  daemon kube-controller-manager "$bin/kube-controller-manager" --kubeconfig "$run/controller-manager.kubeconfig" \
    --leader-elect=false --use-service-account-credentials --service-account-private-key-file "$pki/accounts.key" \
    --root-ca-file "$pki/ca.crt" --port 0 --secure-port 0 --node-monitor-period 1s \
    --controllers '*,-nodeipam,-attachdetach,-persistentvolume-binder,-persistentvolume-expander' \
    --feature-gates BoundServiceAccountTokenVolume=true,RootCAConfigMap=true
  daemon kube-scheduler "$bin/kube-scheduler" --kubeconfig "$run/scheduler.kubeconfig" --leader-elect=false --port 0 --secure-port 0
}
