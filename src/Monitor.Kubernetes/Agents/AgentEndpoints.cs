using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Agents;

/// <summary>
/// The agents behind a headless service, by its endpoint slices; by its endpoints where the server has no slices. Needs list
/// and watch on endpointslices.discovery.k8s.io (or endpoints) in the service's namespace.
/// </summary>
public sealed class AgentEndpoints : IWatchSink<EndpointSlice>
{
    private readonly Dictionary<Guid, AgentEndpoint[]> _slices = [];
    private readonly Channel<IReadOnlyCollection<AgentEndpoint>> _sets =
        Channel.CreateBounded<IReadOnlyCollection<AgentEndpoint>>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly Reflector<EndpointSlice>[] _attempts;
    private volatile Reflector<EndpointSlice> _current;

    /// <summary>Nothing happens before <see cref="WatchAsync"/>.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="serviceNamespace">Of the service.</param>
    /// <param name="service">Its name.</param>
    /// <param name="portName">The name of the port that agents serve gRPC on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what goes wrong.</param>
    public AgentEndpoints(
        ApiConnection connection,
        string serviceNamespace,
        string service,
        string portName,
        TimeProvider time,
        ILogger<AgentEndpoints> logger)
    {
        Description = $"the endpoints of the service {serviceNamespace}/{service}";
        var options = new WatchOptions();
        ResourceType<EndpointSlice>[] types =
        [
            EndpointReader.Slices("v1", serviceNamespace, service, portName),
            EndpointReader.Slices("v1beta1", serviceNamespace, service, portName),
            EndpointReader.Endpoints(serviceNamespace, service, portName),
        ];
        _attempts = Array.ConvertAll(types, type =>
            new Reflector<EndpointSlice>(connection, type, this, options, time, logger) { EndsWhereUnknown = type != types[^1] });
        _current = _attempts[0];
    }

    /// <summary>What it watches, for messages.</summary>
    public string Description { get; }

    /// <summary>How the watch is doing. Any thread.</summary>
    public WatchStatus Status => _current.Status;

    /// <summary>
    /// The whole set, first as it is now and again each time that it has changed. What fails is logged, and the last set
    /// stays. Throws nothing but <see cref="OperationCanceledException"/>. Call it once.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyCollection<AgentEndpoint>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = RunAsync(stop.Token);
        try
        {
            await foreach (var set in _sets.Reader.ReadAllAsync(cancellationToken))
            {
                yield return set;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
    }

    void IWatchSink<EndpointSlice>.Replace(IReadOnlyList<EndpointSlice> all)
    {
        _slices.Clear();
        foreach (var slice in all)
        {
            _slices[slice.Uid] = slice.Endpoints;
        }

        Publish();
    }

    void IWatchSink<EndpointSlice>.Upsert(EndpointSlice item)
    {
        _slices[item.Uid] = item.Endpoints;
        Publish();
    }

    void IWatchSink<EndpointSlice>.Remove(EndpointSlice item)
    {
        if (_slices.Remove(item.Uid))
        {
            Publish();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var attempt in _attempts)
        {
            _current = attempt;
            await attempt.RunAsync(cancellationToken);
            if (!attempt.IsUnknownResource)
            {
                break;
            }
        }
    }

    // An endpoint can be in two slices while it moves from one to the other.
    private void Publish() => _sets.Writer.TryWrite(_slices.Values.SelectMany(slice => slice).ToHashSet());
}
