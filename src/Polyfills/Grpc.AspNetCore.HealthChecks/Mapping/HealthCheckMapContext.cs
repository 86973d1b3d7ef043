namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A registered health check, for deciding whether it counts for a service.</summary>
public sealed class HealthCheckMapContext
{
    /// <summary>Describes a health check.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tags">Its tags.</param>
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    /// <summary>The name under which the health check is registered.</summary>
    public string Name { get; }

    /// <summary>The tags with which the health check is registered.</summary>
    public IEnumerable<string> Tags { get; }
}
