using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Monitor.Events;

namespace Monitor.History;

/// <summary>What earlier runs left in a folder: the head of every segment is read, and what is damaged left out.</summary>
internal sealed class StoredHistory
{
    private readonly EventHistory _history;
    private readonly ILogger _logger;
    private readonly List<HistoryFile> _files = [];
    private readonly List<Segment> _segments = [];
    private readonly List<LogRun> _runs = [];
    private (HistoryFile File, long Position, int Entries)? _last;
    private LogPoint _end;
    private long _lastOrigin;
    private bool _isLastDamaged;

    private StoredHistory(EventHistory history, ILogger logger)
    {
        _history = history;
        _logger = logger;
        Log = new RestoredLog(history.Types, [], [], default, [], [], 0);
    }

    /// <summary>Those of which something can be read, oldest first, open.</summary>
    public IReadOnlyList<HistoryFile> Files => _files;

    /// <summary>What a log begins with.</summary>
    public RestoredLog Log { get; private set; }

    /// <summary>Whether everything of the last run is stored.</summary>
    public bool EndedCleanly { get; private set; }

    /// <summary>What is damaged, the last of it; null: nothing.</summary>
    public string? Damage { get; private set; }

    /// <summary>Whether the last file can be written to.</summary>
    public bool GoesOn => _files.Count > 0 && !_isLastDamaged;

    /// <summary>Reads a folder.</summary>
    /// <param name="history">Whose segments they will be.</param>
    /// <param name="folder">It is locked.</param>
    /// <param name="logger">Told what is damaged.</param>
    /// <exception cref="HistoryException">A file cannot be read now, but may be later.</exception>
    public static StoredHistory Read(EventHistory history, string folder, ILogger logger)
    {
        var stored = new StoredHistory(history, logger);
        try
        {
            foreach (var path in HistoryFile.In(folder).ToList())
            {
                stored.ReadFile(path);
            }

            stored.End();
            return stored;
        }
        catch
        {
            stored._files.ForEach(file => file.Dispose());
            throw;
        }
    }

    private void ReadFile(string path)
    {
        HistoryFile? file = null;
        var segments = 0;
        try
        {
            var opened = file = HistoryFile.Open(path);
            opened.ReadHeads((position, bytes) =>
            {
                Add(opened, position, bytes);
                segments++;
            });
            _files.Add(opened);
            _isLastDamaged = false;
        }
        catch (Exception failure) when (failure is InvalidDataException || HistoryFile.IsUnreadable(failure))
        {
            NoteDamagedFile(path, file, segments, failure);
            _isLastDamaged = true;
        }
        catch (SqliteException failure)
        {
            file?.Dispose();
            throw new HistoryException(
                $"'{path}' cannot be read now: {failure.Message} Nothing is lost: see that no other program has it open, and that "
                + "this one may read and write it.",
                failure);
        }
    }

    private void Add(HistoryFile file, long position, byte[] bytes)
    {
        var head = SegmentReader.ReadHead(bytes);
        var facts = SegmentReader.FactsOf(head, _history.Types);
        if (facts.Start.Position != position || position < _end.Position)
        {
            throw new InvalidDataException($"the segment at {position} is at the wrong place");
        }

        foreach (var epoch in head.EmptyRuns.Append(head.Epoch).Where(epoch => !_runs.Exists(run => run.Epoch == epoch)))
        {
            _runs.Add(new LogRun(epoch, Places.From(head.RunStart)));
        }

        _lastOrigin = Math.Max(_lastOrigin, (long)head.LastOrigin);
        _end = Places.From(head.End);
        _last = (file, position, facts.Entries);
        if (facts.Entries > 0)
        {
            var stored = new StoredSegment(_history, file, position, (int)head.Bytes, facts.Entries, new ValueIndex(head.Values.ToByteArray()));
            _segments.Add(new Segment(_history.Buffers, facts, stored));
        }
    }

    // What could be read of it stays; it is not written to any more.
    private void NoteDamagedFile(string path, HistoryFile? file, int segments, Exception failure)
    {
        string consequence;
        if (segments > 0)
        {
            _files.Add(file!);
            consequence = $"{segments} segments of it can be read";
        }
        else
        {
            file?.Dispose();
            consequence = $"it is kept as {HistoryFile.SetAside(path)}, and not read";
        }

        Damage = $"{path} is damaged: {HistoryLog.ReasonOf(failure)}; {consequence}";
        HistoryLog.Damaged(_logger, path, HistoryLog.ReasonOf(failure), consequence);
    }

    private void End()
    {
        _history.Origins.NoteHighest(_lastOrigin);
        EndedCleanly = !_isLastDamaged && (_last is null || IsCleanEnd(_last.Value.File, _end.Position));
        var (marks, forgotten) = MarksAtEnd();
        Log = new RestoredLog(_history.Types, [.. _segments], [.. _runs], _end, marks, forgotten, _lastOrigin);
    }

    private static bool IsCleanEnd(HistoryFile file, long position)
    {
        try
        {
            return file.IsCleanEnd(position);
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private (OriginMark[] Marks, OriginMark[] Forgotten) MarksAtEnd()
    {
        if (_last is not var (file, position, entries))
        {
            return ([], []);
        }

        try
        {
            var detail = SegmentReader.ReadDetail(file.ReadDetail(position));
            return (
                SegmentReader.AtEnd(
                    SegmentReader.MarksOf(detail, _history.Origins), SegmentReader.SlicesOf(detail, entries, _history.Origins), entries),
                SegmentReader.ForgottenOf(detail, _history.Origins));
        }
        catch (Exception failure) when (failure is SqliteException or InvalidDataException)
        {
            const string Consequence = "How far each agent was read is not known any more.";
            Damage = $"{file.Path} is damaged: {HistoryLog.ReasonOf(failure)}. {Consequence}";
            HistoryLog.Damaged(_logger, file.Path, HistoryLog.ReasonOf(failure), Consequence);
            return ([], []);
        }
    }
}
