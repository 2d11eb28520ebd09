# Finds Deno or Bun, and becomes it with Tine's command line. Started by tine.js, which lies beside it.
#
# TINE_RUNTIME=deno or TINE_RUNTIME=bun says which; without it the first of the two that is found runs, Bun before Deno
# only where Bun itself has started this (bun x tine, also within a script that npm runs: it says bunx there alone).

here=$(dirname -- "$(readlink -f -- "$0")")
root=${here%/scripts/launch}

case $(uname -s) in Darwin) system=darwin ;; *) system=linux ;; esac
case $(uname -m) in aarch64 | arm64) machine=arm64 bun_machine=aarch64 ;; *) machine=x64 bun_machine=x64 ;; esac
case $system in linux) deno_system=linux-$machine-glibc ;; *) deno_system=$system-$machine ;; esac

# Is it a program, and not a script that starts one? Signals for a server would end at the script.
is_program() {
  [ -f "$1" ] && [ -x "$1" ] || return 1
  case $(head -c 4 "$1" | od -An -tx1 | tr -d ' \n') in 7f454c46 | cffaedfe) return 0 ;; *) return 1 ;; esac
}

# Prints the path of the program $1: the one installed nearest to this package, or on PATH.
find_program() {
  folder=$root
  while :; do
    case $1 in
      deno) inner=$folder/node_modules/@deno/$deno_system/deno ;;
      bun) inner=$folder/node_modules/@oven/bun-$system-$bun_machine/bin/bun ;;
    esac
    for path in "$folder/node_modules/.bin/$1" "$inner"; do
      if is_program "$path"; then
        echo "$path"
        return 0
      fi
    done
    [ -n "$folder" ] || break
    folder=${folder%/*}
  done
  scripts=
  rest=$PATH:
  while [ -n "$rest" ]; do
    path=${rest%%:*}/$1
    rest=${rest#*:}
    if is_program "$path"; then
      echo "$path"
      return 0
    fi
    # A script of a version manager, say. One of npm's whose program is missing does not work.
    if [ -z "$scripts" ] && [ -f "$path" ] && [ -x "$path" ] && "$path" --version >/dev/null 2>&1; then
      scripts=$path
    fi
  done
  [ -n "$scripts" ] && echo "$scripts"
}

case ${TINE_RUNTIME-} in
  deno | bun) runtimes=$TINE_RUNTIME ;;
  '') case ${npm_lifecycle_event-}:${npm_config_user_agent-} in bunx:* | *:bun/*) runtimes='bun deno' ;; *) runtimes='deno bun' ;; esac ;;
  *)
    echo "tine: Cannot use TINE_RUNTIME \"$TINE_RUNTIME\": it is neither deno nor bun; set it to one of them" >&2
    exit 64
    ;;
esac

for runtime in $runtimes; do
  program=$(find_program "$runtime") || continue
  # A checkout runs what it has, never what was built of it.
  cli=$root/cli.ts
  [ -f "$cli" ] || cli=$root/dist/js/$runtime/cli.js
  case $runtime in
    deno) exec "$program" run -A "$cli" "$@" ;;
    bun) exec "$program" "$cli" "$@" ;;
  esac
done

case $runtimes in
  *' '*) wanted='neither Deno nor Bun is' ; which='one of them' ;;
  *) wanted="$runtimes is not" ; which=it ;;
esac
echo "tine: Cannot start: $wanted installed beside this package or on PATH; install $which, for example by \`npm install ${runtimes%% *}\`" >&2
exit 69
