using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Explaining;

/// <summary>Appends events of a story to a server's log, as an agent or an aggregator does. Times are milliseconds.</summary>
internal sealed class StoryLog(TestServer server)
{
    public const string Client = "192.0.2.1", Target = "198.51.100.7";

    public static Duration Ms(double milliseconds) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Appends an event; returns its id.</summary>
    public string Add(double time, string type, Action<Event> change, string node = "node-1")
    {
        var id = "";
        server.Source.Append(1, type, made =>
        {
            made.Time = UnixNanos.ToTimestamp(EventSource.Start + (long)(time * 1_000_000));
            made.NodeName = node;
            change(made);
            id = made.Id;
        });
        return id;
    }

    public string Lookup(double time, double latency, string name, params string[] answers) => Add(time, "dns", made =>
    {
        made.ClearSourcePort();
        made.DestinationIp = "10.96.0.10";
        made.DestinationPort = 53;
        made.Dns = new DnsDetail
        {
            Outcome = DnsDetail.Types.Outcome.Answered,
            Name = name,
            QueryType = "A",
            ResponseCode = answers.Length == 0 ? "NXDOMAIN" : "NOERROR",
            Answers = { answers },
            AnswerCount = (uint)answers.Length,
            Latency = Ms(latency),
        };
    });

    public string Attempt(double time, double handshake, string error = "", ulong connection = 7, Action<Event>? change = null) =>
        Add(time, "connection", made =>
        {
            made.ConnectionId = connection;
            made.Connection = new ConnectionDetail
            {
                Outcome = error.Length == 0 ? ConnectionDetail.Types.Outcome.Connected : ConnectionDetail.Types.Outcome.Failed,
                HandshakeTime = Ms(handshake),
            };
            if (error.Length > 0)
            {
                made.Connection.Error = error;
            }

            change?.Invoke(made);
        });

    public string Accept(double time, double queue, ulong connection = 70, string node = "node-2", Action<Event>? change = null) =>
        Add(time, "accept", made =>
        {
            made.ConnectionId = connection;
            made.Command = "nginx";
            made.Pid = 80;
            made.Accept = new AcceptDetail { AcceptQueueTime = Ms(queue), Abandoned = false };
            change?.Invoke(made);
        }, node);

    public string Retransmit(
        double time, string state = "SYN_SENT", uint number = 1, ulong connection = 7, uint count = 0) => Add(time, "retransmit", made =>
    {
        made.ConnectionId = connection;
        made.Retransmit = new RetransmitDetail { State = state, Direction = ConnectionDirection.Outbound, Retransmits = number, Count = count };
    });

    public string Drop(
        double time, string reason, string explanation, string node = "node-2", bool reverse = false, ulong connection = 0) => Add(time, "packet_drop", made =>
    {
        made.ClearPid();
        made.ClearCommand();
        if (connection != 0)
        {
            made.ConnectionId = connection;
        }

        if (reverse)
        {
            (made.SourceIp, made.DestinationIp) = (made.DestinationIp, made.SourceIp);
            (made.SourcePort, made.DestinationPort) = (made.DestinationPort, made.SourcePort);
        }

        made.PacketDrop = new PacketDropDetail
        {
            Reason = reason,
            Length = 60,
            Severity = DropSeverity.Suspicious,
            Explanation = explanation,
        };
    }, node);

    public string Close(double time, double duration, CloseDetail.Types.Cause cause, ulong connection = 7, bool inbound = false, string node = "node-1") =>
        Add(time, "close", made =>
        {
            made.ConnectionId = connection;
            made.Close = new CloseDetail
            {
                Cause = cause,
                Direction = inbound ? ConnectionDirection.Inbound : ConnectionDirection.Outbound,
                Duration = Ms(duration),
                BytesSent = 512,
                BytesReceived = 1536,
                SegmentsSent = 10,
            };
        }, node);

    public async Task<ExplainResponse> ExplainAsync(string id) =>
        await new ExplainService.ExplainServiceClient(server.OpenChannel()).ExplainAsync(new ExplainRequest { EventId = id });
}
