namespace Monitor.Bpf.Rings;

/// <summary>Why a wait ended.</summary>
public enum PerfWaitResult
{
    /// <summary>The time was up; there may be records all the same, below the watermark.</summary>
    TimedOut,

    /// <summary>A ring passed its watermark.</summary>
    Watermark,

    /// <summary>Another thread called <see cref="PerfRingReader.Wake"/>.</summary>
    Woken,
}
