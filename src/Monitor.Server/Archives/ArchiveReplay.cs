using System.Globalization;
using Grpc.Core;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>
/// Reads from the archive, oldest first, what a stream or an export asks for and the log has no more; then its cursor goes on with
/// the oldest that the log has, without gap or repetition. The log says how far each run of an agent is older than that, so neither
/// clocks nor agents that come late matter. What leaves the log meanwhile, or later before the cursor comes to it, is read next in
/// the same way. For one reader at a time.
/// </summary>
internal sealed class ArchiveReplay
{
    // Of one question to the archive. It is held while a client does not read, as long as that may last.
    private const int PageEvents = 10_000;
    private const int PageBytes = 1 << 20;

    // What was read last by the writer of the archive is there within its delay of a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static readonly ArchiveRuns NoRuns = new([], HasOthers: false);

    private readonly IEventArchive _archive;
    private readonly EventLog _log;
    private readonly EventCursor _cursor;
    private readonly EventFilterPlan _filter;
    private readonly TimeProvider _time;

    private ReplayToken _place;
    private Queue<(EventKey Key, ReadOnlyMemory<byte> Encoded)> _page = [];
    private IReadOnlyList<Loss> _losses = [];
    private bool _hasMore;

    // What the log has no more, where the cursor was put last.
    private Dictionary<ulong, RunBegin> _runs = [];

    // Whether the cursor is where the part that is read now ends, and whether it was read from there.
    private bool _isPlaced;
    private bool _isPassed;

    private ArchiveReplay(IEventArchive archive, EventLog log, EventCursor cursor, ReplayToken place, TimeProvider time)
    {
        _archive = archive;
        _log = log;
        _cursor = cursor;
        _filter = EventFilterPlan.Compile(cursor.Filter);
        _time = time;
        _place = place;
    }

    /// <summary>Whether there is something to read before the cursor goes on.</summary>
    public bool IsNeeded => !_isPassed || _cursor.IsEvicted;

    /// <summary>Where it is: a stream can go on behind the events that were read, here or by the cursor, and the losses that were taken.</summary>
    public string Token => PlaceBehind().ToString();

    /// <summary>Begins with the oldest event that matches.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="log">The log.</param>
    /// <param name="cursor">A cursor of it that nobody has read yet.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The client has left.</param>
    /// <exception cref="ArchiveException">The archive does not answer.</exception>
    public static async Task<ArchiveReplay> StartAsync(
        IEventArchive archive, EventLog log, EventCursor cursor, TimeProvider time, CancellationToken cancellationToken)
    {
        var since = cursor.Filter.Since is { } begin ? UnixNanos.From(begin)!.Value : long.MinValue;
        var replay = new ArchiveReplay(archive, log, cursor, new ReplayToken { Since = since, LogEpoch = log.Epoch, Position = 0, Runs = NoRuns, Last = null }, time);
        await replay.MoveCursorAsync(cancellationToken);
        // Runs that the log does not know come as far as they are there now: their agents may come yet, and bring the rest.
        var known = replay._runs.Values.Select(run => new RunPart(run.Epoch, run.Stored, run.Stored)).ToList();
        var others = await archive.ListRunsAsync(new ArchiveRuns(known, HasOthers: true), since, cancellationToken);
        if (known.Count + others.Count > ReplayToken.MaxParts)
        {
            throw new ArchiveException(string.Create(
                CultureInfo.InvariantCulture, $"it has events of {known.Count + others.Count} runs of agents, and {ReplayToken.MaxParts} can be told apart"));
        }

        replay.ReadFrom([.. known.Select(part => part with { After = 0 }), .. others.Select(run => new RunPart(run.Key, 0, run.Value))]);
        await replay.AddLossesAsync(new ArchiveRuns([new RunPart(log.Epoch, 0, (ulong)cursor.Position)], HasOthers: true), cancellationToken);
        await replay.ReadPageAsync(cancellationToken);
        return replay.Begin();
    }

