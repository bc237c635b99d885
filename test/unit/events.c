/* What the shell can ask of a package besides its site and its end: the events of a package, one by one. */
#include "harness.h"

#include <docobj.h>

#include <sitebridge/package.h>

static const GUID some_id = { 0x3d1f5a20, 0x9c44, 0x4be1, { 0x92, 1, 2, 3, 4, 5, 6, 7 } };
static const Kind kinds[] = { IN_STA, IN_MTA, IN_NONE };
enum { KINDS = sizeof kinds / sizeof kinds[0], APARTMENTS = 2 /* the first of them */ };

static IVsPackage *package;
static volatile LONG destructions;

/* The context. Its command target is a part of the package, as the public header shows it. */
typedef struct Mine {
    IOleCommandTarget commands;
    HRESULT result;                     /* of every event */
    const void *given;                  /* by an event that fills something */
    char called;                        /* which event, by a letter */
    DWORD thread;
    const void *argument;
    VSPKGRESETFLAGS flags;
    IID asked[32];
    LONG count;                         /* of asked */
} Mine;
static Mine mine;

static void note(IVsPackage *from, void *context, char letter, const void *argument)
{
    assert_true(package == from || !package);
    assert_ptr_equal(&mine, context);
    mine.called = letter;
    mine.thread = GetCurrentThreadId();
    mine.argument = argument;
}

static HRESULT STDMETHODCALLTYPE commands_QueryInterface(IOleCommandTarget *commands, REFIID riid, void **ppv)
{
    (void)commands;
    return IVsPackage_QueryInterface(package, riid, ppv);
}

static ULONG STDMETHODCALLTYPE commands_AddRef(IOleCommandTarget *commands)
{
    (void)commands;
    return IVsPackage_AddRef(package);
}

static ULONG STDMETHODCALLTYPE commands_Release(IOleCommandTarget *commands)
{
    (void)commands;
    return IVsPackage_Release(package);
}

static HRESULT STDMETHODCALLTYPE commands_QueryStatus(IOleCommandTarget *commands, const GUID *group, ULONG count,
                                                      OLECMD *list, OLECMDTEXT *text)
{
    (void)commands, (void)group, (void)count, (void)list, (void)text;
    return OLECMDERR_E_UNKNOWNGROUP;
}

static HRESULT STDMETHODCALLTYPE commands_Exec(IOleCommandTarget *commands, const GUID *group, DWORD id,
                                               DWORD options, VARIANT *in, VARIANT *out)
{
    (void)group, (void)options, (void)in, (void)out;
    assert_ptr_equal(&mine.commands, commands);
    return id == 5 ? S_OK : OLECMDERR_E_NOTSUPPORTED;
}

static IOleCommandTargetVtbl commands_vtbl = {
    commands_QueryInterface, commands_AddRef, commands_Release, commands_QueryStatus, commands_Exec,
};

static HRESULT CALLBACK on_query_interface(IVsPackage *from, REFIID riid, void **ppv, void *context)
{
    note(from, context, 'i', NULL);
    assert_null(*ppv);
    package = from;
    if (mine.count < (LONG)(sizeof mine.asked / sizeof mine.asked[0]))
        mine.asked[mine.count++] = *riid;
    if (!IsEqualIID(riid, &IID_IOleCommandTarget))
        return E_NOINTERFACE;
    *ppv = (void *)mine.given;
    if (mine.given == &mine.commands && SUCCEEDED(mine.result))
        IVsPackage_AddRef(from);
    return mine.result;
}

static HRESULT CALLBACK on_get_automation_object(IVsPackage *from, LPCOLESTR name, IDispatch **result, void *context)
{
    note(from, context, 'a', name);
    assert_null(*result);
    *result = (IDispatch *)mine.given;
    return mine.result;
}

static HRESULT CALLBACK on_create_tool(IVsPackage *from, REFGUID slot, void *context)
{
    note(from, context, 't', slot);
    return mine.result;
}

