using System.Buffers.Text;

namespace Monitor.Protocol;

/// <summary>
/// Text form of the tokens that clients receive and send back unread: a kind byte, the content, and a checksum, in
/// URL-safe base64 without padding. The checksum detects other text, and tokens that were cut or mistyped. It is not a
/// signature: the reader of a token must check every value in it.
/// </summary>
public static class OpaqueToken
{
    /// <summary>Longest content in bytes, without the kind byte and the checksum: enough for the delivered positions of
    /// 60 000 agents.</summary>
    public const int MaxContentBytes = 1 << 20;

    private const int ChecksumBytes = 4;
    private const int MaxStackBytes = 256;

    // Longest text in characters; longer text is refused unread.
    private static readonly int MaxTextLength = Base64Url.GetEncodedLength(1 + MaxContentBytes + ChecksumBytes);

    /// <summary>Makes the text.</summary>
    /// <param name="kind">Kind and version of the content. Change it whenever the format of the content changes.</param>
    /// <param name="content">At most <see cref="MaxContentBytes"/> bytes.</param>
    public static string Encode(byte kind, ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContentBytes);
        var length = 1 + content.Length + ChecksumBytes;
        var bytes = length <= MaxStackBytes ? stackalloc byte[MaxStackBytes] : new byte[length];
        bytes[0] = kind;
        content.CopyTo(bytes[1..]);
        var end = 1 + content.Length;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes[end..], Checksum(bytes[..end]));
        return Base64Url.EncodeToString(bytes[..(end + ChecksumBytes)]);
    }

    /// <summary>Reads the text, which may be anything.</summary>
    /// <param name="text">The text; null is not a token.</param>
    /// <param name="kind">The expected kind.</param>
    /// <param name="content">The content; empty if the result is false.</param>
    /// <returns>False if the text is not a token of this kind.</returns>
    public static bool TryDecode(string? text, byte kind, out byte[] content)
    {
        content = [];
        if (text is null || text.Length > MaxTextLength || !Base64Url.IsValid(text, out var length))
        {
            return false;
        }

        var bytes = new byte[length];
        // Not TryDecodeFromChars: it throws for some texts that IsValid takes, with blanks or padding in them.
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var decoded) != System.Buffers.OperationStatus.Done
            || decoded < 1 + ChecksumBytes
            || bytes[0] != kind)
        {
            return false;
        }

        var end = decoded - ChecksumBytes;
        if (System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(end)) != Checksum(bytes.AsSpan(0, end)))
        {
            return false;
        }

        content = bytes[1..end];
        return true;
    }

    // FNV-1a with a final mix, so that the last bytes reach all bits too.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16777619u;
        }

        hash ^= hash >> 16;
        hash *= 0x7feb352du;
        return hash ^ (hash >> 15);
    }
}
