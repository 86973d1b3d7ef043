using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Kernel;

/// <summary>How the kernel schedules the calling thread, for which .NET has nothing on Linux.</summary>
public static class ThreadScheduling
{
    /// <summary>
    /// Sets the nice value of the calling thread alone (sched(7)). Threads that it starts later begin at 0 if the value is
    /// below that.
    /// </summary>
    /// <param name="nice">From -20, which goes before all others, to 19.</param>
    /// <returns>False where the kernel refuses: less than the thread has now takes CAP_SYS_NICE.</returns>
    public static unsafe bool TrySetNice(int nice)
    {
        // .NET starts its pool's threads from whichever thread has work for them: they must not inherit this.
        var priority = 0;
        return Libc.sched_setscheduler(0, Libc.SCHED_OTHER | Libc.SCHED_RESET_ON_FORK, &priority) == 0
            && Libc.setpriority(Libc.PRIO_PROCESS, 0, nice) == 0;
    }
}
