#!/bin/sh
# What must survive: random kills of core and of whole commands, a full and a read-only disk, a damaged proof, a rolled-back directory.
# usage: faults.sh PROGRAM [KILLS]; TAP on stdout. Needs root (namespaces, a small file system of its own).
. "${0%/*}/tap.sh"
tap_root "faults"
kills=${2:-200}
at_end() { umount "$work/disk" 2>/dev/null; }
k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$store" "$K" "$@" 2>>"$work/err"; }
below() { echo $(($(od -An -N2 -tu2 /dev/urandom) % $1)); }	# a random number below $1
nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
cores() {	# the process ids of core in this lab
	for p in $(ip netns pids "$LAB-scan" 2>/dev/null); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q -e '--role=core' && echo "$p"
	done
}
# No process of the lab is left: the next command starts from what is on disk.
settle() {
	settle_i=0
	while [ -n "$(ip netns pids "$LAB-scan" 2>/dev/null)" ]; do
		settle_i=$((settle_i + 1))
		[ $settle_i -ne 10 ] || kill -9 $(cores) 2>/dev/null
		[ $settle_i -lt 1000 ] || return 1	# one that is ending has no command line any more, and its files still open
		nap 20
	done
}

tap_twins 10.80.0
store=$work/store
survey() { k scan 10.80.0.0/29 --network lab --profile lab -p 1-1000 -q "$@"; }
begin() {
	k network add lab --prefix 10.80.0.0/29 &&
		k scope add 10.80.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab && survey
}
ok "a store with a survey" begin
asset=$(k asset ls -f tsv --columns id,addresses | awk '$2 ~ /10\.80\.0\.2/ { print $1 }')

# --- killed at random
acked=$work/acked heads=$work/heads
: >"$acked"
: >"$heads"
set_name() { k asset set "$asset" "name.name=n$1" && echo "n$1" >>"$acked"; }
ms() { date +%s%3N; }
kill_rounds() {
	i=0
	began=$(ms)
	set_name 0 || return 1
	pace=$(($(ms) - began))	# how long it takes here when nobody is killed
	[ $pace -gt 100 ] || pace=100
	while [ $i -lt "$kills" ]; do
		i=$((i + 1))
		if [ $((i % 3)) != 0 ]; then	# core alone, while a person states something
			set_name $i &
			told=$!
			nap $((20 + $(below $((pace + pace / 2)))))
			kill -9 $(cores) 2>/dev/null
			wait $told
		else				# the whole command, while it scans
			setsid ip netns exec "$LAB-scan" env KOROBANU_STORE="$store" "$K" scan 10.80.0.0/29 --network lab \
				--profile lab -p 1-1000 -q >/dev/null 2>&1 &
			told=$!
			nap $((30 + $(below $((7 * pace)))))
			kill -9 -- "-$told" 2>/dev/null
			wait $told 2>/dev/null
		fi
		settle
		if [ -s "$store/log/checkpoint" ]; then
			{ echo "# anchored $i"; cat "$store/log/checkpoint"; } >>"$heads"
		fi
	done
	echo "$(wc -l <"$acked") of $((kills - kills / 3)) were acknowledged"
	[ -s "$acked" ] && [ "$(grep -c anchored "$heads")" -gt $((kills / 2)) ]
}
ok "$kills random kills of core and of whole commands" kill_rounds
ok "the ledger verifies" k ledger verify
ok "every checkpoint ever published is a beginning of the ledger" k ledger consistency --from "$heads" -q
facts() { k fact ls "$asset" -f tsv --columns kind,value | sed -n 's/^name\/1	.*"name":"\(n[0-9]*\)".*/\1/p' | sort; }
nothing_lost() { facts >"$work/facts"; sort "$acked" | comm -23 - "$work/facts" >"$work/lost"; cat "$work/lost"; [ ! -s "$work/lost" ]; }
ok "nothing acknowledged is lost" nothing_lost
nothing_twice() { uniq -d "$work/facts" >"$work/twice"; cat "$work/twice"; [ -s "$work/facts" ] && [ ! -s "$work/twice" ]; }
ok "nothing is there twice" nothing_twice
again() { survey && k ledger verify && [ "$(k asset ls -f tsv --columns id | sed 1d | wc -l)" -ge 2 ]; }
ok "the same scan command ends well" again
same() { k sheet show 10.80.0.2 -f tsv --columns item,state | grep -q "^JS-14-2.c	fail"; }
ok "and gives the same answer" same

# --- a copy restored while it is killed
head -c 70000 /dev/urandom >"$work/photo"	# large enough for a file of its own
k evidence add "$work/photo" --asset "$asset" --kind photo
k db backup "$work/copy.db"
photo() {
	rm -f "$work/photo.out"
	k evidence export "$(k evidence ls -f tsv --columns id,kind | sed -n 's/	photo$//p')" -o "$work/photo.out" && cmp "$work/photo" "$work/photo.out"
}
restores() {
	for r in 1 2 3 4 5 6 7 8; do
		setsid env LC_ALL=C KOROBANU_STORE="$store" ip netns exec "$LAB-scan" "$K" db restore "$work/copy.db" --replace -y >/dev/null 2>&1 &
		told=$!
		nap $((10 + $(below 150)))
		kill -9 -- "-$told" 2>/dev/null
		wait $told 2>/dev/null
		settle
		k ledger verify >"$work/verify" || { cat "$work/verify"; return 1; }
	done
	k db restore "$work/copy.db" --replace -y && [ ! -e "$store/restore" ] && [ ! -e "$store/restored" ] && nothing_lost && photo
}
ok "a restore killed at any moment happened whole, or not at all" restores

