using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Finds one field in the bytes of an event.</summary>
internal static class EventField
{
    /// <summary>The text or message with this tag.</summary>
    /// <param name="encodedEvent">The event. If the bytes are malformed, the part before the fault counts.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="unique">Whether the field occurs at most once, so that the search can end there. Otherwise the last
    /// occurrence counts, as in every parser.</param>
    /// <param name="value">The content, without tag and length.</param>
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

    /// <summary>The number with this tag, of a field of type uint64; see <see cref="TryFind"/>.</summary>
    public static bool TryFindNumber(ReadOnlySpan<byte> encodedEvent, uint tag, bool unique, out ulong value)
    {
        var reader = new WireReader(encodedEvent);
        var found = false;
        value = 0;
        while (!(found && unique) && !reader.AtEnd && reader.TryReadTag(out var next))
        {
            if (next != tag)
            {
                if (!reader.TrySkip(next))
                {
                    break;
                }

                continue;
            }

            if (!reader.TryReadVarint(out var number))
            {
                break;
            }

            value = number;
            found = true;
        }

        return found;
    }
}
