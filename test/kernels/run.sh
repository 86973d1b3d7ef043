#!/usr/bin/env bash
# Runs the tests that need a kernel on Debian's kernels, each in a virtual machine. See README.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$root/artifacts/kernels
projects=(Monitor.Sandbox.Tests Monitor.Bpf.Tests Monitor.Agent.Tests EndToEnd.Tests)
patience=3h

# The machines: Debian's suite, its name of the architecture, and the version of Landlock that the kernel must have, 0 for none.
declare -A machines=(
  [bullseye]="bullseye amd64 0"
  [bookworm]="bookworm amd64 2"
  [trixie]="trixie amd64 6"
  [sid]="sid amd64 6"
  [arm64]="trixie arm64 6"
)
all_machines=(bullseye bookworm trixie sid arm64)

say() { printf '%s\n' "$*" >&2; }
fail() { say "kernels: $*"; exit 1; }

# What depends on the architecture, besides where its commands come from: copy_commands and fetch_commands.
set_architecture() { # ARCHITECTURE
  case $1 in
    amd64)
      # Without cmpxchg16b, which QEMU 7.2 gets wrong, and five levels of page tables, which cost time. Without cmpxchg16b
      # kernels since 6.18 give storages of sockets no memory, unless it comes from slabs that are checked. A busy host is late
      # with the timer, for which the kernel would panic.
      rid=linux-x64 emulator=(qemu-system-x86_64 -cpu "max,cx16=off,la57=off")
      parameters="console=ttyS0 no_timer_check slab_debug=F"
      ;;
    arm64)
      # An old one: on one with all that QEMU 7.2 emulates (max), code that .NET compiled ended with an illegal instruction.
      rid=linux-arm64 emulator=(qemu-system-aarch64 -M virt -cpu cortex-a72)
      parameters="console=ttyAMA0"
      ;;
  esac
}

# apt with Debian's package lists of a suite and an architecture, apart from those of this machine, and with nothing installed.
apt_of() { # FOLDER ARCHITECTURE COMMAND...
  "$3" -qq -o "Dir::Etc::sourcelist=$1/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$1/lists" \
    -o "Dir::State::status=$1/status" -o "Dir::Cache=$1/cache" -o "APT::Architecture=$2" -o "APT::Architectures=$2" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "${@:4}"
}

# Reads the package lists of a suite, from where this machine has its own packages.
update_lists() { # FOLDER SUITE ARCHITECTURE
  local archive
  rm -rf "$1"
  mkdir -p "$1"/{lists/partial,cache/archives/partial}
  touch "$1/status"
  # shellcheck disable=SC2016 # for apt to expand
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -1)
  [[ $archive ]] || fail "apt knows no archive of Debian; is this Debian, and has apt-get update been run?"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$archive" "$2" >"$1/sources.list"
  apt_of "$1" "$3" apt-get update >&2 || fail "cannot read Debian's package lists of $2"
}

# The newest cloud kernel of a suite, unpacked into artifacts/kernels/MACHINE/image.
fetch_kernel() { # MACHINE SUITE ARCHITECTURE
  local folder=$work/$1 package packages
  [[ -e $folder/image ]] && return
  say "$1: fetching its kernel ..."
  update_lists "$folder" "$2" "$3"
  package=$(apt_of "$folder" "$3" apt-cache depends --important "linux-image-cloud-$3" | awk '/Depends: linux-image-/ { print $2; exit }')
  [[ $package ]] || fail "$2 has no linux-image-cloud-$3"
  # Since Debian 14 the image, its modules and their lists are packages of their own.
  mapfile -t packages < <(apt_of "$folder" "$3" apt-cache depends --important "$package" | awk '/Depends: linux-(base|binary|modules)-[0-9]/ { print $2 }')
  (cd "$folder" && apt_of "$folder" "$3" apt-get download "$package" "${packages[@]}" >&2) || fail "cannot fetch $package"
  for package in "$folder"/linux-*.deb; do dpkg-deb -x "$package" "$folder/unpacked"; done
  find "$folder/unpacked" -name '*.ko.xz' -exec xz -d {} +
  mv "$folder/unpacked" "$folder/image"
}

# copy FILE...: into the machine, with the libraries that it is linked to.
copy() {
  local file
  while read -r file; do
    [[ -e $tree$file ]] && continue
    mkdir -p "$tree$(dirname "$file")"
    cp -L "$file" "$tree$file"
  done < <(printf '%s\n' "$@"; ldd "$@" 2>/dev/null | grep -o '/[^ :]*' || true)
}

