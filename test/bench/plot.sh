#!/bin/sh
# plot.sh [JSON]
#
# Draws what the benchmark measured (build/bench.json unless another file is named) as the README shows it: an SVG on
# the standard output. Each bar is a ratio between two things measured side by side in one run, its median; the line
# across its end goes from the least to the greatest.
set -eu
json=${1-$(dirname "$0")/../../build/bench.json}

# what|where|what the bar is called|whether it is the other way round
bars='bridge to bare proxy|MTA|a query from the MTA, to one by the cached proxy|
bridge to bare proxy|STA|a query from an STA, to one by its cached proxy|
global interface table to bridge|MTA|a query from the MTA, to one by the global interface table|inverse
bridge to bare|siting|siting and unsiting, to bare marshaling|
post to function on home|MTA|a posted function, to one that is waited for, MTA|
live to prefetched|MTA|a prefetched query, to a live one, MTA|inverse'

printf '%s\n' "$bars" | awk -v json="$json" '
    function member(line, name) {
        sub(".*\"" name "\": *\"?", "", line)
        sub("[\",}].*", "", line)
        return line
    }
    function x(ratio) { return 340 + ratio * 250 }
    function text(ratio) { return sprintf(ratio < 0.001 ? "%.5f" : ratio < 0.1 ? "%.3f" : "%.2f", ratio) }
    BEGIN {
        while ((getline line <json) > 0)
            if (line ~ /"what"/)
                row[member(line, "what") "|" member(line, "where")] = line
        FS = "|"
    }
    {
        key = $1 "|" $2
        if (!(key in row)) {
            print "plot.sh: " json " has no row for " key >"/dev/stderr"
            failed = 1
            exit
        }
        low = member(row[key], "minimum"); middle = member(row[key], "median"); high = member(row[key], "maximum")
        if ($4 != "") {
            swap = low; low = 1 / high; middle = 1 / middle; high = 1 / swap
        }
        y = 34 + 28 * n++
        out = out sprintf("<text x=\"330\" y=\"%d\" text-anchor=\"end\">%s</text>\n", y + 14, $3)
        out = out sprintf("<rect x=\"340\" y=\"%d\" width=\"%.1f\" height=\"18\" rx=\"2\"/>\n", y, middle * 250 + 1)
        out = out sprintf("<path d=\"M%.1f %dH%.1f\"/>\n", x(low), y + 9, x(high))
        out = out sprintf("<text x=\"%.1f\" y=\"%d\">%s</text>\n", x(high > middle ? high : middle) + 8, y + 14, text(middle))
    }
    END {
        if (failed)
            exit 1
        height = 34 + 28 * n
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 %d\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n", height + 8
        print "<title>What SiteBridge costs, as ratios: shorter is better</title>"
        print "<style>text{fill:#6a7580}rect{fill:#2f81c7}path{stroke:#57606a;stroke-width:1.5}.one{stroke:#8c959f;stroke-dasharray:3 3}"
        print "@media(prefers-color-scheme:dark){text{fill:#adbac7}rect{fill:#3f8ed3}path{stroke:#cdd9e5}.one{stroke:#768390}}</style>"
        printf "<text x=\"%d\" y=\"18\" text-anchor=\"middle\">as much</text>\n", x(1)
        printf "%s", out
        printf "<path class=\"one\" d=\"M%d 24V%d\"/>\n</svg>\n", x(1), height
    }'
