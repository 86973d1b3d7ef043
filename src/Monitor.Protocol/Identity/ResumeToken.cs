namespace Monitor.Protocol;

/// <summary>
/// Where a stream ended: the position in one server's log, and what had been counted up to there, so that what leaves
/// the log before the stream resumes can be told exactly. Opaque to clients.
/// </summary>
public sealed class ResumeToken
{
    /// <summary>How many causes of loss are counted apart; causes from there on are counted as unspecified.</summary>
    public const int LossCauses = 8;

    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x11;
    private const byte KindWithSources = 0x12;

    // Beside the number of causes, which is at most 8.
    private const ulong AheadFlag = 16;

    private readonly ulong[] _losses;

    /// <summary>Makes a token.</summary>
    /// <param name="epoch">The epoch of the log.</param>
    /// <param name="position">Position of the next entry, events and losses counted from 0.</param>
    /// <param name="events">How many events precede it, which is the sequence of the last of them.</param>
    /// <param name="losses">Sum of the counts of the losses that precede it, by cause; at most
    /// <see cref="LossCauses"/>.</param>
    /// <param name="sources">How far each agent was read, where the log is an aggregator's. It is kept.</param>
    /// <param name="isAhead">See <see cref="IsAhead"/>.</param>
    public ResumeToken(
        ulong epoch,
        ulong position,
        ulong events,
        ReadOnlySpan<ulong> losses,
        IReadOnlyList<SourceToken>? sources = null,
        bool isAhead = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(losses.Length, LossCauses);
        Epoch = epoch;
        Position = position;
        Events = events;
        _losses = new ulong[LossCauses];
        losses.CopyTo(_losses);
        Sources = sources;
        IsAhead = isAhead;
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

    /// <summary>How far each agent was read, by which another run of the aggregator can go on. Null in tokens of an
    /// agent.</summary>
    public IReadOnlyList<SourceToken>? Sources { get; }

    /// <summary>Whether the client has more of the sources than precedes the position, from another log. False where
    /// there are none.</summary>
    public bool IsAhead { get; }

    /// <summary>
    /// Reads a token. True says that the text is well-formed, not that its numbers are true: the log checks them.
    /// </summary>
    /// <param name="text">Any text, or null.</param>
    /// <param name="token">The token; null where it is none.</param>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResumeToken? token)
    {
        token = null;
        var hasSources = false;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            hasSources = OpaqueToken.TryDecode(text, KindWithSources, out bytes);
            if (!hasSources)
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

        // Of a token without sources the losses are what is left; else their number precedes them.
        var causes = (ulong)LossCauses;
        if (hasSources && (!content.TryReadVarint(out causes) || (causes & ~AheadFlag) > LossCauses))
        {
            return false;
        }

        var isAhead = hasSources && (causes & AheadFlag) != 0;
        causes &= ~AheadFlag;

        Span<ulong> losses = stackalloc ulong[LossCauses];
        losses.Clear();
        for (var cause = 0; hasSources ? cause < (int)causes : !content.AtEnd; cause++)
        {
            if (cause == LossCauses || !content.TryReadVarint(out losses[cause]))
            {
                return false;
            }
        }

        List<SourceToken>? sources = null;
        if (hasSources && !TryReadSources(ref content, out sources))
        {
            return false;
        }

        token = new ResumeToken(epoch, position, events, losses, sources, isAhead);
        return true;
    }

    /// <summary>The text for the client, safe in a URL: about 25 to 60 characters, and some 23 more for each
    /// source.</summary>
    public override string ToString()
    {
        const int MaxSourceBytes = sizeof(ulong) + sizeof(uint) + 2 * WireWriter.MaxVarintBytes;
        const int MaxOwnBytes = sizeof(ulong) + (3 + LossCauses) * WireWriter.MaxVarintBytes;
        var most = MaxOwnBytes + (Sources?.Count ?? 0) * MaxSourceBytes;
        var buffer = most <= 1024 ? stackalloc byte[1024] : new byte[most];
        var content = new WireWriter(buffer);
        content.Fixed64(Epoch);
        content.Varint(Position);
        content.Varint(Events);
        var causes = _losses.AsSpan().LastIndexOfAnyExcept(0ul) + 1;
        if (Sources is not null)
        {
            content.Varint((uint)causes | (IsAhead ? AheadFlag : 0));
        }

        for (var cause = 0; cause < causes; cause++)
        {
            content.Varint(_losses[cause]);
        }

        if (Sources is null)
        {
            return OpaqueToken.Encode(Kind, content.Written);
        }

        foreach (var source in Sources)
        {
            content.Fixed64(source.Epoch);
            content.Fixed32(source.NodeHash);
            content.Varint(source.Position);
            content.Varint(source.Position - source.Events);
        }

        return OpaqueToken.Encode(KindWithSources, content.Written);
    }

    private static bool TryReadSources(ref WireReader content, out List<SourceToken> sources)
    {
        sources = [];
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

            sources.Add(new SourceToken(epoch, nodeHash, position, position - losses));
        }

        return true;
    }
}
