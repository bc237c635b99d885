#include "window.h"

#include <commctrl.h>
#include <objbase.h>
#include <shlobj.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "command.h"

enum {
    WIDTH = 900,
    HEIGHT = 560,
    PROGRESS_WIDTH = 220,
    OUTPUT_LIMIT = 4 * 1024 * 1024,
    TITLE = 512
};

static struct {
    HWND frame, output, status, progress;
    HFONT font;
    HANDLE wished;
    WindowWish wish;
    WCHAR *chosen; /* with WISH_OPEN */
    WCHAR *folder; /* the open one, or the last one */
} window;

static void set_wish(WindowWish wish, WCHAR *chosen)
{
    /* Nothing comes after the wish to end. */
    if (window.wish == WISH_EXIT) {
        free(chosen);
        return;
    }
    free(window.chosen);
    window.wish = wish;
    window.chosen = chosen;
    SetEvent(window.wished);
}

/* The dialog begins at the folder that is open, and says in full which one is selected. */
static int CALLBACK on_browse(HWND dialog, UINT message, LPARAM item, LPARAM data)
{
    WCHAR path[MAX_PATH];

    (void)data;
    if (message == BFFM_INITIALIZED && window.folder)
        SendMessageW(dialog, BFFM_SETSELECTIONW, TRUE, (LPARAM)window.folder);
    else if (message == BFFM_SELCHANGED && SHGetPathFromIDListW((PCIDLIST_ABSOLUTE)item, path))
        SendMessageW(dialog, BFFM_SETSTATUSTEXTW, 0, (LPARAM)path);
    return 0;
}

static void choose_folder(void)
{
    BROWSEINFOW browse = {.hwndOwner = window.frame,
                          .lpszTitle = L"Open a folder",
                          .ulFlags = BIF_RETURNONLYFSDIRS | BIF_STATUSTEXT,
                          .lpfn = on_browse};
    PIDLIST_ABSOLUTE item = SHBrowseForFolderW(&browse);
    WCHAR *path = item ? malloc(MAX_PATH * sizeof *path) : NULL;

    if (path && SHGetPathFromIDListW(item, path))
        set_wish(WISH_OPEN, path);
    else
        free(path);
    CoTaskMemFree((void *)item); /* an __unaligned pointer in the Windows SDK */
}

static void lay_out(int width, int height)
{
    int parts[] = {max(width - PROGRESS_WIDTH, 0), -1};
    RECT status, part;

    SendMessageW(window.status, WM_SIZE, 0, 0);
    SendMessageW(window.status, SB_SETPARTS, 2, (LPARAM)parts);
    GetWindowRect(window.status, &status);
    MoveWindow(window.output, 0, 0, width, max(height - (status.bottom - status.top), 0), TRUE);
    SendMessageW(window.status, SB_GETRECT, 1, (LPARAM)&part);
    InflateRect(&part, -2, -2);
    /* Not under the corner that changes the window's size. */
    part.right -= GetSystemMetrics(SM_CXVSCROLL);
    MoveWindow(window.progress, part.left, part.top, max(part.right - part.left, 0),
               max(part.bottom - part.top, 0), TRUE);
}

static void obey(WORD command)
{
    if (command == WINDOW_OPEN)
        choose_folder();
    else if (command == WINDOW_STOP)
        set_wish(WISH_STOP, NULL);
    else if (command == WINDOW_COMMAND)
        command_carry_out();
    else if (command == WINDOW_EXIT)
        set_wish(WISH_EXIT, NULL);
}

static LRESULT CALLBACK on_message(HWND frame, UINT message, WPARAM wparam, LPARAM lparam)
{
    switch (message) {
    case WM_SIZE:
        if (window.status)
            lay_out(LOWORD(lparam), HIWORD(lparam));
        return 0;
    case WM_COMMAND: obey(LOWORD(wparam)); return 0;
    case WM_SETFOCUS: SetFocus(window.output); return 0;
    /* The window goes when the package has been closed. */
    case WM_CLOSE: set_wish(WISH_EXIT, NULL); return 0;
    default: return DefWindowProcW(frame, message, wparam, lparam);
    }
}

static HMENU make_menu(void)
{
    HMENU bar = CreateMenu();
    HMENU file = CreatePopupMenu();

    AppendMenuW(file, MF_STRING, WINDOW_OPEN, L"&Open Folder...");
    AppendMenuW(file, MF_STRING | MF_GRAYED, WINDOW_STOP, L"&Stop");
    AppendMenuW(file, MF_STRING | MF_GRAYED, WINDOW_COMMAND, L"Scan &again");
    AppendMenuW(file, MF_SEPARATOR, 0, NULL);
    AppendMenuW(file, MF_STRING, WINDOW_EXIT, L"E&xit");
    AppendMenuW(bar, MF_POPUP, (UINT_PTR)file, L"&File");
    return bar;
}

static HWND make_control(const WCHAR *class_name, HWND parent, DWORD style, INT_PTR id)
{
    return CreateWindowExW(0, class_name, NULL, WS_CHILD | style, 0, 0, 0, 0, parent, (HMENU)id,
                           GetModuleHandleW(NULL), NULL);
}

