# bash completion of korobanu, generated from its table of commands
_korobanu()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=() w
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $w == -* ]] || words+=("$w"); done
	case "${words[0]-} ${words[1]-} $prev" in
	esac
	case $prev in
	--format|-f) COMPREPLY=($(compgen -W 'table plain json jsonl csv tsv' -- "$cur")); return ;;
	--json) return ;;
	--columns) return ;;
	--store) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--set|-c) return ;;
	--lang) COMPREPLY=($(compgen -W 'en ja auto' -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W 'auto never always' -- "$cur")); return ;;
	esac
	case "${words[0]-} ${words[1]-}" in
	"fact kinds") w='--format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"rule check") w='--file --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"config show") w='--origin --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"config test") w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"completion "*) w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"help "*) w='--json --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"version "*) w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"fact "*) w='kinds ' ;;
	"rule "*) w='check ' ;;
	"config "*) w='show test ' ;;
	*) w='fact rule config completion help version ' ;;
	esac
	if [[ $w == --* && $cur != -* ]]; then
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -W "$w" -- "$cur"))
	fi
}
complete -o filenames -F _korobanu korobanu
