using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>
/// The service <c>grpc.health.v1.Health</c>, telling the statuses that the application sets. One instance serves all
/// calls; it is safe for use by many threads.
/// </summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<StatusQueue>> _watchers = new(StringComparer.Ordinal);

    /// <summary>Sets the status of a service and tells those who watch it, if it is another one.</summary>
    /// <param name="service">The name of the service; empty for the server as a whole.</param>
    /// <param name="status">The status.</param>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            var before = StatusOf(service);
            _statuses[service] = status;
            TellWatchers(service, before, status);
        }
    }

    /// <summary>Forgets the status of a service, which is then unknown.</summary>
    /// <param name="service">The name of the service; empty for the server as a whole.</param>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            var before = StatusOf(service);
            _statuses.Remove(service);
            TellWatchers(service, before, ServingStatus.ServiceUnknown);
        }
    }

    /// <summary>Forgets the status of every service.</summary>
    public void ClearAll()
    {
        lock (_lock)
        {
            var before = _statuses.ToArray();
            _statuses.Clear();
            foreach (var (service, status) in before)
            {
                TellWatchers(service, status, ServingStatus.ServiceUnknown);
            }
        }
    }

    /// <summary>Tells the status of a service.</summary>
    /// <param name="request">The service.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="RpcException">NOT_FOUND: the service has no status.</exception>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, ""));
        }
    }

    /// <summary>
    /// Tells the status of a service, SERVICE_UNKNOWN if it has none, and every change of it, until the call is
    /// cancelled. A client that is too slow misses statuses between, never the latest.
    /// </summary>
    /// <param name="request">The service.</param>
    /// <param name="responseStream">The statuses.</param>
    /// <param name="context">The call.</param>
    /// <returns>A task that completes when the call is cancelled, without an exception.</returns>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var queue = new StatusQueue();
        try
        {
            StartWatching(request.Service, queue);
            while (true)
            {
                var status = await queue.NextAsync(context.CancellationToken).ConfigureAwait(false);
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
            }
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            // The client has gone, or the server ends the call: nobody is left to be told, by a failed write or otherwise.
        }
        finally
        {
            StopWatching(request.Service, queue);
        }
    }

    // In one step, so that no change falls between the first status and the watching.
    private void StartWatching(string service, StatusQueue queue)
    {
        lock (_lock)
        {
            if (!_watchers.TryGetValue(service, out var queues))
            {
                _watchers.Add(service, queues = []);
            }

            queues.Add(queue);
            queue.Add(StatusOf(service));
        }
    }

    private void StopWatching(string service, StatusQueue queue)
    {
        lock (_lock)
        {
            if (_watchers.TryGetValue(service, out var queues) && queues.Remove(queue) && queues.Count == 0)
            {
                _watchers.Remove(service);
            }
        }
    }

    private ServingStatus StatusOf(string service) =>
        _statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown);

    // Under the lock, so that all watchers see changes in the order in which they happen. A queue never waits.
    private void TellWatchers(string service, ServingStatus before, ServingStatus now)
    {
        if (now != before && _watchers.TryGetValue(service, out var queues))
        {
            foreach (var queue in queues)
            {
                queue.Add(now);
            }
        }
    }
}
