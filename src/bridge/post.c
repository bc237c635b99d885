/*
 * Posted works. They wait in their session's queue, and one COM call has home run what is there when it
 * arrives. What has ended, one way or the other, waits in the bridge until a thread of the library's has told.
 * Checked by test/model/posts.pml.
 */
#include "request.h"

#include <stdlib.h>

#include "../atomic.h"
#include "../module.h"

typedef struct Post {
    Job link;
    SiteBridgeWork work;
    SiteBridgeDone done;        /* or NULL */
    void *context;
    HMODULE modules[2];         /* of work and done, where that is not this one; counted */
    HRESULT result;
} Post;

/* For how long home runs what was posted. */
enum { SLICE = 10 };

static Post *post_of(Job *link)
{
    return CONTAINING_RECORD(link, Post, link);
}

static Post *post_create(SiteBridgeWork work, SiteBridgeDone done, void *context)
{
    Post *post = calloc(1, sizeof *post);

    if (!post)
        return NULL;
    post->work = work;
    post->done = done;
    post->context = context;
    post->modules[0] = module_hold((void *)(ULONG_PTR)work);
    post->modules[1] = module_hold((void *)(ULONG_PTR)done);
    return post;
}

static void post_free(Post *post)
{
    HMODULE modules[] = { post->modules[0], post->modules[1] };
    int i;

    free(post);
    for (i = 0; i < 2; i++)
        if (modules[i])
            FreeLibrary(modules[i]);
}

/* The ends */

static void bridge_teller_steps(SiteBridge *bridge, TellerStep step)
{
    if (bridge->watcher)
        bridge->watcher->tells(bridge->watcher, step);
}

/* NULL: there is nothing to be told any more. */
static Job *bridge_next_to_tell(SiteBridge *bridge)
{
    Job *link;

    AcquireSRWLockExclusive(&bridge->lock);
    link = jobs_take(&bridge->posts.ended);
    if (!link) {
        bridge->posts.telling = FALSE;
        bridge_teller_steps(bridge, TELLER_GONE);
    }
    ReleaseSRWLockExclusive(&bridge->lock);
    return link;
}

static void bridge_tell(Job *teller)
{
    SiteBridge *bridge = CONTAINING_RECORD(teller, SiteBridge, posts.teller);
    Job *link;
    Post *post;

    bridge_teller_steps(bridge, TELLER_HERE);
    while ((link = bridge_next_to_tell(bridge)) != NULL) {
        post = post_of(link);
        if (post->done)
            post->done(post->result, post->context);
        post_free(post);
    }
    shared_release(&bridge->counts.shared);
}

/* With the lock held. TRUE: the caller is to start the teller. */
static BOOL post_end(SiteBridge *bridge, Job *link, HRESULT result)
{
    BOOL start = !bridge->posts.telling;

    post_of(link)->result = result;
    jobs_append(&bridge->posts.ended, link);
    if (start) {
        bridge->posts.telling = TRUE;
        shared_addref(&bridge->counts.shared);
        bridge_teller_steps(bridge, TELLER_DUE);
    }
    return start;
}

static void bridge_start_teller(SiteBridge *bridge)
{
    bridge->posts.teller.run = bridge_tell;
    threads_run_later(&bridge->posts.teller);
}

/* Any thread: none of those that wait will run. */
static void session_drop_posts(Session *session)
{
    SiteBridge *bridge = bridge_of(session);
    BOOL start = FALSE;
    Job *link;

    AcquireSRWLockExclusive(&bridge->lock);
    while ((link = jobs_take(&session->posts.queued)) != NULL)
        start |= post_end(bridge, link, E_UNEXPECTED);
    session->posts.count = 0;
    ReleaseSRWLockExclusive(&bridge->lock);
    if (start)
        bridge_start_teller(bridge);
}

/* On home */

/*
 * With the lock held. One that was replaced may have yet to be ended: where home is the MTA, works of the next
 * one's may have run meanwhile, and what was posted before those is not to run after them.
 */
static BOOL session_is_the_bridges(Session *session)
{
    return bridge_of(session)->session == session;
}

/*
 * FALSE where the session was replaced, or home is inside another one's of this bridge: further up the stack or,
 * where home is the MTA, on another thread. *count: how many are queued.
 */
static BOOL session_enter_posts(Session *session, DWORD *count)
{
    SiteBridge *bridge = bridge_of(session);
    DWORD place = home_thread(session->home);
    Posts *entered;
    BOOL may_enter;

    AcquireSRWLockExclusive(&bridge->lock);
    for (entered = bridge->posts.entered; entered; entered = entered->next)
        if (home_thread(CONTAINING_RECORD(entered, Session, posts)->home) == place)
            break;
    may_enter = !entered && session_is_the_bridges(session);
    if (may_enter) {
        *count = session->posts.count;
        session->posts.entered = TRUE;
        session->posts.next = bridge->posts.entered;
        bridge->posts.entered = &session->posts;
    }
    ReleaseSRWLockExclusive(&bridge->lock);
    return may_enter;
}

