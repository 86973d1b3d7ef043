using System.Buffers.Binary;
using System.Text;

namespace Monitor.Fuzz.Inputs;

/// <summary>The first message of a TLS client (RFC 8446, 4.1.2), as servers take it.</summary>
internal static class ClientHello
{
    /// <param name="random">Where its random parts come from.</param>
    /// <param name="is13">Whether it offers TLS 1.3 beside 1.2.</param>
    public static byte[] Make(Random random, bool is13)
    {
        byte[] key = [.. Bytes(random, 32)];
        byte[] extensions =
            [
                .. Extension(0, Sized(2, [0, .. Sized(2, Encoding.ASCII.GetBytes("monitor.test"))])),
                // x25519 and secp256r1.
                .. Extension(10, Sized(2, [0, 0x1d, 0, 0x17])),
                // ECDSA, RSA-PSS and RSA, all with SHA-256.
                .. Extension(13, Sized(2, [4, 3, 8, 4, 4, 1])),
                .. Extension(16, Sized(2, [.. Sized(1, "h2"u8), .. Sized(1, "http/1.1"u8)])),
                .. is13 ? Extension(43, Sized(1, [3, 4, 3, 3])) : [],
                .. is13 ? Extension(51, Sized(2, [0, 0x1d, .. Sized(2, key)])) : [],
            ];
        byte[] body =
            [
                3, 3, .. Bytes(random, 32), .. Sized(1, Bytes(random, 32)),
                .. Sized(2, [0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f]), .. Sized(1, [0]), .. Sized(2, extensions),
            ];
        return Record(22, [1, .. Sized(3, body)]);
    }

    /// <summary>A record of the protocol, whatever its content.</summary>
    public static byte[] Record(byte type, ReadOnlySpan<byte> content) => [type, 3, 1, .. Sized(2, content)];

    private static byte[] Extension(short type, ReadOnlySpan<byte> content) => [(byte)(type >> 8), (byte)type, .. Sized(2, content)];

    private static byte[] Sized(int lengthBytes, ReadOnlySpan<byte> content)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length[^lengthBytes..], .. content];
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
