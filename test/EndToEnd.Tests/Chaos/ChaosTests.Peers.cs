using System.Diagnostics;
using System.Net.Sockets;

namespace EndToEnd.Tests.Chaos;

/// <summary>Whoever is at the other end: garbage, and clients that break, stop and die.</summary>
internal sealed partial class ChaosTests
{
    private async Task GarbageAsync()
    {
        var bytes = new byte[64 << 10];
        foreach (var target in new[] { A.AgentTarget, $"{B.Address}:8080", Aggregator.GrpcTarget, Aggregator.HttpTarget })
        {
            _random.NextBytes(bytes);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(System.Net.IPEndPoint.Parse(target));
            try
            {
                await socket.SendAsync(bytes);
            }
            catch (SocketException)
            {
                // It has closed the connection already, which is as well.
            }
        }
    }

    private Task ClientBrokenAsync()
    {
        Client.Break();
        Traffic();
        Client.Break();
        return Task.CompletedTask;
    }

    private async Task ClientStoppedAsync()
    {
        Client.Pause();
        Traffic();
        await SecondsAsync(3);
        Client.Continue();
    }

    private async Task StrangerAsync()
    {
        using var curl = Process.Start(new ProcessStartInfo("curl",
        [
            "-sN", "--cacert", _credentials!.PathOf("ca.pem"), "-H", TestCredentials.Authorization,
            $"{Aggregator.HttpUrl}/api/events/stream?since=1970-01-01T00:00:00Z",
        ])
        { RedirectStandardOutput = true })!;
        await curl.StandardOutput.ReadLineAsync();
        Process.Start("kill", ["-STOP", $"{curl.Id}"]).WaitForExit();
        Traffic();
        await SecondsAsync(2);
        curl.Kill();
        await curl.WaitForExitAsync();
    }
}
