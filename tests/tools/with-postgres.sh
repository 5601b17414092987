#!/usr/bin/env bash
# Runs a command on an empty database of a real PostgreSQL of its own, which ends and goes with it: each argument {} becomes
# the database's address.
#
#   with-postgres.sh COMMAND [ARGUMENT | {}]...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { echo "with-postgres.sh: name a command" >&2; exit 2; }
bash "$here/postgres.sh" install >&2
folder=$(mktemp -d)
trap 'bash "$here/postgres.sh" remove "$folder" >&2; rm -rf "$folder"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
SEALWATCH_OWNER=$$ bash "$here/postgres.sh" start "$folder" "$port" >&2
address=$(bash "$here/postgres.sh" database "$folder" sealwatch)
arguments=()
for argument in "$@"; do
  [ "$argument" = "{}" ] && argument=$address
  arguments+=("$argument")
done
"${arguments[@]}"
