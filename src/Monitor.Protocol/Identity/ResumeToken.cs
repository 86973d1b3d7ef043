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

    private readonly ulong[] _losses;

    /// <summary>Makes a token.</summary>
    /// <param name="epoch">The epoch of the log.</param>
    /// <param name="position">Position of the next entry, events and losses counted from 0.</param>
    /// <param name="events">How many events precede it, which is the sequence of the last of them.</param>
    /// <param name="losses">Sum of the counts of the losses that precede it, by cause; at most
    /// <see cref="LossCauses"/>.</param>
    public ResumeToken(ulong epoch, ulong position, ulong events, ReadOnlySpan<ulong> losses)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(losses.Length, LossCauses);
        Epoch = epoch;
        Position = position;
        Events = events;
        _losses = new ulong[LossCauses];
        losses.CopyTo(_losses);
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

    /// <summary>
    /// Reads a token. True says that the text is well-formed, not that its numbers are true: the log checks them.
    /// </summary>
    /// <param name="text">Any text, or null.</param>
    /// <param name="token">The token; null where it is none.</param>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ResumeToken? token)
    {
        token = null;
        Span<byte> buffer = stackalloc byte[OpaqueToken.MaxContentBytes];
        if (!OpaqueToken.TryDecode(text, Kind, buffer, out var length))
        {
            return false;
        }

        var content = new TokenContent(buffer[..length]);
        if (!content.TryReadFixed(out var epoch)
            || !content.TryReadVarint(out var position)
            || !content.TryReadVarint(out var events)
            || events > position)
        {
            return false;
        }

        Span<ulong> losses = stackalloc ulong[LossCauses];
        losses.Clear();
        for (var cause = 0; !content.AtEnd; cause++)
        {
            if (cause == LossCauses || !content.TryReadVarint(out losses[cause]))
            {
                return false;
            }
        }

        token = new ResumeToken(epoch, position, events, losses);
        return true;
    }

    /// <summary>The text for the client: about 25 to 60 characters, safe in a URL.</summary>
    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[OpaqueToken.MaxContentBytes];
        var content = new TokenContent(buffer);
        content.WriteFixed(Epoch);
        content.WriteVarint(Position);
        content.WriteVarint(Events);
        var last = _losses.AsSpan().LastIndexOfAnyExcept(0ul);
        for (var cause = 0; cause <= last; cause++)
        {
            content.WriteVarint(_losses[cause]);
        }

        return OpaqueToken.Encode(Kind, buffer[..content.Length]);
    }
}
