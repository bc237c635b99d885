/*
 * What a site says to its face, and through a bridge that has it: on home, in the MTA, and in an STA.
 *
 * Each question is a line of text: its name, "proxy" where its interface has one, else "none", and the four
 * results. "nothing" is a success without an interface. What is got is called where there is a harmless call,
 * and the result is then that one's.
 */
#ifndef TEST_HOST_COMPARE_H
#define TEST_HOST_COMPARE_H

#include <sitebridge/sitebridge.h>

typedef struct Question {
    const wchar_t *name;        /* NULL: the list's end */
    const GUID *service;
    const IID *iid;
} Question;

typedef struct Text {
    wchar_t characters[4000];
    size_t length;
} Text;

/* On home, of the bridge; adds to text. Ends the process where home has waited too long. */
HRESULT compare(IServiceProvider *site, SiteBridge *bridge, const Question *questions, Text *text);

/* The same with a bridge that is given the site for this once. */
HRESULT compare_once(IServiceProvider *site, const Question *questions, Text *text);

#endif
