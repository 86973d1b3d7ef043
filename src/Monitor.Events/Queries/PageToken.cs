using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Where a page ended, in the order (time descending, position descending).</summary>
internal readonly record struct PageToken
{
    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x21;

    public required ulong Epoch { get; init; }

    /// <summary>Fingerprint of the filter.</summary>
    public required ulong Filter { get; init; }

    /// <summary>Position behind the last entry that the first page could see.</summary>
    public required long Snapshot { get; init; }

    /// <summary>Time and position of the last event of the page.</summary>
    public required long Time { get; init; }

    public required long Position { get; init; }

    public static bool TryParse(string text, out PageToken token)
    {
        token = default;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            return false;
        }

        var content = new WireReader(bytes);
        if (!content.TryReadFixed64(out var epoch)
            || !content.TryReadFixed64(out var filter)
            || !content.TryReadFixed64(out var time)
            || !content.TryReadVarint(out var snapshot)
            || !content.TryReadVarint(out var position)
            || !content.AtEnd
            || snapshot > long.MaxValue
            || position >= snapshot)
        {
            return false;
        }

        token = new PageToken
        {
            Epoch = epoch,
            Filter = filter,
            Time = (long)time,
            Snapshot = (long)snapshot,
            Position = (long)position,
        };
        return true;
    }

    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[3 * sizeof(ulong) + 2 * WireWriter.MaxVarintBytes];
        var content = new WireWriter(buffer);
        content.Fixed64(Epoch);
        content.Fixed64(Filter);
        content.Fixed64((ulong)Time);
        content.Varint((ulong)Snapshot);
        content.Varint((ulong)Position);
        return OpaqueToken.Encode(Kind, content.Written);
    }
}
