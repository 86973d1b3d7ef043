using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Monitor.Events;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Hosting;

internal sealed class ListenTests
{
    [TestCase("--http")]
    [TestCase("--grpc")]
    public async Task Start_OnAPortInUse_NamesAddressSettingAndRemedy(string setting)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var endPoint = (IPEndPoint)taken.LocalEndpoint;
        var free = new IPEndPoint(IPAddress.Loopback, 0);
        using var log = new EventLog(new EventLogOptions(), 1, TimeProvider.System);
        await using var app = Build(setting == "--http" ? endPoint : free, setting == "--grpc" ? endPoint : free, log);

        var failure = await Assert.ThrowsAsync<ListenException>(() => app.StartAsync());

        Assert.That(failure!.Message, Does.StartWith($"cannot listen on {endPoint} ({setting}): another process has"));
        Assert.That(failure!.Message, Does.Contain("ss -ltnp").And.Not.Contain("\n"));
        Assert.That(failure!.Setting, Is.EqualTo(setting));
    }

    [Test]
    public async Task Start_OnAnAddressOfAnotherMachine_SaysSo()
    {
        using var log = new EventLog(new EventLogOptions(), 1, TimeProvider.System);
        await using var app = Build(
            new IPEndPoint(IPAddress.Parse("192.0.2.1"), 8080), new IPEndPoint(IPAddress.Loopback, 0), log);

        var failure = await Assert.ThrowsAsync<ListenException>(() => app.StartAsync());

        Assert.That(failure!.Message, Does.Contain("192.0.2.1:8080 (--http): this machine does not have this address"));
    }

    [Test]
    public async Task Start_OnOnePortForBoth_RefusesTheSecond()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var endPoint = (IPEndPoint)probe.LocalEndpoint;
        probe.Stop();
        using var log = new EventLog(new EventLogOptions(), 1, TimeProvider.System);
        await using var app = Build(endPoint, new IPEndPoint(endPoint.Address, endPoint.Port), log);

        var failure = await Assert.ThrowsAsync<ListenException>(() => app.StartAsync());

        Assert.That(failure!.Message, Does.Contain("--http and --grpc are the same address"));
    }

    private static WebApplication Build(IPEndPoint http, IPEndPoint grpc, EventLog log) => MonitorServer.Build(
        new MonitorServerOptions { Http = http, Grpc = grpc, LogLevel = Microsoft.Extensions.Logging.LogLevel.None },
        log,
        new FakePrograms());
}
