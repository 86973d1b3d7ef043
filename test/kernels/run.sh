#!/usr/bin/env bash
# Runs the tests that need a kernel on Debian's kernels, each in a virtual machine. See README.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$root/artifacts/kernels
tree=$work/tree
all_suites=(bullseye bookworm trixie)

# The storm takes ten minutes on an emulated CPU, and shows nothing there that it does not show elsewhere.
filter='FullyQualifiedName~.Kernel.&FullyQualifiedName!~StormTests'
patience=20m

say() { printf '%s\n' "$*" >&2; }
fail() { say "kernels: $*"; exit 1; }

# Debian's package lists of a suite, apart from those of this machine.
apt_of() { # SUITE COMMAND...
  local folder=$work/$1
  "$2" -qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists" \
    -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "${@:3}"
}

# The newest cloud kernel of a suite, unpacked into artifacts/kernels/SUITE/image.
fetch_kernel() { # SUITE
  local suite=$1 folder=$work/$1 package archive
  [[ -e $folder/image ]] && return
  say "$suite: fetching its kernel ..."
  rm -rf "$folder"
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  # From where this machine has its own packages.
  # shellcheck disable=SC2016 # for apt to expand
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -1)
  [[ $archive ]] || fail "apt knows no archive of Debian; is this Debian, and has apt-get update been run?"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$archive" "$suite" >"$folder/sources.list"
  apt_of "$suite" apt-get update >&2 || fail "cannot read Debian's package lists of $suite"
  package=$(apt_of "$suite" apt-cache depends --important linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
  [[ $package ]] || fail "$suite has no linux-image-cloud-amd64"
  (cd "$folder" && apt_of "$suite" apt-get download "$package" >&2) || fail "cannot fetch $package"
  dpkg-deb -x "$folder"/linux-image-*.deb "$folder/unpacked"
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

# What all machines have: .NET, the tests, the commands that they call.
make_tree() {
  local dotnet python name libraries
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
  rm -rf "$tree"
  mkdir -p "$tree"/{proc,sys,dev,tmp,run,etc,bin,dotnet} "$tree$python"
  cp /bin/busybox "$tree/bin/"
  for name in sh mount mkdir ln cat sed poweroff; do ln -s busybox "$tree/bin/$name"; done
  cp -r "$dotnet"/{dotnet,host,shared} "$tree/dotnet/"
  cp -rL "$python"/. "$tree$python/"
  rm -rf "$tree$python"/{test,idlelib,lib2to3,ensurepip,config-*}
  mapfile -t libraries < <(ldconfig -p | awk '$1 ~ /^(libbpf.so.1|libssl.so.3|libcrypto.so.3)$/ && /x86-64/ { print $NF }'
    find "$dotnet/shared" "$python/lib-dynload" -name '*.so')
  copy /sbin/modprobe "$(command -v ip)" "$(command -v ss)" "$(command -v nft)" /usr/bin/python3 "$dotnet/dotnet" "${libraries[@]}"
  cp -r "$root/artifacts/bpf" "$tree/"
  cp -r "$work/dotnet/bin/Monitor.Agent.Tests/release" "$tree/tests"
  cp "$root/test/kernels/init" "$tree/init"
  printf 'root:x:0:0:root:/tmp:/bin/sh\n' >"$tree/etc/passwd"
}

# One file system with what all machines have, and this kernel's modules.
make_disk() { # SUITE RELEASE
  local image=$work/$1/image modules machine=$work/$1/machine
  modules=$(find "$image" -type d -path "*/modules/$2")
  rm -rf "$machine"
  mkdir -p "$machine/lib/modules/$2"
  (cd "$modules" && find kernel/{net,lib,crypto} kernel/drivers/net/veth.ko modules.* -print0 | cpio --quiet -0pdm "$machine/lib/modules/$2")
  depmod -b "$machine" "$2" 2>/dev/null
  for folder in "$tree" "$machine"; do (cd "$folder" && find . -print0 | cpio --quiet -0o -H newc); done >"$work/$1/disk"
}

# Prints "SUITE RELEASE: N passed, N failed, N skipped". False where a test failed or the machine did not come to its end.
run_tests() { # SUITE
  local suite=$1 release log=$work/$1/console.log
  fetch_kernel "$suite"
  release=$(basename "$work/$suite"/image/boot/vmlinuz-* | sed 's/^vmlinuz-//')
  make_disk "$suite" "$release"
  say "$suite: running the tests on $release ..."
  # Without cmpxchg16b, which QEMU 7.2 gets wrong, and five levels of page tables, which cost time.
  timeout "$patience" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,cx16=off,la57=off -smp 2 -m 3072 -nographic -no-reboot \
    -nic none -kernel "$work/$suite/image/boot/vmlinuz-$release" -initrd "$work/$suite/disk" \
    -append "console=ttyS0 panic=-1 quiet mitigations=off tests=$filter" </dev/null 2>&1 | tr -d '\r' >"$log" || true
  rm "$work/$suite/disk"
  grep -A 12 '^failed ' "$log" >&2 || true
  awk -v name="$suite $release" '
    $1 == "succeeded:" { passed = $2 } $1 == "failed:" { failed = $2 } $1 == "skipped:" { skipped = $2 }
    END {
      if (passed == "") { print name ": did not get to the end of the tests; see " FILENAME; exit 1 }
      printf "%s: %d passed, %d failed, %d skipped\n", name, passed, failed, skipped
      exit failed > 0 || passed == 0
    }' "$log"
}

[[ $(uname -m) == x86_64 ]] || fail "only for x86_64 so far"
for suite in "$@"; do
  [[ " ${all_suites[*]} " == *" $suite "* ]] || { say "kernels: no such suite: $suite; there are: ${all_suites[*]}"; exit 2; }
done
mkdir -p "$work"
say "building the tests ..."
dotnet build "$root/test/Monitor.Agent.Tests" -c Release -v quiet --nologo -clp:NoSummary -p:EnableNUnitRunner=true \
  "-p:ArtifactsPath=$work/dotnet" >&2
make_tree
(($#)) || set -- "${all_suites[@]}"
status=0
for suite in "$@"; do run_tests "$suite" || status=1; done
exit $status
