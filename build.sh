#!/usr/bin/env bash
# The one entry point: sets the machine up, builds, runs, tests, measures. See usage below.
set -euo pipefail
called_from=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
artifacts=$root/artifacts
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

usage() {
  cat <<'EOF'
Builds, runs and tests the network monitor.

  ./build.sh                 set up the machine and build everything into artifacts/
  ./build.sh run [OPTIONS]   build, and start the agent with these options (through sudo unless you are root);
                             ./build.sh run --help lists them
  ./build.sh demo [OPTIONS]  build, and show two nodes with agents, their traffic, and an aggregator (with these options)
                             until Ctrl-C
  ./build.sh test [FILTER]   build, and run all tests, or those whose full name contains FILTER
  ./build.sh kernels [MACHINE[/PROJECT]...]
                             build, and run the kernel tests on Debian's kernels in virtual machines: bullseye (5.10),
                             bookworm (6.1), trixie (6.12), sid (7.x), arm64 (6.12), or those named, or one project of
                             them, such as bookworm/Monitor.Agent.Tests; most of an hour for each
  ./build.sh bench [NAMES]   build, and run the benchmarks, or those of these names; --help lists them
  ./build.sh chaos [SECONDS] [SEED]
                             build, and let faults happen at random to agents, an aggregator, clients, links, clocks, certificates
                             and disks, for ten minutes; prints what became of every event
  ./build.sh fuzz [SECONDS|long] [CASES] [--seed N]
                             build, and try random input on everything that takes some; see test/Monitor.Fuzz
  ./build.sh fuzz coverage [SECONDS] [CASES]
                             build, and let coverage guide the input of parsers, with AFL++: a minute for each
  ./build.sh image [TAG]     build the container images, with Docker or Buildah
  ./build.sh cluster         build, start a Kubernetes cluster of one real node on this machine, install the chart, make
                             traffic between pods, find it, uninstall, stop; test/kubernetes/cluster.sh does parts of it
  ./build.sh kind COMMAND    the same in a cluster of kind: create, load, install, test, delete, or all
  ./build.sh new-monitor NAME
                             write NAME.bpf.c into the current folder: a monitor of your own to begin with
  ./build.sh monitor-dev     make artifacts/monitor-dev.tar.gz: header, example and Makefile for monitors of your own
  ./build.sh lint            check formatting, scripts, and the .proto files, also against those of the last commit of
                             main
  ./build.sh sbom            list all dependencies with their licences: artifacts/sbom.cdx.json (CycloneDX) and
                             deploy/licences.md
  ./build.sh clean           remove artifacts/
  ./build.sh --help          this text

It needs Debian 12 or a relative, the .NET SDK 10, and a few Debian packages, which it installs where it may (as root, or
through sudo without a password) and names otherwise. Kernel tests and the agent need root and Linux 5.8 or later with
BTF; what is missing is said.

  artifacts/agent/, artifacts/aggregator/
                    the programs with all that they need besides the .NET runtime and libbpf; can be copied
  artifacts/bin/    monitor-agent, monitor-aggregator: start them
  artifacts/bpf/    the compiled BPF programs; those of bpf/examples/ in examples/
EOF
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "build.sh: $*"; exit 1; }

