#include "questions.h"

#define COMS(number) { number, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } }

const Question questions[QUESTIONS] = {
    { COMS(0x00000003), "IMarshal" },
    { COMS(0x000001CF), "IMarshal2" },
    { COMS(0x00000008), "IProxyManager" },
    { COMS(0x00000018), "IStdMarshalInfo" },
    { COMS(0x00000019), "IExternalConnection" },
    { COMS(0x0000001B), "the standard identity" },
    { COMS(0x00000020), "IMultiQI" },
    { COMS(0x00000040), "IFastRundown" },
    { COMS(0x0000013D), "IClientSecurity" },
    { COMS(0x00000144), "IRpcOptions" },
    { { 0x4C1E39E1, 0xE3E3, 0x4296, { 0xAA, 0x86, 0xEC, 0x93, 0x8D, 0x89, 0x6E, 0x92 } }, "IMarshalOptions" },
    { { 0x94EA2B94, 0xE9CC, 0x49E0, { 0xC0, 0xFF, 0xEE, 0x64, 0xCA, 0x8F, 0x5B, 0x90 } }, "IAgileObject" },
    { { 0xECC8691B, 0xC1DB, 0x4DC0, { 0x85, 0x5E, 0x65, 0xF6, 0xC5, 0x51, 0xAF, 0x49 } }, "INoMarshal" },
    { { 0x334D391F, 0x0E79, 0x3B15, { 0xC9, 0xFF, 0xEA, 0xC6, 0x5D, 0xD0, 0x7C, 0x42 } }, "no name" },
    { { 0x77DD1250, 0x139C, 0x2BC3, { 0xBD, 0x95, 0x90, 0x0A, 0xCE, 0xD6, 0x1B, 0xE5 } }, "no name" },
    { { 0xBFD60505, 0x5A1F, 0x4E41, { 0x88, 0xBA, 0xA6, 0xFB, 0x07, 0x20, 0x2D, 0xA9 } }, "no name" },
    { { 0x03FB5C57, 0xD534, 0x45F5, { 0xA1, 0xF4, 0xD3, 0x95, 0x56, 0x98, 0x38, 0x75 } }, "no name" },
    { { 0x2C258AE7, 0x50DC, 0x49FF, { 0x9D, 0x1D, 0x2E, 0xCB, 0x9A, 0x52, 0xCD, 0xD7 } }, "no name" },
};

const char *question_name(REFIID riid)
{
    int i;

    for (i = 0; i < QUESTIONS; i++)
        if (IsEqualIID(riid, &questions[i].iid))
            return questions[i].name;
    return NULL;
}

/* Whether there is an answer, or what is neither an answer nor none. */
static BOOL answers(IUnknown *object, REFIID riid)
{
    IUnknown *answer = (IUnknown *)&answer;
    HRESULT hr = IUnknown_QueryInterface(object, riid, (void **)&answer);

    if (SUCCEEDED(hr) && answer)
        IUnknown_Release(answer);
    return hr != E_NOINTERFACE || answer;
}

BOOL questions_ask(IUnknown *object, LONG *answered, LONG *made_up)
{
    GUID unheard_of;
    int i;

    *answered = *made_up = 0;
    for (i = 0; i < QUESTIONS; i++) {
        if (FAILED(CoCreateGuid(&unheard_of)))
            return FALSE;
        *answered += answers(object, &questions[i].iid);
        *made_up += answers(object, &unheard_of);
    }
    return SUCCEEDED(CoLockObjectExternal(object, TRUE, FALSE)) &&
           SUCCEEDED(CoLockObjectExternal(object, FALSE, TRUE));
}
