namespace Monitor.Server;

/// <summary>Goes through encoded events, each with tag and length as they are in a response; of the log, so well-formed.</summary>
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

        // The tag is one byte.
        var span = _rest.Span;
        var at = 1;
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = span[at++];
            length |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        Current = _rest.Slice(at, length);
        Entry = _rest[..(at + length)];
        _rest = _rest[(at + length)..];
        return true;
    }
}
