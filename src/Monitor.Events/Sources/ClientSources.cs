using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// How far a client has each source, by the token that it came with: what a cursor must leave out of what is ahead of it.
/// Belongs to one cursor.
/// </summary>
internal sealed class ClientSources(TimeProvider time)
{
    // Tokens can claim anything. No log gets that far, and sums do not overflow.
    private const ulong MaxPosition = 1ul << 62;

    // An agent that did not come back for so long will not: what clients have of it is forgotten.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly long _opened = time.GetTimestamp();

    // Null once the cursor is past all of it.
    private Dictionary<SourceKey, SourceToken>? _had;

    /// <summary>Whether some of what is ahead may be what the client has. While this is false, the client has
    /// nothing.</summary>
    public bool Any => _had is not null;

    /// <summary>Takes from a token what lies beyond the marks of a cursor.</summary>
    public void Add(IReadOnlyList<SourceToken> has, ReadOnlySpan<SourceMark> marks)
    {
        var known = new Dictionary<SourceKey, long>();
        foreach (ref readonly var mark in marks)
        {
            if (mark.Source is { } source)
            {
                known[source.Key] = Math.Max(mark.At.Position, known.GetValueOrDefault(source.Key));
            }
        }

        foreach (var token in has)
        {
            var key = SourceKey.Of(token);
            if (token.Position <= MaxPosition
                && (!known.TryGetValue(key, out var position) || position != (long)token.Position)
                && !(_had is not null && _had.TryGetValue(key, out var other) && other.Position >= token.Position))
            {
                (_had ??= [])[key] = token;
            }
        }
    }

    /// <summary>Has <see cref="Any"/> hold until the next <see cref="TryEnd"/>, though the client may have nothing.</summary>
    public void Expect() => _had ??= [];

    /// <summary>How far the client is with a run; null where its token does not say.</summary>
    public SourcePoint? At(LogSource source) =>
        _had is not null && _had.TryGetValue(source.Key, out var token) ? PointOf(token) : null;

    /// <summary>How far the client is with a run that the cursor has read up to a place.</summary>
    public SourcePoint Later(LogSource source, SourcePoint at) =>
        At(source) is { } had && had.Position > at.Position ? had : at;

    /// <summary>Whether the client has of a later run of the same agent, and so all of this one that it will ever
    /// get.</summary>
    public bool HasLaterThan(LogSource source)
    {
        for (var next = source.Next; next is not null && _had is not null; next = next.Next)
        {
            if (next.Key != source.Key && _had.ContainsKey(next.Key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many of the entries of a run, from one index up to another, the client has.</summary>
    public int Count(in SourceRun run, int index, int end)
    {
        if (run.Source is not { } source)
        {
            return 0;
        }

        return HasLaterThan(source) ? end - index
            : At(source) is { } had ? (int)Math.Clamp(had.Position - (run.Base + index - run.Start), 0, end - index)
            : 0;
    }

    /// <summary>Forgets a run of a node, which is over where another one is met.</summary>
    /// <returns>Which; null where the client has none.</returns>
    public SourceKey? RemoveRunOf(uint nodeHash)
    {
        foreach (var token in _had!.Values)
        {
            if (token.NodeHash == nodeHash)
            {
                _had.Remove(SourceKey.Of(token));
                return SourceKey.Of(token);
            }
        }

        return null;
    }

    /// <summary>Forgets a run that the cursor has read as far as the client has it.</summary>
    public void Pass(in SourceMark mark)
    {
        if (At(mark.Source!) is { } had && mark.At.Position >= had.Position)
        {
            _had!.Remove(mark.Source!.Key);
        }
    }

    /// <summary>Ends it where nothing is left, or it was too long ago.</summary>
    /// <returns>Whether it has.</returns>
    public bool TryEnd()
    {
        if (_had is { Count: > 0 } && time.GetElapsedTime(_opened) <= Lifetime)
        {
            return false;
        }

        _had = null;
        return true;
    }

    /// <summary>Adds to the sources of a token those that are not in it.</summary>
    public void AddTo(List<SourceToken> tokens)
    {
        if (_had is not null)
        {
            var written = tokens.Select(SourceKey.Of).ToHashSet();
            tokens.AddRange(_had.Values.Where(token => !written.Contains(SourceKey.Of(token))));
        }
    }

    private static SourcePoint PointOf(SourceToken token) => new((long)token.Position, (long)token.Events);
}
