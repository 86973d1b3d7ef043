using System.Buffers;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Agent.Encoding;
using Monitor.Agent.Loading;
using Monitor.Agent.Reading;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server.Settings;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>
/// <c>monitor-agent run FILE</c>: loads one monitor of the user's own and prints its events until Ctrl-C, for whoever is writing
/// it. There is no server, and the process keeps its rights.
/// </summary>
internal static class RunCommand
{
    private const long RetentionBytes = 16 << 20;
    private const int BatchEvents = 1000, BatchBytes = 1 << 20;

    /// <summary>Loads it and prints.</summary>
    /// <param name="custom">The object.</param>
    /// <param name="settings">What it may do, what it leaves out, and how it is printed.</param>
    /// <param name="output">Events, a line each.</param>
    /// <param name="error">All else.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit code: 0, or 1 where it cannot run.</returns>
    public static async Task<int> RunAsync(
        CustomObject custom, SettingValues settings, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        CustomPolicy.Of(settings).Check(custom.Inspection);
        var definition = new CustomMonitor(custom, CustomMonitors.TargetsOf(settings, custom.Name));
        using var monitor = new MonitorLoader("", Agent.FilterOf(settings), useLastResort: false).Load(definition);
        foreach (var hook in monitor.Hooks)
        {
            error.WriteLine($"{hook.Definition.Name}: {(hook.Link is null ? hook.Error ?? "not attached" : "attached")}");
        }

        var node = Environment.MachineName;
        var epoch = BootEpoch.Compute(node, "", TimeProvider.System.GetUtcNow());
        using var log = new EventLog(new EventLogOptions { RetentionBytes = RetentionBytes, NodeName = node }, epoch, TimeProvider.System);
        var clock = new WallClock();
        var encoder = new EventEncoder(node, epoch, privacy: Agent.PrivacyOf(settings));
        var pipeline = new MonitorPipeline(monitor, node, log, encoder, clock, Agent.CustomRateLimit(settings));
        var cursor = log.OpenCursor(null, LogPosition.End);
        Exception? broken = null;
        using var reader = new EventReader([pipeline], log, clock, failure => broken = failure);
        reader.Start();
        var walks = new CustomWalks(NullLogger.Instance);
        await using var walking = new Timer(_ => walks.RunDue([monitor]), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        error.WriteLine("Ctrl-C ends it.");
        var json = settings.Get(CustomCommands.Json);
        try
        {
            while (broken is null && await cursor.WaitAsync(cancellationToken))
            {
                Print(cursor, output, error, json);
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
        }
        finally
        {
            reader.Stop();
        }

        Print(cursor, output, error, json);
        var counters = Status.PipelineCounters.Of(pipeline);
        error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{counters.Produced} produced = {counters.Stored} stored + {counters.Filtered} filtered + {counters.RateLimited} rate-limited + {counters.Lost} lost + {counters.Undecodable} undecodable"));
        return broken is null ? 0 : 1;
    }

    private static void Print(EventCursor cursor, TextWriter output, TextWriter error, bool json)
    {
        CursorBatch batch;
        do
        {
            var bytes = new ArrayBufferWriter<byte>();
            batch = cursor.ReadBatch(bytes, BatchEvents, BatchBytes);
            foreach (var loss in batch.Losses)
            {
                error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{loss.Count} events are missing here: {loss.Cause}"));
            }

            foreach (var told in StreamEventsResponse.Parser.ParseFrom(bytes.WrittenSpan).Events)
            {
                output.WriteLine(json ? JsonFormatter.Default.Format(told) : EventLine.Of(told));
            }
        }
        while (!batch.AtEnd);

        output.Flush();
    }
}
