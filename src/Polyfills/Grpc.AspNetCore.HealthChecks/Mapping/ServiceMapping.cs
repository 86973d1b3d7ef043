namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Says which health checks count for a service of <c>grpc.health.v1.Health</c>.</summary>
public sealed class ServiceMapping
{
    /// <summary>Maps health checks to a service.</summary>
    /// <param name="name">The name of the service; empty for the server as a whole.</param>
    /// <param name="predicate">Whether a health check counts.</param>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        Name = name;
        HealthCheckPredicate = predicate;
    }

    /// <summary>The name of the service; empty for the server as a whole.</summary>
    public string Name { get; }

    /// <summary>Whether a health check counts; <see langword="null"/> means that all do.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }

    internal bool Covers(string name, IEnumerable<string> tags) =>
        HealthCheckPredicate?.Invoke(new HealthCheckMapContext(name, tags)) ?? true;
}
