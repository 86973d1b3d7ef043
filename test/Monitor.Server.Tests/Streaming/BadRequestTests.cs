using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Streaming;

internal sealed class BadRequestTests
{
    private static IEnumerable<TestCaseData> BadRequests()
    {
        yield return Case("source_ip", "999.1.1.1", new StreamEventsRequest { SourceIp = { "999.1.1.1" } });
        yield return Case("destination_port", "70000", new StreamEventsRequest { DestinationPort = { 70000 } });
        yield return Case("protocol", "TPC", new StreamEventsRequest { Protocol = { "TPC" } });
        yield return Case("max_batch_events", "-1", new StreamEventsRequest { MaxBatchEvents = -1 });
        yield return Case("max_batch_events", "10001", new StreamEventsRequest { MaxBatchEvents = 10001 });
        yield return Case("max_batch_delay", "11 s", new StreamEventsRequest { MaxBatchDelay = new Duration { Seconds = 11 } });
        yield return Case("max_batch_delay", "-1 s", new StreamEventsRequest { MaxBatchDelay = new Duration { Seconds = -1 } });
        yield return Case("since", "0 s -5 ns", new StreamEventsRequest { Since = new Timestamp { Nanos = -5 } });
    }

    [TestCaseSource(nameof(BadRequests))]
    public async Task Stream_WithABadField_NamesFieldAndValue(StreamEventsRequest request, string field, string value)
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Events.StreamEvents(request);

        var end = await call.EndAsync();

        Assert.That(end.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(end.Status.Detail, Does.StartWith(field + ":").And.Contain(value));
        var status = Google.Rpc.Status.Parser.ParseFrom(end.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.That(status.Details.Single().Unpack<BadRequest>().FieldViolations.Single().Field, Is.EqualTo(field));
    }

    private static TestCaseData Case(string field, string value, StreamEventsRequest request) =>
        new TestCaseData(request, field, value).SetArgDisplayNames(field, value);
}
