/* The harness, for lambdas and what they take along. */
#ifndef TEST_HARNESS_HPP
#define TEST_HARNESS_HPP

#include "harness.h"

#include <new>
#include <type_traits>
#include <utility>

#include <sitebridge/sitebridge.hpp>

template <class F> void call_it(void *context)
{
    (*static_cast<F *>(context))();
}

/* On home, and on a thread of some kind. Both wait for it, so that nothing is copied. */
template <class F> void on_home(Home *home, F &&work)
{
    home_run(home, call_it<std::remove_reference_t<F>>, &work);
}

template <class F> void on_thread(Kind kind, F &&work)
{
    thread_run(kind, call_it<std::remove_reference_t<F>>, &work);
}

/* A scene whose bridge is one of C++'s. */
inline void scene_begin(Scene *scene, sitebridge::bridge &bridge)
{
    HRESULT hr = E_PENDING;

    scene_begin_home(scene, IN_STA);
    assert_hr(S_OK, sitebridge::bridge::create(bridge));
    on_home(&scene->home, [&] { hr = bridge.set_site(host_site(&scene->site)); });
    assert_hr(S_OK, hr);
}

inline void scene_end(Scene *scene, sitebridge::bridge &bridge)
{
    HRESULT hr = E_PENDING;

    on_home(&scene->home, [&] { hr = bridge.set_site(nullptr); });
    assert_hr(S_OK, hr);
    bridge = sitebridge::bridge();
    scene_end_home(scene);
}

inline bool in_mta()
{
    APTTYPEQUALIFIER qualifier;
    APTTYPE type;

    return SUCCEEDED(CoGetApartmentType(&type, &qualifier)) && type == APTTYPE_MTA;
}

/* What became of a Cargo. */
struct Fate
{
    LONG ended = 0;             /* how often, without those that had been moved from */
    DWORD thread = 0;
    bool was_in_mta = false;
    HANDLE end = CreateEventW(nullptr, TRUE, FALSE, nullptr);

    Fate() = default;
    Fate(const Fate &) = delete;
    Fate &operator=(const Fate &) = delete;
    ~Fate()
    {
        CloseHandle(end);
    }
};

/* What lambdas take along: it can only be moved. */
class Cargo
{
  public:
    explicit Cargo(Fate &its) noexcept : fate(&its) {}
    Cargo(Cargo &&other) noexcept : fate(std::exchange(other.fate, nullptr)) {}
    Cargo &operator=(Cargo &&) = delete;
    ~Cargo()
    {
        if (!fate)
            return;
        fate->ended++;
        fate->thread = GetCurrentThreadId();
        fate->was_in_mta = in_mta();
        SetEvent(fate->end);
    }

  private:
    Fate *fate;
};

/* Work, so that a compiler cannot tell whether it throws. */
enum Outcome { SUCCEEDS, THROWS_BAD_ALLOC, THROWS };
inline void behave(Outcome outcome)
{
    if (outcome == THROWS_BAD_ALLOC)
        throw std::bad_alloc();
    if (outcome == THROWS)
        throw 1;
}

/* And what COM is told of it. */
inline HRESULT told(Outcome outcome)
{
    return outcome == SUCCEEDS ? S_OK : outcome == THROWS ? E_FAIL : E_OUTOFMEMORY;
}

/* Work that throws where it is moved. */
class Stubborn
{
  public:
    explicit Stubborn(Outcome its) noexcept : outcome(its) {}
    Stubborn(Stubborn &&other) : outcome(other.outcome)
    {
        behave(outcome);
    }
    template <class Given> void operator()(Given) const
    {
    }

  private:
    Outcome outcome;
};

/* Cargo that throws where it is destroyed. */
class Explosive
{
  public:
    explicit Explosive(bool *its) noexcept : thrown(its) {}
    Explosive(Explosive &&other) noexcept : thrown(std::exchange(other.thrown, nullptr)) {}
    ~Explosive() noexcept(false)
    {
        if (!thrown)
            return;
        *thrown = true;
        behave(THROWS);
    }

  private:
    bool *thrown;
};

/* What C++ gets for itself with a thread's first exception is nobody's leak. */
inline void warm_up_exceptions()
{
    try {
        behave(THROWS);
    } catch (int) {
    }
}

#endif
