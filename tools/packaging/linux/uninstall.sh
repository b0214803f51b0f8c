#!/bin/sh
# Removes what install.sh put there. Libraries, with everything in them, stay where they are.
set -eu
program=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=$(dirname -- "$(dirname -- "$program")")

if [ "$(basename -- "$program")" != timeline-local ] || [ ! -x "$program/timeline-local" ]; then
  echo "This is no installed Timeline Local: $program" >&2
  exit 1
fi
for process in /proc/[0-9]*; do
  if [ "$(readlink "$process/exe" 2>/dev/null || true)" = "$program/timeline-local" ]; then
    echo "Timeline Local is running. Quit it, then remove it." >&2
    exit 1
  fi
done

if [ "$(readlink "$prefix/bin/timeline-local" || true)" = "$program/timeline-local" ]; then
  rm "$prefix/bin/timeline-local"
fi
rm -f "$prefix/share/applications/timeline-local.desktop" "$prefix"/share/icons/hicolor/*/apps/timeline-local.*
rm -rf "$program"
echo "Removed. Your library is where it was; delete its folder yourself if you want it gone."
