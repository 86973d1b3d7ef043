using Microsoft.Extensions.Logging;
using Monitor.Agent.Loading;
using Monitor.Agent.Reading;
using Monitor.Agent.Status;
using Monitor.Bpf;
using Monitor.Server.Settings;
using Monitor.V1;

namespace Monitor.Agent.Custom;

/// <summary>
/// The monitors of the folder while the agent runs: loads what comes, replaces what changes, and unloads what goes. A bad object
/// disturbs nothing: what ran under its name goes on. <see cref="Entries"/> is for any thread.
/// </summary>
/// <param name="folder">Where they are.</param>
/// <param name="policy">What they may do.</param>
/// <param name="targets">What the programs of a monitor attach to, by their names.</param>
/// <param name="makeLoader">Makes what brings one into the kernel; for each change anew, for it keeps the kernel's types.</param>
/// <param name="makePipeline">Makes the way of a monitor's records into the log.</param>
/// <param name="reader">Reads them; it runs.</param>
/// <param name="logger">Where it says what comes, goes and fails.</param>
internal sealed class CustomMonitors(
    MonitorFolder folder,
    CustomPolicy policy,
    Func<string, IReadOnlyDictionary<string, string>> targets,
    Func<MonitorLoader> makeLoader,
    Func<LoadedMonitor, MonitorPipeline> makePipeline,
    EventReader reader,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2), RetryInterval = TimeSpan.FromSeconds(30);

    // Names that are gone keep their counts; of more than this, the first in the alphabet are forgotten.
    private const int MaxEntries = 48;

    private readonly CancellationTokenSource _stop = new();
    private readonly CustomWalks _walks = new(logger);
    private Task _watching = Task.CompletedTask;
    private volatile IReadOnlyList<CustomEntry> _entries = [];
    private volatile string? _problem;

    /// <summary>All names that are in the folder, or were.</summary>
    public IReadOnlyList<CustomEntry> Entries => _entries;

    /// <summary>The folder.</summary>
    public string Folder => folder.Path;

    /// <summary>Why the folder cannot be read now; null where it can.</summary>
    public string? Problem => _problem;

    /// <summary>What the settings say that the programs of a monitor attach to, by their names; of two the last.</summary>
    public static IReadOnlyDictionary<string, string> TargetsOf(SettingValues settings, string monitor)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (place, target) in settings.TryGet(AgentSettings.MonitorsAttach, out var all) ? all : [])
        {
            if (place.StartsWith(monitor + ".", StringComparison.Ordinal))
            {
                found[place[(monitor.Length + 1)..]] = target;
            }
        }

        return found;
    }

    /// <summary>Loads what is there, and follows the folder from then on.</summary>
    public async Task StartAsync()
    {
        await FollowAsync();
        _watching = WatchAsync();
    }

    /// <summary>Stops following. The monitors go on; the caller stops the reader, and disposes of them after that.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    /// <summary>Unloads all; after the reader has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var entry in _entries)
        {
            entry.Pipeline?.Monitor.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>Looks at the folder once, and does what it asks for.</summary>
    internal async Task FollowAsync()
    {
        IReadOnlyList<MonitorFolder.Found> found;
        try
        {
            found = folder.Look();
            if (_problem is not null)
            {
                AgentLog.FolderUsable(logger, folder.Path);
            }

            _problem = null;
        }
        catch (MonitorLoadException failure)
        {
            // What runs goes on: a folder that cannot be read tells nothing of what is in it.
            if (_problem != failure.Message)
            {
                AgentLog.FolderUnusable(logger, failure.Message);
            }

            _problem = failure.Message;
            return;
        }

        foreach (var (name, state) in found)
        {
            var entry = _entries.FirstOrDefault(entry => entry.Name == name);
            if (entry?.State != state || (entry.RetryAt > 0 && Environment.TickCount64 >= entry.RetryAt))
            {
                Keep(await ReplaceAsync(entry ?? new CustomEntry(name, default, null, null, "", 0, new ProgramCounters()), state));
            }
        }

        foreach (var entry in _entries.Where(entry => !folder.Has(entry.Name) && !entry.IsOver))
        {
            Keep(await RemoveAsync(entry));
        }
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await FollowAsync();
                _walks.RunDue(_entries.Select(entry => entry.Pipeline?.Monitor).OfType<LoadedMonitor>());
            }
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
        catch (InvalidOperationException failure)
        {
            // The reader's thread has ended, which health says.
            AgentLog.FolderUnusable(logger, failure.Message);
            _problem = failure.Message;
        }
    }

    // The new one reports before the old one goes, so that nothing in between is missed; what both see is there twice.
    private async Task<CustomEntry> ReplaceAsync(CustomEntry entry, MonitorFolder.FileState state)
    {
        try
        {
            var custom = folder.Read(entry.Name);
            policy.Check(custom.Inspection);
            if (entry.Definition?.Object.Sha256 == custom.Sha256 && entry.Pipeline is not null)
            {
                return entry with { State = state, Error = "", RetryAt = 0 };
            }

            var definition = new CustomMonitor(custom, targets(entry.Name));
            var monitor = makeLoader().Load(definition);
            var pipeline = makePipeline(monitor);
            try
            {
                await reader.AddAsync(pipeline);
            }
            catch
            {
                monitor.Dispose();
                throw;
            }

            var before = entry.Pipeline is null ? entry.Before : await TakeOutAsync(entry.Pipeline, entry.Before);
            AgentLog.MonitorLoaded(logger, entry.Name, custom.Sha256[..12]);
            return new CustomEntry(entry.Name, state, pipeline, definition, "", 0, before);
        }
#pragma warning disable CA1031 // Whatever an object makes go wrong, it is refused, and the others are none the worse.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (entry.Error != failure.Message)
            {
                AgentLog.MonitorRefused(logger, entry.Name, failure.Message);
            }

            // An interface that is not there yet, too little memory: what the file is does not change, what is around it may.
            return entry with { State = state, Error = failure.Message, RetryAt = Environment.TickCount64 + (long)RetryInterval.TotalMilliseconds };
        }
    }

    private async Task<CustomEntry> RemoveAsync(CustomEntry entry)
    {
        AgentLog.MonitorRemoved(logger, entry.Name);
        var before = entry.Pipeline is null ? entry.Before : await TakeOutAsync(entry.Pipeline, entry.Before);
        return entry with { State = default, Pipeline = null, Error = "", RetryAt = 0, Before = before };
    }

    private async Task<ProgramCounters> TakeOutAsync(MonitorPipeline pipeline, ProgramCounters before)
    {
        try
        {
            await reader.RemoveAsync(pipeline);
            return PipelineCounters.Sum(before, PipelineCounters.Of(pipeline));
        }
        catch (BpfException failure)
        {
            // Its last counts could not be asked for; it is out all the same.
            AgentLog.SettleFailed(logger, pipeline.Monitor.Definition.Name, failure.Message);
            return before;
        }
        finally
        {
            pipeline.Monitor.Dispose();
        }
    }

    private void Keep(CustomEntry entry)
    {
        var entries = _entries.Where(other => other.Name != entry.Name).Append(entry).OrderBy(other => other.Name, StringComparer.Ordinal).ToList();
        while (entries.Count > MaxEntries && entries.Find(other => other.IsOver) is { } over)
        {
            entries.Remove(over);
        }

        _entries = entries;
    }
}
