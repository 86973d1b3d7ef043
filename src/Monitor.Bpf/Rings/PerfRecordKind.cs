namespace Monitor.Bpf.Rings;

/// <summary>What a drain hands out.</summary>
public enum PerfRecordKind
{
    /// <summary>What a program wrote with bpf_perf_event_output.</summary>
    Sample,

    /// <summary>
    /// The kernel found no room in the ring for a number of samples. It says so with the next sample that fits, so losses
    /// at the end of a burst are reported only when another sample comes; the program's own counter knows at once.
    /// </summary>
    Lost,

    /// <summary>The ring's content made no sense; a number of bytes was skipped.</summary>
    Corrupt,
}
