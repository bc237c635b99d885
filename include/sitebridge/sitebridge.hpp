/*
 * SiteBridge for C++17 and later: the library of sitebridge.h and package.h, and nothing else. Every function
 * here is one of those, and returns its HRESULT.
 *
 * A T ** is what COM's own functions take: from a pointer class pass what it has for them (its &, GetAddressOf,
 * put). The IID is __uuidof(T), for which mingw-w64 wants __CRT_UUID_DECL after an interface of your own.
 *
 * What is passed as `work` is anything that can be called so: a lambda, for the most part, which may be one that
 * can only be moved. Where it throws, and where what is overridden throws, the exception ends there:
 * std::bad_alloc is E_OUTOFMEMORY then, and any other E_FAIL.
 */
#ifndef SITEBRIDGE_SITEBRIDGE_HPP
#define SITEBRIDGE_SITEBRIDGE_HPP

#include <sitebridge/package.h>
#include <sitebridge/sitebridge.h>

#include <new>
#include <type_traits>
#include <utility>

namespace sitebridge
{

/** @cond */
namespace detail
{

/* Calls what may throw. */
template <class F> HRESULT guard(F &&work) noexcept
{
    using answer = decltype(work());

    static_assert(std::is_void_v<answer> || std::is_same_v<answer, HRESULT>,
                  "work has to return an HRESULT, or nothing");
    try {
        if constexpr (std::is_void_v<answer>) {
            work();
            return S_OK;
        } else {
            return work();
        }
    } catch (const std::bad_alloc &) {
        return E_OUTOFMEMORY;
    } catch (...) {
        return E_FAIL;
    }
}

/* A T ** for who wants a void **. */
template <class T> class out
{
  public:
    explicit out(T **to) noexcept : where(to) {}
    out(const out &) = delete;
    out &operator=(const out &) = delete;
    ~out()
    {
        if (where)
            *where = static_cast<T *>(found);
    }
    operator void **() noexcept
    {
        return where ? &found : nullptr;
    }

  private:
    T **where;
    void *found = nullptr;
};

/* Work that stays with its caller, who waits for it. */
template <class F> struct borrowed
{
    F &work;

    static HRESULT CALLBACK run(IServiceProvider *site, void *context) noexcept
    {
        return guard([&] { return static_cast<borrowed *>(context)->work(site); });
    }
};

/* Work that has been handed over. It can go before the block it is in. */
template <class F> class owned
{
  public:
    template <class W> static HRESULT make(W &&work, owned *&made) noexcept
    {
        return guard([&] { made = new owned(std::forward<W>(work)); });
    }
    owned(const owned &) = delete;
    owned &operator=(const owned &) = delete;
    ~owned()
    {
        destroy();
    }

    static HRESULT CALLBACK run_posted(IServiceProvider *site, void *context) noexcept
    {
        owned *self = static_cast<owned *>(context);
        HRESULT hr = guard([&] { return self->work(site); });

        self->destroy();
        return hr;
    }

    static void CALLBACK end_posted(HRESULT, void *context) noexcept
    {
        delete static_cast<owned *>(context);
    }

    static DWORD CALLBACK run_worker(IVsPackage *, HANDLE stop, void *context) noexcept
    {
        owned *self = static_cast<owned *>(context);
        DWORD code = 0;
        HRESULT hr = guard([&] {
            if constexpr (std::is_void_v<decltype(self->work(stop))>)
                self->work(stop);
            else
                code = static_cast<DWORD>(self->work(stop));
        });

        delete self;
        return SUCCEEDED(hr) ? code : static_cast<DWORD>(hr);
    }

  private:
    template <class W> explicit owned(W &&from) : work(std::forward<W>(from)) {}

    /* There is nobody to tell where the destructor throws. */
    void destroy() noexcept
    {
        if (there) {
            there = false;
            guard([&] { work.~F(); });
        }
    }

    union {
        F work;
    };
    bool there = true;
};

} // namespace detail
/** @endcond */

/**
 * One reference on a SiteBridge: a copy adds one, a move takes it over, and the destructor gives it back, on any
 * thread. An empty one, as the default constructor makes it, answers everything with E_INVALIDARG.
 *
 * It is a pointer, and as little safe as one: its methods may be called on many threads at once, but not
 * while it is assigned to. Give each thread a copy.
 */
class bridge
{
  public:
    bridge() noexcept = default;
    bridge(const bridge &other) noexcept : counted(other.counted)
    {
        if (counted)
            SiteBridgeAddRef(counted);
    }
    bridge(bridge &&other) noexcept : counted(std::exchange(other.counted, nullptr)) {}
    bridge &operator=(bridge other) noexcept
    {
        std::swap(counted, other.counted);
        return *this;
    }
    ~bridge()
    {
        if (counted)
            SiteBridgeRelease(counted);
    }

