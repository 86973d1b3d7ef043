using Monitor.Agent.Encoding;
using Monitor.Agent.Monitors;
using Monitor.Events;

namespace Monitor.Benchmarks.Micro;

/// <summary>A log, and events of <see cref="SampleRecords"/> for it, encoded by the agent's own code.</summary>
internal sealed class SampleLog
{
    public const int MillionEvents = 1_000_000;

    private const long StartTime = 1_795_000_000_000_000_000;
    private const ulong Epoch = 1;

    private readonly byte[][] _encoded = new byte[SampleRecords.Count][];
    private readonly EventColumns[] _columns = new EventColumns[SampleRecords.Count];

    /// <param name="retentionBytes">Of the log; null for the default.</param>
    public SampleLog(long? retentionBytes = null)
    {
        var options = new EventLogOptions();
        options.RetentionBytes = retentionBytes ?? options.RetentionBytes;
        Log = new EventLog(options, Epoch, TimeProvider.System);
        var monitor = new ConnectionMonitor();
        var encoder = new EventEncoder("node-1", Epoch);
        var type = EventEncoder.EncodeType(monitor.Name);
        var typeId = Log.Types.GetOrAdd(monitor.Name);
        var records = SampleRecords.Connections();
        for (var i = 0; i < records.Length; i++)
        {
            encoder.Begin(type, typeId, 1_000_000 + (ulong)i, 5_000_000_000_000, StartTime);
            monitor.Decode(records[i], encoder);
            _encoded[i] = encoder.Encoded.ToArray();
            _columns[i] = encoder.Columns;
        }
    }

    public EventLog Log { get; }

    /// <summary>The encoded events.</summary>
    public IReadOnlyList<byte[]> Encoded => _encoded;

    /// <summary>A log that holds a million of them, a microsecond apart.</summary>
    public static SampleLog OfMillion()
    {
        var sample = new SampleLog(512L << 20);
        for (var i = 0; i < MillionEvents / SampleRecords.Count; i++)
        {
            sample.AppendAll();
        }

        return sample;
    }

    /// <summary>Appends each event once and publishes, as the reader does after a drain.</summary>
    public void AppendAll()
    {
        for (var i = 0; i < _encoded.Length; i++)
        {
            ref var columns = ref _columns[i];
            columns.Time = StartTime + (long)Log.NextSequence * 1000;
            Log.Append(columns, _encoded[i]);
        }

        Log.Publish();
    }
}
