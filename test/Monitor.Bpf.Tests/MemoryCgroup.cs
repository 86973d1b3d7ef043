using System.Diagnostics;
using System.Globalization;

namespace Monitor.Bpf.Tests;

/// <summary>A cgroup of a test's own, with a limit of memory.</summary>
internal sealed class MemoryCgroup : IDisposable
{
    private readonly string _path;

    private MemoryCgroup(string path) => _path = path;

    /// <summary>Null where there is none to be made. Swap is not limited.</summary>
    internal static MemoryCgroup? TryMake(long bytes)
    {
        // Version 1 has a hierarchy of its own for memory; in version 2 the root must hand it on.
        var (parent, limit) = Directory.Exists("/sys/fs/cgroup/memory")
            ? ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            : ("/sys/fs/cgroup", "memory.max");
        var made = new MemoryCgroup(Path.Combine(parent, $"monitor-test-{Environment.ProcessId}"));
        try
        {
            Directory.CreateDirectory(made._path);
            File.WriteAllText(Path.Combine(made._path, limit), bytes.ToString(CultureInfo.InvariantCulture));
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            made.Dispose();
            return null;
        }
    }

    internal Process Start(string command, string argument) =>
        Process.Start("sh", ["-c", $"echo $$ > {_path}/cgroup.procs && exec {command} {argument}"]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(_path);
        }
        catch (IOException)
        {
            // A process is still ending, or it was never made: an empty cgroup harms nobody.
        }
    }
}
