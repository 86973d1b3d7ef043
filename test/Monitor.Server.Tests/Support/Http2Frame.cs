using System.Buffers.Binary;

namespace Monitor.Server.Tests.Support;

/// <summary>Frames of HTTP/2 (RFC 9113), byte by byte.</summary>
internal static class Http2Frame
{
    /// <summary>What every client says first: the preface and its settings, and that it has seen the server's.</summary>
    public static byte[] Preface => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Make(4, 0, 0), .. Make(4, 1, 0)];

    public static byte[] Make(byte type, byte flags, long stream, params ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), (uint)stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The headers of a call, without compression.</summary>
    public static byte[] Call(string path) =>
        [
            .. Header(":method", "POST"), .. Header(":scheme", "http"), .. Header(":path", path), .. Header(":authority", "localhost"),
            .. Header("content-type", "application/grpc"), .. Header("te", "trailers"),
        ];

    public static byte[] Header(string name, string value) =>
        [0, (byte)name.Length, .. System.Text.Encoding.Latin1.GetBytes(name), (byte)value.Length, .. System.Text.Encoding.Latin1.GetBytes(value)];
}
