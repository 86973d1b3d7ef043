using System.Buffers;
using System.Globalization;
using Microsoft.IO;
using Monitor.ClickHouse.Tables;
using Monitor.Events;
using Monitor.Protocol;

namespace Monitor.ClickHouse.Writing;

/// <summary>What the cursor read last, as rows: one insert for each table. It stays until the server has it.</summary>
internal sealed class ArchiveBatch : IDisposable
{
    // Bytes that one read of the cursor copies; the rows are made from them at once.
    private const int ReadBytes = 1 << 20;

    private static readonly RecyclableMemoryStreamManager Buffers = new();

    private readonly EventLog _log;
    private readonly EventCursor _cursor;
    private readonly ArchiveOptions _options;
    private readonly TimeProvider _time;
    private readonly EventRows _rows;
    private readonly ArrayBufferWriter<byte> _read = new(ReadBytes);
    private RecyclableMemoryStream _events = Buffers.GetStream();
    private RecyclableMemoryStream _losses = Buffers.GetStream();

    public ArchiveBatch(EventLog log, EventCursor cursor, ArchiveOptions options, TimeProvider time)
    {
        _log = log;
        _cursor = cursor;
        _options = options;
        _time = time;
        _rows = new EventRows(log.Types);
    }

    /// <summary>How many events there are.</summary>
    public int Events { get; private set; }

    /// <summary>How many losses there are.</summary>
    public int Losses { get; private set; }

    /// <summary>Rows of <see cref="ArchiveTable.Events"/>.</summary>
    public ReadOnlySequence<byte> EventBytes => _events.GetReadOnlySequence();

    /// <summary>Rows of <see cref="ArchiveTable.Losses"/>.</summary>
    public ReadOnlySequence<byte> LossBytes => _losses.GetReadOnlySequence();

    /// <summary>The same for the same rows: the log, and the place where they begin.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Reads the next entries, until the batch is full or the log has no more.</summary>
    /// <returns>Whether the log has no more.</returns>
    public bool Read()
    {
        Clear();
        Token = string.Create(CultureInfo.InvariantCulture, $"{_log.Epoch:x16}-{_cursor.Position}");
        var written = UnixNanos.From(_time.GetUtcNow());
        var atEnd = false;
        while (!atEnd && Events < _options.BatchEvents && _events.Length < _options.BatchBytes)
        {
            _read.ResetWrittenCount();
            var before = _cursor.Position;
            var batch = _cursor.ReadBatch(_read, _options.BatchEvents - Events, ReadBytes);
            // The losses come first, one behind the other; where entries were evicted, behind those.
            var behind = _cursor.Position - batch.Events;
            for (var number = 0; number < batch.Losses.Count; number++)
            {
                var position = batch.Evicted > 0 ? behind : Math.Min(before + number + 1, behind);
                LossRows.Write(batch.Losses[number], written, _log.Epoch, (ulong)position, (uint)Losses++, _losses);
            }

            var entries = new WireReader(_read.WrittenSpan);
            while (entries.TryReadTag(out _) && entries.TryReadBytes(out var encodedEvent))
            {
                _rows.Write(encodedEvent, _events);
            }

            Events += batch.Events;
            atEnd = batch.AtEnd;
        }

        return atEnd;
    }

    public void Dispose()
    {
        _events.Dispose();
        _losses.Dispose();
    }

    // New ones: the memory of a large batch goes back to where the next one takes it, or to nobody.
    private void Clear()
    {
        Dispose();
        _events = Buffers.GetStream();
        _losses = Buffers.GetStream();
        Events = 0;
        Losses = 0;
    }
}
