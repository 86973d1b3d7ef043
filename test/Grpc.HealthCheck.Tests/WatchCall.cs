using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck.Tests;

/// <summary>A client that watches a service.</summary>
internal sealed class WatchCall(HealthServer server, string service, CancellationToken cancellationToken) : IDisposable
{
    private readonly AsyncServerStreamingCall<HealthCheckResponse> _call = server.Client.Watch(
        new HealthCheckRequest { Service = service }, cancellationToken: cancellationToken);

    /// <summary>The next status; null at the end of the stream.</summary>
    public async Task<ServingStatus?> NextAsync() =>
        await _call.ResponseStream.MoveNext() ? _call.ResponseStream.Current.Status : null;

    /// <summary>Takes statuses until one is the expected one; gives all that came before it.</summary>
    public async Task<List<ServingStatus>> ReadUntilAsync(ServingStatus expected)
    {
        var before = new List<ServingStatus>();
        while (await NextAsync() is { } status)
        {
            if (status == expected)
            {
                return before;
            }

            before.Add(status);
        }

        throw new AssertionException($"The stream ended without {expected}.");
    }

    public Status Status => _call.GetStatus();

    public void Dispose() => _call.Dispose();
}
