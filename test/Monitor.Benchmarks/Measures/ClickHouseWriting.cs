using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Benchmarks.Machine;
using Monitor.ClickHouse;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server;
using Monitor.V1;
using EventLog = Monitor.Events.EventLog;

namespace Monitor.Benchmarks.Measures;

/// <summary>Writing a million events of pods to ClickHouse, what they take there, and asking for some of them.</summary>
internal sealed class ClickHouseWriting : Measure
{
    private const int Events = 1_000_000;
    private const int Rounds = 3;
    private const int Questions = 21;

    public override string Name => "clickhouse";

    public override async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var engine = await ClickHouseEngine.StartAsync();
        using var log = new EventLog(new EventLogOptions { RetentionBytes = 1L << 30 }, 1, TimeProvider.System);
        var bytes = Fill(log);

        // 1. The first round compiles the code.
        var rates = new List<double>();
        var cpu = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            await engine.CreateTablesAsync();
            var (rate, perEvent) = await WriteAsync(log, engine);
            rates.Add(rate);
            cpu.Add(perEvent);
        }

        // 2. As ClickHouse keeps them, once it has merged its parts.
        await engine.AskAsync("OPTIMIZE TABLE events FINAL");
        var stored = await engine.NumberAsync("SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active AND database = 'monitor' AND table = 'events'");

        // 3. Ask.
        var newest = await AskAsync(log, engine, new EventFilter());
        var pod = await AskAsync(log, engine, new EventFilter { K8SPodName = { "app-7-5d8f7c9b4-x2x9z" } });
        var read = await ReadAsync(log, engine);
        var found = await FindAsync(log, engine);
        var note = string.Create(CultureInfo.InvariantCulture, $"events of {bytes:0} bytes; chDB shares the CPUs");
        return
        [
            new Figure("clickhouse: events written per second", Median(rates.Skip(1)), null, "", note),
            new Figure("clickhouse: aggregator CPU per event written", Median(cpu.Skip(1)), null, "µs", "in this process, chDB in another"),
            new Figure("clickhouse: bytes on disk per event", stored, null, "", note),
            new Figure("clickhouse: newest 100 of a million, median", newest, null, "ms", "with the count of all"),
            new Figure("clickhouse: 100 of one pod of 300, median", pod, null, "ms", "with the count of them"),
            new Figure("clickhouse: events read per second, oldest first", read, null, "", "in pages of 1 MiB, as streams and exports do"),
            new Figure("clickhouse: one event by its id, median", found, null, "ms", "as stories do"),
        ];
    }

    private static async Task<double> ReadAsync(EventLog log, ClickHouseEngine engine)
    {
        using var archive = await ConnectAsync(log, engine);
        var start = Stopwatch.GetTimestamp();
        var read = 0L;
        ArchivePage? page = null;
        do
        {
            page = await archive.ListAsync(
                new ArchiveQuery
                {
                    Filter = new EventFilter(),
                    OldestFirst = true,
                    After = page?.Events[^1].Key,
                    Limit = 10_000,
                    MaxBytes = 1 << 20,
                    Counts = false,
                },
                CancellationToken.None);
            read += page.Events.Count;
        }
        while (page.HasMore && read < Events / 4);
        return read / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> FindAsync(EventLog log, ClickHouseEngine engine)
    {
        using var archive = await ConnectAsync(log, engine);
        var ids = await engine.AskAsync("SELECT epoch, sequence FROM events WHERE sequence % 50000 = 1 ORDER BY sequence FORMAT TabSeparated");
        var times = new List<double>();
        foreach (var line in ids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var numbers = line.Split('\t').Select(number => ulong.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            var start = Stopwatch.GetTimestamp();
            if (await archive.FindAsync(numbers[0], numbers[1], new EventFilter(), CancellationToken.None) is null)
            {
                throw new BenchmarkException($"ClickHouse does not find the event {line}");
            }

            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Median(times);
    }

    private static async Task<(double Rate, double Microseconds)> WriteAsync(EventLog log, ClickHouseEngine engine)
    {
        using var archive = new ClickHouseArchive(log, engine.Options, TimeProvider.System, NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var running = archive.RunAsync(stop.Token);
        while (archive.Status.Inserted < Events)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        self.Refresh();
        var used = self.TotalProcessorTime - before;
        await stop.CancelAsync();
        await running;
        return archive.Status.Problem is { } problem
            ? throw new BenchmarkException(problem)
            : (Events / elapsed.TotalSeconds, used.TotalMicroseconds / Events);
    }

    // It answers once it has found the tables to be right.
    private static async Task<ClickHouseArchive> ConnectAsync(EventLog log, ClickHouseEngine engine)
    {
        var archive = new ClickHouseArchive(log, engine.Options, TimeProvider.System, NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var running = archive.RunAsync(stop.Token);
        while (archive.Status.Problem is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        await stop.CancelAsync();
        await running;
        return archive;
    }

    private static async Task<double> AskAsync(EventLog log, ClickHouseEngine engine, EventFilter filter)
    {
        using var archive = await ConnectAsync(log, engine);
        var times = new List<double>();
        for (var question = 0; question < Questions; question++)
        {
            var start = Stopwatch.GetTimestamp();
            var page = await archive.ListAsync(
                new ArchiveQuery { Filter = filter, Before = long.MaxValue, Limit = 100, MaxBytes = ContractLimits.MaxResponseEventBytes }, CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (page.Events.Count != 100)
            {
                throw new BenchmarkException($"{page.Events.Count} events were found where there are 100");
            }
        }

        return Median(times);
    }

    // Connections of 300 pods on 20 nodes, within the last hour.
    private static double Fill(EventLog log)
    {
        var random = new Random(1);
        var first = UnixNanos.From(DateTimeOffset.UtcNow.AddHours(-1));
        var bytes = 0L;
        for (var index = 1; index <= Events; index++)
        {
            var node = random.Next(20);
            var pod = random.Next(300);
            var address = $"10.96.{random.Next(2)}.{random.Next(256)}";
            var made = new Event
            {
                Id = EventId.Format(0xabcd_ef01_2345_6700 + (ulong)node, (ulong)index),
                Type = "connection",
                Sequence = (ulong)index,
                Timestamp = (ulong)index * 50_000,
                Time = UnixNanos.ToTimestamp(first + (index * 3_000_000L) + random.Next(3_000_000)),
                NodeName = $"node-{node}",
                K8SNodeName = $"node-{node}",
                K8SNamespace = $"namespace-{pod % 30}",
                K8SPodName = $"app-{pod}-5d8f7c9b4-x2x9z",
                K8SContainerName = "app",
                K8SWorkloadKind = "Deployment",
                K8SWorkloadName = $"app-{pod}",
                Attribution = Attribution.Cgroup,
                Pid = (uint)(1000 + pod),
                Tid = (uint)(1000 + pod),
                Uid = 1000,
                Command = "curl",
                CgroupId = (ulong)(5000 + pod),
                NetworkNamespace = 4_026_531_840,
                AddressFamily = "IPv4",
                Protocol = "TCP",
                SocketType = "STREAM",
                SourceIp = $"10.1.{node}.{pod % 256}",
                SourcePort = (uint)random.Next(32_768, 61_000),
                DestinationIp = address,
                DestinationPort = 443,
                Destination = $"{address}:443",
                ConnectionId = (ulong)random.NextInt64(1 << 30),
                Connection = new ConnectionDetail
                {
                    Outcome = ConnectionDetail.Types.Outcome.Connected,
                    ReturnCode = 0,
                    HandshakeTime = new() { Nanos = random.Next(1_000_000) },
                },
            };
            var encoded = made.ToByteArray();
            bytes += encoded.Length;
            if (!EventColumns.TryParse(encoded, log.Types, out var columns) || !log.Append(columns, encoded))
            {
                throw new BenchmarkException("the log does not take the events");
            }
        }

        log.Publish();
        return (double)bytes / Events;
    }
}
