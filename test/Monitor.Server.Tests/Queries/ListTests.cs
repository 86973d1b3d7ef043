using Grpc.Core;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

internal sealed class ListTests
{
    [Test]
    public async Task List_WithoutLimit_AnswersTheNewestHundred()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(250);

        var list = await server.Events.ListEventsAsync(new ListEventsRequest());

        Assert.That(list.Events.Select(e => e.Sequence), Is.EqualTo(Enumerable.Range(0, 100).Select(i => 250UL - (ulong)i)));
        Assert.That(list.Count, Is.EqualTo(100));
        Assert.That(list.TotalCount, Is.EqualTo(250));
        Assert.That(list.OldestTime, Is.EqualTo(UnixNanos.ToTimestamp(EventSource.Start + 1_000_000)));
        Assert.That(list.QueryTime.ToDateTimeOffset(), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task List_PageByPageWhileEventsArrive_NeitherRepeatsNorSkips()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(250);
        var sequences = new List<ulong>();
        var request = new ListEventsRequest { Limit = 60, Pid = { 4242 } };
        do
        {
            var page = await server.Events.ListEventsAsync(request);
            sequences.AddRange(page.Events.Select(e => e.Sequence));
            request.PageToken = page.NextPageToken;
            server.Source.Append(10);
        }
        while (request.PageToken.Length > 0);

        Assert.That(sequences, Is.EqualTo(Enumerable.Range(0, 250).Select(i => 250UL - (ulong)i)));
    }

    [Test]
    public async Task List_WithAFilter_SaysWhatWasApplied()
    {
        await using var server = await TestServer.StartAsync();
        server.Source.Append(5);

        var list = await server.Events.ListEventsAsync(
            new ListEventsRequest { Protocol = { "tcp" }, DestinationIp = { "198.51.100.9/24" }, Failed = false });

        Assert.That(list.Count, Is.EqualTo(5));
        Assert.That(list.Filters, Is.EqualTo(
            new EventFilter { Protocol = { "TCP" }, DestinationIp = { "198.51.100.0/24" }, Failed = false }));
    }

    [Test]
    public async Task List_OfAnEmptyLog_IsEmpty()
    {
        await using var server = await TestServer.StartAsync();

        var list = await server.Events.ListEventsAsync(new ListEventsRequest());

        Assert.That(list.Events, Is.Empty);
        Assert.That(list.OldestTime, Is.Null);
        Assert.That(list.NextPageToken, Is.Empty);
    }

    [TestCase(-1)]
    [TestCase(10_001)]
    [TestCase(20_000)]
    public async Task List_WithABadLimit_IsInvalid(int limit)
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Events.ListEventsAsync(new ListEventsRequest { Limit = limit }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(failure!.Status.Detail, Does.StartWith($"limit: '{limit}'"));
    }

    [Test]
    public async Task List_WithSinceAfterUntil_IsInvalid()
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await server.Events.ListEventsAsync(new ListEventsRequest
        {
            Since = UnixNanos.ToTimestamp(EventSource.Start + 1),
            Until = UnixNanos.ToTimestamp(EventSource.Start),
        }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(failure!.Status.Detail, Does.StartWith("until:").And.Contain("since"));
    }

    [Test]
    public async Task List_WithAGarbagePageToken_IsInvalid()
    {
        await using var server = await TestServer.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Events.ListEventsAsync(new ListEventsRequest { PageToken = "garbage" }));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(failure!.Status.Detail, Does.StartWith("page_token:"));
    }
}