    /** SiteBridgeCreate. On failure result is as it was. */
    static HRESULT create(bridge &result) noexcept
    {
        SiteBridge *made;
        HRESULT hr = SiteBridgeCreate(&made);

        if (SUCCEEDED(hr))
            result.attach(made);
        return hr;
    }

    /** Takes over a reference, as SitePackageGetBridge gives one, in the place of its own. NULL empties it. */
    void attach(SiteBridge *owned) noexcept
    {
        SiteBridge *before = std::exchange(counted, owned);

        if (before)
            SiteBridgeRelease(before);
    }

    /** SiteBridgeSetSite: on the thread that is to be home. */
    HRESULT set_site(IServiceProvider *site) const noexcept
    {
        return SiteBridgeSetSite(counted, site);
    }

    /** SiteBridgeSetObject: the same with an object in the site's place. */
    HRESULT set_object(IUnknown *object) const noexcept
    {
        return SiteBridgeSetObject(counted, object);
    }

    /** SiteBridgeQueryService: on any thread. *result belongs to the caller's apartment, and is NULL on failure. */
    HRESULT query_service(REFGUID service, REFIID riid, void **result) const noexcept
    {
        return SiteBridgeQueryService(counted, service, riid, result);
    }

    /** The same for the interface that result points to. */
    template <class T> HRESULT query_service(REFGUID service, T **result) const noexcept
    {
        return SiteBridgeQueryService(counted, service, __uuidof(T), detail::out<T>(result));
    }

    /** SiteBridgeQueryServiceWithin: the same with a deadline. */
    template <class T>
    HRESULT query_service_within(DWORD milliseconds, REFGUID service, T **result) const noexcept
    {
        return SiteBridgeQueryServiceWithin(counted, milliseconds, service, __uuidof(T), detail::out<T>(result));
    }

    /** SiteBridgePrefetch: on home. The same service and T are answered without home from then on. */
    template <class T> HRESULT prefetch(REFGUID service) const noexcept
    {
        return SiteBridgePrefetch(counted, service, __uuidof(T));
    }

    /**
     * SiteBridgeInvoke: calls work(IServiceProvider *site) on home, which returns an HRESULT or nothing, and
     * waits for it. work is called where it is, and not copied.
     *
     * What work returned, S_OK where that is nothing, the HRESULT of what it threw; otherwise as
     * SiteBridgeInvoke, and work has not run.
     */
    template <class F> HRESULT invoke(F &&work) const noexcept
    {
        detail::borrowed<std::remove_reference_t<F>> call{work};

        return SiteBridgeInvoke(counted, call.run, &call);
    }

    /** SiteBridgeInvokeWithin: the same with a deadline for work to begin. */
    template <class F> HRESULT invoke_within(DWORD milliseconds, F &&work) const noexcept
    {
        detail::borrowed<std::remove_reference_t<F>> call{work};

        return SiteBridgeInvokeWithin(counted, milliseconds, call.run, &call);
    }

