#include "report.h"

#include <stdio.h>
#include <wchar.h>

#include "log.h"

enum { MOMENT = 200 /* ms */, NUMBER = 64 };

void report_begin(Report *report, Services *services)
{
    report->services = services;
    report->flushed = GetTickCount64();
    report->length = 0;
}

BOOL report_flush(Report *report)
{
    BOOL goes_on = TRUE;

    if (report->length != 0) {
        report->text[report->length] = L'\0';
        goes_on = services_write(report->services, report->text);
        if (goes_on)
            log_write(report->text);
    }
    report->length = 0;
    report->flushed = GetTickCount64();
    return goes_on;
}

BOOL report_flush_sometimes(Report *report)
{
    return GetTickCount64() - report->flushed < MOMENT || report_flush(report);
}

static BOOL reserve(Report *report, size_t length)
{
    return report->length + length < REPORT_BUFFER || report_flush(report);
}

static void put(Report *report, const WCHAR *text, size_t length)
{
    wmemcpy(report->text + report->length, text, length);
    report->length += (DWORD)length;
}

static void put_path(Report *report, const WCHAR *path)
{
    const WCHAR *folder = report->services->folder;
    size_t length = wcslen(folder);

    put(report, folder, length);
    if (*path != L'\0' && length != 0 && folder[length - 1] != L'\\')
        put(report, L"\\", 1);
    put(report, path, wcslen(path));
}

/* What would end the string, the line, or the terminal's patience is shown as its picture. */
static WCHAR visible(WCHAR c)
{
    if (c == L'\t' || (c >= 0x20 && c != 0x7f))
        return c;
    return c == 0x7f ? 0x2421 : (WCHAR)(0x2400 + c);
}

static void put_bytes(Report *report, const MatchLine *line)
{
    DWORD length = line->length;
    int count;

    /* Not in the middle of a character. */
    while (line->cut && length > 1 && (line->text[length - 1] & 0xc0) == 0x80)
        length--;
    if (line->cut && (line->text[length - 1] & 0xc0) == 0xc0)
        length--;
    /* UTF-8; bytes that are none become replacement characters. */
    count = MultiByteToWideChar(CP_UTF8, 0, line->text, (int)length, report->line, MATCH_TEXT);
    for (int i = 0; i < count; i++)
        report->line[i] = visible(report->line[i]);
    put(report, report->line, (size_t)count);
    if (line->cut)
        put(report, L"\x2026", 1);
}

BOOL report_finding(Report *report, const WCHAR *path, const MatchLine *line)
{
    WCHAR number[NUMBER];
    int length = swprintf(number, NUMBER, L"(%llu): ", line->number);

    if (!reserve(report, REPORT_PATH + NUMBER + MATCH_TEXT + 2))
        return FALSE;
    put_path(report, path);
    put(report, number, (size_t)length);
    put_bytes(report, line);
    put(report, L"\n", 1);
    return TRUE;
}

BOOL report_unreadable(Report *report, const WCHAR *path, DWORD error)
{
    WCHAR reason[NUMBER];
    int length = swprintf(reason, NUMBER, L": cannot be read (error %lu)\n", error);

    if (!reserve(report, REPORT_PATH + NUMBER))
        return FALSE;
    put_path(report, path);
    put(report, reason, (size_t)length);
    return TRUE;
}

BOOL report_text(Report *report, const WCHAR *text)
{
    size_t length = wcslen(text);

    if (!reserve(report, length + 1))
        return FALSE;
    put(report, text, length);
    put(report, L"\n", 1);
    return TRUE;
}
