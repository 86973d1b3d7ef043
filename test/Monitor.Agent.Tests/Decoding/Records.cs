using System.Net;
using System.Runtime.InteropServices;
using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Events;
using Monitor.V1;

namespace Monitor.Agent.Tests.Decoding;

/// <summary>Makes records as the programs do, and events out of them as the reader does.</summary>
internal static class Records
{
    public const string NodeName = "node-1";
    public const ulong Epoch = 0x0123456789abcdef;
    public const ulong Timestamp = 5_000_000_000;
    public const long Time = 1_795_000_000_123_456_789;

    public static Bytes16 Address(string text)
    {
        Bytes16 bytes = default;
        IPAddress.Parse(text).MapToIPv6().GetAddressBytes().CopyTo(bytes);
        return bytes;
    }

    public static Bytes16 Text(ReadOnlySpan<byte> text)
    {
        Bytes16 bytes = default;
        text.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Decodes; null where the decoder refuses. Checks that the columns say what the bytes say.</summary>
    public static Event? Decode<T>(MonitorDefinition monitor, T record)
        where T : unmanaged =>
        Decode(monitor, MemoryMarshal.AsBytes(new Span<T>(ref record)));

    /// <summary>The same of the bytes of a record.</summary>
    public static Event? Decode(MonitorDefinition monitor, ReadOnlySpan<byte> record, EventPrivacy? privacy = null) =>
        Decode(monitor, record, new EventEncoder(NodeName, Epoch, privacy: privacy));

    /// <summary>The same with an encoder that had others before.</summary>
    public static Event? Decode(MonitorDefinition monitor, ReadOnlySpan<byte> record, EventEncoder encoder, ulong timestamp = Timestamp)
    {
        var types = new EventTypeTable();
        encoder.Begin(EventEncoder.EncodeType(monitor.Name), types.GetOrAdd(monitor.Name), 7, timestamp, Time);
        if (!monitor.Decode(record, encoder))
        {
            return null;
        }

        var bytes = encoder.Encoded;
        Assert.That(EventColumns.TryParse(bytes, types, out var parsed), "the encoded event is well-formed");
        Assert.That(
            MemoryMarshal.AsBytes([encoder.Columns]).ToArray(),
            Is.EqualTo(MemoryMarshal.AsBytes([parsed]).ToArray()),
            "columns made beside the bytes are those read from them");
        return Event.Parser.ParseFrom(bytes.ToArray());
    }
}