static HRESULT CALLBACK on_reset_defaults(IVsPackage *from, VSPKGRESETFLAGS flags, void *context)
{
    note(from, context, 'r', NULL);
    mine.flags = flags;
    return mine.result;
}

static HRESULT CALLBACK on_get_property_page(IVsPackage *from, REFGUID page_id, VSPROPSHEETPAGE *page, void *context)
{
    note(from, context, 'p', page_id);
    page->wTemplateId = 77;
    return mine.result;
}

static HRESULT CALLBACK on_initialize(IVsPackage *from, IAsyncServiceProvider *provider, IProfferAsyncService *proffer,
                                      IAsyncProgressCallback *progress, void *context)
{
    (void)provider, (void)proffer, (void)progress;
    note(from, context, 'z', NULL);
    return mine.result;
}

static void CALLBACK on_destroyed(void *context)
{
    assert_ptr_equal(&mine, context);
    destructions++;
}

static const SitePackageEvents all_events = {
    .size = sizeof all_events, .destroyed = on_destroyed, .initialize = on_initialize,
    .query_interface = on_query_interface, .get_automation_object = on_get_automation_object,
    .create_tool = on_create_tool, .reset_defaults = on_reset_defaults, .get_property_page = on_get_property_page,
};

static void prepare(void)
{
    ZeroMemory(&mine, sizeof mine);
    mine.commands.lpVtbl = &commands_vtbl;
    mine.given = &mine.commands;
    package = NULL;
    destructions = 0;
}

/* Its events are all of them, without those that are left out. */
static void begin(BOOL async, DWORD size)
{
    SitePackageEvents events = all_events;

    prepare();
    events.size = size;
    if (!async)
        events.initialize = NULL;
    assert_hr(S_OK, SitePackageCreate(&events, &mine, &IID_IVsPackage, (void **)&package));
}

static void end(void)
{
    assert_int_equal(0, IVsPackage_Release(package));
    assert_int_equal(1, destructions);
    assert_idle();
}

/* The optional methods */

static HRESULT get_automation_object(void)
{
    IDispatch *result = (IDispatch *)1;
    HRESULT hr = IVsPackage_GetAutomationObject(package, L"name", &result);

    assert_ptr_equal(SUCCEEDED(hr) ? mine.given : NULL, result);
    return hr;
}

static HRESULT create_tool(void)
{
    return IVsPackage_CreateTool(package, &some_id);
}

static HRESULT reset_defaults(void)
{
    return IVsPackage_ResetDefaults(package, PKGRF_TOOLBOXSETUP);
}

static HRESULT get_property_page(void)
{
    VSPROPSHEETPAGE page = { 0 };
    HRESULT hr = IVsPackage_GetPropertyPage(package, &some_id, &page);

    assert_int_equal(hr == E_NOTIMPL ? 0 : 77, page.wTemplateId);
    return hr;
}

static HRESULT query_commands(void)
{
    IOleCommandTarget *commands = (IOleCommandTarget *)1;
    HRESULT hr = IVsPackage_QueryInterface(package, &IID_IOleCommandTarget, (void **)&commands);

    assert_ptr_equal(SUCCEEDED(hr) ? &mine.commands : NULL, commands);
    if (commands)
        IOleCommandTarget_Release(commands);
    return hr;
}

static HRESULT query_async(void)
{
    IUnknown *async = (IUnknown *)1;
    HRESULT hr = IVsPackage_QueryInterface(package, &IID_IAsyncLoadablePackageInitialize, (void **)&async);

    assert_true(SUCCEEDED(hr) == (async != NULL));
    if (async)
        IUnknown_Release(async);
    return hr;
}

