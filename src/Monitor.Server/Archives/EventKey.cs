using System.Security.Cryptography;
using System.Text;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Which event an event is, in the order of lists: by time, then by the parts of its id.</summary>
/// <param name="Time">Nanoseconds since 1970.</param>
/// <param name="Epoch">The run of its agent.</param>
/// <param name="Sequence">Its number in that run.</param>
public readonly record struct EventKey(long Time, ulong Epoch, ulong Sequence) : IComparable<EventKey>
{
    private const uint IdTag = Event.IdFieldNumber << 3 | WireReader.LengthDelimited;

    /// <summary>The key of an encoded event of a log.</summary>
    public static EventKey Of(ReadOnlySpan<byte> encodedEvent, EventTypeTable types)
    {
        EventColumns.TryParse(encodedEvent, types, out var columns, out var identity);
        ReadOnlySpan<byte> id = default;
        var reader = new WireReader(encodedEvent);
        while (!reader.AtEnd && reader.TryReadTag(out var tag))
        {
            if (tag == IdTag && reader.TryReadBytes(out var text))
            {
                id = text;
            }
            else if (tag == IdTag || !reader.TrySkip(tag))
            {
                break;
            }
        }

        return new EventKey(columns.TimeUnixNanos, EpochOf(id, encodedEvent), identity.Sequence);
    }

    /// <summary>The run that an id names. An event whose id is not as agents make it is known by its bytes.</summary>
    public static ulong EpochOf(ReadOnlySpan<byte> id, ReadOnlySpan<byte> encodedEvent)
    {
        Span<char> text = stackalloc char[EventId.MaxLength];
        return id.Length <= text.Length
            && Encoding.UTF8.TryGetChars(id, text, out var length)
            && EventId.TryParse(text[..length], out var epoch, out _)
                ? epoch
                : BitConverter.ToUInt64(SHA256.HashData(encodedEvent));
    }

    /// <inheritdoc/>
    public int CompareTo(EventKey other) =>
        Time != other.Time ? Time.CompareTo(other.Time)
        : Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch)
        : Sequence.CompareTo(other.Sequence);

    /// <summary>Earlier.</summary>
    public static bool operator <(EventKey left, EventKey right) => left.CompareTo(right) < 0;

    /// <summary>Later.</summary>
    public static bool operator >(EventKey left, EventKey right) => left.CompareTo(right) > 0;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(EventKey left, EventKey right) => left.CompareTo(right) <= 0;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(EventKey left, EventKey right) => left.CompareTo(right) >= 0;
}
