using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Events;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Status;

internal sealed class RateSamplerTests
{
    [Test]
    public async Task Rate_OfCountersThatGrow_IsTheMeanOfTheLastTenSeconds()
    {
        var time = new ManualTime();
        using var log = new EventLog(new EventLogOptions(), 1, time);
        var source = new EventSource(log);
        var programs = new FakePrograms();
        using var sampler = new RateSampler(log, programs, time, NullLogger<RateSampler>.Instance);
        Assert.That(sampler.TotalRate, Is.Zero);

        for (ulong second = 0; second <= 30; second++)
        {
            // 100 a second at first, 200 in the last ten.
            var stored = second <= 20 ? second * 100 : 2000 + (second - 20) * 200;
            programs.Programs = [FakePrograms.Active("connection", stored)];
            await sampler.SampleAsync(CancellationToken.None);
            source.Append(7);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(sampler.RateOf("node-1", "connection"), Is.EqualTo(200).Within(0.001));
        Assert.That(sampler.RateOf("node-1", "other"), Is.Zero);
        Assert.That(sampler.TotalRate, Is.EqualTo(7).Within(0.001));
    }

    [Test]
    public async Task Rate_OfACounterThatWentBack_IsZero()
    {
        var time = new ManualTime();
        using var log = new EventLog(new EventLogOptions(), 1, time);
        var programs = new FakePrograms { Programs = [FakePrograms.Active("connection", 100)] };
        using var sampler = new RateSampler(log, programs, time, NullLogger<RateSampler>.Instance);
        await sampler.SampleAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(1));
        programs.Programs = [FakePrograms.Active("connection", 3)];
        await sampler.SampleAsync(CancellationToken.None);

        Assert.That(sampler.RateOf("node-1", "connection"), Is.Zero);
    }
}
