#!/usr/bin/env bash
# certificates.sh FOLDER [READER...]: an authority and certificates that it signs, for machines without one of their own.
# See --help.
set -euo pipefail

usage() {
  cat <<'EOF'
certificates.sh FOLDER [READER...] [--agent NAME] [--aggregator NAME]

Makes in FOLDER, unless they are there:

  ca.pem, ca.key                          the authority; keep ca.key where nobody else reads it
  monitor-agent.pem, monitor-agent.key    for every agent
  monitor-aggregator.pem, ...key          for the aggregator
  READER.pem, READER.key                  for each READER: it names a client, and no server can use it
  NAME.pem, NAME.key                      for agents or an aggregator under another name

Those of servers have their name, localhost and 127.0.0.1. SAN names besides where clients reach the aggregator, for example
SAN=DNS:monitor.example.com,IP:10.0.0.7, and AGENT_SAN where they reach agents, if they do. DAYS is how long a certificate is
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

# A certificate of a server could be used to receive the tokens of others, so readers have none of that kind, and agents none with
# the aggregator's address.
make() {
  local name=$1 use=$2 addresses=$3
  [[ $name =~ ^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$ ]] || fail "'$name' is not a DNS name"
  if [[ -e $name.pem ]]; then
    printf '%s is there already\n' "$folder/$name.pem"
    return
  fi
  new_key "$name.key.new"
  openssl req -new -key "$name.key.new" -subj "/CN=$name" -out "$name.request"
  openssl x509 -req -in "$name.request" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days "${DAYS:-365}" -out "$name.pem.new" \
    -extfile <(printf '%s\n' 'basicConstraints=CA:FALSE' 'keyUsage=digitalSignature' "extendedKeyUsage=$use" \
      "subjectAltName=DNS:$name$addresses") 2>/dev/null
  rm "$name.request"
  mv "$name.key.new" "$name.key"
  mv "$name.pem.new" "$name.pem"
  chmod 644 "$name.pem"
  printf 'made %s\n' "$folder/$name.pem"
}

local_addresses=,DNS:localhost,IP:127.0.0.1
make_agent() { make "$1" serverAuth "$local_addresses${AGENT_SAN:+,$AGENT_SAN}"; }
make_aggregator() { make "$1" serverAuth,clientAuth "$local_addresses${SAN:+,$SAN}"; }

make_agent monitor-agent
make_aggregator monitor-aggregator
while (($# > 0)); do
  case $1 in
    --agent) make_agent "${2?--agent: a name is missing}"; shift 2 ;;
    --aggregator) make_aggregator "${2?--aggregator: a name is missing}"; shift 2 ;;
    -*) fail "'$1' is not understood; see --help" ;;
    *) make "$1" clientAuth ""; shift ;;
  esac
done
chmod 644 ca.pem
