using Microsoft.Extensions.Logging;

namespace Monitor.Server;

/// <summary>
/// What one or more files hold, read again when they change. A change that cannot be used, such as a certificate whose key is
/// not there yet, leaves what was before; the next look finds the rest. Any thread.
/// </summary>
/// <remarks>
/// The content is compared every few seconds. inotify would miss a mounted Secret, where Kubernetes replaces a link two
/// folders above.
/// </remarks>
internal sealed class WatchedFiles<T> : IDisposable
    where T : class
{
    // A certificate has a few KiB, a line of a list of readers 200 bytes.
    private const int MaxBytes = 1 << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _parse;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _reading = new();
    private IReadOnlyList<byte[]> _content;
    private volatile T _value;
    private volatile string? _problem;

    /// <param name="paths">The files.</param>
    /// <param name="parse">Makes the value of their contents. What it throws as <see cref="AccessException"/> is the
    /// reason why they cannot be used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of changes.</param>
    /// <exception cref="AccessException">They cannot be used now.</exception>
    public WatchedFiles(
        IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> parse, TimeProvider time, ILogger logger)
    {
        _paths = paths;
        _parse = parse;
        _logger = logger;
        _content = Read();
        _value = parse(_content);
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>What the files held when they could be used last.</summary>
    public T Value => _value;

    /// <summary>Why what they hold now is not in use; null where it is.</summary>
    public string? Problem => _problem;

    /// <summary>The files, for people.</summary>
    public string Names => string.Join(" and ", _paths);

    public void Dispose() => _timer.Dispose();

    /// <summary>Looks for a change now.</summary>
    internal void Look()
    {
        lock (_reading)
        {
            try
            {
                var content = Read();
                if (content.Zip(_content).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)))
                {
                    _problem = null;
                    return;
                }

                _value = _parse(content);
                _content = content;
                _problem = null;
                AccessLog.FileTaken(_logger, Names);
            }
            catch (AccessException refused)
            {
                // Once for each reason, not every few seconds.
                if (_problem != refused.Message)
                {
                    AccessLog.FileRefused(_logger, refused.Message);
                }

                _problem = refused.Message;
            }
        }
    }

    private List<byte[]> Read() => [.. _paths.Select(Read)];

    private static byte[] Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            // Not by its length: that of a pipe or a device says nothing.
            var buffer = new byte[MaxBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= MaxBytes
                ? buffer[..length]
                : throw new AccessException($"{path} is longer than {MaxBytes >> 20} MiB.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AccessException($"{path} cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
