using Grpc.Core;
using Grpc.Net.Client;
using Monitor.V1;

namespace EndToEnd.Tests.Cluster;

/// <summary>
/// A client as users should write one: streams everything, and after any interruption goes on with the last token. Keeps
/// count of every event.
/// </summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Node, string Epoch), SortedSet<ulong>> _seen = [];
    private readonly List<Loss> _losses = [];
    private readonly List<string> _twice = [];
    private readonly List<Event> _events = [];
    private readonly Dictionary<string, ulong> _missingBefore = [];
    private readonly Dictionary<string, int> _runsBefore = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, GrpcChannel> _connect;
    private readonly Task _running;
    private volatile string _target;
    private volatile TaskCompletionSource? _pause;

    // While it is held, the call in it is not disposed of.
    private readonly Lock _callLock = new();
    private CancellationTokenSource? _call;

    public ClusterClient(string target, Func<string, GrpcChannel> connect)
    {
        _target = target;
        _connect = connect;
        _running = RunAsync();
    }

    /// <summary>Where it connects the next time.</summary>
    public string Target
    {
        set => _target = value;
    }

    public IReadOnlyList<Loss> Losses
    {
        get
        {
            lock (_lock)
            {
                return [.. _losses];
            }
        }
    }

    public IReadOnlyList<Event> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>Waits until an event of the node's present run has come, and holds what came up to it against its sequence: nothing
    /// twice, and what did not come was reported.</summary>
    /// <returns>How many events came, and how many were reported missing.</returns>
    public async Task<(ulong Delivered, ulong Missing)> CompleteAsync(ClusterNode node, ulong last)
    {
        var seen = await Waiting.ForAsync($"event {last} of {node.Name}", () => Task.FromResult(SeenUpTo(node.Name, last)));
        var missing = MissingOf(node.Name) - _missingBefore.GetValueOrDefault(node.Name);
        lock (_lock)
        {
            Assert.That(_twice, Is.Empty);
            // Without what came since.
            var delivered = (ulong)seen.GetViewBetween(0, last).Count;
            Assert.That(delivered + missing, Is.EqualTo(last), $"{node.Name}: {delivered} seen and {missing} reported missing");
            return (delivered, missing);
        }
    }

    /// <summary>Breaks its connection; it makes another.</summary>
    public void Break()
    {
        lock (_callLock)
        {
            _call?.Cancel();
        }
    }

    /// <summary>Reads nothing until <see cref="Continue"/>.</summary>
    public void Pause() => _pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Continue()
    {
        _pause?.SetResult();
        _pause = null;
    }

    /// <summary>How many events of a cause it was told that it misses of a node, and whether of some nobody knew how
    /// many.</summary>
    public (ulong Count, bool IsExact) Reported(string node, LossCause cause)
    {
        var losses = Losses.Where(loss => loss.NodeName == node && loss.Cause == cause).ToList();
        return ((ulong)losses.Sum(loss => (long)loss.Count), losses.All(loss => loss.Count > 0));
    }

    /// <summary>A node's agent is about to start anew: what was missing until now was of its run before.</summary>
    public void BeginRun(ClusterNode node)
    {
        _missingBefore[node.Name] = MissingOf(node.Name);
        lock (_lock)
        {
            _runsBefore[node.Name] = RunsOf(node.Name).Count();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private ulong MissingOf(string node) =>
        (ulong)Losses.Where(loss => loss.NodeName == node && loss.Cause == LossCause.Evicted).Sum(loss => (long)loss.Count);

    // In the order in which they began.
    private IEnumerable<SortedSet<ulong>> RunsOf(string node) => _seen.Where(run => run.Key.Node == node).Select(run => run.Value);

    private SortedSet<ulong>? SeenUpTo(string node, ulong last)
    {
        lock (_lock)
        {
            var run = RunsOf(node).Skip(_runsBefore.GetValueOrDefault(node)).LastOrDefault();
            return run?.Max >= last ? run : null;
        }
    }

    private async Task RunAsync()
    {
        var token = "";
        while (!_stop.IsCancellationRequested)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Calls(end);
            try
            {
                using var channel = _connect(_target);
                var request = new StreamEventsRequest { ResumeToken = token, AcceptLoss = true };
                if (token.Length == 0)
                {
                    request.Since = new Google.Protobuf.WellKnownTypes.Timestamp();
                }

                using var call = new EventService.EventServiceClient(channel).StreamEvents(request, cancellationToken: end.Token);
                while (await call.ResponseStream.MoveNext(end.Token))
                {
                    Take(call.ResponseStream.Current);
                    token = call.ResponseStream.Current.ResumeToken;
                    await (_pause?.Task ?? Task.CompletedTask).WaitAsync(end.Token);
                }
            }
            catch (RpcException broken) when (broken.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal)
            {
                // The aggregator is gone, or the test is over.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // Its connection was broken, or the test is over.
            }
            finally
            {
                Calls(null);
            }
        }
    }

    private void Calls(CancellationTokenSource? call)
    {
        lock (_callLock)
        {
            _call = call;
        }
    }

    private void Take(StreamEventsResponse message)
    {
        lock (_lock)
        {
            _losses.AddRange(message.Losses);
            foreach (var received in message.Events)
            {
                var run = (received.NodeName, received.Id[..16]);
                if (!_seen.TryGetValue(run, out var seen))
                {
                    _seen.Add(run, seen = []);
                }

                if (!seen.Add(received.Sequence))
                {
                    _twice.Add(received.Id);
                }

                _events.Add(received);
            }
        }
    }
}
