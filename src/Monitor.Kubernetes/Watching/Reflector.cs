using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Monitor.Kubernetes.Watching;

/// <summary>
/// Keeps a sink up to date with the objects of one resource: lists them, watches from there, and starts over where it
/// must. Whatever the API server does, nothing is thrown out of it.
/// </summary>
internal sealed class Reflector<T> : IReflector
    where T : class
{
    private readonly ApiConnection _connection;
    private readonly ResourceType<T> _type;
    private readonly IWatchSink<T> _sink;
    private readonly WatchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WatchState _state;
    private readonly List<T> _listed = [];

    // Of the pages of one list. Not from a pool, which would keep it, and what it was before it grew.
    private byte[] _page = [];

    // Where to watch from; null where a list is needed.
    private string? _version;

    public Reflector(
        ApiConnection connection,
        ResourceType<T> type,
        IWatchSink<T> sink,
        WatchOptions options,
        TimeProvider time,
        ILogger logger)
    {
        _connection = connection;
        _type = type;
        _sink = sink;
        _options = options;
        _time = time;
        _logger = logger;
        _state = new WatchState(type.Name, time);
    }

    /// <summary>How it is doing now. Any thread.</summary>
    public WatchStatus Status => _state.Read();

    /// <summary>
    /// Whether the API server said that it does not have the resource, as a server does that is older than it. Checked
    /// after the first failure.
    /// </summary>
    public bool IsUnknownResource { get; private set; }

    /// <summary>Ends when the resource turns out to be unknown, instead of trying again.</summary>
    public bool EndsWhereUnknown { get; init; }

    /// <summary>Starts with a watch from a version instead of a list; before <see cref="RunAsync"/>.</summary>
    internal void WatchFrom(string version) => _version = version;

    /// <summary>Keeps the sink up to date until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retries = Retries();
        try
        {
            while (!(IsUnknownResource && EndsWhereUnknown))
            {
                await retries.ExecuteAsync(AttemptAsync, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is not wanted any more.
        }
    }

    /// <summary>Attempts until one was good: the waits in between grow.</summary>
    private ResiliencePipeline<Attempt> Retries() => new ResiliencePipelineBuilder<Attempt> { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions<Attempt>
        {
            ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result is { IsGood: false }),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = _options.FirstBackoff,
            MaxDelay = _options.LongestBackoff,
            DelayGenerator = attempt => ValueTask.FromResult(
                attempt.Outcome.Result?.RetryAfter is { } wanted && wanted < _options.LongestBackoff ? wanted : (TimeSpan?)null),
        })
        .Build();

    private async ValueTask<Attempt> AttemptAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var verb = "list";
        try
        {
            if (_version is null)
            {
                try
                {
                    await ListAsync(cancellationToken);
                }
                finally
                {
                    _page = [];
                }
            }

            verb = "watch";
            await WatchAsync(cancellationToken);
            var steady = _time.GetElapsedTime(started) >= _options.Steady;
            return new Attempt(steady, null);
        }
        catch (ApiException refusal) when (refusal.IsGone)
        {
            // Good where it had stood: only servers that say so at once are kept waiting.
            ReflectorLog.TooOld(_logger, _type.Name);
            _version = null;
            return new Attempt(_time.GetElapsedTime(started) >= _options.Steady, null);
        }
        catch (ApiException refusal)
        {
            IsUnknownResource = refusal.Status == HttpStatusCode.NotFound;
            if (IsUnknownResource && EndsWhereUnknown)
            {
                return new Attempt(true, null);
            }

            switch (refusal.Status)
            {
                case HttpStatusCode.Unauthorized:
                    _connection.Renew();
                    break;
                case HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests:
                    break;
                default:
                    // It may be the version that it does not like: a server that was restored from a backup is behind it.
                    _version = null;
                    break;
            }

            return Fail(refusal.Message, refusal.RetryAfter);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return Fail($"cannot {verb} {_type.Name}: the API server did not answer in time");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name with half of a surrogate pair.
            _version = null;
            return Fail($"cannot {verb} {_type.Name}: what the API server sends is not JSON");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // The authority may have changed as well, and with it the file that has it.
            if (failure.InnerException is AuthenticationException)
            {
                _connection.Renew();
            }

            return Fail($"cannot {verb} {_type.Name}: {failure.Message}");
        }
        catch (Exception failure)
        {
            // Whatever it is, memory that is short for a moment above all, attribution is not to end for good without a word.
            _version = null;
            _listed.Clear();
            return Fail($"cannot {verb} {_type.Name}: {failure.Message}");
        }
    }

    private Attempt Fail(string problem, TimeSpan? retryAfter = null)
    {
        // Once for each reason, and not once for each attempt.
        if (_state.Fail(problem))
        {
            ReflectorLog.Failing(_logger, _type.Name, problem);
        }

        return new Attempt(false, retryAfter);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        _listed.Clear();
        string? version = null;
        string? next = null;
        long malformed = 0;
        var pages = 0;
        var limit = _options.PageSize;
        // A list from its cache has everything, whatever the limit.
        var fromCache = _type.ListsFromCache && _state.Read().Lists == 0;
        while (true)
        {
            using var timeout = new CancellationTokenSource(_options.PageTimeout, _time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var query = $"{_type.Path}?limit={limit.ToString(CultureInfo.InvariantCulture)}{Selectors()}"
                + (next is not null ? $"&continue={Uri.EscapeDataString(next)}" : fromCache ? "&resourceVersion=0" : "");
            using var response = await _connection.GetAsync("list", _type.Name, query, linked.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(linked.Token);
            if (await ReadPageAsync(stream, linked.Token) is not { } bytes)
            {
                if (limit == 1)
                {
                    throw new ApiException($"cannot list {_type.Name}: one of them is more than {_options.MaxPageBytes >> 20} MiB");
                }

                limit = Math.Max(1, limit / 2);
                fromCache = false;
                continue;
            }

            (version, next, var left) = ListPage.Read(bytes.Span, _type.Read, _listed);
            malformed += left;
            if (_listed.Count + malformed > _options.MaxObjects || ++pages > _options.MaxObjects)
            {
                throw new ApiException($"cannot list {_type.Name}: there are more than {_options.MaxObjects}");
            }

            _state.Heard();
            if (next is null)
            {
                break;
            }
        }

        _sink.Replace(_listed);
        if (malformed > 0)
        {
            ReflectorLog.Malformed(_logger, _type.Name, malformed);
        }

        ReflectorLog.Listed(_logger, _type.Name, _listed.Count);
        _state.Listed(_listed.Count, malformed);
        _listed.Clear();
        _listed.TrimExcess();
        _version = version;
    }

    // Null: it is too long.
    private async Task<ReadOnlyMemory<byte>?> ReadPageAsync(Stream stream, CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            if (length == _page.Length)
            {
                if (length >= _options.MaxPageBytes)
                {
                    return null;
                }

                Array.Resize(ref _page, Math.Clamp(_page.Length * 2, 1 << 20, Math.Max(1 << 20, _options.MaxPageBytes)));
            }

            var count = await stream.ReadAsync(_page.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                return _page.AsMemory(0, length);
            }

            length += count;
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        // Jitter, so that the watches of a thousand nodes do not all end at once.
        var seconds = (int)(_options.WatchTimeout.TotalSeconds * (0.75 + (Random.Shared.NextDouble() / 4)));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(seconds) + _options.WatchGrace, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var query = $"{_type.Path}?watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(_version!)}"
            + $"&timeoutSeconds={seconds.ToString(CultureInfo.InvariantCulture)}{Selectors()}";
        using var response = await _connection.GetAsync("watch", _type.Name, query, linked.Token);
        if (_state.Watching())
        {
            ReflectorLog.Resumed(_logger, _type.Name);
        }

        var reader = PipeReader.Create(
            await response.Content.ReadAsStreamAsync(linked.Token),
            new StreamPipeReaderOptions(bufferSize: 32 << 10));
        try
        {
            // Of the event that has not ended: looked at once, however many reads it takes.
            var seen = 0L;
            while (true)
            {
                var read = await reader.ReadAsync(linked.Token);
                var rest = read.Buffer;
                while (rest.Slice(seen).PositionOf((byte)'\n') is { } end)
                {
                    Take(rest.Slice(0, end));
                    rest = rest.Slice(rest.GetPosition(1, end));
                    seen = 0;
                }

                seen = rest.Length;

                if (rest.Length > _options.MaxEventBytes)
                {
                    _version = null;
                    throw new ApiException(
                        $"cannot watch {_type.Name}: an event is longer than {_options.MaxEventBytes >> 20} MiB");
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        if (line.IsEmpty)
        {
            return;
        }

        WatchEvent<T> change;
        if (line.IsSingleSegment)
        {
            change = WatchEvent<T>.Read(line.FirstSpan, _type);
        }
        else
        {
            var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(line.Length, Array.MaxLength));
            try
            {
                line.CopyTo(buffer);
                change = WatchEvent<T>.Read(buffer.AsSpan(0, (int)line.Length), _type);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        switch (change)
        {
            case { Kind: WatchEventKind.Bookmark }:
                _state.Heard();
                break;
            case { Item: null }:
                _state.Changed(0, malformed: 1);
                break;
            case { Kind: WatchEventKind.Upsert }:
                _sink.Upsert(change.Item);
                _state.Changed(1);
                break;
            default:
                _sink.Remove(change.Item);
                _state.Changed(1);
                break;
        }

        _version = change.Version ?? _version;
    }

    private string Selectors() =>
        (_type.FieldSelector is null ? "" : $"&fieldSelector={Uri.EscapeDataString(_type.FieldSelector)}")
        + (_type.LabelSelector is null ? "" : $"&labelSelector={Uri.EscapeDataString(_type.LabelSelector)}");

    private sealed record Attempt(bool IsGood, TimeSpan? RetryAfter);
}