# need COMMAND-OR-FILE PACKAGE: remembers the package where the command or file is not there.
missing=()
need() {
  if [[ $1 == /* ]]; then [[ -e $1 ]] && return; else command -v "$1" >/dev/null && return; fi
  missing+=("$2")
}

install_missing() {
  ((${#missing[@]})) || return 0
  local as_root=()
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
  fi
  if [[ ${as_root[*]-} == false ]] || ! command -v apt-get >/dev/null; then
    fail "missing Debian packages: ${missing[*]}. Install them: sudo apt-get install ${missing[*]}"
  fi
  say "installing ${missing[*]} ..."
  "${as_root[@]}" apt-get update -qq || say "build.sh: apt-get update failed; trying with the package lists as they are"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    fail "could not install ${missing[*]}. Install them by hand and run this again."
  missing=()
}

need_to_build() {
  local triplet
  triplet=$(uname -m)-linux-gnu
  need clang clang
  need llvm-strip llvm
  need /usr/include/bpf/libbpf.h libbpf-dev
  need "/usr/include/$triplet/asm/types.h" linux-libc-dev
  need gcc gcc
  need "/usr/include/$triplet/sys/types.h" libc6-dev
  need /usr/include/libelf.h libelf-dev
  need /usr/include/zlib.h zlib1g-dev
  install_missing
  command -v dotnet >/dev/null ||
    fail "the .NET SDK 10 is missing. Install it as https://dotnet.microsoft.com/download/dotnet/10.0 says for Debian."
  dotnet --version >/dev/null 2>&1 || fail "global.json asks for the .NET SDK 10; found: $(dotnet --list-sdks | tr '\n' ' ')"
}

need_to_demo() {
  need ip iproute2
  need nft nftables
  need setpriv util-linux
  need python3 python3
  need curl curl
  install_missing
}

# The newest clang that apt has: what users may compile their monitors with. 53 MB to fetch, 270 MB installed.
newest_clang() {
  command -v apt-cache >/dev/null || return 0
  apt-cache pkgnames clang- | grep -Ex 'clang-[0-9]+' | sort -V | while read -r package; do
    [[ -z $(apt-cache madison "$package") ]] || printf '%s\n' "$package"
  done | tail -1
}

need_to_test() {
  local clang
  clang=$(newest_clang)
  [[ -z $clang ]] || need "$clang" "$clang"
  need ip iproute2
  need nft nftables
  need dnsmasq dnsmasq-base
  need tshark tshark
  need minisign minisign
  need ping iputils-ping
  need python3 python3
  need setpriv util-linux
  need bpftool bpftool
  need promtool prometheus
  need /usr/lib/python3/dist-packages/grpc python3-grpcio
  need protoc protobuf-compiler
  need grpc_python_plugin protobuf-compiler-grpc
  need /usr/include/google/protobuf/duration.proto libprotobuf-dev
  need curl curl
  need /usr/bin/chromium chromium
  need npm npm
  need /usr/sbin/clickhouse-server clickhouse-server
  install_missing
}

need_to_boot_kernels() {
  need qemu-system-x86_64 qemu-system-x86
  need qemu-system-aarch64 qemu-system-arm
  need /bin/busybox busybox-static
  need cpio cpio
  need depmod kmod
  need minisign minisign
  need xz xz-utils
  need ip iproute2
  need nft nftables
  need dnsmasq dnsmasq-base
  need /usr/bin/python3 python3
  install_missing
}

need_to_lint() {
  need clang-format clang-format
  need shellcheck shellcheck
  need npm npm
  install_missing
}

# Whether anything under the given paths is newer than the stamp; a removed file shows in its folder.
changed_since() {
  local stamp=$1
  shift
  [[ ! -e $stamp ]] || [[ -n $(find "$@" -newer "$stamp" -print -quit) ]]
}

# compile_monitor SOURCE OBJECT: where the source, or a header, is newer.
compile_monitor() {
  local arch triplet
  changed_since "$2" "$1" bpf/include || return 0
  triplet=$(uname -m)-linux-gnu
  case $(uname -m) in
    x86_64) arch=x86 ;;
    aarch64) arch=arm64 ;;
    *) fail "no BPF target is known for $(uname -m)" ;;
  esac
  clang -O2 -g -Wall -Werror -target bpf -mcpu=v2 "-D__TARGET_ARCH_$arch" "-I/usr/include/$triplet" -Ibpf/include \
    -c "$1" -o "$2.tmp"
  llvm-strip -g "$2.tmp"
  mv "$2.tmp" "$2"
}

compile_bpf() {
  local source
  mkdir -p "$artifacts/bpf/examples"
  for source in bpf/*.bpf.c bpf/examples/*.bpf.c; do
    compile_monitor "$source" "$artifacts/${source%.c}.o"
  done
}

# A monitor to begin with, in the folder that this was called from.
new_monitor() {
  local name=${1-} file=$called_from/${1-}.bpf.c
  [[ $name =~ ^[a-z][a-z0-9_]{0,31}$ ]] ||
    fail "new-monitor: '$name' is no name for a monitor: a lower-case letter, then up to 31 of a-z, 0-9 and _"
  [[ ! -e bpf/$name.bpf.c ]] || fail "new-monitor: '$name' is a monitor that the agent has"
  [[ ! -e $file ]] || fail "new-monitor: $file exists"
  sed "s/skeleton/$name/g" bpf/examples/skeleton.bpf.c >"$file"
  say "wrote $file; bpf/examples/Makefile compiles it, bpf/include/monitor.h says what there is"
}

# What somebody needs to write a monitor without this repository, as a folder and as an archive of it.
monitor_dev() {
  local folder=$artifacts/monitor-dev
  rm -rf "$folder"
  mkdir -p "$folder"
  cp bpf/include/monitor.h bpf/examples/{Makefile,exec.bpf.c,skeleton.bpf.c} LICENSE "$folder"
  tar -C "$artifacts" --owner=0 --group=0 --sort=name -czf "$folder.tar.gz" monitor-dev
  say "made $folder.tar.gz"
}

# What the benchmarks run besides the agent; only they need it.
compile_bench() {
  local source program
  mkdir -p "$artifacts/bench"
  for source in test/Monitor.Benchmarks/native/*.c; do
    program=$artifacts/bench/$(basename "${source%.c}")
    changed_since "$program" "$source" || continue
    gcc -O2 -Wall -Wextra -Werror "$source" -lbpf -o "$program"
  done
  for source in test/Monitor.Benchmarks/bpf/*.bpf.c; do
    compile_monitor "$source" "$artifacts/bench/$(basename "${source%.c}").o"
  done
}

# What tests load into the programs.
compile_preload() {
  local source library
  mkdir -p "$artifacts/preload"
  for source in test/EndToEnd.Tests/native/*.c; do
    library=$artifacts/preload/$(basename "${source%.c}").so
    changed_since "$library" "$source" || continue
    gcc -O2 -Wall -Wextra -Werror -shared -fPIC "$source" -o "$library.new"
    mv "$library.new" "$library"
  done
}

# publish PROJECT FOLDER [OPTION...]: artifacts/FOLDER with all that the program needs, and a launcher for it in artifacts/bin.
publish() {
  local folder=$artifacts/$2 name=monitor-$2
  rm -rf "$folder.new"
  dotnet publish "src/$1" -c Release -v quiet --nologo -o "$folder.new" "${@:3}" >&2
  # Exchanged as a whole: a program that runs from the old folder keeps its files.
  rm -rf "$folder"
  mv "$folder.new" "$folder"
  mkdir -p "$artifacts/bin"
  # Through dotnet, which may be where only PATH leads.
  printf '%s\n' '#!/bin/sh' "exec dotnet \"\$(dirname \"\$(readlink -f \"\$0\")\")/../$2/$name.dll\" \"\$@\"" \
    >"$artifacts/bin/$name"
  chmod +x "$artifacts/bin/$name"
}

# when_changed STAMP FOLDER -- COMMAND...: runs the command where something that it depends on is newer than the stamp.
when_changed() {
  local stamp=$artifacts/$1 folders=()
  shift
  while [[ $1 != -- ]]; do
    folders+=("$1")
    shift
  done
  shift
  changed_since "$stamp" "${folders[@]}" "$artifacts/bpf" proto Directory.Build.props global.json .editorconfig || return 0
  touch "$stamp.new"
  "$@"
  mv "$stamp.new" "$stamp"
}

build_all() {
  dotnet build Monitor.sln -c Release -v quiet --nologo -clp:NoSummary >&2
  publish Monitor.Agent agent --no-build
  publish Monitor.Aggregator aggregator --no-build
}

build() {
  need_to_build
  compile_bpf
  when_changed .built src test Monitor.sln -- build_all
}

# Agent or aggregator alone: who only wants to run them does not wait for the tests and their packages.
build_agent() {
  need_to_build
  compile_bpf
  when_changed .built-agent src -- publish Monitor.Agent agent
}

build_aggregator() {
  when_changed .built-aggregator src -- publish Monitor.Aggregator aggregator
}

as_root() {
  if ((EUID == 0)); then exec "$@"; fi
  command -v sudo >/dev/null || fail "loading BPF programs needs root, and there is no sudo; run this as root"
  exec sudo --preserve-env=PATH,DOTNET_ROOT "$@"
}

run() {
  build_agent
  as_root "$artifacts/bin/monitor-agent" "$@"
}

demo() {
  need_to_demo
  build_agent
  build_aggregator
  as_root "$root/deploy/demo/demo.sh" "$@"
}

# Tracepoints are found there. Systems mount it at their start; containers and small machines may not have it.
mount_tracefs() {
  [[ -d /sys/kernel/tracing/events || $EUID != 0 || ! -d /sys/kernel/tracing ]] ||
    mount -t tracefs tracefs /sys/kernel/tracing || say "build.sh: tracefs cannot be mounted; tests of tracepoints will fail"
}

run_tests() {
  need_to_test
  mount_tracefs
  install_tools || say "build.sh: npm could not install the tools; tests that call them will fail or be skipped"
  build
  compile_preload
  local arguments=(Monitor.sln -c Release --no-build --nologo -v quiet --logger "console;verbosity=minimal") status=0
  [[ ${1-} ]] && arguments+=(--filter "FullyQualifiedName~$1")
  mkdir -p "$artifacts"
  # One project after the other: kernel tests see what the others do to the machine.
  dotnet test "${arguments[@]}" -maxcpucount:1 2>&1 | tee "$artifacts/test.log" || status=$?
  # "Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total: ..." for each project
  awk -v status="$status" '
    /- Failed: / {
      gsub(/,/, "")
      for (i = 1; i < NF; i++) {
        if ($i == "Failed:") failed += $(i + 1)
        if ($i == "Passed:") passed += $(i + 1)
        if ($i == "Skipped:") skipped += $(i + 1)
      }
    }
    END {
      if (status && !failed) failed = 1 # a project that crashed counts nothing
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0 || passed == 0
    }' "$artifacts/test.log"
}

kernels() {
  need_to_build
  need_to_boot_kernels
  build_agent
  build_aggregator
  exec "$root/test/kernels/run.sh" "$@"
}

bench() {
  need_to_build
  need taskset util-linux
  need ip iproute2
  need /usr/sbin/nginx nginx-light
  need wrk wrk
  need iperf3 iperf3
  need npm npm
  install_missing
  install_tools || say "build.sh: npm could not install the tools; what is measured with them says so"
  build
  compile_bench
  exec dotnet "$artifacts/dotnet/bin/Monitor.Benchmarks/release/Monitor.Benchmarks.dll" "$@"
}

# What is shipped and built with, see deploy/sbom/sbom.cs; without a file it checks the licences.
sbom() {
  dotnet restore Monitor.sln -v quiet >&2
  dotnet run deploy/sbom/sbom.cs -- "$root" "$@"
}

chaos() {
  need_to_test
  build
  compile_preload
  CHAOS_SECONDS=${1:-600} CHAOS_SEED=${2:-$RANDOM} dotnet test "$artifacts/dotnet/bin/EndToEnd.Tests/release/EndToEnd.Tests.dll" --nologo \
    --filter FullyQualifiedName~ChaosTests --logger "console;verbosity=normal"
}

fuzz() {
  need_to_build
  if [[ ${1-} == coverage ]]; then
    need afl-fuzz afl++
    install_missing
  fi
  compile_bpf
  dotnet build test/Monitor.Fuzz -c Release -v quiet --nologo -clp:NoSummary >&2
  exec dotnet "$artifacts/dotnet/bin/Monitor.Fuzz/release/Monitor.Fuzz.dll" "$@"
}

# Tools from npm, for lint and tests: buf, a gRPC client that is not ours, and chDB, an engine of ClickHouse.
install_tools() {
  local tools=$artifacts/tools
  [[ -x $tools/node_modules/.bin/buf && -d $tools/node_modules/@grpc/proto-loader && -d $tools/node_modules/chdb ]] && return
  mkdir -p "$tools"
  npm install --silent --no-fund --no-audit --prefix "$tools" \
    @bufbuild/buf@1.75.0 @grpc/grpc-js@1 @grpc/proto-loader@0.8 chdb@3.4.0 >&2
}

# The dashboards by the types of Grafana, which has no schema in JSON.
check_dashboards() {
  local tools=$artifacts/tools/grafana dashboard
  if [[ ! -x $tools/node_modules/.bin/tsc || ! -d $tools/node_modules/@grafana/schema ]]; then
    mkdir -p "$tools"
    npm install --silent --no-fund --no-audit --prefix "$tools" @grafana/schema@13.2.3 typescript@5 >&2
  fi
  {
    printf "import type { Dashboard } from '@grafana/schema';\nconst dashboards: Dashboard[] = [\n"
    for dashboard in deploy/grafana/*.json; do cat "$dashboard"; printf ',\n'; done
    printf '];\nexport default dashboards;\n'
  } >"$tools/dashboards.ts"
  (cd "$tools" && node_modules/.bin/tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler dashboards.ts)
}

buf() {
  install_tools
  "$artifacts/tools/node_modules/.bin/buf" "$@"
}

# The commit whose contract clients may have: where this branch left origin's main, or the one before it where nothing
# was changed since. Nothing where git does not know.
contract_base() {
  local base
  git rev-parse -q --verify HEAD >/dev/null 2>&1 || return 0
  if base=$(git merge-base HEAD origin/main 2>/dev/null) &&
    { [[ $base != "$(git rev-parse HEAD)" ]] || [[ -n $(git status --porcelain -- proto) ]]; }; then
    printf '%s\n' "$base"
  else
    git rev-parse -q --verify 'HEAD~1^{commit}' || true
  fi
}

# Whether the contract still is what clients were built with; see breaking: in proto/buf.yaml.
check_contract() {
  local base before=$artifacts/contract-base
  base=$(contract_base)
  if [[ -z $base ]]; then
    say "       no earlier commit to compare the contract with; skipped"
    return 0
  fi
  if ! git cat-file -e "$base:proto/buf.yaml" 2>/dev/null; then
    say "       ${base:0:12} has no contract to compare with; skipped"
    return 0
  fi
  rm -rf "$before"
  mkdir -p "$before"
  # Unpacked, because buf's own reading of git finds neither old commits nor those of a worktree.
  git archive "$base" proto | tar -x -C "$before"
  (cd proto && buf breaking --against "$before/proto")
}

lint() {
  need_to_build
  need_to_lint
  local status=0
  say "shell";  shellcheck build.sh .ci/run deploy/demo/demo.sh test/kernels/{run.sh,init} \
    deploy/{docker,helm,kubernetes,kind,systemd}/*.sh test/kubernetes/*.sh || status=1
  say "bpf";    find bpf test -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror || status=1
  say "proto";  (cd proto && buf lint) || status=1
  say "proto, against what clients have"; check_contract || status=1
  say "dashboards"; check_dashboards || status=1
  say "c#";     dotnet restore Monitor.sln -v quiet && dotnet format whitespace Monitor.sln --no-restore --verify-no-changes || status=1
  say "licences"; sbom || status=1
  return $status
}

case ${1-} in
  "" | build) build ;;
  run) shift; run "$@" ;;
  demo) shift; demo "$@" ;;
  test) shift; run_tests "$@" ;;
  kernels) shift; kernels "$@" ;;
  bench) shift; bench "$@" ;;
  chaos) shift; chaos "$@" ;;
  fuzz) shift; fuzz "$@" ;;
  sbom) need_to_build; mkdir -p "$artifacts"; sbom "$artifacts/sbom.cdx.json" ;;
  lint) lint ;;
  bpf) compile_bpf ;; # for deploy/docker/Dockerfile
  new-monitor) shift; new_monitor "$@" ;;
  monitor-dev) monitor_dev ;;
  image) shift; exec deploy/docker/image.sh "$@" ;;
  cluster) build_agent; build_aggregator; as_root test/kubernetes/try.sh ;;
  kind) shift; exec deploy/kind/kind.sh "$@" ;;
  clean) rm -rf "$artifacts" ;;
  -h | --help | help) usage ;;
  *) say "build.sh: no such command: $1"; usage >&2; exit 2 ;;
esac