# .NET and the commands that tests call, as this machine has them, with their libraries.
copy_commands() {
  local dotnet python libraries
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
  mkdir -p "$tree"/{bin,dotnet} "$tree$python"
  cp /bin/busybox "$tree/bin/"
  cp -r "$dotnet"/{dotnet,host,shared} "$tree/dotnet/"
  cp -rL "$python"/. "$tree$python/"
  rm -rf "$tree$python"/{test,idlelib,lib2to3,ensurepip,config-*}
  mapfile -t libraries < <(ldconfig -p | awk '$1 ~ /^(libbpf.so.1|libssl.so.3|libcrypto.so.3)$/ && /x86-64/ { print $NF }'
    find "$dotnet/shared" "$python/lib-dynload" -name '*.so')
  copy /sbin/modprobe "$(command -v ip)" "$(command -v ss)" "$(command -v nstat)" "$(command -v tc)" "$(command -v nft)" "$(command -v dnsmasq)" "$(command -v minisign)" "$(command -v setpriv)" "$(command -v prlimit)" "$(command -v getconf)" /usr/bin/env /usr/bin/python3 "$dotnet/dotnet" "${libraries[@]}"
}

# The same for another architecture, from Debian's packages and the runtime's.
fetch_commands() { # ARCHITECTURE
  local folder=$work/commands-$1 package name version directory
  local options=("-p:RuntimeIdentifier=$rid" -p:SelfContained=true "-p:ArtifactsPath=$work/runtime-$1" "-p:LocksPath=$work/runtime-$1/locks")
  if [[ ! -e $folder/fetched ]]; then
    say "fetching commands for $1 ..."
    update_lists "$folder" trixie "$1"
    apt_of "$folder" "$1" apt-get install --download-only --no-install-recommends -y \
      bash bpftool busybox-static coreutils curl dash dnsmasq-base iproute2 kmod libbpf1 libc-bin libstdc++6 minisign mount nftables prometheus python3 \
      util-linux >&2 || fail "cannot fetch commands for $1"
    touch "$folder/fetched"
  fi
  # As Debian lays them out: programs and libraries are below /usr.
  mkdir -p "$tree"/usr/{bin,sbin,lib}
  ln -s usr/bin usr/sbin usr/lib "$tree/"
  for package in "$folder"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$tree" --exclude './usr/share/*'
  done
  dotnet restore "${options[@]}" "$root/src/Monitor.Agent" -v quiet --nologo >&2
  while read -r name version directory; do
    install -D -t "$tree/dotnet/shared/$name/$version" "$directory/runtimes/$rid"/lib/net*/*
    [[ $name != Microsoft.NETCore.App ]] || install -D -t "$tree/dotnet/shared/$name/$version" "$directory/runtimes/$rid/native"/*
    [[ $name != Microsoft.NETCore.App ]] || install -D -t "$tree/dotnet/host/fxr/$version" "$directory/runtimes/$rid/native/libhostfxr.so"
  done < <(dotnet msbuild "${options[@]}" "$root/src/Monitor.Agent" -t:ResolveFrameworkReferences -getItem:ResolvedRuntimePack |
    python3 -c 'import json, sys
for pack in json.load(sys.stdin)["Items"]["ResolvedRuntimePack"]: print(pack["FrameworkName"], pack["NuGetPackageVersion"], pack["PackageDirectory"])')
  # There is no package of the command. Each program has a launcher of its own, which has its name.
  cat >"$tree/dotnet/dotnet" <<'EOF'
#!/bin/sh
program=${1%.dll}
shift
exec "$program" "$@"
EOF
  chmod +x "$tree/dotnet/dotnet"
}

# What all machines of an architecture have: .NET, both programs, the tests, the commands that they call. The BPF programs are
# those of this machine: what they are compiled to does not depend on the architecture, as they read no registers.
make_tree() { # ARCHITECTURE
  local name project built=$work/dotnet-$1
  tree=$work/tree-$1
  say "building the tests for $1 ..."
  rm -rf "$tree"
  mkdir -p "$tree"
  if [[ $1 == amd64 ]]; then copy_commands; else fetch_commands "$1"; fi
  mkdir "$tree/monitor"
  # All compiled before it gets there, for an emulated CPU takes long to.
  for name in Agent Aggregator; do
    dotnet publish "$root/src/Monitor.$name" -c Release -r "$rid" -v quiet --nologo "-p:ArtifactsPath=$built" "-p:LocksPath=$built/locks" \
      -p:SelfContained=false -p:CompilePackages=true -o "$tree/monitor/${name,}" >&2
  done
  mkdir -p "$tree"/{proc,sys,dev,tmp,run,etc,root,home,var,monitor/bin,monitor/tests}
  for name in sh mount mkdir rmdir rm cp ln cat sed stat id poweroff dirname readlink kill chown chmod mkfifo mv true sleep tail umount uname losetup mke2fs truncate; do
    [[ -e $tree/bin/$name || -L $tree/bin/$name ]] || ln -s busybox "$tree/bin/$name"
  done
  cp -r "$root"/artifacts/bpf "$tree/monitor/"
  cp "$root"/artifacts/bin/monitor-a* "$tree/monitor/bin/"
  for project in "${projects[@]}"; do
    dotnet publish "$root/test/$project" -c Release -r "$rid" -v quiet --nologo -clp:NoSummary -p:EnableNUnitRunner=true \
      "-p:ArtifactsPath=$built" "-p:LocksPath=$built/locks" -p:SelfContained=false -p:PublishReadyToRun=true \
      -p:PublishDocumentationFiles=false -o "$tree/monitor/tests/$project" >&2
    # The BPF programs of the tests are not published.
    find "$built/bin/$project/release_$rid" -maxdepth 1 -name '*bpf' -exec cp -r {} "$tree/monitor/tests/$project/" \;
  done
  ln -s monitor "$tree/artifacts"
  mkdir "$tree/deploy"
  cp -r "$root/deploy/systemd" "$tree/deploy/"
  cp "$root/test/kernels/init" "$tree/init"
  printf 'root:x:0:0:root:/tmp:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:*:1::::::\n' >"$tree/etc/shadow"
  printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
}

# One file system with what all machines have, and this kernel's modules.
make_disk() { # MACHINE RELEASE
  local image=$work/$1/image modules machine=$work/$1/machine
  modules=$(find "$image" -type d -path "*/modules/$2")
  rm -rf "$machine"
  mkdir -p "$machine/lib/modules/$2"
  (cd "$modules" && find kernel/{net,lib,crypto} kernel/drivers/net/veth.ko kernel/drivers/block/loop.ko modules.* -print0 | cpio --quiet -0pdm "$machine/lib/modules/$2")
  depmod -b "$machine" "$2" 2>/dev/null
  # Not lib itself: where it is a link, a folder would take its place.
  { (cd "$tree" && find . -print0 | cpio --quiet -0o -H newc); (cd "$machine" && find lib/modules -print0 | cpio --quiet -0o -H newc); } >"$work/$1/disk"
}

