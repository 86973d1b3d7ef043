namespace Monitor.Events;

/// <summary>How far one source was read.</summary>
internal struct SourceMark
{
    /// <summary>The source; null in a place that no source has.</summary>
    public LogSource? Source;

    /// <summary>The place in its own log behind its last entry.</summary>
    public SourcePoint At;
}