    /// <summary>Goes on behind the token of an earlier stream.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static async Task<ArchiveReplay> ResumeAsync(
        IEventArchive archive, EventLog log, EventCursor cursor, ReplayToken token, TimeProvider time, CancellationToken cancellationToken)
    {
        var replay = new ArchiveReplay(archive, log, cursor, token, time) { _hasMore = true };
        await replay.ReadPageAsync(cancellationToken);
        return replay.Begin();
    }

    /// <summary>Goes on behind a token of the log whose place has left it.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static async Task<ArchiveReplay> ResumeAsync(
        IEventArchive archive, EventLog log, EventCursor cursor, ResumeToken token, TimeProvider time, CancellationToken cancellationToken)
    {
        var place = new ReplayToken
        {
            Since = long.MinValue,
            LogEpoch = token.Epoch,
            Position = (long)token.Position,
            Runs = ReadBy(token),
            Last = null,
        };
        var replay = new ArchiveReplay(archive, log, cursor, place, time);
        await replay.GoOnAsync(cancellationToken);
        return replay.Begin();
    }

    /// <summary>Reads the next events.</summary>
    /// <param name="output">Gets them, as elements of <c>StreamEventsResponse.events</c>.</param>
    /// <param name="maxEvents">Most events, 1 or more.</param>
    /// <param name="maxBytes">Most bytes; one event comes in any case.</param>
    /// <param name="cancellationToken">The client has left.</param>
    /// <returns>The losses among them and before. Null: there are no more of either, and the cursor goes on.</returns>
    /// <exception cref="RpcException">The archive does not answer; it says why.</exception>
    public async Task<IReadOnlyList<Loss>?> ReadAsync(PooledBuffer output, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
        await FindAsync(cancellationToken) ? Take(output, maxEvents, maxBytes) : null;

    /// <summary>Waits for what is next. <see cref="Token"/> is not to be asked for meanwhile.</summary>
    /// <returns>False: there is nothing more, and the cursor goes on.</returns>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<bool> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_page.Count == 0 && _losses.Count == 0)
            {
                if (_hasMore)
                {
                    await ReadPageAsync(cancellationToken);
                }
                else if (_isPlaced && !_cursor.IsEvicted)
                {
                    _isPassed = true;
                    _cursor.LeaveOut(_place.Runs.Parts.Where(IsAhead).ToDictionary(part => part.Epoch, part => part.UpTo));
                    return false;
                }
                else
                {
                    await GoOnAsync(cancellationToken);
                }
            }
        }
        catch (ArchiveException failure)
        {
            throw CallErrors.ArchiveAway(failure);
        }

        return true;
    }

    /// <summary>Takes what was found.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public IReadOnlyList<Loss> Take(PooledBuffer output, int maxEvents, int maxBytes)
    {
        for (var bytes = 0; maxEvents > 0 && _page.TryPeek(out var next); maxEvents--)
        {
            bytes += next.Encoded.Length;
            if (bytes > maxBytes && bytes > next.Encoded.Length)
            {
                break;
            }

            _page.Dequeue();
            output.WriteEvent(next.Encoded.Span);
            _place = _place with { Last = next.Key };
        }

        return TakeLosses();
    }

    /// <summary>The losses that come before what is read next. <see cref="Token"/> is behind them.</summary>
    public IReadOnlyList<Loss> TakeLosses()
    {
        var losses = _losses;
        _losses = [];
        return losses;
    }

    // From here on, and not where the archive did not answer and the cursor is read without it.
    private ArchiveReplay Begin()
    {
        _cursor.StopsAtGaps = true;
        return this;
    }

    // What has left the log since the part that was read before.
    private async Task GoOnAsync(CancellationToken cancellationToken)
    {
        _place = PlaceBehind();
        _isPassed = false;
        var (log, position) = (_place.LogEpoch, _place.Position);
        var read = _place.Runs.Parts.ToDictionary(part => part.Epoch, part => part.UpTo);
        await MoveCursorAsync(cancellationToken);
        ReadFrom([
            .. _runs.Values.Select(run => PartOf(run, read)),
            .. read.Where(run => !_runs.ContainsKey(run.Key)).Select(run => new RunPart(run.Key, run.Value, run.Value)),
        ]);
        var entries = new RunPart(_log.Epoch, log == _log.Epoch ? (ulong)Math.Min(position, _cursor.Position) : 0, (ulong)_cursor.Position);
        await AddLossesAsync(
            new ArchiveRuns(log == _log.Epoch ? [entries] : [entries, new RunPart(log, (ulong)position, ulong.MaxValue)], HasOthers: false),
            cancellationToken);
    }

    // Behind the events of the part that is read now; once the cursor has gone on, behind its own too.
    private ReplayToken PlaceBehind()
    {
        if (!_isPassed)
        {
            return _place;
        }

        var read = _place.Runs.Parts.ToDictionary(part => part.Epoch, part => part.UpTo);
        foreach (var part in ReadBy(_cursor.GetResumeToken()).Parts)
        {
            read[part.Epoch] = Math.Max(part.UpTo, read.GetValueOrDefault(part.Epoch));
        }

        return _place with
        {
            LogEpoch = _log.Epoch,
            Position = _cursor.Position,
            Runs = new ArchiveRuns([.. read.Select(run => new RunPart(run.Key, run.Value, run.Value))], HasOthers: false),
            Last = null,
        };
    }

    private async Task MoveCursorAsync(CancellationToken cancellationToken)
    {
        _runs = _cursor.MoveToOldest().ToDictionary(run => run.Epoch);
        _isPlaced = true;
        await WaitForWriterAsync(cancellationToken);
    }

    private void ReadFrom(IReadOnlyList<RunPart> parts)
    {
        _place = _place with { LogEpoch = _log.Epoch, Position = _cursor.Position, Runs = new ArchiveRuns(parts, HasOthers: false), Last = null };
        _hasMore = true;
    }

    // Whether the log may bring some of it again: of an agent that is not connected yet, or came late.
    private bool IsAhead(RunPart part) => !_runs.TryGetValue(part.Epoch, out var run) || part.UpTo > run.Stored;

    private static ArchiveRuns ReadBy(ResumeToken token) => new(
        [
            .. token.Delivered!.GroupBy(position => position.Epoch, position => position.Events)
                .Select(run => new RunPart(run.Key, run.Max(), run.Max())),
        ],
        HasOthers: false);

    // Of a run that the log took in since, what it did not take in was there before.
    private static RunPart PartOf(RunBegin run, Dictionary<ulong, ulong> read)
    {
        var after = read.GetValueOrDefault(run.Epoch, run.Taken);
        return new RunPart(run.Epoch, after, Math.Max(after, run.Stored));
    }

    private async Task ReadPageAsync(CancellationToken cancellationToken)
    {
        var page = await _archive.ListAsync(
            new ArchiveQuery
            {
                Filter = _filter.Canonical,
                Runs = _place.Runs,
                OldestFirst = true,
                After = _place.Last,
                Limit = PageEvents,
                MaxBytes = PageBytes,
                Counts = false,
            },
            cancellationToken);
        _page = new(page.Events);
        _hasMore = page.HasMore;
    }

    private async Task AddLossesAsync(ArchiveRuns logs, CancellationToken cancellationToken)
    {
        var losses = await _archive.ListLossesAsync(
            new ArchiveLossQuery
            {
                Logs = logs,
                Since = _place.Since,
                Until = _filter.Canonical.Until is { } until ? UnixNanos.From(until)!.Value : long.MaxValue,
            },
            cancellationToken);
        _losses = [.. losses.Where(_filter.Concerns)];
    }

    private async Task WaitForWriterAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (_archive.WrittenPosition < _cursor.Position)
        {
            if (_archive.Status.Problem is not null)
            {
                throw new ArchiveException(ArchiveException.NotWritten);
            }

            if (_time.GetElapsedTime(started) > Patience)
            {
                throw new ArchiveException("it is written to more slowly than events leave the log");
            }

            await Task.Delay(Interval, _time, cancellationToken);
        }
    }
}