static Post *session_begin_post(Session *session)
{
    SiteBridge *bridge = bridge_of(session);
    Job *link;

    AcquireSRWLockExclusive(&bridge->lock);
    link = session_is_the_bridges(session) ? jobs_take(&session->posts.queued) : NULL;
    if (link)
        session->posts.count--;
    session->posts.running = link;
    ReleaseSRWLockExclusive(&bridge->lock);
    return link ? post_of(link) : NULL;
}

/* The one that is running, if any, is over. */
static void session_end_post(Session *session, HRESULT result)
{
    SiteBridge *bridge = bridge_of(session);
    BOOL start = FALSE;

    AcquireSRWLockExclusive(&bridge->lock);
    if (session->posts.running)
        start = post_end(bridge, session->posts.running, result);
    session->posts.running = NULL;
    ReleaseSRWLockExclusive(&bridge->lock);
    if (start)
        bridge_start_teller(bridge);
}

static HRESULT CALLBACK session_run_posts(IServiceProvider *site, void *context)
{
    ULONGLONG start = GetTickCount64();
    Session *session = context;
    DWORD count;
    Post *post;

    if (!session_enter_posts(session, &count))
        return S_FALSE;
    for (; count > 0 && (post = session_begin_post(session)) != NULL; count--) {
        session_end_post(session, post->work(site, post->context));
        if (GetTickCount64() - start >= SLICE)
            break;
    }
    return S_OK;
}

/* The way there */

/* TRUE: the job is to be sent again. */
static BOOL session_leave_posts(Session *session)
{
    SiteBridge *bridge = bridge_of(session);
    Posts **link;
    BOOL more;

    AcquireSRWLockExclusive(&bridge->lock);
    if (session->posts.entered) {
        for (link = &bridge->posts.entered; *link != &session->posts; link = &(*link)->next)
            ;
        *link = session->posts.next;
        session->posts.entered = FALSE;
    }
    more = session->posts.count != 0;
    session->posts.sent = more;
    ReleaseSRWLockExclusive(&bridge->lock);
    return more;
}

/* In the MTA. */
static void session_send_posts(Job *job)
{
    Session *session = CONTAINING_RECORD(job, Session, posts.job);
    Home *home = session->home;
    Request request = { 0 };
    BOOL ran = FALSE;
    HRESULT hr;

    request.work = session_run_posts;
    request.context = session;
    request.milliseconds = INFINITE;
    request.tries_again = TRUE;
    hr = request_make(session, &request, &ran, NULL);
    /* Where that crashed, or home's thread was killed in it. */
    session_end_post(session, hr);
    if (!ran && home_is_lost(home))
        session_drop_posts(session);
    shared_addref(&home->shared);
    if (!session_leave_posts(session)) {
        shared_release(&session->shared);
    } else {
        if (!ran || hr == S_FALSE)
            Sleep(RETRY_INTERVAL);
        line_send(&home->posts, job);
    }
    line_leave(&home->posts);
    shared_release(&home->shared);
}

static BOOL session_post(Session *session, Post *post)
{
    SiteBridge *bridge = bridge_of(session);
    Posts *posts = &session->posts;
    BOOL open, send = FALSE;

    AcquireSRWLockExclusive(&bridge->lock);
    bridge->posts.drop = session_drop_posts;
    open = !session_has_ended(session) && !long_read(&session->told_to_end);
    if (open) {
        jobs_append(&posts->queued, &post->link);
        posts->count++;
        send = !posts->sent;
        posts->sent = TRUE;
    }
    ReleaseSRWLockExclusive(&bridge->lock);
    if (send) {
        shared_addref(&session->shared);
        posts->job.run = session_send_posts;
        line_send(&session->home->posts, &posts->job);
    }
    return open;
}

STDAPI SiteBridgePost(SiteBridge *bridge, SiteBridgeWork work, SiteBridgeDone done, void *context)
{
    BOOL posted, replaced;
    Call call;
    Post *post;

    if (!work)
        return E_POINTER;
    if (!bridge)
        return E_INVALIDARG;
    post = post_create(work, done, context);
    if (!post)
        return E_OUTOFMEMORY;
    do {
        if (!bridge_enter(bridge, &call)) {
            post_free(post);
            return E_UNEXPECTED;
        }
        posted = session_post(call.session, post);
        replaced = pointer_read(&bridge->session) != call.session;
        bridge_leave(&call);
    } while (!posted && replaced);
    if (!posted)
        post_free(post);
    return posted ? S_OK : E_UNEXPECTED;
}