/* The events that a structure may end before, in their order. */
static const struct Member {
    char letter;                        /* its event's, or 0 where it is not called by that */
    DWORD end;
    HRESULT without;
    HRESULT (*ask)(void);
} members[] = {
    { 0, FIELD_OFFSET(SitePackageEvents, query_interface), E_NOINTERFACE, query_async },
    { 'i', FIELD_OFFSET(SitePackageEvents, get_automation_object), E_NOINTERFACE, query_commands },
    { 'a', FIELD_OFFSET(SitePackageEvents, create_tool), E_NOTIMPL, get_automation_object },
    { 't', FIELD_OFFSET(SitePackageEvents, reset_defaults), E_NOTIMPL, create_tool },
    { 'r', FIELD_OFFSET(SitePackageEvents, get_property_page), E_NOTIMPL, reset_defaults },
    { 'p', sizeof(SitePackageEvents), E_NOTIMPL, get_property_page },
};
enum { MEMBERS = sizeof members / sizeof members[0], OPTIONAL_METHODS = 2 /* the first of them */ };

static void every_optional_method_is_its_event(void **state)
{
    static const HRESULT results[] = { S_OK, S_FALSE, E_ACCESSDENIED };
    const struct Member *member;
    size_t i;

    (void)state;
    begin(TRUE, sizeof(SitePackageEvents));
    for (member = members + OPTIONAL_METHODS; member < members + MEMBERS; member++) {
        for (i = 0; i < sizeof results / sizeof results[0]; i++) {
            mine.called = 0;
            mine.result = results[i];
            assert_hr(results[i], member->ask());
            assert_int_equal(member->letter, mine.called);
            assert_int_equal(GetCurrentThreadId(), mine.thread);
            if (member->letter == 't' || member->letter == 'p')
                assert_ptr_equal(&some_id, mine.argument);
        }
    }
    assert_int_equal(PKGRF_TOOLBOXSETUP, mine.flags);
    mine.result = S_OK;
    get_automation_object();
    assert_int_equal(0, lstrcmpW(L"name", mine.argument));
    end();
}

/* What comes after the end is garbage here, and must not be looked at. */
static void a_structure_may_end_after_any_member_from_destroyed_on(void **state)
{
    const struct Member *member;
    DWORD size;
    size_t i;

    (void)state;
    for (i = 0; i <= MEMBERS; i++) {
        size = i == 0 ? FIELD_OFFSET(SitePackageEvents, initialize) : members[i - 1].end;
        begin(TRUE, size);
        for (member = members; member < members + MEMBERS; member++) {
            mine.called = 0;
            assert_hr(member->end <= size ? S_OK : member->without, member->ask());
            assert_int_equal(member->end <= size ? member->letter : 0, mine.called);
        }
        end();
    }
}

/* The shell may ask before the site is there, and after it has gone. */
static void they_do_not_need_a_site(void **state)
{
    const struct Member *member;
    Host site;
    int i;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&site, GetCurrentThreadId());
    begin(TRUE, sizeof(SitePackageEvents));
    for (i = 0; i < 2; i++) {
        assert_hr(S_OK, IVsPackage_SetSite(package, i == 0 ? host_site(&site) : NULL));
        for (member = members; member < members + MEMBERS; member++)
            assert_hr(S_OK, member->ask());
    }
    end();
    CoUninitialize();
}

/* Other interfaces */

static BOOL was_asked(REFIID riid)
{
    LONG i;

    for (i = 0; i < mine.count; i++)
        if (IsEqualIID(riid, &mine.asked[i]))
            return TRUE;
    return FALSE;
}

static const IID *const always[] = { &IID_IUnknown, &IID_IVsPackage };
static const IID *const with_initialize[] = {
    &IID_IAsyncLoadablePackageInitialize, &IID_IAgileObject, &IID_IMarshal,
};

static void assert_asked(const IID *const *iids, size_t count, BOOL asked)
{
    IUnknown *object;
    HRESULT hr;
    size_t i;

    for (i = 0; i < count; i++) {
        hr = IVsPackage_QueryInterface(package, iids[i], (void **)&object);
        assert_hr(asked ? E_NOINTERFACE : S_OK, hr);
        assert_true(asked == was_asked(iids[i]));
        if (object)
            IUnknown_Release(object);
    }
}

