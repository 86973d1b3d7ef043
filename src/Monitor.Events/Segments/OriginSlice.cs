namespace Monitor.Events;

/// <summary>
/// Consecutive entries of a segment that are consecutive entries of one origin too; the slice ends where the next one
/// starts. Behind the n-th entry of the slice, n from 1, the origin is read up to position <c>Base + n</c>.
/// </summary>
internal struct OriginSlice
{
    /// <summary>Null if the entries are the log's own.</summary>
    public Origin? Origin;

    /// <summary>Index of the first entry in the segment; int.MaxValue in unused elements of an array.</summary>
    public int Start;

    /// <summary>Position of the first entry in the origin's log. A loss is a slice of its own and can stand for several
    /// entries of the origin; its base is the position of the last of them.</summary>
    public long Base;

    /// <summary>How many of the origin's entries are losses, up to and including this slice.</summary>
    public long Losses;

    /// <summary>How far the origin is read behind the n-th entry of the slice.</summary>
    public readonly OriginPoint After(int n) => new(Base + n, Base + n - Losses);
}

/// <summary>How far one origin was read.</summary>
internal struct OriginMark
{
    /// <summary>The origin; null in a slot that no origin uses.</summary>
    public Origin? Origin;

    /// <summary>The place in its log behind the last entry that was read.</summary>
    public OriginPoint At;
}
