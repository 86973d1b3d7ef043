using System.Security.Cryptography.X509Certificates;
using Monitor.Server.Tests.Access;
using Monitor.SimulatedAgents;

namespace Monitor.ClickHouse.Tests;

/// <summary>An engine over TLS, with a certificate of an authority that the machine does not know.</summary>
public sealed class TlsTests
{
    private readonly TestAuthority _authority = new();
    private CurrentEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await CurrentEngine.StartNewAsync(_authority.Sign(null));

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        _authority.Dispose();
    }

    [Test]
    public async Task Aggregator_WithTheAuthority_Writes()
    {
        await using var cluster = await SimulatedCluster.StartAsync();
        var agent = cluster.Add("node-1");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, _authority.Pem);
            using var aggregator = new AggregatorProcess(_engine, [agent.Target], "--clickhouse-authority", file);
            await aggregator.StartedAsync();
            agent.Produce(100);

            await Waiting.ForAsync("it to write", async () => await aggregator.MetricAsync("monitor_archive_events_total") == 100);

            Assert.That(await _engine.CountAsync("SELECT count() FROM events"), Is.EqualTo(100));
            Assert.That(aggregator.Error, Does.Contain("archive: https://monitor@127.0.0.1"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task Writer_AnotherAuthorityOrThoseOfTheMachine_IsRefused([Values] bool another)
    {
        using var other = new TestAuthority();
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(other.Pem);
        using var log = TestLog.Create();
        log.Add(TestLog.Connections(1, 10));
        await using var writer = new RunningWriter(log, _engine.OptionsWith(Engine.Password, another ? authorities : null), _engine.Dialect);

        await Waiting.ForAsync("the certificate to be refused", () => writer.Status.Retries > 1);

        Assert.That(writer.Status.Problem, Does.Contain("certificate"));
        Assert.That(writer.Status.Inserted, Is.Zero);
    }
}
