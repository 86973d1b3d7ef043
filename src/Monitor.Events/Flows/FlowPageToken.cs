using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Where a page of flows ended. A later page sums the same events again.</summary>
internal readonly record struct FlowPageToken
{
    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x31;

    public required ulong Epoch { get; init; }

    /// <summary>Fingerprint of the request.</summary>
    public required ulong Request { get; init; }

    /// <summary>Earliest time, inclusive, and latest, exclusive.</summary>
    public required long Since { get; init; }

    public required long Until { get; init; }

    /// <summary>Position behind the last entry that the first page could see.</summary>
    public required long Snapshot { get; init; }

    /// <summary>How many flows come before the next page.</summary>
    public required int Offset { get; init; }

    public static bool TryParse(string text, out FlowPageToken token)
    {
        token = default;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            return false;
        }

        var content = new WireReader(bytes);
        if (!content.TryReadFixed64(out var epoch)
            || !content.TryReadFixed64(out var request)
            || !content.TryReadFixed64(out var since)
            || !content.TryReadFixed64(out var until)
            || !content.TryReadVarint(out var snapshot)
            || !content.TryReadVarint(out var offset)
            || !content.AtEnd
            || snapshot > long.MaxValue
            || (long)since > (long)until
            || offset > int.MaxValue)
        {
            return false;
        }

        token = new FlowPageToken
        {
            Epoch = epoch,
            Request = request,
            Since = (long)since,
            Until = (long)until,
            Snapshot = (long)snapshot,
            Offset = (int)offset,
        };
        return true;
    }

    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[4 * sizeof(ulong) + 2 * WireWriter.MaxVarintBytes];
        var content = new WireWriter(buffer);
        content.Fixed64(Epoch);
        content.Fixed64(Request);
        content.Fixed64((ulong)Since);
        content.Fixed64((ulong)Until);
        content.Varint((ulong)Snapshot);
        content.Varint((ulong)Offset);
        return OpaqueToken.Encode(Kind, content.Written);
    }
}
