#include "retry.h"

enum { PAUSE = 20 /* ms */, LATE = 50 /* times */ };

BOOL retry_rejected(Retry *retry, HRESULT hr)
{
    if (!retry->stop || (hr != RPC_E_CALL_REJECTED && hr != RPC_E_SERVERCALL_RETRYLATER))
        return FALSE;
    Sleep(PAUSE);
    /* A dialog may stay for hours. But a Close waits for this thread. */
    return WaitForSingleObject(retry->stop, 0) == WAIT_TIMEOUT || retry->late++ < LATE;
}
