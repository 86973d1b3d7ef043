using Monitor.V1;

namespace Monitor.Agent.Encoding;

/// <summary>Names of socket types (include/linux/net.h), encoded as Event.socket_type.</summary>
internal static class SocketTypes
{
    private static readonly string?[] Names =
        [null, "STREAM", "DGRAM", "RAW", "RDM", "SEQPACKET", "DCCP", null, null, null, "PACKET"];

    private static readonly byte[][] Fragments = [.. Names.Select((name, number) => Encode(name ?? $"{number}"))];

    /// <summary>The field; types without a name go by their number.</summary>
    public static ReadOnlySpan<byte> Encoded(ushort type) => type < Fragments.Length ? Fragments[type] : Encode($"{type}");

    private static byte[] Encode(string name) => EventEncoder.Fragment(
        (ref writer) => writer.Bytes(Event.SocketTypeFieldNumber, System.Text.Encoding.ASCII.GetBytes(name)));
}
