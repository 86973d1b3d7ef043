namespace Monitor.EventLog;

/// <summary>Finds one field in the bytes of an event.</summary>
internal static class EventField
{
    /// <summary>
    /// The text or message with this tag, the last one where it comes more than once. Bytes that are malformed have
    /// what was found before.
    /// </summary>
    public static bool TryFind(ReadOnlySpan<byte> encodedEvent, uint tag, out ReadOnlySpan<byte> value)
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
            }
            else if (!reader.TrySkip(next))
            {
                break;
            }
        }

        return found;
    }
}
