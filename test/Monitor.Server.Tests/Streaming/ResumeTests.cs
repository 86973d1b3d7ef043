using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Streaming;

internal sealed class ResumeTests
{
    [Test]
    public async Task Resume_AfterAnyMessage_ContinuesWithoutGapOrRepetition()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(1000);
        var request = new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start), MaxBatchEvents = 97 };
        var sequences = new List<ulong>();
        while (sequences.Count < 1000)
        {
            using var call = server.Events.StreamEvents(request);
            var message = await call.NextAsync();
            sequences.AddRange(message.Events.Select(e => e.Sequence));
            request = new StreamEventsRequest { ResumeToken = message.ResumeToken, MaxBatchEvents = 97 };
        }

        Assert.That(sequences, Is.EqualTo(Enumerable.Range(1, 1000).Select(i => (ulong)i)));
    }

    [TestCase("garbage")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("")]
    public async Task Resume_WithATokenThatIsCutOrInvented_IsInvalid(string token)
    {
        await using var server = await TestServer.StartAsync();
        if (token.Length == 0)
        {
            using var good = server.Events.StreamEvents(new StreamEventsRequest());
            token = (await good.NextAsync()).ResumeToken[..^3];
        }

        using var call = server.Events.StreamEvents(new StreamEventsRequest { ResumeToken = token });

        var end = await call.EndAsync();
        Assert.That(end.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(end.Status.Detail, Does.StartWith($"resume_token: '{token}' is not a token of this server."));
    }

    [Test]
    public async Task Resume_WithATokenOfAnotherRun_IsInvalidAndSaysSo()
    {
        await using var server = await TestServer.StartAsync();
        using var other = new EventLog(new EventLogOptions(), 77, TimeProvider.System);
        var token = other.OpenCursor(null, LogPosition.End).GetResumeToken().ToString();

        using var call = server.Events.StreamEvents(new StreamEventsRequest { ResumeToken = token });

        var end = await call.EndAsync();
        Assert.That(end.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(end.Status.Detail, Does.Contain("restarted"));
    }

    [Test]
    public async Task Resume_WhereEventsHaveLeftTheLog_IsOutOfRangeOrReportsTheGap()
    {
        await using var server = await TestServer.StartAsync(retentionBytes: 1 << 20);
        server.Source.Append(10);
        using var first = server.Events.StreamEvents(
            new StreamEventsRequest { Since = UnixNanos.ToTimestamp(EventSource.Start) });
        var token = (await first.ReadEventsAsync(10))[^1].ResumeToken;
        server.Source.Append(20_000);
        var oldest = server.Log.GetStatistics().Evicted + 1;

        using var refused = server.Events.StreamEvents(new StreamEventsRequest { ResumeToken = token });
        using var accepted = server.Events.StreamEvents(
            new StreamEventsRequest { ResumeToken = token, AcceptLoss = true });

        var end = await refused.EndAsync();
        Assert.That(end.StatusCode, Is.EqualTo(StatusCode.OutOfRange));
        Assert.That(end.Status.Detail, Does.Contain("sequence 11").And.Contain($"is {oldest} of 2026-").And.Contain("accept_loss"));
        var message = await accepted.NextAsync();
        Assert.That(message.Losses.Single().Cause, Is.EqualTo(LossCause.Evicted));
        Assert.That(message.Losses.Single().Count, Is.EqualTo((ulong)oldest - 11));
        Assert.That(message.Events[0].Sequence, Is.EqualTo((ulong)oldest));
    }

    [Test]
    public async Task Resume_TogetherWithSince_IsInvalid()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(
            new StreamEventsRequest { ResumeToken = "x", Since = UnixNanos.ToTimestamp(EventSource.Start) });

        var end = await call.EndAsync();

        Assert.That(end.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(end.Status.Detail, Does.StartWith("since:"));
    }
}
