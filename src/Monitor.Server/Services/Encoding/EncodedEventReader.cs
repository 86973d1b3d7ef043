using Monitor.Protocol;

namespace Monitor.Server;

/// <summary>Enumerates encoded events of a log, each with tag and length as in a response.</summary>
internal struct EncodedEventReader(ReadOnlyMemory<byte> events)
{
    private ReadOnlyMemory<byte> _rest = events;

    /// <summary>The event, without tag and length.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>The event, with tag and length.</summary>
    public ReadOnlyMemory<byte> Entry { get; private set; }

    public readonly EncodedEventReader GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var reader = new WireReader(_rest.Span);
        if (!reader.TryReadTag(out _) || !reader.TryReadBytes(out var message))
        {
            throw new InvalidDataException("The log returned bytes that are not a list of events.");
        }

        Entry = _rest[..reader.Position];
        Current = Entry[^message.Length..];
        _rest = _rest[reader.Position..];
        return true;
    }
}
