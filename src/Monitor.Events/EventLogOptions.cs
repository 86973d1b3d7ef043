namespace Monitor.Events;

/// <summary>How much an <see cref="EventLog"/> keeps.</summary>
public sealed class EventLogOptions
{
    /// <summary>The least that <see cref="RetentionBytes"/> can be: 1 MiB.</summary>
    public const long MinRetentionBytes = 1 << 20;

    /// <summary>The most that <see cref="RetentionBytes"/> can be: 1 TiB.</summary>
    public const long MaxRetentionBytes = 1L << 40;

    /// <summary>
    /// Bytes of memory for stored events and their columns. Default: 64 MiB, about 270 000 events of 180 bytes. The log
    /// allocates it as it fills, a sixteenth but at most 4 MiB at a time, and never frees it. It exceeds it by a segment
    /// that was evicted while readers are inside.
    /// </summary>
    public long RetentionBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Node name of the losses that the log itself reports, those of evicted events. Default: empty, for a log with the
    /// events of several nodes.
    /// </summary>
    public string NodeName { get; set; } = "";

    /// <summary>
    /// Whether the log holds copies of agents' logs, appended with <see cref="EventLog.AppendFrom"/>. Its resume tokens
    /// then say how far each <see cref="Origin"/> was delivered, so that other logs of the same agents can go on from
    /// there. Default: no.
    /// </summary>
    public bool TracksOrigins { get; set; }

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/> if a value is not accepted; the message says which values are.</summary>
    public void Validate()
    {
        if (RetentionBytes is < MinRetentionBytes or > MaxRetentionBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(RetentionBytes),
                RetentionBytes,
                $"The event log's retention must be {MinRetentionBytes} (1 MiB) to {MaxRetentionBytes} (1 TiB) bytes.");
        }

        ArgumentNullException.ThrowIfNull(NodeName);
    }
}
