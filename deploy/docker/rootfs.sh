#!/usr/bin/env bash
# rootfs.sh PROGRAM PUBLISHED DOTNET FOLDER: the file system of an image, in FOLDER. PROGRAM is agent or aggregator,
# PUBLISHED what `dotnet publish` made, DOTNET a folder with the .NET runtime. For the stage
# of the Dockerfile, and for tests where there is no Docker. Needs Debian 12 and apt; not root.
set -euo pipefail
program=${1-} published=${2-} dotnet=${3-} folder=${4-}
case $program in
  # What .NET is linked to, and libssl3, which it loads for TLS.
  aggregator) packages=(libc6 libgcc-s1 libstdc++6 zlib1g libssl3 ca-certificates) ;;
  agent) packages=(libc6 libgcc-s1 libstdc++6 zlib1g libssl3 ca-certificates libbpf1 libelf1) ;;
  *) printf 'usage: rootfs.sh agent|aggregator PUBLISHED DOTNET FOLDER\n' >&2; exit 2 ;;
esac

fail() { printf 'rootfs: %s\n' "$*" >&2; exit 1; }

[[ -e $published/monitor-$program.dll ]] || fail "$published has no monitor-$program.dll"
[[ $program != agent || -n $(compgen -G "$published/bpf/*.bpf.o") ]] || fail "$published/bpf has no compiled BPF programs"
[[ -d $dotnet/shared/Microsoft.AspNetCore.App ]] || fail "$dotnet has no ASP.NET Core runtime"
[[ ! -e $folder ]] || fail "$folder exists"

debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT
(cd "$debs" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "${packages[@]}" >&2) ||
  fail "apt-get cannot fetch ${packages[*]}; has apt-get update been run?"

mkdir -p "$folder"/{etc/ssl/certs,proc,sys,dev,run,app}
mkdir -m 1777 "$folder/tmp"
for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$folder"; done
cat "$folder"/usr/share/ca-certificates/mozilla/*.crt >"$folder/etc/ssl/certs/ca-certificates.crt"
# Licences stay; nobody reads the rest, or converts between character sets.
find "$folder/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$folder"/usr/share/{ca-certificates,lintian,locale,man,info,gcc,gdb,bug} "$folder"/usr/lib/*/{gconv,engines-3,ossl-modules}
(cd "$folder" && rm -rf bin sbin usr/bin usr/sbin var)
printf 'root:x:0:0:root:/:/\nmonitor:x:65532:65532:monitor:/:/\n' >"$folder/etc/passwd"
printf 'root:x:0:\nmonitor:x:65532:\n' >"$folder/etc/group"
printf 'hosts: files dns\n' >"$folder/etc/nsswitch.conf"

mkdir -p "$folder/usr/share/dotnet/shared"
cp "$dotnet/dotnet" "$folder/usr/share/dotnet/"
# The newest of the version that the programs ask for.
version=$(find "$dotnet/shared/Microsoft.AspNetCore.App" -mindepth 1 -maxdepth 1 -name '10.*' -printf '%f\n' | sort -V | tail -1)
[[ $version ]] || fail "$dotnet has no ASP.NET Core runtime 10"
for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
  mkdir "$folder/usr/share/dotnet/shared/$framework"
  cp -r "$dotnet/shared/$framework/$version" "$folder/usr/share/dotnet/shared/$framework/"
done
mkdir -p "$folder/usr/share/dotnet/host/fxr"
cp -r "$dotnet/host/fxr/$version" "$folder/usr/share/dotnet/host/fxr/"
cp -r "$published"/. "$folder/app/"
find "$folder/app" "$folder/usr/share/dotnet" \( -name '*.pdb' -o -name '*.xml' \) -delete
/sbin/ldconfig -r "$folder" 2>/dev/null || /sbin/ldconfig -r "$folder"