    /**
     * SiteBridgePost: has home call work(IServiceProvider *site), which returns an HRESULT or nothing, and waits
     * for nothing. Nobody gets to know the result, or what work threw.
     *
     * work is moved in, or copied where it is not a temporary. Where it runs it is destroyed right after that, on
     * home; where it never runs, in the MTA, on a thread of the library's; where this fails, here and now. A
     * package's work may use `this` where the shell closes the package: it does not run when Close has returned.
     *
     * S_OK; E_OUTOFMEMORY; the HRESULT of what work threw when it was moved; otherwise as SiteBridgePost.
     */
    template <class F> HRESULT post(F &&work) const noexcept
    {
        using posted = detail::owned<std::decay_t<F>>;
        posted *made = nullptr;
        HRESULT hr = posted::make(std::forward<F>(work), made);

        if (FAILED(hr))
            return hr;
        hr = SiteBridgePost(counted, posted::run_posted, posted::end_posted, made);
        if (FAILED(hr))
            delete made;
        return hr;
    }

    /** Borrowed. */
    SiteBridge *get() const noexcept
    {
        return counted;
    }

  private:
    SiteBridge *counted = nullptr;
};

/**
 * What a package does of its own: derive from it, override what is wanted, and have create_package make it. It
 * lives as long as its package object, the IVsPackage, which deletes it where the last reference goes. The
 * virtual functions are the members of SitePackageEvents, and come on the threads that are said there.
 */
class package
{
  public:
    package() noexcept = default;
    package(const package &) = delete;
    package &operator=(const package &) = delete;
    virtual ~package() = default;

    /** The site is there, on home. A failure unsites the package again, and is what SetSite returns. */
    virtual HRESULT sited(IServiceProvider *)
    {
        return S_OK;
    }

    /** Whether it may be closed: can_close is true before. */
    virtual HRESULT query_close(bool &can_close)
    {
        (void)can_close;
        return S_OK;
    }

    /** The workers have been told to stop; the site is still there. */
    virtual void closing()
    {
    }

    /**
     * The package object is asked for an interface that is none of its own, on any thread. Success gives a
     * reference in *result, which is NULL before. Such an interface is a base or a member whose IUnknown is the
     * package object's:
     *
     *     class my_package final : public sitebridge::package, public IOleCommandTarget
     *     {
     *         HRESULT query_interface(REFIID riid, void **result) override
     *         {
     *             if (riid != __uuidof(IOleCommandTarget))
     *                 return E_NOINTERFACE;
     *             *result = static_cast<IOleCommandTarget *>(this);
     *             AddRef();
     *             return S_OK;
     *         }
     *         HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **result) override
     *         {
     *             return object()->QueryInterface(riid, result);
     *         }
     *         ULONG STDMETHODCALLTYPE AddRef() override { return object()->AddRef(); }
     *         ULONG STDMETHODCALLTYPE Release() override { return object()->Release(); }
     *         // and those of IOleCommandTarget
     *     };
     */
    virtual HRESULT query_interface(REFIID, void **)
    {
        return E_NOINTERFACE;
    }

    /**
     * SitePackageRunInBackground: has a thread of its own, in the MTA, call work(HANDLE stop), which returns
     * the thread's exit code, or nothing. stop is set when work is to end. The package is there until work
     * has been destroyed, so that it may use `this`.
     *
     * work is moved in, or copied where it is not a temporary. It is destroyed on its thread when it has
     * returned, and here where this fails. What it throws is the exit code.
     *
     * S_OK; E_OUTOFMEMORY; the HRESULT of what work threw when it was moved; E_INVALIDARG in the constructor and
     * in the destructor; otherwise as SitePackageRunInBackground.
     */
    template <class F> HRESULT run(F &&work) noexcept
    {
        using worker = detail::owned<std::decay_t<F>>;
        worker *made = nullptr;
        HRESULT hr = worker::make(std::forward<F>(work), made);

        if (FAILED(hr))
            return hr;
        hr = SitePackageRunInBackground(self, worker::run_worker, made);
        if (FAILED(hr))
            delete made;
        return hr;
    }

    /** The package's bridge: a reference of the caller's own. Empty in the constructor and in the destructor. */
    sitebridge::bridge bridge() const noexcept
    {
        sitebridge::bridge result;
        SiteBridge *counted;

        if (SUCCEEDED(SitePackageGetBridge(self, &counted)))
            result.attach(counted);
        return result;
    }

    /** The package object, borrowed. NULL in the constructor and in the destructor. */
    IVsPackage *object() const noexcept
    {
        return self;
    }

  private:
    template <class P> friend HRESULT CALLBACK create_package(REFIID riid, void **result) noexcept;

