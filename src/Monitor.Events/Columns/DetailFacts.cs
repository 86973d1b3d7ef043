using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>What flows and pairs need of an encoded detail that was checked when the event came.</summary>
internal ref struct DetailFacts
{
    private const uint ConnectionHandshake = Event.ConnectionFieldNumber << 8 | ConnectionDetail.HandshakeTimeFieldNumber;
    private const uint ConnectionError = Event.ConnectionFieldNumber << 8 | ConnectionDetail.ErrorFieldNumber;
    private const uint ConnectionOutcome = Event.ConnectionFieldNumber << 8 | ConnectionDetail.OutcomeFieldNumber;
    private const uint AcceptQueueTime = Event.AcceptFieldNumber << 8 | AcceptDetail.AcceptQueueTimeFieldNumber;
    private const uint CloseDirection = Event.CloseFieldNumber << 8 | CloseDetail.DirectionFieldNumber;
    private const uint CloseDuration = Event.CloseFieldNumber << 8 | CloseDetail.DurationFieldNumber;
    private const uint CloseSent = Event.CloseFieldNumber << 8 | CloseDetail.BytesSentFieldNumber;
    private const uint CloseReceived = Event.CloseFieldNumber << 8 | CloseDetail.BytesReceivedFieldNumber;
    private const uint CloseRetransmits = Event.CloseFieldNumber << 8 | CloseDetail.RetransmitsFieldNumber;
    private const uint CloseRtt = Event.CloseFieldNumber << 8 | CloseDetail.SmoothedRttFieldNumber;
    private const uint RetransmitDirection = Event.RetransmitFieldNumber << 8 | RetransmitDetail.DirectionFieldNumber;
    private const uint RetransmitCount = Event.RetransmitFieldNumber << 8 | RetransmitDetail.CountFieldNumber;
    private const uint ResetDirection = Event.ResetFieldNumber << 8 | ResetDetail.DirectionFieldNumber;
    private const uint ResetSent = Event.ResetFieldNumber << 8 | ResetDetail.SentFieldNumber;
    private const uint DnsOutcome = Event.DnsFieldNumber << 8 | DnsDetail.OutcomeFieldNumber;
    private const uint DnsLatency = Event.DnsFieldNumber << 8 | DnsDetail.LatencyFieldNumber;

    public ConnectionDetail.Types.Outcome Outcome;
    public ConnectionDirection Direction;
    public ReadOnlySpan<byte> Error;

    /// <summary>Of an attempt its handshake, of a question its latency. Nanoseconds; null where it is unset.</summary>
    public long? Latency;

    /// <summary>Round-trip time at the end of a connection.</summary>
    public long? Rtt;

    /// <summary>How long after the handshake's end the event is; null where that is unset.</summary>
    public long? Since;

    public ulong BytesSent, BytesReceived;

    /// <summary>Of a close those of the connection; of a retransmit for how many it stands, 0 from an older agent.</summary>
    public uint Retransmits;

    public bool Sent, Answered;

    /// <summary>How long after the handshake's end an attempt's or accept's event is: those of attempts come with it.</summary>
    public readonly long SinceEstablished => Since ?? 0;

    /// <summary>Reads a detail.</summary>
    /// <param name="tag">Of its field in Event.</param>
    /// <param name="detail">Its bytes.</param>
    public static DetailFacts Read(uint tag, ReadOnlySpan<byte> detail)
    {
        var facts = default(DetailFacts);
        var reader = new WireReader(detail);
        while (!reader.AtEnd && reader.TryReadTag(out var field))
        {
            var read = (field & 7) switch
            {
                WireReader.Varint => TryReadNumber(ref reader, tag >> 3 << 8 | field >> 3, ref facts),
                WireReader.LengthDelimited => TryReadBytes(ref reader, tag >> 3 << 8 | field >> 3, ref facts),
                _ => reader.TrySkip(field),
            };
            if (!read)
            {
                break;
            }
        }

        return facts;
    }

    private static bool TryReadNumber(ref WireReader reader, uint field, ref DetailFacts facts)
    {
        if (!reader.TryReadVarint(out var number))
        {
            return false;
        }

        switch (field)
        {
            case ConnectionOutcome: facts.Outcome = (ConnectionDetail.Types.Outcome)(int)number; break;
            case CloseDirection or RetransmitDirection or ResetDirection: facts.Direction = (ConnectionDirection)(int)number; break;
            case CloseSent: facts.BytesSent = number; break;
            case CloseReceived: facts.BytesReceived = number; break;
            case CloseRetransmits or RetransmitCount: facts.Retransmits = (uint)number; break;
            case ResetSent: facts.Sent = number != 0; break;
            case DnsOutcome: facts.Answered = (int)number == (int)DnsDetail.Types.Outcome.Answered; break;
        }

        return true;
    }

    private static bool TryReadBytes(ref WireReader reader, uint field, ref DetailFacts facts)
    {
        if (!reader.TryReadBytes(out var value))
        {
            return false;
        }

        switch (field)
        {
            case ConnectionError: facts.Error = value; break;
            case ConnectionHandshake or DnsLatency: facts.Latency = Nanos(value); break;
            case AcceptQueueTime or CloseDuration: facts.Since = Nanos(value); break;
            case CloseRtt: facts.Rtt = Nanos(value); break;
        }

        return true;
    }

    private static long? Nanos(ReadOnlySpan<byte> duration)
    {
        var time = default(WireTime);
        return time.TryMerge(duration) ? UnixNanos.From(time.Seconds, time.Nanos) : null;
    }
}
