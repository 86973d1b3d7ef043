using System.Globalization;
using Microsoft.Extensions.Logging;
using Monitor.Events;
using Monitor.Protocol;

namespace Monitor.History;

/// <summary>
/// Keeps the segments of a log on disk: those that leave memory stay in the log, read again when somebody comes to them, and
/// the next run of the program goes on behind them. Files are bounded by bytes and age. A thread of its own follows the
/// log; where it cannot store, the log goes on in memory.
/// </summary>
public sealed class EventHistory : IEventHistory
{
    // What a crash may lose.
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StepInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    // Several files, so that little is lost with a damaged one, and the oldest leave in small steps.
    private const int FilesPerHistory = 32;
    private const long MinFileBytes = 1L << 20;
    private const long MaxFileBytes = 1L << 30;

    // At the most 32 MiB.
    private const int SegmentsKept = 8;

    // Parts of a segment that are smaller are stored anew with what follows, so that a quiet log does not leave a thousand.
    private const int SmallPart = 64 << 10;

    // Segments of one commit: some 2 MiB on disk.
    private const int MaxRows = 4;

    private readonly HistoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FileStream _lockFile;
    private readonly SegmentWriter _writer;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private readonly List<HistoryFile> _files = [];
    private readonly List<Segment> _segments = [];
    private string? _damage;
    private string? _failure;
    private long _stored;
    private long _missed;
    private DateTimeOffset? _storedUntil;

    // Of the segment that is stored in part.
    private (long Events, long MinTime) _part = (0, long.MaxValue);

    // The thread's.
    private Thread? _thread;
    private LogStore? _log;
    private HistoryFile? _current;
    private DateTimeOffset _currentSince;
    private LogPoint _next;
    private LogPoint _partStart;

    // Up to there the segments were stored whole, whether the history still has them or not.
    private long _whole;
    private int _partBytes;

    // What is before it is in files that are not written to any more.
    private long _floor;
    private long _lastFlush;
    private long _lastFailure;
    private bool _isMarked;