static void the_event_is_asked_for_what_the_package_does_not_answer(void **state)
{
    static const IID *const other[] = { &IID_IDispatch, &some_id };
    SiteBridge *bridge;
    int async;

    (void)state;
    for (async = 0; async < 2; async++) {
        begin(async, sizeof(SitePackageEvents));
        assert_asked(always, sizeof always / sizeof always[0], FALSE);
        assert_asked(with_initialize, sizeof with_initialize / sizeof with_initialize[0], !async);
        /* By its own functions it is not asked either. */
        assert_hr(S_OK, SitePackageGetBridge(package, &bridge));
        SiteBridgeRelease(bridge);
        assert_int_equal(async ? 0 : 3, mine.count);
        assert_asked(other, sizeof other / sizeof other[0], TRUE);
        end();
    }
}

static void assert_same(IUnknown *one, REFIID riid, const void *other)
{
    IUnknown *object = NULL;

    assert_hr(S_OK, IUnknown_QueryInterface(one, riid, (void **)&object));
    assert_ptr_equal(other, object);
    IUnknown_Release(object);
}

static void what_it_gives_is_a_part_of_the_package(void **state)
{
    IOleCommandTarget *commands;
    IUnknown *identity;

    (void)state;
    begin(FALSE, sizeof(SitePackageEvents));
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IUnknown, (void **)&identity));
    assert_int_equal(1, IUnknown_Release(identity));
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IOleCommandTarget, (void **)&commands));
    assert_same((IUnknown *)commands, &IID_IUnknown, identity);
    assert_same((IUnknown *)commands, &IID_IVsPackage, package);
    assert_same((IUnknown *)commands, &IID_IOleCommandTarget, commands);
    assert_hr(S_OK, IOleCommandTarget_Exec(commands, NULL, 5, 0, NULL, NULL));
    /* It alone keeps the package. */
    assert_int_equal(1, IVsPackage_Release(package));
    assert_hr(S_FALSE, SitePackageCanUnloadNow());
    assert_hr(S_OK, IOleCommandTarget_Exec(commands, NULL, 5, 0, NULL, NULL));
    assert_int_equal(0, IOleCommandTarget_Release(commands));
    assert_int_equal(1, destructions);
    assert_idle();
}

/* What the caller gets says whether it got something. */
static void success_has_an_interface_and_failure_has_none(void **state)
{
    (void)state;
    begin(FALSE, sizeof(SitePackageEvents));
    mine.given = NULL;
    assert_hr(E_NOINTERFACE, query_commands());
    mine.given = &mine.commands;
    mine.result = E_ACCESSDENIED;
    assert_hr(E_ACCESSDENIED, query_commands());
    end();
}

/* There the event can say no as well: then the context stays the caller's. */
static void create_asks_for_what_is_wanted(void **state)
{
    IOleCommandTarget *commands = NULL;

    (void)state;
    prepare();
    assert_hr(S_OK, SitePackageCreate(&all_events, &mine, &IID_IOleCommandTarget, (void **)&commands));
    assert_ptr_equal(&mine.commands, commands);
    assert_int_equal(0, IOleCommandTarget_Release(commands));
    assert_int_equal(1, destructions);
    prepare();
    mine.result = E_ACCESSDENIED;
    assert_hr(E_ACCESSDENIED, SitePackageCreate(&all_events, &mine, &IID_IOleCommandTarget, (void **)&commands));
    assert_null(commands);
    assert_int_equal(0, destructions);
    assert_idle();
}

typedef struct Asker {
    HRESULT hr;
    DWORD thread;
} Asker;

static void ask_on_this_thread(void *context)
{
    Asker *asker = context;

    asker->thread = GetCurrentThreadId();
    asker->hr = query_commands();
}

