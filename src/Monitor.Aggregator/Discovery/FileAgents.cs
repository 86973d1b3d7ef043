using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;

namespace Monitor.Aggregator.Discovery;

/// <summary>
/// The agents that a file lists (<see cref="AgentList"/>), read again when it changes. A file that cannot be read, or is
/// gone, leaves the agents that it listed last.
/// </summary>
/// <remarks>
/// It looks at the content once a second. Watching the file by inotify misses what Kubernetes does to a mounted ConfigMap,
/// where a link two folders above is exchanged, and network file systems altogether.
/// </remarks>
internal sealed class FileAgents(string path, TimeProvider time, ILogger<FileAgents> logger) : IAgentSource
{
    /// <summary>A list of 50 000 agents; whatever is longer is none.</summary>
    private const int MaxBytes = 4 << 20;

    private const int MaxLinesLogged = 10;
    private const int MaxTextLogged = 100;

    private string? _failure;

    /// <summary>How often it looks whether the content has changed.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the content must stay as it is before it counts, so that a file is not taken half written: writing a
    /// short one takes milliseconds. The first content counts at once.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(100);

    public string Description => $"the file {path}";

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? known = null;
        for (; ; await Task.Delay(Interval, time, cancellationToken))
        {
            var text = await ReadAsync(cancellationToken);
            if (known is not null && text is not null && text != known)
            {
                text = await SettleAsync(text, cancellationToken);
            }

            if (text is null || text == known)
            {
                continue;
            }

            known = text;
            var list = AgentList.Parse(text);
            Report(list.BadLines);
            yield return list.Agents;
        }
    }

    private async Task<string?> SettleAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Settle, time, cancellationToken);
            var again = await ReadAsync(cancellationToken);
            if (again is null || again == text)
            {
                return again;
            }

            text = again;
        }
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var text = await ReadLimitedAsync(cancellationToken);
            if (_failure is not null)
            {
                FileAgentsLog.Readable(logger, path);
                _failure = null;
            }

            return text;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Once for each reason, not once a second.
            if (_failure != failure.Message)
            {
                FileAgentsLog.Unreadable(logger, path, failure.Message);
                _failure = failure.Message;
            }

            return null;
        }
    }

    private async Task<string> ReadLimitedAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(path);
        var content = new StringBuilder();
        var buffer = new char[4096];
        for (int count; (count = await reader.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            content.Append(buffer, 0, count);
            if (content.Length > MaxBytes)
            {
                throw new IOException($"it is longer than {MaxBytes >> 20} MiB, which no list of agents is.");
            }
        }

        return content.ToString();
    }

    private void Report(IReadOnlyList<AgentList.BadLine> lines)
    {
        foreach (var line in lines.Take(MaxLinesLogged))
        {
            var text = MessageText.Shorten(line.Text, MaxTextLogged);
            FileAgentsLog.BadLine(logger, path, line.Number, text, line.Problem);
        }

        if (lines.Count > MaxLinesLogged)
        {
            FileAgentsLog.MoreBadLines(logger, path, lines.Count - MaxLinesLogged);
        }
    }
}
