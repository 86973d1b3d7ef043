#!/usr/bin/env bash
# kind.sh create|load|install|test|delete|all: the chart in a cluster of containers. See README.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cluster=${KIND_CLUSTER:-network-monitor}
# Of its own, so that nothing here ever goes to another cluster.
export KUBECONFIG=$here/../../artifacts/kind/$cluster.kubeconfig
tag=kind
images=(--set "agent.image.tag=$tag" --set "aggregator.image.tag=$tag")
test_image=busybox:1.37

say() { printf 'kind: %s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null || { say "$1 is missing: $2"; exit 1; }; }

create() {
  mkdir -p "${KUBECONFIG%/*}"
  kind create cluster --name "$cluster" --config "$here/cluster.yaml" --wait 120s
}

load() {
  "$here/../docker/image.sh" "$tag"
  docker image inspect "$test_image" >/dev/null 2>&1 || docker pull "$test_image"
  kind load docker-image --name "$cluster" "network-monitor/agent:$tag" "network-monitor/aggregator:$tag" "$test_image"
}

install() {
  helm upgrade --install network-monitor "$here/../helm/network-monitor" --namespace network-monitor --create-namespace \
    --wait --timeout 3m "${images[@]}"
  helm test network-monitor --namespace network-monitor
}

# With a release of its own, which goes at the end. Agents see the same kernel, so the one that is installed stays out of it.
run_test() {
  helm uninstall network-monitor --namespace network-monitor --ignore-not-found --wait
  TEST_IMAGE=$test_image "$here/../helm/integration-test.sh" "${images[@]}"
}

delete() {
  kind delete cluster --name "$cluster"
  rm -f "$KUBECONFIG"
}

case ${1-} in
  create | load | install | test | delete | all) ;;
  *) printf 'usage: kind.sh create|load|install|test|delete|all\n' >&2; exit 2 ;;
esac
need docker "https://docs.docker.com/engine/install/"
need kind "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
need kubectl "https://kubernetes.io/docs/tasks/tools/"
need helm "https://helm.sh/docs/intro/install/"
case $1 in
  create) create ;;
  load) load ;;
  install) install ;;
  test) run_test ;;
  delete) delete ;;
  all)
    trap delete EXIT
    create
    load
    install
    run_test
    ;;
esac
