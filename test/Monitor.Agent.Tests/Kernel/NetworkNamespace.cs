namespace Monitor.Agent.Tests.Kernel;

/// <summary>A network namespace of the test's own, with loopback up; removed with all that is in it.</summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static int _count;

    public NetworkNamespace()
    {
        Name = $"mon-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        Command.Run("ip", "netns", "add", Name);
        Inode = (uint)Bpf.Kernel.Inode.Of($"/run/netns/{Name}")!.Value;
        Execute("ip", "link", "set", "lo", "up");
    }

    public string Name { get; }

    public uint Inode { get; }

    /// <summary>Runs a command inside and waits for it.</summary>
    public CommandResult Execute(params string[] command) => Command.Run("ip", ["netns", "exec", Name, .. command]);

    /// <summary>Runs a Python program inside, with socket, os, sys, time and struct imported.</summary>
    public CommandResult Python(string program) => Execute("python3", "-c", Command.PythonProgram(program));

    /// <summary>The same of one that may take its time.</summary>
    public CommandResult Python(string program, TimeSpan patience) =>
        Command.Run(patience, "ip", "netns", "exec", Name, "python3", "-c", Command.PythonProgram(program));

    /// <summary>Adds rules to a table of family inet.</summary>
    public void Nft(string rules) => Execute("nft", rules);

    public void Dispose() => Command.Run("ip", "netns", "del", Name);
}