    /* Makes the package object, which owns made from now on. */
    static HRESULT make_object(package *made, decltype(SitePackageEvents::initialize) initialize, REFIID riid,
                               void **result) noexcept
    {
        SitePackageEvents events = {};
        IVsPackage *object;
        HRESULT hr;

        events.size = sizeof events;
        events.sited = on_sited;
        events.query_close = on_query_close;
        events.closing = on_closing;
        events.destroyed = on_destroyed;
        events.initialize = initialize;
        events.query_interface = on_query_interface;
        /* Asked for its own interface it calls nothing of made's, which does not know the object yet. */
        hr = SitePackageCreate(&events, made, IID_IVsPackage, detail::out<IVsPackage>(&object));
        if (FAILED(hr)) {
            delete made;
            return hr;
        }
        made->self = object;
        hr = object->QueryInterface(riid, result);
        object->Release();
        return hr;
    }

    static HRESULT CALLBACK on_sited(IVsPackage *, IServiceProvider *site, void *context) noexcept
    {
        return detail::guard([&] { return static_cast<package *>(context)->sited(site); });
    }

    static HRESULT CALLBACK on_query_close(IVsPackage *, BOOL *can_close, void *context) noexcept
    {
        bool can = *can_close != FALSE;
        HRESULT hr = detail::guard([&] { return static_cast<package *>(context)->query_close(can); });

        *can_close = can;
        return hr;
    }

    static void CALLBACK on_closing(IVsPackage *, void *context) noexcept
    {
        detail::guard([&] { static_cast<package *>(context)->closing(); });
    }

    /* There is no package object any more. */
    static void CALLBACK on_destroyed(void *context) noexcept
    {
        package *made = static_cast<package *>(context);

        made->self = nullptr;
        delete made;
    }

    static HRESULT CALLBACK on_query_interface(IVsPackage *, REFIID riid, void **result, void *context) noexcept
    {
        return detail::guard([&] { return static_cast<package *>(context)->query_interface(riid, result); });
    }

    IVsPackage *self = nullptr;
};

/** A package that can be loaded asynchronously. Its object is agile, and so is what query_interface gives. */
class async_package : public package
{
  public:
    /**
     * IAsyncLoadablePackageInitialize::Initialize: after `sited`, on any thread. It must not call home, which
     * may be waiting for it. What it is given is what the shell passed, borrowed.
     */
    virtual HRESULT initialize(IAsyncServiceProvider *, IProfferAsyncService *, IAsyncProgressCallback *)
    {
        return S_OK;
    }

  private:
    template <class P> friend HRESULT CALLBACK create_package(REFIID riid, void **result) noexcept;

    static HRESULT CALLBACK on_initialize(IVsPackage *, IAsyncServiceProvider *provider,
                                          IProfferAsyncService *proffer, IAsyncProgressCallback *progress,
                                          void *context) noexcept
    {
        auto made = static_cast<async_package *>(static_cast<package *>(context));

        return detail::guard([&] { return made->initialize(provider, proffer, progress); });
    }
};

/**
 * SitePackageCreate with a P of its own, which new makes: for SitePackageClass.
 *
 *     static const SitePackageClass classes[] = {{&my_clsid, sitebridge::create_package<my_package>}};
 *
 * S_OK, and *result holds a reference; the HRESULT of what P's constructor threw; what query_interface fails
 * with; otherwise as SitePackageCreate. On failure *result is NULL, and there is no P left.
 */
template <class P> HRESULT CALLBACK create_package(REFIID riid, void **result) noexcept
{
    decltype(SitePackageEvents::initialize) initialize = nullptr;
    P *made = nullptr;
    HRESULT hr;

    static_assert(std::is_base_of_v<package, P>, "P has to derive from sitebridge::package");
    if (!result)
        return E_POINTER;
    *result = nullptr;
    if constexpr (std::is_base_of_v<async_package, P>)
        initialize = async_package::on_initialize;
    hr = detail::guard([&] { made = new P; });
    return SUCCEEDED(hr) ? package::make_object(made, initialize, riid, result) : hr;
}

} // namespace sitebridge

#endif
