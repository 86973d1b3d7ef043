using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>
/// The services that <c>grpc.health.v1.Health</c> knows, one mapping for each, in the order in which they were added.
/// To be changed only while the application is configured.
/// </summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly OrderedDictionary<string, ServiceMapping> _byName = new(StringComparer.Ordinal);

    /// <summary>How many services there are.</summary>
    public int Count => _byName.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Maps health checks to a service, in place of what was mapped to it before.</summary>
    /// <param name="name">The name of the service; empty for the server as a whole.</param>
    /// <param name="predicate">
    /// Whether a health check counts for the service. Those that do are run by <c>Check</c> and at the start of
    /// <c>Watch</c>, and are looked at whenever all health checks have been run and published.
    /// </param>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        _byName.Remove(name);
        _byName.Add(name, new ServiceMapping(name, predicate));
    }

    /// <summary>Adds a service.</summary>
    /// <param name="service">The mapping.</param>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(ServiceMapping service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _byName.Add(service.Name, service);
    }

    /// <summary>Removes a service, if it is there.</summary>
    /// <param name="name">The name of the service.</param>
    public void Remove(string name) => _byName.Remove(name);

    /// <summary>Removes all services, also the empty name for the server as a whole, which is there by default.</summary>
    public void Clear() => _byName.Clear();

    /// <inheritdoc/>
    public IEnumerator<ServiceMapping> GetEnumerator() => _byName.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _byName.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) =>
        _byName.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) =>
        Find(item.Name) == item && _byName.Remove(item.Name);

    /// <summary>The mapping of a service; <see langword="null"/> if there is none.</summary>
    internal ServiceMapping? Find(string name) => _byName.GetValueOrDefault(name);
}
