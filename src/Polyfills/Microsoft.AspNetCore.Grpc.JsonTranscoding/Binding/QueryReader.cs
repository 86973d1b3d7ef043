using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>The parameters of a query string, in order, with names as the client wrote them.</summary>
internal static class QueryReader
{
    /// <summary>
    /// Reads the query string itself: the collection that requests have merges names that differ in case, and does not
    /// say where an escape is no UTF-8.
    /// </summary>
    /// <exception cref="BadRequestException">A name or a value has an escape that is no UTF-8.</exception>
    public static IEnumerable<(string Name, string Value)> Read(string? query)
    {
        if (string.IsNullOrEmpty(query))
        {
            yield break;
        }

        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName();
            if (!IsUtf8(pair.EncodedName.Span) || !IsUtf8(pair.EncodedValue.Span))
            {
                throw new BadRequestException($"{BadRequestException.Shorten(name.Span)}: the parameter is not valid UTF-8.");
            }

            yield return (name.ToString(), pair.DecodeValue().ToString());
        }
    }

    // Escapes one after the other must be UTF-8 together; unescaped characters were checked by the server.
    private static bool IsUtf8(ReadOnlySpan<char> encoded)
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
