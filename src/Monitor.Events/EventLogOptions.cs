namespace Monitor.Events;

/// <summary>How much an <see cref="EventLog"/> keeps.</summary>
public sealed class EventLogOptions
{
    /// <summary>The least that <see cref="RetentionBytes"/> can be: 1 MiB.</summary>
    public const long MinRetentionBytes = 1 << 20;

    /// <summary>The most that <see cref="RetentionBytes"/> can be: 1 TiB.</summary>
    public const long MaxRetentionBytes = 1L << 40;

    /// <summary>
    /// Bytes of memory for stored events, their headers included; 64 MiB by default, which is about 270 000 events of
    /// 180 bytes. The log takes it as it fills, a sixteenth at a time, at most 4 MiB, and never gives it back. While
    /// readers are inside a segment that has just left, it is exceeded by that segment.
    /// </summary>
    public long RetentionBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The node that losses are said to be of which the log itself reports, those of evicted events. Empty, the
    /// default, where the log holds events of several nodes.
    /// </summary>
    public string NodeName { get; set; } = "";

    /// <summary>
    /// Whether the log takes in the events of agents, by <see cref="EventLog.AppendFrom"/>. Its resume tokens then say
    /// how far each of them was read, so that other logs of the same agents can go on from there. Default: no.
    /// </summary>
    public bool TakesSources { get; set; }

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/>, with what is accepted, where a value is bad.</summary>
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
