using System.Diagnostics;
using System.Globalization;
using Monitor.Bpf.Kernel;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>A network namespace of the test's own, with loopback up; removed with all that is in it.</summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static int s_count;

    public NetworkNamespace()
    {
        Name = $"mon-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Run("ip", "netns", "add", Name);
        Inode = (uint)Bpf.Kernel.Inode.Of($"/run/netns/{Name}")!.Value;
        Execute("ip", "link", "set", "lo", "up");
    }

    public string Name { get; }

    public uint Inode { get; }

    /// <summary>Runs a command inside and waits for it.</summary>
    public Finished Execute(params string[] command) => Run("ip", ["netns", "exec", Name, .. command]);

    /// <summary>Runs a Python program inside, with socket, os, sys, time and struct imported.</summary>
    public Finished Python(string program) => Execute("python3", "-c", $"import socket, os, sys, time, struct\n{program}");

    /// <summary>Adds rules to a table of family inet.</summary>
    public void Nft(string rules) => Execute("nft", rules);

    public void Dispose() => Run("ip", "netns", "del", Name);

    private static Finished Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(60_000))
        {
            process.Kill();
            throw new AssertionException($"{file} {string.Join(' ', arguments)} did not end");
        }

        if (process.ExitCode != 0)
        {
            throw new AssertionException($"{file} {string.Join(' ', arguments)} failed: {error}");
        }

        return new Finished((uint)process.Id, output.Result.Trim());
    }

    /// <param name="Pid">ip netns exec becomes the command: it is the command's own.</param>
    /// <param name="Output">What it printed.</param>
    internal sealed record Finished(uint Pid, string Output)
    {
        /// <summary>The output as a number.</summary>
        public uint Number => uint.Parse(Output, CultureInfo.InvariantCulture);
    }
}
