using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>The sums of one flow.</summary>
/// <param name="key">See <see cref="FlowKey"/>; empty for those of no one flow.</param>
internal sealed class FlowSums(byte[] key)
{
    private readonly ErrorCounts _errors = new();
    private LatencySamples? _handshakes;
    private LatencySamples? _rtts;
    private LatencySamples? _dnsLatencies;
    private FlowEnds? _bothEnds;
    private long _first = long.MaxValue;
    private long _last = long.MinValue;
    private FlowSums? _counterpart;
    private bool _hasCounterparts;

    public byte[] Key => key;

    public long Connections;
    public long AcceptedOnly;
    public long Failed;
    public long Closed;
    public ulong BytesSent;
    public ulong BytesReceived;
    public long Retransmits;
    public long Resets;
    public long Drops;
    public long DnsQuestions;
    public long DnsFailed;

    /// <summary>The flow of the other ends of its connections, as these name it; null where there is none, or several.</summary>
    public FlowSums? Counterpart => _hasCounterparts ? null : _counterpart;

    /// <summary>Whether it has connections whose other ends were seen.</summary>
    public bool IsInitiator { get; private set; }

    /// <summary>Whether nothing was summed.</summary>
    public bool IsEmpty => _first > _last;

    /// <summary>What it is ordered by.</summary>
    public ulong Rank(FlowOrder order) =>
        order == FlowOrder.Connections ? (ulong)Connections : BytesSent + BytesReceived;

    public void NoteTime(long time)
    {
        _first = Math.Min(_first, time);
        _last = Math.Max(_last, time);
    }

    public void AddHandshake(long? nanos) => Add(ref _handshakes, nanos);

    public void AddRtt(long? nanos) => Add(ref _rtts, nanos);

    public void AddDnsLatency(long? nanos) => Add(ref _dnsLatencies, nanos);

    public void AddError(ReadOnlySpan<byte> name) => _errors.Add(name, 1);

    /// <summary>A connection whose closes both were seen.</summary>
    public void AddBothEnds(in FlowClose source, in FlowClose destination)
    {
        _bothEnds ??= new FlowEnds();
        _bothEnds.Connections++;
        _bothEnds.SentDifference += (long)(source.Sent - destination.Received);
        _bothEnds.ReceivedDifference += (long)(destination.Sent - source.Received);
        _bothEnds.SourceRetransmits += source.Retransmits;
        _bothEnds.DestinationRetransmits += destination.Retransmits;
    }

    /// <summary>The other end of one of its connections, which it opened, is of this flow.</summary>
    public void NoteOtherEnds(FlowSums other)
    {
        // Those of no one flow have no key.
        if (other != this && key.Length > 0 && other.Key.Length > 0)
        {
            IsInitiator = true;
            NoteCounterpart(other);
            other.NoteCounterpart(this);
        }
    }

    /// <summary>Adds what another flow has.</summary>
    public void Add(FlowSums other)
    {
        if (other.IsEmpty)
        {
            return;
        }

        Connections += other.Connections;
        AcceptedOnly += other.AcceptedOnly;
        Failed += other.Failed;
        Closed += other.Closed;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        Retransmits += other.Retransmits;
        Resets += other.Resets;
        Drops += other.Drops;
        DnsQuestions += other.DnsQuestions;
        DnsFailed += other.DnsFailed;
        _errors.Add(other._errors);
        Add(ref _handshakes, other._handshakes);
        Add(ref _rtts, other._rtts);
        Add(ref _dnsLatencies, other._dnsLatencies);
        if (other._bothEnds is { } both)
        {
            _bothEnds ??= new FlowEnds();
            _bothEnds.Connections += both.Connections;
            _bothEnds.SentDifference += both.SentDifference;
            _bothEnds.ReceivedDifference += both.ReceivedDifference;
            _bothEnds.SourceRetransmits += both.SourceRetransmits;
            _bothEnds.DestinationRetransmits += both.DestinationRetransmits;
        }

        NoteTime(other._first);
        NoteTime(other._last);
    }

    public Flow ToFlow()
    {
        var flow = Flow.Parser.ParseFrom(key);
        if (Counterpart is { Counterpart: { } back } other && back == this)
        {
            // What the destination itself says it is, and by what the source knows it.
            var destination = Flow.Parser.ParseFrom(other.Key).Destination;
            destination.MergeFrom(flow.Destination);
            flow.Destination = destination;
        }

        flow.Connections = Connections;
        flow.AcceptedOnly = AcceptedOnly;
        flow.Failed = Failed;
        flow.Closed = Closed;
        flow.BytesSent = BytesSent;
        flow.BytesReceived = BytesReceived;
        flow.BothEnds = _bothEnds;
        flow.Retransmits = Retransmits;
        flow.Resets = Resets;
        flow.Drops = Drops;
        flow.DnsQuestions = DnsQuestions;
        flow.DnsFailed = DnsFailed;
        flow.HandshakeTime = _handshakes?.ToSummary();
        flow.Rtt = _rtts?.ToSummary();
        flow.DnsLatency = _dnsLatencies?.ToSummary();
        flow.FirstTime = UnixNanos.ToTimestamp(_first);
        flow.LastTime = UnixNanos.ToTimestamp(_last);
        _errors.CopyTo(flow.FailedByError);
        return flow;
    }

    private void NoteCounterpart(FlowSums other)
    {
        _hasCounterparts |= _counterpart is not null && _counterpart != other;
        _counterpart = other;
    }

    private static void Add(ref LatencySamples? samples, long? nanos)
    {
        if (nanos is { } known and >= 0)
        {
            (samples ??= new LatencySamples()).Add(known);
        }
    }

    private static void Add(ref LatencySamples? samples, LatencySamples? others)
    {
        if (others is not null)
        {
            (samples ??= new LatencySamples()).Add(others);
        }
    }
}

/// <summary>What one end says of a connection when it closes it.</summary>
internal readonly record struct FlowClose(ulong Sent, ulong Received, uint Retransmits, long? Rtt);
