using Microsoft.Extensions.DependencyInjection;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>What /health says of access: files that cannot be used, and what the user opened.</summary>
internal sealed class AccessHealth(AccessOptions options, IServiceProvider services)
{
    private const string Name = "access";

    private readonly TlsIdentity? _tls = services.GetService<TlsIdentity>();
    private readonly WatchedFiles<ReadersFile>? _readers = services.GetService<WatchedFiles<ReadersFile>>();

    /// <summary>One part; none where only this machine reaches the server, and that is all there is to say.</summary>
    public IEnumerable<HealthPart> Parts()
    {
        if ((_tls?.Problem ?? _readers?.Problem) is { } problem)
        {
            yield return new HealthPart { Name = Name, Status = HealthStatus.Degraded, Message = problem };
        }
        else if (options.IsInsecure)
        {
            yield return new HealthPart
            {
                Name = Name,
                Status = HealthStatus.Healthy,
                Message = "insecure: clear text and readers without a credential are allowed beyond this machine",
            };
        }
        else if (options.RequiresReaders)
        {
            yield return new HealthPart { Name = Name, Status = HealthStatus.Healthy };
        }
    }
}