static BOOL make_controls(void)
{
    window.output = make_control(L"EDIT", window.frame,
                                 WS_VISIBLE | WS_VSCROLL | WS_HSCROLL | ES_MULTILINE | ES_READONLY |
                                     ES_AUTOVSCROLL | ES_AUTOHSCROLL,
                                 WINDOW_OUTPUT);
    window.status =
        make_control(STATUSCLASSNAMEW, window.frame, WS_VISIBLE | SBARS_SIZEGRIP, WINDOW_STATUS);
    if (!window.output || !window.status)
        return FALSE;
    window.progress = make_control(PROGRESS_CLASSW, window.status, 0, WINDOW_PROGRESS);
    window.font = CreateFontW(-13, 0, 0, 0, FW_NORMAL, FALSE, FALSE, FALSE, DEFAULT_CHARSET,
                              OUT_DEFAULT_PRECIS, CLIP_DEFAULT_PRECIS, DEFAULT_QUALITY,
                              FIXED_PITCH | FF_MODERN, L"Consolas");
    SendMessageW(window.output, WM_SETFONT, (WPARAM)window.font, FALSE);
    SendMessageW(window.output, EM_SETLIMITTEXT, 0, 0);
    return window.progress != NULL;
}

BOOL window_begin(HANDLE wished)
{
    INITCOMMONCONTROLSEX controls = {sizeof controls, ICC_BAR_CLASSES | ICC_PROGRESS_CLASS};
    WNDCLASSEXW class_description = {.cbSize = sizeof class_description,
                                     .lpfnWndProc = on_message,
                                     .hInstance = GetModuleHandleW(NULL),
                                     .hCursor = LoadCursorW(NULL, (LPCWSTR)IDC_ARROW),
                                     .hbrBackground = (HBRUSH)(COLOR_BTNFACE + 1),
                                     .lpszClassName = WINDOW_CLASS};
    RECT client;

    window.wished = wished;
    if (!InitCommonControlsEx(&controls) || !RegisterClassExW(&class_description))
        return FALSE;
    window.frame = CreateWindowExW(
        0, WINDOW_CLASS, L"SiteBridge shell", WS_OVERLAPPEDWINDOW | WS_CLIPCHILDREN, CW_USEDEFAULT,
        CW_USEDEFAULT, WIDTH, HEIGHT, NULL, make_menu(), class_description.hInstance, NULL);
    if (!window.frame || !make_controls()) {
        window_end();
        return FALSE;
    }
    GetClientRect(window.frame, &client);
    lay_out(client.right, client.bottom);
    ShowWindow(window.frame, SW_SHOWNORMAL);
    return TRUE;
}

void window_end(void)
{
    if (window.frame)
        DestroyWindow(window.frame);
    if (window.font)
        DeleteObject(window.font);
    free(window.chosen);
    free(window.folder);
    ZeroMemory(&window, sizeof window);
}

BOOL window_is_there(void)
{
    return window.frame != NULL;
}

WindowWish window_take_wish(WCHAR **folder)
{
    WindowWish wish = window.wish;

    *folder = window.chosen;
    window.chosen = NULL;
    window.wish = WISH_NOTHING;
    ResetEvent(window.wished);
    return wish;
}

void window_open(const WCHAR *folder)
{
    WCHAR title[TITLE];

    if (!window.frame)
        return;
    free(window.folder);
    window.folder = _wcsdup(folder);
    _snwprintf(title, TITLE - 1, L"%ls - SiteBridge shell", folder);
    title[TITLE - 1] = L'\0';
    SetWindowTextW(window.frame, title);
    SetWindowTextW(window.output, L"");
    window_set_status(L"");
    EnableMenuItem(GetMenu(window.frame), WINDOW_STOP, MF_BYCOMMAND | MF_ENABLED);
}

void window_close(void)
{
    if (!window.frame)
        return;
    window_set_progress(NULL, 0, 0);
    EnableMenuItem(GetMenu(window.frame), WINDOW_STOP, MF_BYCOMMAND | MF_GRAYED);
}

void window_enable_command(BOOL enabled)
{
    if (window.frame)
        EnableMenuItem(GetMenu(window.frame), WINDOW_COMMAND,
                       MF_BYCOMMAND | (enabled ? MF_ENABLED : MF_GRAYED));
}

/* Lines end here as edit controls want it. */
static WCHAR *with_line_ends(const WCHAR *text)
{
    size_t size = wcslen(text) + 1;
    WCHAR *ended, *to;

    for (const WCHAR *c = text; *c != L'\0'; c++)
        size += *c == L'\n';
    ended = to = calloc(size, sizeof *ended);
    for (; ended && *text != L'\0'; text++) {
        if (*text == L'\n')
            *to++ = L'\r';
        *to++ = *text;
    }
    return ended;
}

void window_write(const WCHAR *text)
{
    WCHAR *ended;
    int length;

    if (!window.frame)
        return;
    ended = with_line_ends(text);
    if (!ended)
        return;
    length = GetWindowTextLengthW(window.output);
    if (length > OUTPUT_LIMIT) {
        SendMessageW(window.output, EM_SETSEL, 0, OUTPUT_LIMIT / 2);
        SendMessageW(window.output, EM_REPLACESEL, FALSE, (LPARAM)L"");
        length = GetWindowTextLengthW(window.output);
    }
    SendMessageW(window.output, EM_SETSEL, (WPARAM)length, length);
    SendMessageW(window.output, EM_REPLACESEL, FALSE, (LPARAM)ended);
    free(ended);
}

void window_set_status(const WCHAR *text)
{
    if (window.frame)
        SendMessageW(window.status, SB_SETTEXTW, 0, (LPARAM)text);
}

void window_set_progress(const WCHAR *label, ULONG complete, ULONG total)
{
    if (!window.frame)
        return;
    if (label) {
        window_set_status(label);
        SendMessageW(window.progress, PBM_SETRANGE32, 0, (LPARAM)(total != 0 ? total : 1));
        SendMessageW(window.progress, PBM_SETPOS, total != 0 ? complete : 0, 0);
    }
    ShowWindow(window.progress, label ? SW_SHOWNA : SW_HIDE);
}
