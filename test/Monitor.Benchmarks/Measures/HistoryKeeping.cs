using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Benchmarks.Machine;
using Monitor.Events;
using Monitor.History;
using Monitor.V1;
using EventLog = Monitor.Events.EventLog;

namespace Monitor.Benchmarks.Measures;

/// <summary>Fifty million events of a week in a history: what storing them takes, and asking for them.</summary>
internal sealed class HistoryKeeping : Measure
{
    private const long Millions = 50;
    private const long Retention = 256L << 20;
    private const int Group = 1000;
    private const int Repeats = 20;

    // Half of memory: what the producer may be ahead, so that nothing is missed.
    private const long Lead = 250_000;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public override string Name => "history";

    public override Task<IReadOnlyList<Figure>> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("monitor-bench-history-").FullName;
        try
        {
            return Task.FromResult(Run(folder, EventCount()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long EventCount() =>
        Environment.GetEnvironmentVariable("HISTORY_MILLIONS") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var millions)
            ? millions * 1_000_000
            : Millions * 1_000_000;

    private static IReadOnlyList<Figure> Run(string folder, long count)
    {
        using var history = EventHistory.Open(
            new HistoryOptions { Folder = folder, MaxBytes = 1L << 40, MaxAge = 2 * Week }, TimeProvider.System, NullLogger.Instance);
        using var log = new EventLog(
            new EventLogOptions { RetentionBytes = Retention, NodeName = "bench" }, 0x5eed, TimeProvider.System, history.Restored);
        var events = new WeekOfEvents(log, count, Week);

        // 1. Memory full of events, and nothing stored: what the log takes by itself.
        history.Follow(log);
        while (log.GetStatistics().Bytes < Retention - (8 << 20))
        {
            events.Append(Lead / 4);
            Settle(history, log);
        }

        var before = Resident();

        // 2. The rest, as fast as it is stored, beside a stream of everything.
        using var stop = new CancellationTokenSource();
        var stream = Task.Run(() => Stream(log, stop.Token));
        var start = Stopwatch.GetTimestamp();
        var cpuBefore = HistoryCpu();
        var stored = history.Status.Stored;
        while (events.Appended < count)
        {
            events.Append(Group);
            while (log.GetStatistics().Appended - history.Status.Stored > Lead)
            {
                Thread.Sleep(1);
            }
        }

        Settle(history, log);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var written = history.Status.Stored - stored;
        var cpu = HistoryCpu() - cpuBefore;
        stop.Cancel();
        var streamed = stream.GetAwaiter().GetResult();
        GC.Collect();
        var after = Resident();
        var status = history.Status;

        // 3. Ask.
        var newest = Times(() => log.Query(new EventQuery
        {
            Filter = new EventFilter { K8SPodName = { events.Pod }, Since = Ago(Week) },
            Limit = 100,
        }).Dispose());
        var rare = Times(() => log.Query(new EventQuery
        {
            Filter = new EventFilter { K8SPodName = { events.RarePod }, Since = Ago(Week) },
            Limit = 100,
        }).Dispose());
        var hours = Times(() => log.Summarize(
            new EventFilter { Type = { "connection" }, Since = Ago(TimeSpan.FromDays(1)) }, TimeSpan.FromHours(1)));
        var week = Times(() => log.Summarize(new EventFilter { Type = { "connection" }, Since = Ago(Week) }, TimeSpan.FromHours(1)));
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"{written / 1e6:0.0} million in {elapsed.TotalSeconds:0} s, {status.Missed} missed; a stream beside it read {streamed / 1e6:0.0} million");
        return
        [
            new("history: events stored per second", written / elapsed.TotalSeconds, 300_000, "", note) { AtLeast = true },
            new("history: CPU per event", cpu.TotalMicroseconds / written, 2, "µs"),
            new("history: bytes on disk per event", (double)status.Bytes / status.Events, 60, "", $"events of {events.BytesPerEvent:0} bytes"),
            new("history: memory added", (after - before) / 1e6, 200, "MB"),
            new($"history: newest 100 of a pod, of {count / 1e6:0} million in 7 days", Quantile(newest, 0.5), 100, "ms", Worst(newest)),
            new("history: the same of a pod that has 50", Quantile(rare, 0.5), 100, "ms", Worst(rare)),
            new("history: count by error per hour of a day", Quantile(hours, 0.5), 500, "ms", Worst(hours)),
            new("history: the same of 7 days", Quantile(week, 0.5), null, "ms", Worst(week)),
        ];
    }

    private static long Stream(EventLog log, CancellationToken cancellationToken)
    {
        var cursor = log.OpenCursor(null, LogPosition.End);
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var read = 0L;
        while (!cancellationToken.IsCancellationRequested)
        {
            output.ResetWrittenCount();
            var batch = cursor.ReadBatch(output, 500, 256 << 10);
            read += batch.Events;
            if (batch.AtEnd)
            {
                Thread.Sleep(1);
            }
        }

        return read;
    }

    private static void Settle(EventHistory history, EventLog log)
    {
        while (history.Status is var status && status.Stored + status.Missed < log.GetStatistics().Appended)
        {
            if (status.Problem is { } problem)
            {
                throw new BenchmarkException(problem);
            }

            Thread.Sleep(10);
        }
    }

    private static Google.Protobuf.WellKnownTypes.Timestamp Ago(TimeSpan age) =>
        Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow - age);

    private static double[] Times(Action ask)
    {
        var times = new List<double>();
        for (var i = 0; i < Repeats + 3; i++)
        {
            var start = Stopwatch.GetTimestamp();
            ask();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return [.. times.Skip(3).Order()];
    }

    private static double Quantile(double[] sorted, double part) => sorted[(int)Math.Ceiling(sorted.Length * part) - 1];

    private static string Worst(double[] sorted) => string.Create(CultureInfo.InvariantCulture, $"at worst {sorted[^1]:0} ms");

    // Of the thread of the history, by its name.
    private static TimeSpan HistoryCpu()
    {
        const int UserTime = 13;
        const int TicksPerSecond = 100;
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            if (File.ReadAllText(Path.Combine(thread, "comm")).Trim() == "history")
            {
                // Behind the name, which is in brackets, is the third field.
                var stat = File.ReadAllText(Path.Combine(thread, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var ticks = long.Parse(fields[UserTime - 2], CultureInfo.InvariantCulture) + long.Parse(fields[UserTime - 1], CultureInfo.InvariantCulture);
                return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
            }
        }

        throw new BenchmarkException("the history has no thread");
    }

    private static long Resident() => Process.GetCurrentProcess().WorkingSet64;
}
