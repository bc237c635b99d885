#!/bin/sh
# Fills the folder $1 with sources that are hard to scan. What can only be had on a Unix file system is
# left out where it cannot be made.
set -eu
LC_ALL=C
export LC_ALL
# On Windows ln -s copies unless it is told to make a link, and a folder's copy would go into itself.
MSYS=winsymlinks:nativestrict
export MSYS

rm -rf "$1"
mkdir -p "$1"
cd "$1"

cat >words.c <<'END'
TODO at the beginning, at the end TODO
TODOS are none, nor is XTODO, TODO_ or _TODO
TODOS TODO: the second counts
todo Todo ToDo
(FIXME) FIXME: FIXME2 -HACK-
HACKHACK
HACK	tab
TODOFIXME TODO1 1TODO
END
for extension in c h cc cpp cxx hpp hxx inl idl rc cs vb py js ts java go rs; do
    echo "TODO in .$extension" >"extension.$extension"
done
for other in txt C cpp~ c.orig md; do
    echo "TODO not looked into" >"extension.$other"
done
echo "TODO not looked into" >c
printf 'TODO one\r\n\r\nFIXME three\r\n' >crlf.c
printf 'no end TODO' >unended.c
printf 'TODO' >four_bytes.c
printf '\n\n\nTODO' >after_empty_lines.c
: >empty.c
printf '\000TODO\000x\nx\000TODO_\nT\000O\000D\000O\000\n' >nul.c
printf 'TODO\rTODO\033[31m\n' >control.c
printf '\377\376T\000O\000D\000O\000\n\000' >utf16le.cs
printf '\357\273\277// TODO after a byte order mark\n' >utf8_mark.cs
printf 'caf\351TODO \303\251TODO\303\251 \342\202\254\n\377HACK\376\n' >bytes.c
mkdir -p "sub/a folder/.hidden" dots...c.d
echo HACK >"sub/a folder/.hidden/.c"
echo HACK >"sub/a folder/a file.h"
echo HACK >dots...c.d/x...c
mkdir folder.c
echo FIXME >folder.c/inside.c

# Longer than any buffer: the word at the end, across the reader's pieces, and not quite a word.
xs() {
    head -c "$1" /dev/zero | tr '\000' x
}
{
    xs 65533 && echo " TODO"
    xs 65533 && echo " TODOS"
    xs 65532 && echo " HACK"
    xs 2600000 && echo " FIXME"
} >long_lines.c

# Deeper than MAX_PATH.
deep=deep
for i in 1 2 3 4 5 6 7 8 9 10; do
    deep=$deep/a_folder_with_a_name_of_about_fifty_characters_$i
done
mkdir -p "$deep"
echo "TODO deep down" >"$deep/deep.c"

# Many in one folder.
mkdir many
i=0
while [ $i -lt 300 ]; do
    echo "// TODO $i" >many/$i.c
    i=$((i + 1))
done

# Only where the file system has them: links to files and folders, loops, a pipe, names that Windows
# cannot write.
mkdir -p links/below
echo TODO >links/target.c
ln -s target.c links/link.c 2>/dev/null || :
ln -s ../target.c links/below/target.c 2>/dev/null || :
ln -s nowhere.c links/dangling.c 2>/dev/null || :
ln -s itself.c links/itself.c 2>/dev/null || :
ln -s . links/loop 2>/dev/null || :
ln -s ../.. links/below/up 2>/dev/null || :
ln -s ../many links/many 2>/dev/null || :
ln links/target.c links/hard.c 2>/dev/null || :
mkfifo links/pipe.c 2>/dev/null || :
if [ "$(uname -o 2>/dev/null)" = GNU/Linux ]; then
    mkdir names "names/a?b"
    echo TODO >'names/question?.c'
    echo TODO >'names/quote".c'
    echo TODO >'names/a?b/inside.c'
    echo TODO >names/con.c
    echo TODO >'names/UPPER.c'
    echo TODO >names/upper.c
fi