    private EventHistory(HistoryOptions options, TimeProvider time, ILogger logger, FileStream lockFile)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _lockFile = lockFile;
        _writer = new SegmentWriter(Origins);
        Restored = new RestoredLog(Types, [], [], default, [], [], 0);
    }

    /// <inheritdoc/>
    public RestoredLog Restored { get; private set; }

    /// <inheritdoc/>
    public bool EndedCleanly { get; private set; } = true;

    /// <inheritdoc/>
    public HistoryStatus Status
    {
        get
        {
            lock (_lock)
            {
                var oldest = Math.Min(_part.MinTime, _segments.Count == 0 ? long.MaxValue : _segments.Min(segment => segment.MinTime));
                return new HistoryStatus(
                    _options.Folder,
                    _files.Sum(file => file.Bytes),
                    _options.MaxBytes,
                    _segments.Sum(segment => (long)segment.EventCount) + _part.Events,
                    _stored,
                    _missed,
                    _storedUntil,
                    oldest == long.MaxValue ? null : oldest,
                    _failure ?? _damage);
            }
        }
    }

    internal EventTypeTable Types { get; } = new();

    internal SegmentBuffers Buffers { get; } = new(LogStore.MaxSegmentBytes);

    internal StoredOrigins Origins { get; } = new();

    internal LoadedSegments Loaded { get; } = new(SegmentsKept);

    /// <summary>Opens the history, and reads the head of every segment that it has.</summary>
    /// <exception cref="HistoryException">The folder cannot be used.</exception>
    public static EventHistory Open(HistoryOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var history = new EventHistory(options, time, logger, HistoryFolder.Lock(options.Folder));
        try
        {
            history.Restore();
            return history;
        }
        catch (Exception failure)
        {
            history.Dispose();
            throw failure is IOException or UnauthorizedAccessException
                ? new HistoryException($"the history in '{options.Folder}' cannot be used: {failure.Message}", failure)
                : failure;
        }
    }

    /// <inheritdoc/>
    public void Follow(EventLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        _log = log.Store;
        _next = _log.RunStart;
        _partStart = _next;
        _whole = _next.Position;
        _thread = new Thread(Run) { Name = "history", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Set();
        _thread?.Join();
        lock (_lock)
        {
            foreach (var file in _files)
            {
                file.Dispose();
            }
        }

        _writer.Dispose();
        _lockFile.Dispose();
        _stop.Dispose();
    }

    /// <summary>A segment cannot be read: the log has it no more.</summary>
    internal void IsDamaged(StoredSegment stored, Exception failure)
    {
        Segment? segment;
        var file = stored.File;
        lock (_lock)
        {
            segment = _segments.Find(segment => segment.Stored == stored);
            if (segment is null)
            {
                // Removed while somebody came to it.
                return;
            }

            _segments.Remove(segment);

            _damage = string.Create(
                CultureInfo.InvariantCulture,
                $"{file.Path} is damaged: {HistoryLog.ReasonOf(failure)}. {segment.EventCount} events of it are missing.");
        }

        _log?.Remove([segment]);
        HistoryLog.Damaged(_logger, file.Path, HistoryLog.ReasonOf(failure), $"{segment.EventCount} events of it are missing");
    }

    private void Restore()
    {
        var found = StoredHistory.Read(this, _options.Folder, _logger);
        _files.AddRange(found.Files);
        _segments.AddRange(found.Log.Segments);
        _damage = found.Damage;
        EndedCleanly = found.EndedCleanly;
        Restored = found.Log;
        if (found.GoesOn)
        {
            _current = _files[^1];
            _currentSince = _time.GetUtcNow();
        }

        var status = Status;
        HistoryLog.Opened(
            _logger,
            _options.Folder,
            status.Events,
            status.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest).ToString().Trim('"') : "now",
            status.Bytes);
    }

    private void Run()
    {
        _lastFlush = _time.GetTimestamp();
        while (!_stop.Wait(StepInterval))
        {
            if (_failure is null || _time.GetElapsedTime(_lastFailure) >= RetryInterval)
            {
                TryStep(isLast: false);
            }
        }

        TryStep(isLast: true);
    }

    private void TryStep(bool isLast)
    {
        try
        {
            Step(isLast);
            if (_failure is not null)
            {
                SetFailure(null);
                HistoryLog.Recovered(_logger, _missed);
            }
        }
        catch (Exception failure)
        {
            // Whatever it is, the log goes on.
            _lastFailure = _time.GetTimestamp();
            if (_failure is null)
            {
                HistoryLog.Failing(_logger, HistoryLog.ReasonOf(failure), RetryInterval.TotalSeconds);
            }

            SetFailure($"events are not stored in {_options.Folder}: {HistoryLog.ReasonOf(failure)}");
            if (HistoryFile.IsUnreadable(failure))
            {
                // Another file is begun. What is in this one stays readable; of the segment that is stored in parts there, the
                // rest is.
                _current?.IsBroken = true;
                _current = null;
                _floor = _next.Position;
                _partStart = _next;
                _partBytes = 0;
            }
        }
    }

    private void SetFailure(string? failure)
    {
        lock (_lock)
        {
            _failure = failure;
        }
    }

    /// <summary>Stores the segments that are full, and where it is time, what there is of the last one.</summary>
    private void Step(bool isLast)
    {
        if (!_isMarked)
        {
            WriteStart();
        }

        var isFlush = isLast || _time.GetElapsedTime(_lastFlush) >= FlushInterval;
        var now = _time.GetUtcNow();
        var full = new List<(SegmentRow Row, Segment Segment)>();
        var segments = _log!.Segments;
        foreach (var segment in segments.AsSpan(segments.Length - Math.Min(segments.Length, _log.SegmentsInMemory + 1)))
        {
            if (segment.Start.Position < _whole || segment.Stored is not null || !segment.TryEnter())
            {
                continue;
            }

            try
            {
                // In this order: then it has no more than that.
                var isSealed = segment.Sealed;
                var count = segment.Published;
                if (segment.Start.Position + count <= _next.Position && !isSealed)
                {
                    continue;
                }

                if (isSealed && segment.Start.Position >= _floor)
                {
                    full.Add((_writer.Write(_log, segment, 0, count), segment));
                    if (full.Count == MaxRows)
                    {
                        WriteFull(full);
                    }
                }
                else if (isFlush || isSealed)
                {
                    WriteFull(full);
                    WritePart(segment, count);
                }
            }
            finally
            {
                segment.Release();
            }
        }

        WriteFull(full);
        if (!isFlush)
        {
            return;
        }

        _lastFlush = _time.GetTimestamp();
        RemoveOld(now);
        lock (_lock)
        {
            _storedUntil = now;
        }

        if (isLast && _current is not null)
        {
            _current.NoteCleanEnd(_next.Position);
        }
    }

    // So that tokens of a run of which nothing more is stored are known.
    private void WriteStart()
    {
        Write([_writer.WriteStart(_log!, Restored.Marks)], mayBegin: true);
        _current!.ClearCleanEnd();
        _isMarked = true;
    }

    private void WriteFull(List<(SegmentRow Row, Segment Segment)> full)
    {
        if (full.Count == 0)
        {
            return;
        }

        var file = Write([.. full.Select(item => item.Row)], mayBegin: full[0].Row.Start.Position >= _next.Position);
        foreach (var (row, segment) in full)
        {
            var stored = new StoredSegment(this, file, row.Start.Position, row.Bytes, segment.Published, row.Values);
            Note(row.Start, row.End);
            _whole = row.End.Position;
            lock (_lock)
            {
                _segments.Add(segment);
                _part = (0, long.MaxValue);
            }

            segment.StoredAs(stored);
        }

        _partStart = _next;
        _partBytes = 0;
        full.Clear();
    }

    private void WritePart(Segment segment, int count)
    {
        var from = _partStart.Position > segment.Start.Position ? (int)(_partStart.Position - segment.Start.Position) : 0;
        if (_partBytes >= SmallPart)
        {
            from = Math.Max(from, (int)(_next.Position - segment.Start.Position));
        }

        if (from >= count || segment.Start.Position + count <= _next.Position)
        {
            return;
        }

        var row = _writer.Write(_log!, segment, from, count);
        Write([row], mayBegin: from == 0 && row.Start.Position >= _next.Position);
        _partStart = row.Start;
        _partBytes = segment.ByteStart(count) - segment.ByteStart(from);
        Note(row.Start, row.End);
        lock (_lock)
        {
            _part = (row.End.Events - Math.Max(segment.Start.Events, Restored.End.Events), segment.MinTime);
        }
    }

    /// <summary>Everything between the two is stored.</summary>
    private void Note(in LogPoint start, in LogPoint end)
    {
        lock (_lock)
        {
            // What came before and is not stored has left memory.
            _missed += Math.Max(0, start.Events - _next.Events);
            _stored += end.Events - Math.Max(start.Events, _next.Events);
        }

        _next = end;
    }

    /// <param name="rows">What to store.</param>
    /// <param name="mayBegin">Whether another file may begin: not in the middle of a segment of which a part is stored, for the
    /// whole one will replace it.</param>
    private HistoryFile Write(IReadOnlyList<SegmentRow> rows, bool mayBegin)
    {
        var isFull = _current is not null
            && (_current.Bytes >= Math.Clamp(_options.MaxBytes / FilesPerHistory, MinFileBytes, MaxFileBytes)
                || _time.GetUtcNow() - _currentSince >= _options.MaxAge / FilesPerHistory);
        if (_current is null || (isFull && mayBegin))
        {
            Begin(rows[0].Start.Position);
        }

        try
        {
            _current!.Write(rows);
            return _current;
        }
        finally
        {
            foreach (var row in rows)
            {
                row.Return();
            }
        }
    }

    private void Begin(long position)
    {
        var path = HistoryFile.PathOf(_options.Folder, position);
        lock (_lock)
        {
            // After a failure the file of this position may be there, with nothing that counts behind it.
            if (_files.FirstOrDefault(file => file.Path == path) is { } known)
            {
                if (!known.IsBroken)
                {
                    _current = known;
                    return;
                }

                _files.Remove(known);
                known.Dispose();
                HistoryFile.SetAside(path);
            }
        }

        var opened = HistoryFile.Open(path);
        lock (_lock)
        {
            _files.Add(opened);
        }

        _current = opened;
        _currentSince = _time.GetUtcNow();
    }

    /// <summary>Removes the oldest files where there are too many bytes, or their events are too old.</summary>
    private void RemoveOld(DateTimeOffset now)
    {
        var oldest = UnixNanos.From(now - _options.MaxAge);
        while (true)
        {
            HistoryFile first;
            List<Segment> segments;
            lock (_lock)
            {
                if (_files.Count < 2)
                {
                    return;
                }

                first = _files[0];
                segments = [.. _segments.Where(segment => segment.Stored is StoredSegment stored && stored.File == first)];
                // No event is newer than it was stored, whatever an agent's clock says: it would keep all that is behind it too.
                var isOld = first.LastWritten < now - _options.MaxAge
                    || (segments.Count > 0 && segments.TrueForAll(segment => segment.MaxTime < oldest));
                if (first == _current || (!isOld && _files.Sum(file => file.Bytes) <= _options.MaxBytes))
                {
                    return;
                }

                _files.RemoveAt(0);
                _segments.RemoveAll(segments.Contains);
            }

            // 1. Readers stop finding its segments. 2. It is closed: who is about to read finds it closed. 3. It is deleted.
            _log!.Remove(segments);
            first.Dispose();
            HistoryFile.Delete(first.Path);
            HistoryLog.Removed(_logger, first.Path);
        }
    }
}
