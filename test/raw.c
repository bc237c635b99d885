#include "raw.h"

typedef struct Marshaling {
    Host *host;
    IStream *packet;
    HRESULT hr;
} Marshaling;

static void marshal(void *context)
{
    Marshaling *m = context;

    m->hr = CoMarshalInterThreadInterfaceInStream(&IID_IServiceProvider,
                                                  (IUnknown *)host_site(m->host), &m->packet);
}

IStream *raw_marshal_at(Home *home, Host *host)
{
    Marshaling m = {host, NULL, E_PENDING};

    home_run(home, marshal, &m);
    assert_hr(S_OK, m.hr);
    return m.packet;
}

IStream *raw_marshal(Host *host)
{
    Marshaling m = {host, NULL, E_PENDING};

    marshal(&m);
    assert_hr(S_OK, m.hr);
    return m.packet;
}

HRESULT raw_unmarshal(IStream *packet, IServiceProvider **provider)
{
    HRESULT hr;

    *provider = NULL;
    hr = CoGetInterfaceAndReleaseStream(packet, &IID_IServiceProvider, (void **)provider);
    if (FAILED(hr))
        *provider = NULL;
    return hr;
}

void raw_rewind(IStream *packet)
{
    LARGE_INTEGER start;

    start.QuadPart = 0;
    IStream_Seek(packet, start, STREAM_SEEK_SET, NULL);
}

HRESULT raw_call(IServiceProvider *provider)
{
    IUnknown *object = NULL;
    HRESULT hr;

    hr = IServiceProvider_QueryService(provider, &IID_IServiceProvider, &IID_IUnknown,
                                       (void **)&object);
    if (SUCCEEDED(hr) && object)
        IUnknown_Release(object);
    return hr;
}

BOOL raw_wait_until_queued(void)
{
    return MsgWaitForMultipleObjectsEx(0, NULL, PATIENCE, QS_ALLINPUT, MWMO_INPUTAVAILABLE) ==
           WAIT_OBJECT_0;
}

typedef HRESULT(WINAPI *IncrementUsage)(CO_MTA_USAGE_COOKIE *cookie);
typedef HRESULT(WINAPI *DecrementUsage)(CO_MTA_USAGE_COOKIE cookie);
typedef void (*AnyFunction)(void);

static AnyFunction ole32_function(const char *name)
{
    return (AnyFunction)GetProcAddress(GetModuleHandleW(L"ole32.dll"), name);
}

HRESULT raw_increment_mta_usage(CO_MTA_USAGE_COOKIE *cookie)
{
    IncrementUsage increment = (IncrementUsage)ole32_function("CoIncrementMTAUsage");

    return increment ? increment(cookie) : E_NOTIMPL;
}

HRESULT raw_decrement_mta_usage(CO_MTA_USAGE_COOKIE cookie)
{
    DecrementUsage decrement = (DecrementUsage)ole32_function("CoDecrementMTAUsage");

    return decrement ? decrement(cookie) : E_NOTIMPL;
}

BOOL raw_is_in(APTTYPE wanted)
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == wanted;
}
