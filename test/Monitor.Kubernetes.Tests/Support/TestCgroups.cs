using System.Diagnostics;
using Monitor.Bpf.Attaching;

namespace Monitor.Kubernetes.Tests.Support;

/// <summary>
/// A folder of the test's own in a hierarchy of cgroups of this machine, and processes in it; both are gone with the test.
/// </summary>
internal sealed class TestCgroups : IDisposable
{
    private static int _count;

    private readonly List<Process> _processes = [];

    private TestCgroups(string mount)
    {
        Root = $"{mount}/monitor-test-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    /// <summary>In the v2 hierarchy; skips the test where there is none that it may write to.</summary>
    public static TestCgroups V2() => Make(CgroupMount.Find()?.Path);

    /// <summary>In a v1 hierarchy.</summary>
    public static TestCgroups V1() => Make(File.ReadLines("/proc/mounts")
        .Select(line => line.Split(' '))
        .FirstOrDefault(fields => fields[2] == "cgroup" && fields[3].Contains("pids", StringComparison.Ordinal))?[1]);

    public string Add(string path)
    {
        Directory.CreateDirectory(Root + path);
        return Root + path;
    }

    /// <summary>A process that waits in a cgroup until it is ended.</summary>
    public Process Run(string path)
    {
        var start = new ProcessStartInfo("sh", ["-c", "echo $$ >\"$1/cgroup.procs\" && echo in && exec sleep 600", "sh", Root + path])
        {
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        _processes.Add(process);
        Assert.That(process.StandardOutput.ReadLine(), Is.EqualTo("in"));
        return process;
    }

    public static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Remove(string path)
    {
        foreach (var folder in Directory.EnumerateDirectories(Root + path, "*", SearchOption.AllDirectories)
            .OrderByDescending(folder => folder.Length)
            .Append(Root + path))
        {
            RemoveOne(folder);
        }
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                End(process);
            }

            process.Dispose();
        }

        Remove("");
    }

    // A cgroup stays busy for a moment after its last process.
    private static void RemoveOne(string folder) => Assert.That(
        () =>
        {
            try
            {
                Directory.Delete(folder);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        },
        Is.True.After(10_000, 5));

    private static TestCgroups Make(string? mount)
    {
        if (mount is null)
        {
            Skip("This machine has no such hierarchy of cgroups.");
        }

        try
        {
            return new TestCgroups(mount!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Skip($"Cgroups cannot be made: {failure.Message}");
            throw;
        }
    }

    private static void Skip(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI_KERNEL_REQUIRED") == "1")
        {
            Assert.Fail(reason);
        }

        Assert.Ignore(reason);
    }
}