# --- the disk
mkdir "$work/disk"
if mount -t tmpfs -o size=1200k,mode=0755 tmpfs "$work/disk" 2>/dev/null; then
	store=$work/disk/store
	note=$(printf '%01000d' 0)
	: >"$acked"
	fill() {
		i=0
		while [ $i -lt 400 ]; do
			i=$((i + 1))
			k network add "n$i" --prefix 10.80.0.0/24 --note "$note" || { got=$?; echo "n$i ends with $got"; return $got; }
			echo "n$i" >>"$acked"
		done
		return 0
	}
	full() { ends 2 fill && grep -qiE "no space|disk is full|full" "$work/err"; }
	ok "a full disk is said so, exit 2" full
	settle
	mount -o remount,size=20m "$work/disk"
	there() { k network ls -f tsv --columns id | sed 1d | sort >"$work/there"; sort "$acked" | comm -23 - "$work/there" >"$work/lost"; cat "$work/lost"; [ ! -s "$work/lost" ]; }
	ok "with room again nothing acknowledged is lost" there
	ok "the store is good" k ledger verify
	ok "and takes entries" k network add roomy --prefix 10.80.0.0/24
	settle
	mount -o remount,ro "$work/disk"
	readonly_disk() { k network add never --prefix 10.80.0.0/24; got=$?; cat "$work/err"; [ $got = 2 ] || [ $got = 4 ]; }
	ok "a read-only disk is refused" readonly_disk
	says() { [ -s "$work/err" ] && grep -qi "read-only\|not permitted\|denied\|permission" "$work/err"; }
	readonly_words() { k network ls >/dev/null; cat "$work/err"; says; }
	ok "with words" readonly_words
	mount -o remount,rw "$work/disk"
	good() { k ledger verify && k network ls -f tsv --columns id | grep -q '^roomy$' && ! k network ls -f tsv --columns id | grep -q '^never$'; }
	ok "and the store is good afterwards" good
	settle
	umount "$work/disk"
else
	n=$((n + 1))
	echo "ok $n # SKIP full and read-only disk: mount is refused here"
fi

# --- a damaged proof
store=$work/proof
begin >/dev/null 2>&1
asset=$(k asset ls -f tsv --columns id,addresses | awk '$2 ~ /10\.80\.0\.3/ { print $1 }')
ok "a proof" k ledger prove "$asset" -o "$work/proof.jsonl"
ok "it verifies" "$K" verify "$work/proof.jsonl"
cat >"$work/flip.pl" <<'PERL'
# Flips one byte at a time: all of the first line, the end of the last, and between them as many as there is time for.
my ($program, $file, $most) = @ARGV;
open(my $f, '<:raw', $file) or die; local $/; my $whole = <$f>; close $f;
my $first = index($whole, "\n"), my $last = rindex($whole, "\n", length($whole) - 2) + 1;
my $step = int(($last - $first) / $most) | 1;
my @at = (grep { $_ % 3 == 0 } 0 .. $first);
for (my $i = $first + 1; $i < $last; $i += $step) { push @at, $i }
push @at, $last .. $last + 8, length($whole) - 40 .. length($whole) - 1;
my ($bad, $n) = (0, 0);
for my $i (@at) {
	my $copy = $whole;
	substr($copy, $i, 1) = chr(ord(substr($copy, $i, 1)) ^ (1 + $n % 255));
	open(my $o, '>:raw', "$file.bad") or die; print $o $copy; close $o;
	my $said = qx(LC_ALL=C $program verify $file.bad 2>&1 >/dev/null);
	my $code = $? >> 8;
	$n++;
	if ($code != 5 || $said !~ /line \d+/) { print "byte $i: exit $code: $said"; $bad++ }
	last if $bad > 5;
}
print "$n of ", length($whole), " bytes flipped, $bad not found\n";
exit($bad != 0 || $n < 100);
PERL
if command -v perl >/dev/null; then
	ok "a flipped byte of a proof is found and its line named, exit 5" perl "$work/flip.pl" "$K" "$work/proof.jsonl" 180
fi

# --- the directory as a whole, set back
k ledger anchor "$work/anchor" >/dev/null
settle
cp -a "$store" "$work/set-back"
k network add later --prefix 10.80.0.0/24
k ledger anchor "$work/anchor" >/dev/null
settle
rm -rf "$store"
mv "$work/set-back" "$store"
set_back() { ends 5 k ledger consistency --from "$work/anchor" && grep -q "rolled back" "$work/err"; }
ok "a directory set back is found against a head kept elsewhere" set_back
tap_end
