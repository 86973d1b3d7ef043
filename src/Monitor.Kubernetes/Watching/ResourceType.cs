using System.Text.Json;

namespace Monitor.Kubernetes.Watching;

/// <summary>Reads one object.</summary>
/// <param name="reader">At the object's start; left at its end.</param>
/// <param name="resourceVersion">Its version; null where it has none.</param>
/// <returns>Null where the object lacks what a record needs: it is counted and left out.</returns>
internal delegate T? ObjectReader<T>(ref Utf8JsonReader reader, out string? resourceVersion)
    where T : class;

/// <summary>A kind of objects that the API server keeps.</summary>
/// <param name="Name">Plural, for messages and RBAC: "pods", "endpointslices.discovery.k8s.io".</param>
/// <param name="Path">Of the list: "api/v1/pods".</param>
/// <param name="Read">Makes the record; state that it keeps is used by one reflector only.</param>
internal sealed record ResourceType<T>(string Name, string Path, ObjectReader<T> Read)
    where T : class
{
    /// <summary>Restricts it to some objects by their fields: "spec.nodeName=node-1". Null for all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Restricts it to some objects by their labels. Null for all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>
    /// Whether the first list may come from the API server's cache, which can be a little old: for what every node asks
    /// for at once, so that the server need not ask its database each time.
    /// </summary>
    public bool ListsFromCache { get; init; }
}
