using System.Threading.Channels;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>
/// The statuses that one watcher has not taken yet. Adding never waits: a full queue drops its oldest, since what counts
/// is where the service is now. Any number of threads add, one takes.
/// </summary>
internal sealed class StatusQueue
{
    // As many as the package keeps.
    private const int Capacity = 5;

    private readonly Channel<ServingStatus> _waiting = Channel.CreateBounded<ServingStatus>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private ServingStatus? _taken;

    /// <summary>Adds a status.</summary>
    public void Add(ServingStatus status) => _waiting.Writer.TryWrite(status);

    /// <summary>
    /// Waits for the next status that differs from the last one taken. Where statuses were dropped, the next one may be
    /// the same again: that is no change.
    /// </summary>
    /// <exception cref="OperationCanceledException">The waiting was given up.</exception>
    public async ValueTask<ServingStatus> NextAsync(CancellationToken cancellationToken)
    {
        ServingStatus status;
        do
        {
            status = await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        while (status == _taken);

        _taken = status;
        return status;
    }
}
