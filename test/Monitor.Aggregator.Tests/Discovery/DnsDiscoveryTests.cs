using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Monitor.Aggregator.Discovery;
using Monitor.Aggregator.Tests.Support;

namespace Monitor.Aggregator.Tests.Discovery;

internal sealed class DnsDiscoveryTests
{
    private readonly Lock _lock = new();
    private CollectedLog<DnsDiscovery> _log = null!;
    private Func<IPAddress[]> _answer = null!;
    private int _asked;

    [SetUp]
    public void SetUp() => _log = new CollectedLog<DnsDiscovery>();

    [Test]
    public async Task Name_OfLoopback_GivesItsAddresses()
    {
        await using var watched = new WatchedDiscovery(new DnsDiscovery(Name("localhost:7"), null, TimeProvider.System, _log));

        Assert.That(await watched.NextAsync(), Has.Member("127.0.0.1:7").Or.Member("[::1]:7"));
    }

    [Test]
    public async Task Name_OfNothing_SaysSo()
    {
        // RFC 6761: nothing is ever called this.
        await using var watched = new WatchedDiscovery(new DnsDiscovery(Name("agents.invalid"), null, TimeProvider.System, _log));
        _ = watched.NextAsync();

        await Waiting.UntilAsync("the message", () => _log.Entries.Count == 1);
        Assert.That(_log.Messages.Single(), Does.Contain("agents.invalid"));
    }

    [Test]
    public async Task Addresses_Changed_GiveTheNewSet()
    {
        Answer("10.0.0.1", "fd00::1");
        await using var watched = Watch();
        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "10.0.0.1:50051", "[fd00::1]:50051" }));

        Answer("10.0.0.2");

        Assert.That(await watched.NextAsync(), Is.EqualTo(new[] { "10.0.0.2:50051" }));
    }

    [Test]
    public async Task Addresses_InAnotherOrder_AreTheSameSet()
    {
        Answer("10.0.0.1", "10.0.0.2");
        await using var watched = Watch();
        await watched.NextAsync();
        var next = watched.NextAsync();

        Answer("10.0.0.2", "10.0.0.1");
        await AskedTwiceMoreAsync();
        Assert.That(next.IsCompleted, Is.False);
        Answer("10.0.0.2", "10.0.0.1", "10.0.0.3");

        Assert.That(await next, Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Failure_KeepsTheSetAndSaysSoOnce()
    {
        Answer("10.0.0.1");
        await using var watched = Watch();
        await watched.NextAsync();
        var next = watched.NextAsync();

        Answer(() => throw new SocketException((int)SocketError.TryAgain));
        await AskedTwiceMoreAsync();
        Answer("10.0.0.1", "10.0.0.2");

        Assert.That(await next, Has.Length.EqualTo(2));
        Assert.That(_log.Entries.Select(entry => entry.Level), Is.EqualTo(new[] { LogLevel.Warning, LogLevel.Information }));
    }

    [Test]
    public async Task NoAddress_IsAFailure()
    {
        Answer("10.0.0.1");
        await using var watched = Watch();
        await watched.NextAsync();
        var next = watched.NextAsync();

        Answer();
        await AskedTwiceMoreAsync();

        Assert.That(next.IsCompleted, Is.False);
        Assert.That(_log.Messages.Single(), Does.Contain("no address"));
    }

    private static AgentAddress Name(string text) => AgentList.Parse(text).Agents.Single();

    private WatchedDiscovery Watch() =>
        new(new DnsDiscovery(Name("agents.example"), ResolveAsync, TimeProvider.System, _log) { Interval = TimeSpan.FromMilliseconds(5) });

    private Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        Assert.That(name, Is.EqualTo("agents.example"));
        lock (_lock)
        {
            _asked++;
            return Task.FromResult(_answer());
        }
    }

    private void Answer(params string[] addresses) => Answer(() => [.. addresses.Select(IPAddress.Parse)]);

    private void Answer(Func<IPAddress[]> answer)
    {
        lock (_lock)
        {
            _answer = answer;
        }
    }

    private Task AskedTwiceMoreAsync()
    {
        var asked = Volatile.Read(ref _asked);
        return Waiting.UntilAsync("two more questions", () => Volatile.Read(ref _asked) >= asked + 2);
    }
}
