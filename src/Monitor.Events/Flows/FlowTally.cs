using Google.Protobuf;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.Events;

/// <summary>
/// Sums events by flow, from the newest to the oldest, by their encoded bytes. What the second end of a connection says is
/// held back until it is clear that the first one says nothing.
/// </summary>
internal sealed class FlowTally : IEventTally
{
    private const byte Tcp = 6;

    // Of 136 bytes each: 36 MB while a large log is summed. Four places for each event, so that groups are seldom full.
    private const int MaxPending = 1 << 18;
    private const int PlacesPerEvent = 4;

    // As far apart as two events of one moment can be in the log, in time: see ConnectionEnd.
    private const long MaxApart = 10_000_000_000;

    private readonly FlowGrouping _grouping;
    private readonly FlowClocks _clocks;
    private readonly ConnectionPairs<Part> _pairs;
    private readonly FlowDrops _drops = new();
    private readonly FlowKey _key = new();
    private long _horizon;

    public FlowTally(FlowGrouping grouping, FlowClocks clocks, int maxFlows, long events)
    {
        _grouping = grouping;
        _clocks = clocks;
        Table = new FlowTable(maxFlows);
        _pairs = new ConnectionPairs<Part>((int)Math.Clamp(events * PlacesPerEvent, 64, MaxPending));
    }

    public FlowTable Table { get; }

    /// <summary>Accepts that count although their attempt may come.</summary>
    public long Uncertain { get; private set; }

    /// <summary>Drops that belong to no flow; once settled.</summary>
    public long OtherDrops { get; private set; }

    public void BeginSegment(long newest) => _horizon = newest;

    public void Add(in EventColumns columns, ReadOnlySpan<byte> message)
    {
        // The generated parser merges fields that occur twice. No agent encodes events like that.
        var e = FlowEvent.Read((columns.Flags & ColumnFlags.Unique) != 0 ? message : Event.Parser.ParseFrom(message).ToByteArray());
        if (e.Detail == EventTags.PacketDrop)
        {
            _drops.AddDrop(columns);
            return;
        }

        if (e.Detail == 0)
        {
            return;
        }

        var detail = DetailFacts.Read(e.Detail, e.DetailBytes);
        var inbound = e.Detail == EventTags.Accept || detail.Direction == ConnectionDirection.Inbound;
        // Where it is not known who opened a connection, it is not known either which of the ports tells what it is for.
        var hasDirection = e.Detail is EventTags.Connection or EventTags.Accept or EventTags.Dns
            || detail.Direction != ConnectionDirection.Unspecified;
        var flow = Table.Get(_key.Write(e, hasDirection ? columns.DestinationPort : null, _grouping, inbound));
        switch (e.Detail)
        {
            case EventTags.Connection: AddAttempt(columns, e, detail, flow); break;
            case EventTags.Accept: AddEnd(columns, e, ConnectionRole.Accept, detail, flow); break;
            case EventTags.Close:
                AddEnd(columns, e, inbound ? ConnectionRole.InboundClose : ConnectionRole.OutboundClose, detail, flow);
                break;
            case EventTags.Reset:
                AddEnd(columns, e, detail.Sent ? ConnectionRole.SentReset : ConnectionRole.ReceivedReset, detail, flow);
                break;
            case EventTags.Retransmit:
                flow.Retransmits += Math.Max(1, detail.Retransmits);
                flow.NoteTime(columns.Time);
                break;
            case EventTags.Dns:
                flow.DnsQuestions++;
                _drops.NoteRoute(columns, flow);
                flow.DnsFailed += columns.Failed ? 1 : 0;
                flow.AddDnsLatency(detail.Answered ? detail.Latency : null);
                flow.NoteTime(columns.Time);
                break;
        }
    }

    /// <summary>Counts what was held back, and makes one of two flows that are the same by either end. Call it once, when all
    /// events were added.</summary>
    /// <returns>The flows, but for <see cref="FlowTable.Other"/>.</returns>
    public List<FlowSums> Settle()
    {
        foreach (var entry in _pairs.Remaining)
        {
            Count(entry);
        }

        foreach (var flow in Table.Flows)
        {
            if (Final(flow) is var final && final != flow)
            {
                final.Add(flow);
            }
        }

        OtherDrops = _drops.Settle(Final);
        return [.. Table.Flows.Where(flow => !flow.IsEmpty && Final(flow) == flow)];
    }

