#!/usr/bin/env bash
# Grafana's panel components (@grafana/ui) for pictures of the dashboards, bundled for a page.
#
#   grafana.sh install            fetch them with npm (410 MB, once; cached) and bundle grafana/draw.jsx, print the bundle's folder
#   grafana.sh draw RESULTS OUT   draw every dashboard from what sealwatch-dashboard-results wrote into OUT
#
# Kept in $SEALWATCH_TOOLS (default ~/.cache/sealwatch-tools); asks no network where all is there. Needs Node 20 with npm, and
# Chromium with Playwright (python.sh). Versions are locked by grafana/package-lock.json.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${SEALWATCH_TOOLS:-$HOME/.cache/sealwatch-tools}

fail() {
  echo "grafana.sh: $*" >&2
  exit 1
}

install_grafana() {
  local began=$SECONDS
  # Another lock is another folder.
  folder=$tools/grafana-$(sha256sum "$here/grafana/package-lock.json" | head -c 12)
  if [ ! -e "$folder/complete" ]; then
    command -v npm >/dev/null || "$here/packages.sh" nodejs npm
    mkdir -p "$tools"
    # One at a time; whoever waited finds it made.
    exec 9>"$tools/grafana.lock"
    flock 9
    if [ ! -e "$folder/complete" ]; then
      rm -rf "$folder"
      mkdir -p "$folder"
      cp "$here/grafana/package.json" "$here/grafana/package-lock.json" "$folder"
      # No script of a package is run but the one that puts esbuild's program in its place.
      (cd "$folder" && npm ci --legacy-peer-deps --no-audit --no-fund --ignore-scripts >npm.log 2>&1) ||
        fail "npm could not install: $(tail -n 3 "$folder/npm.log")"
      (cd "$folder" && node node_modules/esbuild/install.js) || fail "esbuild could not be put in its place"
      touch "$folder/complete"
      echo "grafana.sh: installed @grafana/ui in $((SECONDS - began)) s" >&2
    fi
    exec 9>&-
  fi
  cp "$here"/grafana/*.jsx "$folder"
  (cd "$folder" && node_modules/.bin/esbuild draw.jsx --bundle --minify --format=iife --outfile=bundle/draw.js --jsx=automatic \
    --define:process.env.NODE_ENV='"production"' --define:global=window --alias:react-custom-scrollbars-2=./scrollbars.jsx \
    --loader:.svg=dataurl --loader:.png=dataurl --loader:.woff2=dataurl --loader:.ttf=empty --log-level=error) ||
    fail "the components could not be bundled"
}

case "${1:-}:$#" in
  install:1) install_grafana && echo "$folder/bundle" ;;
  draw:3)
    install_grafana
    exec "$here/python.sh" run console python "$here/../browser/dashboards.py" \
      "$folder/bundle" "$folder/node_modules/@grafana/ui/dist/public/img/icons" "$2" "$3"
    ;;
  *) fail "usage: grafana.sh install | draw RESULTS OUT" ;;
esac
