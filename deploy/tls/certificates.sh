#!/usr/bin/env bash
# certificates.sh FOLDER [NAME...]: an authority and certificates that it signs, for machines without one of their own.
# See --help.
set -euo pipefail

usage() {
  cat <<'EOF'
certificates.sh FOLDER [NAME...]

Makes in FOLDER, unless they are there:

  ca.pem, ca.key                          the authority; keep ca.key where nobody else reads it
  monitor-agent.pem, monitor-agent.key    for every agent
  monitor-aggregator.pem, ...key          for the aggregator
  NAME.pem, NAME.key                      for each NAME: a reader, or an aggregator under another name

Each certificate has its NAME, localhost, 127.0.0.1, and what SAN names besides, for example
SAN=DNS:monitor.example.com,IP:10.0.0.7 for the machine on which clients reach an aggregator. DAYS is how long a certificate is
valid: 365 unless set. To renew one, remove it and run this again: the programs take it without a restart.
EOF
}

fail() { printf 'certificates.sh: %s\n' "$*" >&2; exit 1; }

[[ ${1-} != -h && ${1-} != --help ]] || { usage; exit 0; }
(($# > 0)) || { usage >&2; exit 2; }
command -v openssl >/dev/null || fail "openssl is missing; install it: sudo apt-get install openssl"
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null || openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [[ ! -e ca.pem ]]; then
  new_key ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj '/CN=network monitor authority' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign' -out ca.pem
fi

for name in monitor-agent monitor-aggregator "$@"; do
  [[ $name =~ ^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$ ]] || fail "'$name' is not a DNS name"
  if [[ -e $name.pem ]]; then
    printf '%s is there already\n' "$folder/$name.pem"
    continue
  fi
  new_key "$name.key.new"
  openssl req -new -key "$name.key.new" -subj "/CN=$name" -out "$name.request"
  openssl x509 -req -in "$name.request" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days "${DAYS:-365}" -out "$name.pem.new" \
    -extfile <(printf '%s\n' 'basicConstraints=CA:FALSE' 'keyUsage=digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth' \
      "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1${SAN:+,$SAN}") 2>/dev/null
  rm "$name.request"
  mv "$name.key.new" "$name.key"
  mv "$name.pem.new" "$name.pem"
  chmod 644 "$name.pem"
  printf 'made %s\n' "$folder/$name.pem"
done
chmod 644 ca.pem
