using System.Globalization;
using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Kernel;

/// <summary>
/// Who may open perf rings. CAP_PERFMON is enough on most kernels. Those of Debian and Ubuntu ask for CAP_SYS_ADMIN where the
/// sysctl kernel.perf_event_paranoid is above 2, as it is there by default (3 and 4).
/// </summary>
public static class PerfEventAccess
{
    private const string LevelFile = "/proc/sys/kernel/perf_event_paranoid";

    // The most that kernels without that addition know.
    private const int Highest = 2;

    /// <summary>Why the calling thread may open none, CAP_PERFMON or not: it is tried.</summary>
    /// <returns>Name of the error number, and what helps; null where it may.</returns>
    public static string? Refusal()
    {
        using var perfEvent = Open();
        if (!perfEvent.IsInvalid)
        {
            return null;
        }

        var error = Marshal.GetLastPInvokeError();
        // Of the process, one thread may be able to what this one is not.
        return Level() is { } level && Explain(level, sysAdmin: false) is { } explanation ? $"{Errno.Name(error)}: {explanation}" : Errno.Name(error);
    }

    /// <summary>What the sysctl has to do with a refusal, and what helps; null: nothing, or it cannot be read.</summary>
    internal static string? Explain(int errno) =>
        errno is Errno.EACCES or Errno.EPERM && Level() is { } level ? Explain(level, Capabilities.OfThisProcess().SysAdmin) : null;

    internal static string? Explain(int level, bool sysAdmin) => level > Highest && !sysAdmin
        ? string.Create(CultureInfo.InvariantCulture,
            $"kernel.perf_event_paranoid is {level}, and kernels that know more than {Highest} let only CAP_SYS_ADMIN open rings then: give this process that too, or set it to {Highest} (sysctl kernel.perf_event_paranoid={Highest})")
        : null;

    // Of this thread, on whichever CPU: one that is sure to be there.
    private static unsafe FileDescriptorHandle Open()
    {
        var attributes = new PerfEventAttributes
        {
            Type = PerfEventAttributes.TypeSoftware,
            Size = (uint)sizeof(PerfEventAttributes),
            Config = PerfEventAttributes.ConfigBpfOutput,
        };
        return Libc.perf_event_open(&attributes, 0, -1, -1, Libc.PERF_FLAG_FD_CLOEXEC);
    }

    private static int? Level()
    {
        try
        {
            return int.Parse(File.ReadAllText(LevelFile), CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return null;
        }
    }
}
