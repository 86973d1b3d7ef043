using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Events;
using Monitor.Events.Tests;

namespace Monitor.History.Tests;

/// <summary>A folder for histories, and the logs of runs one after the other that go on in it.</summary>
internal sealed class HistoryTest : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ulong _epoch = 0x1000;

    public HistoryTest(string? folder = null) => Folder = folder ?? Directory.CreateTempSubdirectory("history-").FullName;

    public string Folder { get; }

    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Events of tests are of the beginning of 2026.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(36_500);

    /// <summary>Whether the logs copy those of agents.</summary>
    public bool TracksOrigins { get; init; }

    public EventHistory History { get; private set; } = null!;

    public EventLog Log { get; private set; } = null!;

    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.sqlite").Order(StringComparer.Ordinal);

    /// <summary>Another run on the same folder.</summary>
    public EventLog Start(long retention = EventLogOptions.MinRetentionBytes)
    {
        History = EventHistory.Open(
            new HistoryOptions { Folder = Folder, MaxBytes = MaxBytes, MaxAge = MaxAge }, TimeProvider.System, NullLogger.Instance);
        Log = new EventLog(
            new EventLogOptions { RetentionBytes = retention, TracksOrigins = TracksOrigins, NodeName = TracksOrigins ? "" : "node-1" },
            ++_epoch,
            TimeProvider.System,
            History.Restored);
        History.Follow(Log);
        return Log;
    }

    /// <summary>Ends the run as a program does that is told to.</summary>
    public void Stop()
    {
        History.Dispose();
        Log.Dispose();
    }

    /// <summary>What a run that was killed now would leave: the files, as they are.</summary>
    public HistoryTest Copy()
    {
        var copy = new HistoryTest { TracksOrigins = TracksOrigins, MaxBytes = MaxBytes, _epoch = _epoch + 0x100 };
        foreach (var path in Directory.EnumerateFiles(Folder))
        {
            if (Path.GetFileName(path) != "lock")
            {
                File.Copy(path, Path.Combine(copy.Folder, Path.GetFileName(path)));
            }
        }

        return copy;
    }

    /// <summary>Appends connections, as fast as they are stored: all that leave memory are.</summary>
    public void AppendConnections(int count)
    {
        const int Group = 1000;
        for (var added = 0; added < count; added += Group)
        {
            Log.AppendConnections(Math.Min(Group, count - added));
            WaitUntilStored(Log.GetStatistics().Appended - 2 * Group);
        }
    }

    public void WaitUntilStored() => WaitUntilStored(Log.GetStatistics().Appended);

    public void WaitUntilStored(long events)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (History.Status is var status && status.Stored + status.Missed < events)
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(deadline), $"not stored: {status}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Waits until it has looked twice for files that are too many or too old, and removed none.</summary>
    public void WaitUntilSettled()
    {
        WaitUntilStored();
        string[] before;
        do
        {
            before = [.. Files];
            for (var looks = 0; looks < 2; looks++)
            {
                var last = History.Status.StoredUntil;
                Assert.That(() => History.Status.StoredUntil, Is.Not.EqualTo(last).After((int)Patience.TotalMilliseconds, 50));
            }
        }
        while (!before.SequenceEqual(Files));
    }

    public void Dispose()
    {
        if (History is not null)
        {
            Stop();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
