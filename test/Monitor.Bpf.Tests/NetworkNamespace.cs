using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Monitor.Bpf.Tests;

/// <summary>A network namespace of a test's own, in which nothing but a loopback interface is.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x40000000;

    /// <summary>Runs something on a thread that is in a new network namespace, which ends with it.</summary>
    internal static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.That(unshare(NewNetwork), Is.Zero, $"unshare: {Marshal.GetLastPInvokeError()}");
                using var ip = Process.Start("ip", ["link", "set", "lo", "up"]);
                Assert.That(ip.WaitForExit(10_000) && ip.ExitCode == 0, "ip link set lo up");
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