# Prints "MACHINE RELEASE: N passed, N failed, N skipped". False where a test failed or the machine did not come to its end.
run_tests() { # MACHINE[/PROJECT]
  local name=${1%/*} only='' suite architecture landlock release kernel log count=${#projects[@]}
  [[ $1 != */* ]] || { only=${1#*/} count=1; }
  log=$work/$name/console${only:+-$only}.log
  read -r suite architecture landlock <<<"${machines[$name]}"
  set_architecture "$architecture"
  tree=$work/tree-$architecture
  fetch_kernel "$name" "$suite" "$architecture"
  release=$(basename "$(find "$work/$name/image" -type d -path '*/lib/modules/*' -prune -print -quit)")
  kernel=$(find "$work/$name/image" -name "vmlinuz-$release" -o -path "*/$release/vmlinuz")
  make_disk "$name" "$release"
  say "$name: running the tests on $release ..."
  timeout "$patience" "${emulator[@]}" -accel tcg,thread=multi -smp 2 -m 4096 -nographic -no-reboot \
    -nic none -kernel "$kernel" -initrd "$work/$name/disk" \
    -append "panic=-1 quiet watchdog_thresh=60 softlockup_panic=1 mitigations=off landlock=$landlock ${only:+only=$only} $parameters" </dev/null 2>&1 \
    | sed -u 's/\r//g' >"$log" || true
  rm "$work/$name/disk"
  grep -A 12 '^failed ' "$log" >&2 || true
  awk -v name="$name $release${only:+ $only}" -v projects="$count" '
    $1 == "succeeded:" { passed += $2; seen++ } $1 == "failed:" { failed += $2 } $1 == "skipped:" { skipped += $2 }
    END {
      if (seen != projects) { print name ": did not get to the end of the tests; see " FILENAME; exit 1 }
      printf "%s: %d passed, %d failed, %d skipped\n", name, passed, failed, skipped
      exit failed > 0 || passed == 0
    }' "$log"
}

[[ $(uname -m) == x86_64 ]] || fail "only for x86_64 so far"
(($#)) || set -- "${all_machines[@]}"
for name in "$@"; do
  [[ ${machines[${name%/*}]-} ]] || { say "kernels: no such machine: ${name%/*}; there are: ${all_machines[*]}"; exit 2; }
  [[ $name != */* || " ${projects[*]} " == *" ${name#*/} "* ]] || { say "kernels: no such project: ${name#*/}; there are: ${projects[*]}"; exit 2; }
done
mkdir -p "$work"
for architecture in amd64 arm64; do
  for name in "$@"; do
    [[ ${machines[${name%/*}]} == *" $architecture "* ]] || continue
    set_architecture "$architecture"
    make_tree "$architecture"
    break
  done
done
status=0
for name in "$@"; do run_tests "$name" || status=1; done
exit $status
