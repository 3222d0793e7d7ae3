# bash completion of korobanu, generated from its table of commands
_korobanu()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=() w
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $w == -* ]] || words+=("$w"); done
	case "${words[0]-} ${words[1]-} $prev" in
	"scan  --profile") COMPREPLY=($(compgen -W 'gentle lab' -- "$cur")); return ;;
	"scan  --vantage") COMPREPLY=($(compgen -W 'v1 v2 v3 v4' -- "$cur")); return ;;
	"scan  --status") COMPREPLY=($(compgen -W 'line json off' -- "$cur")); return ;;
	"scope add --vantage") COMPREPLY=($(compgen -W 'v1 v2 v3 v4' -- "$cur")); return ;;
	"declare set --state") COMPREPLY=($(compgen -W 'factory initialised customised' -- "$cur")); return ;;
	"guide ls --component") COMPREPLY=($(compgen -W 'device network platform management' -- "$cur")); return ;;
	"guide ls --field") COMPREPLY=($(compgen -W 'agriculture automotive general home industrial medical payment power railway router' -- "$cur")); return ;;
	"guide ls --region") COMPREPLY=($(compgen -W 'europe germany global japan singapore uk usa' -- "$cur")); return ;;
	"guide ls --audience") COMPREPLY=($(compgen -W 'adopter authority developer maker operator provider tester user' -- "$cur")); return ;;
	"guide show --audience") COMPREPLY=($(compgen -W 'adopter authority developer maker operator provider tester user' -- "$cur")); return ;;
	"guide matrix --edition") COMPREPLY=($(compgen -W 'A B C' -- "$cur")); return ;;
	"guide matrix --component") COMPREPLY=($(compgen -W 'device network platform management' -- "$cur")); return ;;
	"erase  --basis") COMPREPLY=($(compgen -W 'contract law mistake other request retention' -- "$cur")); return ;;
	esac
	case $prev in
	--format|-f) COMPREPLY=($(compgen -W 'table plain json jsonl csv tsv' -- "$cur")); return ;;
	--json) return ;;
	--columns) return ;;
	--sort) return ;;
	--limit) return ;;
	--store) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--zones) return ;;
	--as-of) return ;;
	--config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--set|-c) return ;;
	--lang) COMPREPLY=($(compgen -W 'en ja auto' -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W 'auto never always' -- "$cur")); return ;;
	esac
	case "${words[0]-} ${words[1]-}" in
	"scan "*) w='--network --profile --ports --interface --vantage --connect --status --dry-run --restart --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"verify "*) w='--key --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"import "*) w='--network --key --strict --map --save-map --column --create --rejects --dry-run --yes --no-input --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"export "*) w='--run --register --bom --output --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"demo "*) w='--store --dry-run --yes --no-input --format --json --columns --header --bom --fields-help --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"status "*) w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"network add") w='--prefix --zone --gateway-mac --dhcp-domain --lease --note --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"network ls") w='--format --json --columns --header --bom --fields-help --sort --limit --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"network set") w='--prefix --zone --gateway-mac --dhcp-domain --lease --note --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"scope add") w='--network --owner --until --why --exclude --vantage --lab --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"scope ls") w='--format --json --columns --header --bom --fields-help --sort --limit --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"scope rm") w='--dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset ls") w='--page --format --json --columns --header --bom --fields-help --sort --limit --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset show") w='--format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset set") w='--dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset merge") w='--dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset split") w='--keys --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"asset history") w='--format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"declare set") w='--interface --state --tcp --udp --services --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"declare show") w='--format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"fact ls") w='--format --json --columns --header --bom --fields-help --sort --limit --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"fact show") w='--format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"fact kinds") w='--format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"measure ls") w='--format --json --columns --header --bom --fields-help --sort --limit --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"measure show") w='--format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"evidence add") w='--asset --fact --kind --note --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"evidence ls") w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"evidence show") w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"evidence export") w='--output --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"guide ls") w='--component --field --region --audience --held --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"guide show") w='--level --audience --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"guide matrix") w='--edition --component --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"guide lint") w='--format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"sheet show") w='--guide --item --format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"rule explain") w='--format --json --columns --header --bom --fields-help --store --zones --as-of --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"rule check") w='--file --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger head") w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger ls") w='--from --limit --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger prove") w='--output --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger verify") w='--verdicts --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger consistency") w='--from --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger anchor") w='--store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger export") w='--store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"ledger rotate-key") w='--dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"erase "*) w='--basis --all --why --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"db check") w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"db backup") w='--store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"db restore") w='--replace --dry-run --yes --no-input --format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"db settle") w='--why --dry-run --yes --no-input --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"db migrate") w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"doctor "*) w='--format --json --columns --header --bom --fields-help --store --zones --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"info "*) w='--format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"config show") w='--origin --format --json --columns --header --bom --fields-help --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"config test") w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"completion "*) w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"help "*) w='--json --config --set --lang --color --ascii --quiet --verbose --help' ;;
	"version "*) w='--config --set --lang --color --ascii --quiet --verbose --help' ;;
	"network "*) w='add ls set ' ;;
	"scope "*) w='add ls rm ' ;;
	"asset "*) w='ls show set merge split history ' ;;
	"declare "*) w='set show ' ;;
	"fact "*) w='ls show kinds ' ;;
	"measure "*) w='ls show ' ;;
	"evidence "*) w='add ls show export ' ;;
	"guide "*) w='ls show matrix lint ' ;;
	"sheet "*) w='show ' ;;
	"rule "*) w='explain check ' ;;
	"ledger "*) w='head ls prove verify consistency anchor export rotate-key ' ;;
	"db "*) w='check backup restore settle migrate ' ;;
	"config "*) w='show test ' ;;
	*) w='scan verify import export demo status network scope asset declare fact measure evidence guide sheet rule ledger erase db doctor info config completion help version ' ;;
	esac
	if [[ $w == --* && $cur != -* ]]; then
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -W "$w" -- "$cur"))
	fi
}
complete -o filenames -F _korobanu korobanu
