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
            if (!PercentEncoding.IsUtf8(pair.EncodedName.Span) || !PercentEncoding.IsUtf8(pair.EncodedValue.Span))
            {
                throw new BadRequestException($"{BadRequestException.Shorten(name.Span)}: the parameter is not valid UTF-8.");
            }

            yield return (name.ToString(), pair.DecodeValue().ToString());
        }
    }
}
