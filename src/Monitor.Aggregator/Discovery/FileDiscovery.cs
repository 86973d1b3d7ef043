using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;

namespace Monitor.Aggregator.Discovery;

/// <summary>
/// The agents that a file lists (<see cref="AgentList"/>); the file is read again when it changes. Where it cannot be
/// read or does not exist any more, the agents that it listed last stay.
/// </summary>
/// <remarks>
/// The content is compared once a second. inotify on the file would miss updates of a mounted ConfigMap, where Kubernetes
/// replaces a link two folders above, and every change on a network file system.
/// </remarks>
internal sealed class FileDiscovery(string path, TimeProvider time, ILogger<FileDiscovery> logger) : IAgentDiscovery
{
    /// <summary>Room for 50 000 agents; a longer file is refused.</summary>
    private const int MaxBytes = 4 << 20;

    private const int MaxLinesLogged = 10;
    private const int MaxTextLogged = 100;

    private string? _failure;

    /// <summary>How often the content is compared.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the content must stay the same before it counts, so that a half-written file is not used: writing a
    /// short one takes milliseconds. What the first read finds counts at once.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMilliseconds(100);

    public string Description => $"the file {path}";

    public async IAsyncEnumerable<IReadOnlyCollection<AgentAddress>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? known = null;
        var isFirst = true;
        for (; ; await Task.Delay(Interval, time, cancellationToken))
        {
            var text = await ReadAsync(cancellationToken);
            if (!isFirst && text is not null && text != known)
            {
                text = await SettleAsync(text, cancellationToken);
            }

            isFirst = false;

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
                FileDiscoveryLog.Readable(logger, path);
                _failure = null;
            }

            return text;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Once for each reason, not once a second.
            if (_failure != failure.Message)
            {
                FileDiscoveryLog.Unreadable(logger, path, failure.Message);
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
                throw new IOException($"it is longer than {MaxBytes >> 20} MiB, the most for a list of agents.");
            }
        }

        return content.ToString();
    }

    private void Report(IReadOnlyList<AgentList.BadLine> lines)
    {
        foreach (var line in lines.Take(MaxLinesLogged))
        {
            var text = MessageText.Shorten(line.Text, MaxTextLogged);
            FileDiscoveryLog.BadLine(logger, path, line.Number, text, line.Problem);
        }

        if (lines.Count > MaxLinesLogged)
        {
            FileDiscoveryLog.MoreBadLines(logger, path, lines.Count - MaxLinesLogged);
        }
    }
}
