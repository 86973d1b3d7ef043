using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>
/// Reads JSON of which nothing is known to be as it should: a value of another kind counts as absent. Text that is not JSON
/// throws <see cref="JsonException"/>. The whole text must be in the reader.
/// </summary>
internal static class Json
{
    /// <summary>Goes to the next property's name.</summary>
    /// <param name="reader">At the object's start, or at the end of a value in it.</param>
    /// <returns>False at the object's end.</returns>
    public static bool NextProperty(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>From a property's name to the end of its value.</summary>
    public static void SkipValue(ref Utf8JsonReader reader) => reader.Skip();

    /// <summary>From a property's name to the start of its value, where that is an object; else to its end.</summary>
    public static bool EnterObject(ref Utf8JsonReader reader) => Enter(ref reader, JsonTokenType.StartObject);

    /// <summary>From a property's name to the start of its value, where that is an array; else to its end.</summary>
    public static bool EnterArray(ref Utf8JsonReader reader) => Enter(ref reader, JsonTokenType.StartArray);

    /// <summary>Goes to the next object of an array, and past everything else in it.</summary>
    /// <param name="reader">At the array's start, or at the end of one of its values.</param>
    /// <returns>False at the array's end.</returns>
    public static bool NextObject(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>The text of a property's value; null where it is none, empty, longer than allowed, or not Unicode.</summary>
    public static string? ReadString(ref Utf8JsonReader reader, int maxLength, StringPool? pool = null)
    {
        if (!TryReachString(ref reader, maxLength))
        {
            return null;
        }

        return CurrentString(ref reader, maxLength, pool);
    }

    /// <summary>The text that the reader is at.</summary>
    public static string? CurrentString(ref Utf8JsonReader reader, int maxLength, StringPool? pool = null)
    {
        try
        {
            if (pool is null)
            {
                return reader.GetString() is { Length: > 0 } text && text.Length <= maxLength ? text : null;
            }

            Span<char> buffer = stackalloc char[512];
            if (reader.ValueSpan.Length > buffer.Length)
            {
                return null;
            }

            var length = reader.CopyString(buffer);
            return length > 0 && length <= maxLength ? pool.Get(buffer[..length]) : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>The moment of a property's value, ms since 1970; null where it is none.</summary>
    public static long? ReadTime(ref Utf8JsonReader reader) =>
        TryReachString(ref reader, 64) && reader.TryGetDateTimeOffset(out var time) ? time.ToUnixTimeMilliseconds() : null;

    /// <summary>The property's value, where it is true or false; else false.</summary>
    public static bool ReadBoolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return reader.GetBoolean();
        }

        reader.Skip();
        return false;
    }

    /// <summary>Goes to a property's value; false, at its end, where that is no text of about that length.</summary>
    public static bool TryReachString(ref Utf8JsonReader reader, int maxLength)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            // A character is six bytes at most, as an escape.
            return reader.ValueSpan.Length <= maxLength * 6;
        }

        reader.Skip();
        return false;
    }

    private static bool Enter(ref Utf8JsonReader reader, JsonTokenType start)
    {
        reader.Read();
        if (reader.TokenType == start)
        {
            return true;
        }

        reader.Skip();
        return false;
    }
}
