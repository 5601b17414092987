#!/usr/bin/env bash
# Installs Debian packages that the tests need, and only those that are missing.
#
#   packages.sh               what the whole test suite needs
#   packages.sh PACKAGE...    only these
#
# Needs root where something is missing. Does nothing, and asks no network, where all are there.
set -euo pipefail

# openjdk and maven: Apache Kafka (kafka.sh). postgresql: postgres.sh. python3-venv: python.sh. chromium: tests/browser.
# prometheus, prometheus-alertmanager: prometheus.sh, with promtool and amtool. libxml2-utils: xmllint. openssl: certificates. sqlite3: a look into the database.
default_packages=(openjdk-17-jre-headless maven postgresql python3-venv chromium prometheus prometheus-alertmanager libxml2-utils openssl sqlite3)

wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then
  wanted=("${default_packages[@]}")
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  if [ "${status:0:2}" != ii ]; then
    missing+=("$package")
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "packages.sh: missing ${missing[*]}; install them as root, or run this as root" >&2
  exit 1
fi

# One installation at a time.
exec 9>"${TMPDIR:-/tmp}/sealwatch-packages.lock"
flock 9

echo "packages.sh: installing ${missing[*]}" >&2
began=$SECONDS
apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Services that packages bring are not to be started: the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ -e "$policy" ]; then
  trap 'rm -f "$log"' EXIT
else
  trap 'rm -f "$log" "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
if ! { "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "packages.sh: installing ${missing[*]} failed; is the Debian mirror reached?" >&2
  exit 1
fi
echo "packages.sh: installed in $((SECONDS - began)) s" >&2
