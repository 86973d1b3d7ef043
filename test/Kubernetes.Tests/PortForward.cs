using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Kubernetes.Tests;

/// <summary>A <c>kubectl port-forward</c>, ended when disposed of.</summary>
internal sealed partial class PortForward : IDisposable
{
    private readonly Process _process;
    private readonly Task<string?> _firstLine;

    private PortForward(Process process)
    {
        _process = process;
        _firstLine = process.StandardOutput.ReadLineAsync();
    }

    /// <param name="name">Namespace of the target.</param>
    /// <param name="target">Such as <c>service/monitor</c>.</param>
    /// <param name="port">Its port.</param>
    public static PortForward Start(string name, string target, int port)
    {
        var start = new ProcessStartInfo(Cluster.Setting("KUBECTL"), ["-n", name, "port-forward", target, $":{port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (variable, value) in Cluster.Environment)
        {
            start.Environment[variable] = value;
        }

        return new PortForward(Process.Start(start)!);
    }

    /// <summary>The port on this machine. Null where it has ended: there is no target yet, or it is gone.</summary>
    public async Task<int?> LocalPortAsync() =>
        Forwarding().Match(await _firstLine ?? "") is { Success: true } match && !_process.HasExited
            ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [GeneratedRegex(@"^Forwarding from 127\.0\.0\.1:(\d+) ")]
    private static partial Regex Forwarding();
}