static void it_may_come_on_any_thread(void **state)
{
    Asker asker;
    int i;

    (void)state;
    begin(FALSE, sizeof(SitePackageEvents));
    for (i = 0; i < KINDS; i++) {
        thread_run(kinds[i], ask_on_this_thread, &asker);
        assert_hr(S_OK, asker.hr);
        assert_int_equal(asker.thread, mine.thread);
    }
    end();
}

typedef struct Packet {
    IStream *stream;
    IOleCommandTarget *commands;
    HRESULT hr;
} Packet;

static void unpack(void *context)
{
    Packet *packet = context;

    packet->hr = CoGetInterfaceAndReleaseStream(packet->stream, &IID_IOleCommandTarget, (void **)&packet->commands);
    if (FAILED(packet->hr))
        return;
    packet->hr = IOleCommandTarget_Exec(packet->commands, NULL, 5, 0, NULL, NULL);
    IOleCommandTarget_Release(packet->commands);
}

static void with_initialize_what_it_gives_is_agile(void **state)
{
    IOleCommandTarget *commands;
    Packet packet;
    int i;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    begin(TRUE, sizeof(SitePackageEvents));
    assert_hr(S_OK, IVsPackage_QueryInterface(package, &IID_IOleCommandTarget, (void **)&commands));
    for (i = 0; i < APARTMENTS; i++) {
        assert_hr(S_OK, CoMarshalInterThreadInterfaceInStream(&IID_IOleCommandTarget, (IUnknown *)commands,
                                                              &packet.stream));
        thread_run(kinds[i], unpack, &packet);
        assert_hr(S_OK, packet.hr);
        assert_ptr_equal(commands, packet.commands);
    }
    IOleCommandTarget_Release(commands);
    end();
    CoUninitialize();
}

/* Its last user has gone, and a worker has it still. */
typedef struct Late {
    HANDLE begun, go_on;
    HRESULT hr;
} Late;

static DWORD CALLBACK ask_late(IVsPackage *from, HANDLE stop, void *context)
{
    Late *late = context;

    (void)from;
    SetEvent(late->begun);
    WaitForSingleObject(stop, PATIENCE);
    WaitForSingleObject(late->go_on, PATIENCE);
    late->hr = query_commands();
    return 0;
}

static BOOL package_is_gone(void *context)
{
    (void)context;
    return destructions == 1;
}

static void the_event_is_asked_until_the_package_is_destroyed(void **state)
{
    Late late = { NULL, NULL, E_PENDING };
    Host site;

    (void)state;
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    host_init(&site, GetCurrentThreadId());
    late.begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    late.go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    begin(FALSE, sizeof(SitePackageEvents));
    assert_hr(S_OK, IVsPackage_SetSite(package, host_site(&site)));
    assert_hr(S_OK, SitePackageRunInBackground(package, ask_late, &late));
    wait_for(late.begun, "the worker's start");
    assert_int_equal(0, IVsPackage_Release(package));
    SetEvent(late.go_on);
    assert_true(eventually(package_is_gone, NULL));
    assert_hr(S_OK, late.hr);
    assert_idle();
    CloseHandle(late.begun);
    CloseHandle(late.go_on);
    CoUninitialize();
}

int main(void)
{
    static const Test tests[] = {
        TEST(every_optional_method_is_its_event),
        TEST(a_structure_may_end_after_any_member_from_destroyed_on),
        TEST(they_do_not_need_a_site),
        TEST(the_event_is_asked_for_what_the_package_does_not_answer),
        TEST(what_it_gives_is_a_part_of_the_package),
        TEST(success_has_an_interface_and_failure_has_none),
        TEST(create_asks_for_what_is_wanted),
        TEST(it_may_come_on_any_thread),
        TEST(with_initialize_what_it_gives_is_agile),
        TEST(the_event_is_asked_until_the_package_is_destroyed),
    };

    return RUN("events", tests);
}
