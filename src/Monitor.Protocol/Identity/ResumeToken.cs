namespace Monitor.Protocol;

/// <summary>
/// Where a stream ended: the position in one server's log, and the counts up to there, so that the server can report
/// exactly what was evicted before the stream resumes. Opaque to clients.
/// </summary>
public sealed class ResumeToken
{
    /// <summary>How many causes of loss have counts of their own; other causes count as unspecified.</summary>
    public const int LossCauses = 8;

    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x11;
    private const byte KindWithDelivered = 0x12;

    // In one number with the count of causes, which is at most 8.
    private const ulong DuplicatesAheadFlag = 16;

    private readonly ulong[] _losses;

    /// <summary>Makes a token.</summary>
    /// <param name="epoch">The epoch of the log.</param>
    /// <param name="position">Position of the next entry, events and losses counted from 0.</param>
    /// <param name="events">How many events precede it, which is the sequence of the last of them.</param>
    /// <param name="losses">Sum of the counts of the losses that precede it, by cause; at most
    /// <see cref="LossCauses"/>.</param>
    /// <param name="delivered">How far the client has the log of each agent, if the log is an aggregator's; else null. The
    /// token keeps the list.</param>
    /// <param name="hasDuplicatesAhead">See <see cref="HasDuplicatesAhead"/>.</param>
    public ResumeToken(
        ulong epoch,
        ulong position,
        ulong events,
        ReadOnlySpan<ulong> losses,
        IReadOnlyList<DeliveredPosition>? delivered = null,
        bool hasDuplicatesAhead = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(losses.Length, LossCauses);
        Epoch = epoch;
        Position = position;
        Events = events;
        _losses = new ulong[LossCauses];
        losses.CopyTo(_losses);
        Delivered = delivered;
        HasDuplicatesAhead = hasDuplicatesAhead;
    }

    /// <summary>The epoch of the log that it belongs to.</summary>
    public ulong Epoch { get; }

    /// <summary>Position of the next entry.</summary>
    public ulong Position { get; }

    /// <summary>How many events precede the position.</summary>
    public ulong Events { get; }

    /// <summary>Sum of the counts of the losses that precede the position, by cause; always
    /// <see cref="LossCauses"/> numbers.</summary>
    public ReadOnlySpan<ulong> Losses => _losses;

    /// <summary>How far the client has the log of each agent, so that another aggregator can go on from there. Null in
    /// tokens of an agent.</summary>
    public IReadOnlyList<DeliveredPosition>? Delivered { get; }

    /// <summary>Whether the client has, from another log, entries that come after the position in this one. False in
    /// tokens of an agent.</summary>
    public bool HasDuplicatesAhead { get; }

    /// <summary>
    /// Reads a token. True means that the text is well-formed, not that its numbers are true: the log checks them.
    /// </summary>
    /// <param name="text">Any text, or null.</param>
    /// <param name="token">The token; null if the result is false.</param>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResumeToken? token)
    {
        token = null;
        var hasDelivered = false;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            hasDelivered = OpaqueToken.TryDecode(text, KindWithDelivered, out bytes);
            if (!hasDelivered)
            {
                return false;
            }
        }

        var content = new WireReader(bytes);
        if (!content.TryReadFixed64(out var epoch)
            || !content.TryReadVarint(out var position)
            || !content.TryReadVarint(out var events)
            || events > position)
        {
            return false;
        }

        // In a token of an agent the losses are the rest of the content. Otherwise their number precedes them.
        var causes = (ulong)LossCauses;
        if (hasDelivered && (!content.TryReadVarint(out causes) || (causes & ~DuplicatesAheadFlag) > LossCauses))
        {
            return false;
        }

        var hasDuplicatesAhead = hasDelivered && (causes & DuplicatesAheadFlag) != 0;
        causes &= ~DuplicatesAheadFlag;

        Span<ulong> losses = stackalloc ulong[LossCauses];
        losses.Clear();
        for (var cause = 0; hasDelivered ? cause < (int)causes : !content.AtEnd; cause++)
        {
            if (cause == LossCauses || !content.TryReadVarint(out losses[cause]))
            {
                return false;
            }
        }

        List<DeliveredPosition>? delivered = null;
        if (hasDelivered && !TryReadDelivered(ref content, out delivered))
        {
            return false;
        }

        token = new ResumeToken(epoch, position, events, losses, delivered, hasDuplicatesAhead);
        return true;
    }

    /// <summary>The text for the client, safe in a URL: about 25 to 60 characters, and some 23 more for each
    /// agent.</summary>
    public override string ToString()
    {
        const int MaxDeliveredBytes = sizeof(ulong) + sizeof(uint) + 2 * WireWriter.MaxVarintBytes;
        const int MaxOwnBytes = sizeof(ulong) + (3 + LossCauses) * WireWriter.MaxVarintBytes;
        var most = MaxOwnBytes + (Delivered?.Count ?? 0) * MaxDeliveredBytes;
        var buffer = most <= 1024 ? stackalloc byte[1024] : new byte[most];
        var content = new WireWriter(buffer);
        content.Fixed64(Epoch);
        content.Varint(Position);
        content.Varint(Events);
        var causes = _losses.AsSpan().LastIndexOfAnyExcept(0ul) + 1;
        if (Delivered is not null)
        {
            content.Varint((uint)causes | (HasDuplicatesAhead ? DuplicatesAheadFlag : 0));
        }

        for (var cause = 0; cause < causes; cause++)
        {
            content.Varint(_losses[cause]);
        }

        if (Delivered is null)
        {
            return OpaqueToken.Encode(Kind, content.Written);
        }

        foreach (var position in Delivered)
        {
            content.Fixed64(position.Epoch);
            content.Fixed32(position.NodeHash);
            content.Varint(position.Position);
            content.Varint(position.Position - position.Events);
        }

        return OpaqueToken.Encode(KindWithDelivered, content.Written);
    }

    private static bool TryReadDelivered(ref WireReader content, out List<DeliveredPosition> delivered)
    {
        delivered = [];
        while (!content.AtEnd)
        {
            if (!content.TryReadFixed64(out var epoch)
                || !content.TryReadFixed32(out var nodeHash)
                || !content.TryReadVarint(out var position)
                || !content.TryReadVarint(out var losses)
                || losses > position)
            {
                return false;
            }

            delivered.Add(new DeliveredPosition(epoch, nodeHash, position, position - losses));
        }

        return true;
    }
}
