using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.ClickHouse.Tables;

/// <summary>Makes rows of <see cref="ArchiveTable.Losses"/>.</summary>
internal static class LossRows
{
    private const int MostBesideTexts = 128;
    private const string Prefix = "LOSS_CAUSE_";

    private static readonly EnumDescriptor Causes = EventReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(LossCause));

    /// <summary>Writes one row.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="written">When, in nanoseconds since 1970.</param>
    /// <param name="logEpoch">The log.</param>
    /// <param name="position">Its place there.</param>
    /// <param name="number">Which it is of those at this place.</param>
    /// <param name="output">Where to.</param>
    public static void Write(Loss loss, long written, ulong logEpoch, ulong position, uint number, IBufferWriter<byte> output)
    {
        var node = Encoding.UTF8.GetBytes(loss.NodeName);
        var type = Encoding.UTF8.GetBytes(loss.Type);
        var cause = Encoding.UTF8.GetBytes(NameOf(loss.Cause));
        var row = new RowBuilder(output.GetSpan(node.Length + type.Length + cause.Length + MostBesideTexts));
        row.Time(written);
        row.UInt64(logEpoch);
        row.UInt64(position);
        row.UInt32(number);
        row.Text(node);
        row.Text(type);
        row.Text(cause);
        row.UInt64(loss.Count);
        row.NullableTime(loss.FirstTime is { } first ? UnixNanos.From(first) : null);
        row.NullableTime(loss.LastTime is { } last ? UnixNanos.From(last) : null);
        output.Advance(row.Length);
    }

    /// <summary>Reads what a query says of a loss: node and type as Base64, cause, count, whether that is all, first and last time in
    /// nanoseconds since 1970, 0 where it is not known.</summary>
    public static Loss Read(string[] values) => new()
    {
        NodeName = Encoding.UTF8.GetString(Convert.FromBase64String(values[0])),
        Type = Encoding.UTF8.GetString(Convert.FromBase64String(values[1])),
        Cause = Causes.FindValueByName(Prefix + values[2]) is { } known ? (LossCause)known.Number
            : int.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (LossCause)number
            : LossCause.Unspecified,
        // The contract's word for a number that is not known.
        Count = values[4] == "1" ? ulong.Parse(values[3], CultureInfo.InvariantCulture) : 0,
        FirstTime = Time(values[5]),
        LastTime = Time(values[6]),
    };

    private static Timestamp? Time(string nanos) =>
        nanos == "0" ? null : UnixNanos.ToTimestamp(long.Parse(nanos, CultureInfo.InvariantCulture));

    // LOSS_CAUSE_RING_FULL as RING_FULL.
    private static string NameOf(LossCause cause) =>
        Causes.FindValueByNumber((int)cause)?.Name[Prefix.Length..]
        ?? ((int)cause).ToString(CultureInfo.InvariantCulture);
}
