namespace Monitor.Agent.Reading;

/// <summary>
/// Reports each lost event once. The ring tells of a loss at its place, but only with the next record that fits; the
/// program's counter knows at once, but not where. What the counter knows first is reported at the end of a drain, and
/// taken off what the ring tells later.
/// </summary>
internal sealed class LossLedger
{
    private ulong _told;

    /// <summary>Events reported as lost so far.</summary>
    public ulong Reported { get; private set; }

    /// <summary>The ring told of a loss here.</summary>
    /// <returns>How many of it have not been reported yet.</returns>
    public ulong OnRing(ulong count)
    {
        _told += count;
        return Report(_told);
    }

    /// <summary>The program has counted so many losses since it started.</summary>
    /// <returns>How many of them have not been reported yet.</returns>
    public ulong OnCounter(ulong total) => Report(total);

    private ulong Report(ulong total)
    {
        var missing = total > Reported ? total - Reported : 0;
        Reported += missing;
        return missing;
    }
}
