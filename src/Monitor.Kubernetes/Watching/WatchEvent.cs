using System.Net;
using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>One line of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Item">The object; null of a bookmark and where it could not be read.</param>
/// <param name="Version">Where to go on from; null where it was not told.</param>
internal readonly record struct WatchEvent<T>(WatchEventKind Kind, T? Item, string? Version)
    where T : class
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="type">What is watched.</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="ApiException">It is no event, or the event of an error.</exception>
    public static WatchEvent<T> Read(ReadOnlySpan<byte> line, ResourceType<T> type)
    {
        var reader = new Utf8JsonReader(line);
        var kind = WatchEventKind.None;
        var value = default(Utf8JsonReader);
        var hasValue = false;
        long valueStart = 0;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ApiException($"the watch of {type.Name} sends what is not an event");
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("type"u8))
            {
                kind = ReadKind(ref reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                hasValue = reader.TokenType == JsonTokenType.StartObject;
                value = reader;
                valueStart = reader.TokenStartIndex;
                reader.Skip();
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        if (kind == WatchEventKind.None || !hasValue)
        {
            throw new ApiException($"the watch of {type.Name} sends what is not an event");
        }

        if (kind == WatchEventKind.Error)
        {
            var status = line[(int)valueStart..];
            throw ApiRefusal.Read("watch", type.Name, (HttpStatusCode)ReadCode(value), status);
        }

        if (kind == WatchEventKind.Bookmark)
        {
            return new WatchEvent<T>(kind, null, ReadVersion(value));
        }

        var item = type.Read(ref value, out var version);
        return new WatchEvent<T>(kind, item, version);
    }

    private static WatchEventKind ReadKind(ref Utf8JsonReader reader)
    {
        if (!Json.TryReachString(ref reader, 16))
        {
            return WatchEventKind.None;
        }

        return reader.ValueTextEquals("ADDED"u8) || reader.ValueTextEquals("MODIFIED"u8) ? WatchEventKind.Upsert
            : reader.ValueTextEquals("DELETED"u8) ? WatchEventKind.Remove
            : reader.ValueTextEquals("BOOKMARK"u8) ? WatchEventKind.Bookmark
            : reader.ValueTextEquals("ERROR"u8) ? WatchEventKind.Error
            : WatchEventKind.None;
    }

    private static string? ReadVersion(Utf8JsonReader reader)
    {
        while (Json.NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("metadata"u8) || !Json.EnterObject(ref reader))
            {
                Json.SkipValue(ref reader);
                continue;
            }

            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("resourceVersion"u8))
                {
                    return Json.ReadString(ref reader, 128);
                }

                Json.SkipValue(ref reader);
            }
        }

        return null;
    }

    private static int ReadCode(Utf8JsonReader reader)
    {
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("code"u8))
            {
                reader.Read();
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var code) ? code : 0;
            }

            Json.SkipValue(ref reader);
        }

        return 0;
    }
}
