#!/bin/sh
# Makes build/korobanu_VERSION_ARCH.deb: the release program, its manual pages in English and Japanese, completion for bash and
# zsh. No capability is set on the program: doc/howto/install.md says how and why. The same input gives the same bytes.
set -eu
cd "$(dirname "$0")/.."
umask 022

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
[ "$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)" = "$version-1" ] ||
	{ echo "package: packaging/debian/changelog is not about $version-1" >&2; exit 1; }
[ -f build/release/build.ninja ] || meson setup build/release -Dbuildtype=release -Db_pie=true >/dev/null
ninja -C build/release korobanu >build/package.log 2>&1 || { tail -n 40 build/package.log >&2; exit 1; }

root=build/package
deb=$root/korobanu
rm -rf $root
mkdir -p $deb/DEBIAN $deb/usr/bin $deb/usr/share/doc/korobanu $deb/usr/share/man $root/debian
install -s -m 755 build/release/korobanu $deb/usr/bin/korobanu
strip --remove-section=.comment --remove-section=.note $deb/usr/bin/korobanu

build/release/korobanu __doc $root/doc
for page in man1 man5 ja/man1 ja/man5; do
	mkdir -p "$deb/usr/share/man/$page"
	for f in "$root/doc/$page"/*; do
		gzip -9nc "$f" >"$deb/usr/share/man/$page/$(basename "$f").gz"
	done
done
install -D -m 644 $root/doc/completion/korobanu.bash $deb/usr/share/bash-completion/completions/korobanu
install -D -m 644 $root/doc/completion/_korobanu $deb/usr/share/zsh/vendor-completions/_korobanu
install -D -m 644 packaging/debian/lintian-overrides $deb/usr/share/lintian/overrides/korobanu
install -m 644 packaging/debian/copyright $deb/usr/share/doc/korobanu/copyright
gzip -9nc packaging/debian/changelog >$deb/usr/share/doc/korobanu/changelog.Debian.gz
chmod 644 $deb/usr/share/doc/korobanu/* && find $deb/usr/share -type f -exec chmod 644 {} +

# What the program links decides what the package needs.
cp packaging/debian/control $root/debian/control
depends=$(cd $root && dpkg-shlibdeps -O korobanu/usr/bin/korobanu 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "package: the libraries of the program belong to no package" >&2; exit 1; }
arch=$(dpkg --print-architecture)
{
	printf 'Package: korobanu\nVersion: %s\nArchitecture: %s\n' "$version-1" "$arch"
	sed -n '/^Source:/,/^$/{/^\(Section\|Priority\|Maintainer\):/p}' packaging/debian/control
	printf 'Installed-Size: %s\n' "$(du -k -s --apparent-size $deb/usr | cut -f1)"
	sed '1,/^$/d' packaging/debian/control | grep -v '^\(Package\|Architecture\):' | sed "s/\${shlibs:Depends}/$depends/"
} >$deb/DEBIAN/control
install -m 755 packaging/debian/postinst packaging/debian/postrm $deb/DEBIAN/
(cd $deb && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >$deb/DEBIAN/md5sums
chmod 644 $deb/DEBIAN/control $deb/DEBIAN/md5sums

SOURCE_DATE_EPOCH=$(date -d "$(dpkg-parsechangelog -l packaging/debian/changelog -S Date)" +%s)
export SOURCE_DATE_EPOCH
find $deb -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
out=build/korobanu_$version-1_$arch.deb
fakeroot dpkg-deb --build -Zxz $deb "$out" >/dev/null
[ "$(dpkg-deb -c "$out" | grep -c 'man[15]/korobanu.*\.gz$')" -ge 20 ] || { echo "package: pages are missing" >&2; exit 1; }
echo "$out"
