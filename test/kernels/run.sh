#!/usr/bin/env bash
# Runs the tests that need a kernel on Debian's kernels, each in a virtual machine. See README.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$root/artifacts/kernels
tree=$work/tree
all_suites=(bullseye bookworm trixie sid)
projects=(Monitor.Sandbox.Tests Monitor.Bpf.Tests Monitor.Agent.Tests EndToEnd.Tests)
patience=90m

say() { printf '%s\n' "$*" >&2; }
fail() { say "kernels: $*"; exit 1; }

# The version of Landlock that a suite's kernel must have; 0 where it has none.
landlock_of() {
  case $1 in
    bullseye) echo 0 ;;
    bookworm) echo 2 ;;
    *) echo 6 ;;
  esac
}

# Debian's package lists of a suite, apart from those of this machine.
apt_of() { # SUITE COMMAND...
  local folder=$work/$1
  "$2" -qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists" \
    -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none "${@:3}"
}

# The newest cloud kernel of a suite, unpacked into artifacts/kernels/SUITE/image.
fetch_kernel() { # SUITE
  local suite=$1 folder=$work/$1 package packages archive
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
  # Since Debian 14 the image, its modules and their lists are packages of their own.
  mapfile -t packages < <(apt_of "$suite" apt-cache depends --important "$package" | awk '/Depends: linux-(base|binary|modules)-[0-9]/ { print $2 }')
  (cd "$folder" && apt_of "$suite" apt-get download "$package" "${packages[@]}" >&2) || fail "cannot fetch $package"
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

# What all machines have: .NET, both programs, the tests, the commands that they call.
make_tree() {
  local dotnet python name project libraries
  dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
  python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
  rm -rf "$tree"
  mkdir -p "$tree"/{proc,sys,dev,tmp,run,etc,bin,root,dotnet,monitor/bin,monitor/tests} "$tree$python"
  cp /bin/busybox "$tree/bin/"
  for name in sh mount mkdir ln cat sed poweroff dirname readlink kill chown chmod mkfifo mv true sleep tail umount losetup mke2fs truncate; do ln -s busybox "$tree/bin/$name"; done
  cp -r "$dotnet"/{dotnet,host,shared} "$tree/dotnet/"
  cp -rL "$python"/. "$tree$python/"
  rm -rf "$tree$python"/{test,idlelib,lib2to3,ensurepip,config-*}
  mapfile -t libraries < <(ldconfig -p | awk '$1 ~ /^(libbpf.so.1|libssl.so.3|libcrypto.so.3)$/ && /x86-64/ { print $NF }'
    find "$dotnet/shared" "$python/lib-dynload" -name '*.so')
  copy /sbin/modprobe "$(command -v ip)" "$(command -v ss)" "$(command -v nstat)" "$(command -v tc)" "$(command -v nft)" "$(command -v dnsmasq)" "$(command -v minisign)" /usr/bin/env /usr/bin/python3 "$dotnet/dotnet" "${libraries[@]}"
  cp -r "$root"/artifacts/{bpf,agent,aggregator} "$tree/monitor/"
  cp "$root"/artifacts/bin/monitor-a* "$tree/monitor/bin/"
  for project in "${projects[@]}"; do
    # Compiled before they get there, for an emulated CPU takes long to.
    dotnet publish "$root/test/$project" -c Release -v quiet --nologo -clp:NoSummary -p:EnableNUnitRunner=true \
      "-p:ArtifactsPath=$work/dotnet" -p:UseCurrentRuntimeIdentifier=true -p:SelfContained=false -p:PublishReadyToRun=true \
      -p:PublishDocumentationFiles=false -o "$tree/monitor/tests/$project" >&2
    # The BPF programs of the tests are not published.
    find "$work/dotnet/bin/$project/release" -maxdepth 1 -name '*bpf' -exec cp -r {} "$tree/monitor/tests/$project/" \;
  done
  cp "$root/test/kernels/init" "$tree/init"
  printf 'root:x:0:0:root:/tmp:/bin/sh\n' >"$tree/etc/passwd"
  printf 'root:*:1::::::\n' >"$tree/etc/shadow"
  printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
}

# One file system with what all machines have, and this kernel's modules.
make_disk() { # SUITE RELEASE
  local image=$work/$1/image modules machine=$work/$1/machine
  modules=$(find "$image" -type d -path "*/modules/$2")
  rm -rf "$machine"
  mkdir -p "$machine/lib/modules/$2"
  (cd "$modules" && find kernel/{net,lib,crypto} kernel/drivers/net/veth.ko kernel/drivers/block/loop.ko modules.* -print0 | cpio --quiet -0pdm "$machine/lib/modules/$2")
  depmod -b "$machine" "$2" 2>/dev/null
  for folder in "$tree" "$machine"; do (cd "$folder" && find . -print0 | cpio --quiet -0o -H newc); done >"$work/$1/disk"
}

# Prints "SUITE RELEASE: N passed, N failed, N skipped". False where a test failed or the machine did not come to its end.
run_tests() { # SUITE
  local suite=$1 release kernel log=$work/$1/console.log
  fetch_kernel "$suite"
  release=$(basename "$(find "$work/$suite/image" -type d -path '*/lib/modules/*' -prune -print -quit)")
  kernel=$(find "$work/$suite/image" -name "vmlinuz-$release" -o -path "*/$release/vmlinuz")
  make_disk "$suite" "$release"
  say "$suite: running the tests on $release ..."
  # Without cmpxchg16b, which QEMU 7.2 gets wrong, and five levels of page tables, which cost time. Without cmpxchg16b kernels
  # since 6.18 give storages of sockets no memory, unless it comes from slabs that are checked. A busy host is late with the
  # timer, for which the kernel would panic.
  timeout "$patience" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,cx16=off,la57=off -smp 2 -m 4096 -nographic -no-reboot \
    -nic none -kernel "$kernel" -initrd "$work/$suite/disk" \
    -append "console=ttyS0 panic=-1 quiet mitigations=off no_timer_check slab_debug=F landlock=$(landlock_of "$suite")" </dev/null 2>&1 \
    | sed -u 's/\r//g' >"$log" || true
  rm "$work/$suite/disk"
  grep -A 12 '^failed ' "$log" >&2 || true
  awk -v name="$suite $release" -v projects="${#projects[@]}" '
    $1 == "succeeded:" { passed += $2; seen++ } $1 == "failed:" { failed += $2 } $1 == "skipped:" { skipped += $2 }
    END {
      if (seen != projects) { print name ": did not get to the end of the tests; see " FILENAME; exit 1 }
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
make_tree
(($#)) || set -- "${all_suites[@]}"
status=0
for suite in "$@"; do run_tests "$suite" || status=1; done
exit $status
