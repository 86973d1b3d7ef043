using System.Buffers;
using System.Text;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.ClickHouse.Tables;

/// <summary>Makes rows of <see cref="ArchiveTable.Losses"/>.</summary>
internal static class LossRows
{
    private const int MostBesideTexts = 128;
    private const string Prefix = "LOSS_CAUSE_";

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

    // LOSS_CAUSE_RING_FULL as RING_FULL.
    private static string NameOf(LossCause cause) =>
        EventReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>(nameof(LossCause)).FindValueByNumber((int)cause)?.Name[Prefix.Length..]
        ?? ((int)cause).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
