# shellcheck shell=sh
# Sourced: gives the programs that run under Wine a display of their own, for as long as this script
# runs. Fails where there is no Xvfb.
#
#   display_begin WIDTHxHEIGHT
display_begin() {
    command -v Xvfb >/dev/null || return 1
    display_number=$(mktemp)
    Xvfb -displayfd 3 -screen 0 "$1x24" -nolisten tcp 3>"$display_number" 2>/dev/null &
    display_server=$!
    trap 'kill $display_server; rm -f "$display_number"' EXIT
    trap 'exit 1' HUP INT TERM
    display_waited=0
    while [ ! -s "$display_number" ]; do
        [ $display_waited -lt 100 ] || return 1
        sleep 0.1
        display_waited=$((display_waited + 1))
    done
    SITEBRIDGE_DISPLAY=:$(cat "$display_number")
    export SITEBRIDGE_DISPLAY
}
