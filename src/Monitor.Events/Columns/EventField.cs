using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Finds one field in the bytes of an event.</summary>
internal static class EventField
{
    /// <summary>The text or message with this tag.</summary>
    /// <param name="encodedEvent">The event. Of bytes that are malformed, what precedes the fault counts.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="unique">Whether the field comes once at most: the search ends where it is found. Else the last one
    /// counts, as for every parser.</param>
    /// <param name="value">What is behind tag and length.</param>
    public static bool TryFind(
        ReadOnlySpan<byte> encodedEvent, uint tag, bool unique, out ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(encodedEvent);
        var found = false;
        value = default;
        while (!reader.AtEnd && reader.TryReadTag(out var next))
        {
            if (next == tag)
            {
                if (!reader.TryReadBytes(out var bytes))
                {
                    break;
                }

                value = bytes;
                found = true;
                if (unique)
                {
                    break;
                }
            }
            else if (!reader.TrySkip(next))
            {
                break;
            }
        }

        return found;
    }
}
