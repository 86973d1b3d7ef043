using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>
/// The entries ahead of a cursor that its client already has from another log, as one delivered position for each
/// origin. The cursor skips them. Belongs to one cursor.
/// </summary>
internal sealed class DuplicatesAhead(TimeProvider time)
{
    // Tokens can claim anything. No log gets that far, and sums of two such positions do not overflow.
    private const ulong MaxPosition = 1ul << 62;

    // An agent that was away for so long does not come back; its position is forgotten.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly long _opened = time.GetTimestamp();

    // Null once the cursor has passed all of them.
    private Dictionary<OriginKey, DeliveredPosition>? _delivered;

    /// <summary>
    /// Whether there may be duplicates ahead, or origins to reconcile. While it is true, the cursor looks at each slice
    /// that it reads.
    /// </summary>
    public bool Any => _delivered is not null;

    /// <summary>Adds the positions of a token, except those where the cursor is already.</summary>
    /// <param name="delivered">The token's positions; anything.</param>
    /// <param name="marks">How far the cursor has read each origin.</param>
    public void Add(IReadOnlyList<DeliveredPosition> delivered, ReadOnlySpan<OriginMark> marks)
    {
        var read = new Dictionary<OriginKey, long>();
        foreach (ref readonly var mark in marks)
        {
            if (mark.Origin is { } origin)
            {
                read[origin.Key] = Math.Max(mark.At.Position, read.GetValueOrDefault(origin.Key));
            }
        }

        foreach (var position in delivered)
        {
            var key = OriginKey.Of(position);
            var isHere = read.TryGetValue(key, out var at) && at == (long)position.Position;
            var isOlder = _delivered is not null && _delivered.TryGetValue(key, out var other)
                && other.Position >= position.Position;
            if (position.Position <= MaxPosition && !isHere && !isOlder)
            {
                (_delivered ??= [])[key] = position;
            }
        }
    }

    /// <summary>Makes <see cref="Any"/> true until the next <see cref="TryFinish"/>, even without duplicates: the cursor
    /// has origins to reconcile.</summary>
    public void KeepLooking() => _delivered ??= [];

    /// <summary>How far the client has an origin; null if its token does not say.</summary>
    public OriginPoint? PositionOf(Origin origin) =>
        _delivered is not null && _delivered.TryGetValue(origin.Key, out var position)
            ? new OriginPoint((long)position.Position, (long)position.Events)
            : null;

    /// <summary>How far the client has an origin that the cursor has read up to a place: the later of the two.</summary>
    public OriginPoint LaterOf(Origin origin, OriginPoint read) =>
        PositionOf(origin) is { } delivered && delivered.Position > read.Position ? delivered : read;

    /// <summary>Whether the client has entries of a later run of the same agent. Then it gets nothing more of this
    /// one.</summary>
    public bool HasLaterRunThan(Origin origin)
    {
        for (var next = origin.Next; next is not null && _delivered is not null; next = next.Next)
        {
            if (next.Key != origin.Key && _delivered.ContainsKey(next.Key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many entries of a slice, from one index up to another, are duplicates. They come first.</summary>
    public int CountIn(in OriginSlice slice, int index, int end)
    {
        if (slice.Origin is not { } origin)
        {
            return 0;
        }

        if (HasLaterRunThan(origin))
        {
            return end - index;
        }

        var position = slice.Base + index - slice.Start;
        return PositionOf(origin) is { } delivered ? (int)Math.Clamp(delivered.Position - position, 0, end - index) : 0;
    }

    /// <summary>Removes the run of a node that the client has: another run of the node shows that it is over.</summary>
    /// <returns>The removed run; null if there was none.</returns>
    public OriginKey? RemoveRunOf(uint nodeHash)
    {
        foreach (var position in _delivered!.Values)
        {
            if (position.NodeHash == nodeHash)
            {
                _delivered.Remove(OriginKey.Of(position));
                return OriginKey.Of(position);
            }
        }

        return null;
    }

    /// <summary>Removes an origin that the cursor has read as far as the client has it.</summary>
    public void RemoveIfPassed(in OriginMark mark)
    {
        if (PositionOf(mark.Origin!) is { } delivered && mark.At.Position >= delivered.Position)
        {
            _delivered!.Remove(mark.Origin!.Key);
        }
    }

    /// <summary>Makes <see cref="Any"/> false if no position is left, or all are too old.</summary>
    /// <returns>Whether it is false now.</returns>
    public bool TryFinish()
    {
        if (_delivered is { Count: > 0 } && time.GetElapsedTime(_opened) <= Lifetime)
        {
            return false;
        }

        _delivered = null;
        return true;
    }

    /// <summary>Adds the positions of origins that a list does not have yet.</summary>
    public void AddTo(List<DeliveredPosition> positions)
    {
        if (_delivered is not null)
        {
            var present = positions.Select(OriginKey.Of).ToHashSet();
            positions.AddRange(_delivered.Values.Where(position => !present.Contains(OriginKey.Of(position))));
        }
    }
}
