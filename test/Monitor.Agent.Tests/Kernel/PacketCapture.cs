using System.Diagnostics;
using System.Globalization;

namespace Monitor.Agent.Tests.Kernel;

/// <summary>All packets of a network namespace's loopback, as `tshark` understands them.</summary>
internal sealed class PacketCapture : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"capture-{Guid.NewGuid():N}.pcapng");
    private readonly Process _process;

    /// <summary>Begins to capture; from when it returns no packet is missed.</summary>
    public PacketCapture(NetworkNamespace inside)
    {
        _process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", inside.Name, "dumpcap", "-q", "-i", "lo", "-w", _file])
        {
            RedirectStandardError = true,
        })!;

        // "Capturing on 'Loopback: lo'", then "File: ..." when the socket is there.
        while (_process.StandardError.ReadLine() is { } line)
        {
            if (line.StartsWith("File:", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new AssertionException("dumpcap does not capture");
    }

    /// <summary>Stops, once the packets of before have been written.</summary>
    public void Stop()
    {
        // Packets come to dumpcap in blocks, with a delay of up to a tenth of a second.
        Thread.Sleep(500);
        Command.Run("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
        _process.StandardError.ReadToEnd();
        Assert.That(_process.WaitForExit(Patience), "dumpcap ends");
    }

    /// <summary>Fields of the packets that a display filter lets through.</summary>
    public IReadOnlyList<string[]> Read(string filter, params string[] fields)
    {
        var output = Command.Run("tshark", ["-n", "-r", _file, "-Y", filter, "-T", "fields", .. fields.SelectMany(field => new[] { "-e", field })]).Output;
        return output.Length == 0 ? [] : [.. output.Split('\n').Select(line => line.Split('\t'))];
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        File.Delete(_file);
    }
}