    // The flow of an initiator takes in that of the other ends, if these have no other initiator.
    private static FlowSums Final(FlowSums flow) =>
        flow.Counterpart is { } other && !flow.IsInitiator && other.IsInitiator ? other : flow;

    private void AddAttempt(in EventColumns columns, in FlowEvent e, in DetailFacts detail, FlowSums flow)
    {
        flow.Connections++;
        flow.NoteTime(columns.Time);
        if (detail.Outcome.IsFailure())
        {
            flow.Failed++;
            flow.AddError(detail.Error);
        }

        _drops.NoteRoute(columns, flow);
        if (detail.Outcome != Outcome.Connected)
        {
            return;
        }

        flow.AddHandshake(detail.Latency);
        AddEnd(columns, e, ConnectionRole.Attempt, detail, flow);
    }

    private void AddEnd(in EventColumns columns, in FlowEvent e, ConnectionRole role, in DetailFacts detail, FlowSums flow)
    {
        var part = new Part(flow, columns.Time, new FlowClose(detail.BytesSent, detail.BytesReceived, detail.Retransmits, detail.Rtt));
        if (IsFirst(role))
        {
            Count(role, part);
        }

        _drops.NoteRoute(columns, flow);
        if (columns.ProtocolCode != Tcp || ConnectionEnd.Of(columns, role, _clocks.Of(e.NodeName)) is not { } end)
        {
            // Nothing can be its other end.
            if (!IsFirst(role))
            {
                Count(role, part);
            }

            return;
        }

        end.Established = EstablishedAt(role, end.Time, detail);
        if (_pairs.TryTake(end, out var other))
        {
            Join(IsFirst(role) ? part : other.Value, IsFirst(role) ? other.Value : part, role);
        }
        else if (_pairs.Add(end, part, out var forgotten))
        {
            Uncertain += forgotten.End.Role == ConnectionRole.Accept && _horizon >= forgotten.Value.Time - MaxApart ? 1 : 0;
            Count(forgotten);
        }
    }

    private static long EstablishedAt(ConnectionRole role, long time, in DetailFacts detail) => role switch
    {
        ConnectionRole.Attempt or ConnectionRole.Accept => unchecked(time - detail.SinceEstablished),
        ConnectionRole.OutboundClose or ConnectionRole.InboundClose => detail.Since is { } since ? unchecked(time - since) : 0,
        // Of a reset, its own time: both ends see it within half a round trip.
        _ => time,
    };

    private static void Join(in Part first, in Part second, ConnectionRole role)
    {
        if (role is ConnectionRole.OutboundClose or ConnectionRole.InboundClose)
        {
            first.Flow.AddBothEnds(first.Close, second.Close);
        }

        // The receiver of a reset can be either end.
        if (role is not (ConnectionRole.SentReset or ConnectionRole.ReceivedReset))
        {
            first.Flow.NoteOtherEnds(second.Flow);
        }
    }

    private static bool IsFirst(ConnectionRole role) => ((byte)role & 1) == 0;

    private static void Count(in ConnectionPairs<Part>.Entry entry)
    {
        if (!IsFirst(entry.End.Role))
        {
            Count(entry.End.Role, entry.Value);
        }
    }

    private static void Count(ConnectionRole role, in Part part)
    {
        var flow = part.Flow;
        flow.NoteTime(part.Time);
        switch (role)
        {
            case ConnectionRole.Accept:
                flow.Connections++;
                flow.AcceptedOnly++;
                break;
            case ConnectionRole.OutboundClose:
                flow.Closed++;
                flow.BytesSent += part.Close.Sent;
                flow.BytesReceived += part.Close.Received;
                flow.AddRtt(part.Close.Rtt);
                break;
            case ConnectionRole.InboundClose:
                flow.Closed++;
                flow.BytesSent += part.Close.Received;
                flow.BytesReceived += part.Close.Sent;
                flow.AddRtt(part.Close.Rtt);
                break;
            case ConnectionRole.SentReset or ConnectionRole.ReceivedReset:
                flow.Resets++;
                break;
        }
    }

    // What is held back of an event.
    private readonly record struct Part(FlowSums Flow, long Time, FlowClose Close);
}
