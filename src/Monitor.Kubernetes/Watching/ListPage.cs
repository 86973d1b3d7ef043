using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>Reads a page of a list.</summary>
internal static class ListPage
{
    /// <summary>Adds the objects of a page.</summary>
    /// <param name="json">The whole answer.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="items">Where they go.</param>
    /// <returns>The version of the list, where the next page begins (null at the end), and how many were left out.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="ApiException">It is no list.</exception>
    public static (string Version, string? Continue, int Malformed) Read<T>(
        ReadOnlySpan<byte> json,
        ObjectReader<T> read,
        List<T> items)
        where T : class
    {
        var reader = new Utf8JsonReader(json);
        string? version = null;
        string? next = null;
        var malformed = 0;
        var hasItems = false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ApiException("the answer is not a list");
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                (version, next) = ReadMetadata(ref reader);
            }
            else if (reader.ValueTextEquals("items"u8))
            {
                // Go writes an empty list as null where it was never filled.
                hasItems = true;
                if (!Json.EnterArray(ref reader))
                {
                    continue;
                }

                while (Json.NextObject(ref reader))
                {
                    if (read(ref reader, out _) is { } item)
                    {
                        items.Add(item);
                    }
                    else
                    {
                        malformed++;
                    }
                }
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        // Reading on finds what follows the object.
        reader.Read();
        return hasItems && version is not null
            ? (version, next, malformed)
            : throw new ApiException("the answer is not a list");
    }

    private static (string? Version, string? Continue) ReadMetadata(ref Utf8JsonReader reader)
    {
        string? version = null;
        string? next = null;
        if (!Json.EnterObject(ref reader))
        {
            return (null, null);
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("resourceVersion"u8))
            {
                version = Json.ReadString(ref reader, 128);
            }
            else if (reader.ValueTextEquals("continue"u8))
            {
                next = Json.ReadString(ref reader, 16 << 10);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        return (version, next);
    }
}
