// compare.js PROGID: what the object of that name says of its sites, checked line by line. Ends with 0 where
// all is as it should be.

var NO_INTERFACE = "80004002";
var name = WScript.Arguments(0);
var wrong = 0;

// Home gets what the site said, but for a success without an interface, which is a failure. The background
// gets the same, unless there is no proxy.
function isRight(line) {
    var words = line.split(" ");
    var direct = words[2], home = words[3], mta = words[4], sta = words[5];
    var onHome = direct == "nothing" ? NO_INTERFACE : direct;
    var elsewhere = onHome == "00000000" && words[1] == "none" ? NO_INTERFACE : onHome;

    return words.length == 6 && home == onHome && mta == elsewhere && sta == elsewhere;
}

function check(where, text) {
    var lines = text.split("\n");

    for (var i = 0; i < lines.length - 1; i++) {
        var right = isRight(lines[i]);

        WScript.Echo(where + " " + lines[i] + (right ? "" : " WRONG"));
        if (!right)
            wrong++;
    }
}

var object = new ActiveXObject(name);
check("cscript:", object.compare());
check("WScript:", object.compareObject(WScript));

// Another host, and one of its interfaces has no proxy. 64-bit Windows has none.
var control = null;
try {
    control = new ActiveXObject("MSScriptControl.ScriptControl");
} catch (e) {
    WScript.Echo("no MSScriptControl");
}
if (control) {
    check("control:", object.compareObject(control));
    control.Language = "JScript";
    check("inside:", control.Eval("new ActiveXObject('" + name + "')").compare());
}
WScript.Echo(wrong + " wrong");
WScript.Quit(wrong ? 1 : 0);
