using System.Text.Unicode;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>Percent-encoded parts of URLs.</summary>
internal static class PercentEncoding
{
    /// <summary>
    /// Whether the escapes in a part of a URL are UTF-8; those one after the other belong together. The server has checked
    /// the characters that are not escaped.
    /// </summary>
    public static bool IsUtf8(ReadOnlySpan<char> encoded)
    {
        if (!encoded.Contains('%'))
        {
            return true;
        }

        var bytes = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(encoded.Slice(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                // Any other character ends a sequence of escapes.
                bytes[length++] = (byte)' ';
            }
        }

        return Utf8.IsValid(bytes.AsSpan(0, length));
    }
}
