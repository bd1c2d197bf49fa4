#!/bin/sh
# Builds JupyterLab's front end from npm into .conformance/lab, for the tests
# of the panel: about 400 MB, half a minute.
set -eu
app=$(cd "$(dirname "$0")" && pwd)
lab=$app/../../../.conformance/lab
mkdir -p "$lab"
cp "$app/package.json" "$app"/*.js "$app"/*.cjs "$lab"
cd "$lab"
# The newest versions of its parts do not always agree with one another.
npm install --legacy-peer-deps --ignore-scripts --no-audit --no-fund \
  --before=2026-09-25
node build.cjs
