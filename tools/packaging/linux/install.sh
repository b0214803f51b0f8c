#!/bin/sh
# Installs Timeline Local for the person who runs this: no root, nothing outside ~/.local (or PREFIX).
#   ./install.sh              PREFIX=/somewhere/else ./install.sh
set -eu
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${PREFIX:-${HOME:?}/.local}
program=$prefix/lib/timeline-local
menu=$prefix/share/applications
icons=$prefix/share/icons/hicolor

# These mean something of their own in a menu entry, or to sed.
case $prefix in
  *[\\\"\`\$%\&\|]*)
    echo "The folder's name must not contain any of \\ \" \` \$ % & |: $prefix" >&2
    exit 1
    ;;
esac

for process in /proc/[0-9]*; do
  if [ "$(readlink "$process/exe" 2>/dev/null || true)" = "$program/timeline-local" ]; then
    echo "Timeline Local is running. Quit it, then install again." >&2
    exit 1
  fi
done

mkdir -p "$prefix/bin" "$prefix/lib" "$menu"
# The new program stands complete beside the old one before it takes its place.
rm -rf "$program.new" "$program.old"
cp -R "$here/program" "$program.new"
cp "$here/uninstall.sh" "$program.new/uninstall.sh"
"$program.new/timeline-local" version >/dev/null || {
  echo "This build does not run on this system; nothing was changed." >&2
  rm -rf "$program.new"
  exit 1
}
if [ -e "$program" ]; then mv "$program" "$program.old"; fi
mv "$program.new" "$program"
rm -rf "$program.old"
ln -sfn "$program/timeline-local" "$prefix/bin/timeline-local"

for file in "$here"/icons/*/apps/*; do
  size=$(basename -- "$(dirname -- "$(dirname -- "$file")")")
  mkdir -p "$icons/$size/apps"
  cp "$file" "$icons/$size/apps/"
done
sed "s|^Exec=timeline-local|Exec=\"$program/timeline-local\"|" "$here/timeline-local.desktop" > "$menu/timeline-local.desktop"
if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$menu" || true; fi

echo "Installed: $("$program/timeline-local" version), in $program"
echo "Start it from the menu, or with $prefix/bin/timeline-local"
echo "Remove it with $program/uninstall.sh; your library is not touched by that."
