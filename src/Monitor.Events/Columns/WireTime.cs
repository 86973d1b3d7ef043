using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>A Timestamp or a Duration: they have the same fields.</summary>
internal struct WireTime
{
    public long Seconds;
    public int Nanos;

    /// <summary>Merges the fields of an encoded message; false if it is malformed.</summary>
    public bool TryMerge(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var seconds = Seconds;
        var nanos = Nanos;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out var tag))
            {
                return false;
            }

            if (tag is not (EventTags.Seconds or EventTags.Nanos))
            {
                if (!reader.TrySkip(tag))
                {
                    return false;
                }

                continue;
            }

            if (!reader.TryReadVarint(out var value))
            {
                return false;
            }

            if (tag == EventTags.Seconds)
            {
                seconds = (long)value;
            }
            else
            {
                nanos = (int)value;
            }
        }

        Seconds = seconds;
        Nanos = nanos;
        return true;
    }
}
