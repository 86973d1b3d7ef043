using System.Text;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.V1;
using Outcome = Monitor.V1.ConnectionDetail.Types.Outcome;

namespace Monitor.ClickHouse.Tables;

/// <summary>What a row has of the detail of an event. Points into the event's bytes.</summary>
internal ref struct EventDetail
{
    private const uint OutcomeTag = ConnectionDetail.OutcomeFieldNumber << 3 | WireReader.Varint;
    private static readonly byte[][] Outcomes = [.. Enumerable.Range(0, 5).Select(number => Encoding.UTF8.GetBytes(NameOf((Outcome)number)))];

    /// <summary>Name of the outcome of a connection; empty of other events.</summary>
    public ReadOnlySpan<byte> Outcome;

    /// <summary>Error of a connection or a close.</summary>
    public ReadOnlySpan<byte> Error;

    /// <summary>Reason of a packet drop or a reset.</summary>
    public ReadOnlySpan<byte> Reason;

    /// <summary>Reads one detail.</summary>
    /// <param name="field">Its field number in the event; 0 for none.</param>
    /// <param name="detail">Its bytes, of a well-formed event.</param>
    public static EventDetail Read(int field, ReadOnlySpan<byte> detail) => field switch
    {
        Event.ConnectionFieldNumber => new EventDetail
        {
            Outcome = ReadOutcome(detail),
            Error = Find(detail, ConnectionDetail.ErrorFieldNumber),
        },
        Event.CloseFieldNumber => new EventDetail { Error = Find(detail, CloseDetail.ErrorFieldNumber) },
        Event.PacketDropFieldNumber => new EventDetail { Reason = Find(detail, PacketDropDetail.ReasonFieldNumber) },
        Event.ResetFieldNumber => new EventDetail { Reason = Find(detail, ResetDetail.ReasonFieldNumber) },
        _ => default,
    };

    /// <summary>Reads the detail of an event that has fields twice, as no agent encodes it: the generated parser merges them.</summary>
    public static EventDetail ReadMerged(ReadOnlySpan<byte> encodedEvent)
    {
        var parsed = Event.Parser.ParseFrom(encodedEvent);
        IMessage? detail = parsed.DetailCase switch
        {
            Event.DetailOneofCase.Connection => parsed.Connection,
            Event.DetailOneofCase.Close => parsed.Close,
            Event.DetailOneofCase.PacketDrop => parsed.PacketDrop,
            Event.DetailOneofCase.Reset => parsed.Reset,
            _ => null,
        };
        return Read((int)parsed.DetailCase, detail?.ToByteArray());
    }

    /// <summary>OUTCOME_FAILED as <c>FAILED</c>; the number of an outcome that this version does not know.</summary>
    public static string NameOf(Outcome outcome) => Enum.IsDefined(outcome)
        ? outcome.ToString().ToUpperInvariant()
        : ((int)outcome).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ReadOnlySpan<byte> ReadOutcome(ReadOnlySpan<byte> detail)
    {
        var outcome = 0;
        var reader = new WireReader(detail);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == OutcomeTag && reader.TryReadVarint(out var number))
            {
                outcome = (int)number;
            }
            else if (tag == OutcomeTag || !reader.TrySkip(tag))
            {
                break;
            }
        }

        return (uint)outcome < (uint)Outcomes.Length ? Outcomes[outcome] : Encoding.UTF8.GetBytes(NameOf((Outcome)outcome));
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> detail, int field)
    {
        var wanted = (uint)field << 3 | WireReader.LengthDelimited;
        ReadOnlySpan<byte> found = default;
        var reader = new WireReader(detail);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == wanted && reader.TryReadBytes(out var text))
            {
                found = text;
            }
            else if (tag == wanted || !reader.TrySkip(tag))
            {
                break;
            }
        }

        return found;
    }
}
