#!/usr/bin/env bash
# Python tools for the tests, in an environment of their own for each group, with locked versions (python/GROUP.txt).
#
#   python.sh install GROUP                   install the group (once; cached), print its folder
#   python.sh run GROUP PROGRAM ARGUMENT...   run one of its programs (bin/PROGRAM), installing the group first
#
#   console   browser and API tests: Playwright, axe-core, schemathesis, check-jsonschema
#   export    independent validators of exports: bagit.py, bagit_profile.py, case_validate, securesystemslib, check-jsonschema
#
# Kept in $SEALWATCH_TOOLS (default ~/.cache/sealwatch-tools); asks no network where the group is there. Needs Debian's
# Python with venv, installed by packages.sh where missing. Playwright drives Debian's Chromium and downloads no browser.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${SEALWATCH_TOOLS:-$HOME/.cache/sealwatch-tools}
# Debian's own, whatever else is on the path: the locked versions are known to install there.
python=${PYTHON:-/usr/bin/python3}

fail() {
  echo "python.sh: $*" >&2
  exit 1
}

install_group() {
  local group=$1 requirements=$here/python/$1.txt began=$SECONDS
  [ -f "$requirements" ] || fail "there is no group $group; see $here/python"
  # Another lock is another folder.
  folder=$tools/python-$group-$(sha256sum "$requirements" | head -c 12)
  [ -e "$folder/complete" ] && return
  mkdir -p "$tools"
  # One at a time; whoever waited finds it made.
  exec 9>"$tools/python-$group.lock"
  flock 9
  if [ ! -e "$folder/complete" ]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || "$here/packages.sh" python3-venv
    # An environment cannot be moved, so its last file says that it is whole.
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2 || fail "$python cannot make an environment; is python3-venv installed?"
    # As a variable, the constraints hold for the tools of a build as well.
    if ! PIP_CONSTRAINT=$here/python/build.txt "$folder/bin/pip" install -q --disable-pip-version-check --no-input --no-deps \
      -r "$requirements" >&2 || ! "$folder/bin/pip" check --disable-pip-version-check >&2; then
      rm -rf "$folder"
      fail "the Python packages of the group $group could not be installed; is PyPI reached?"
    fi
    touch "$folder/complete"
    echo "python.sh: installed $group in $((SECONDS - began)) s" >&2
  fi
  exec 9>&-
}

case "${1:-}:$#" in
  install:2) install_group "$2" && echo "$folder" ;;
  run:*)
    [ $# -ge 3 ] || fail "usage: python.sh run GROUP PROGRAM ARGUMENT..."
    install_group "$2"
    program=$folder/bin/$3
    shift 3
    exec "$program" "$@"
    ;;
  *) fail "usage: python.sh install GROUP | run GROUP PROGRAM ARGUMENT..." ;;
esac
