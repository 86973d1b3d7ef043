using System.Text.Json;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Makes the record of a node.</summary>
internal sealed class NodeReader
{
    private const int MaxAddresses = 64;

    private readonly StringPool _pool = new();
    private readonly List<UInt128> _addresses = [];

    /// <summary>All nodes.</summary>
    public static ResourceType<Node> Nodes() => new("nodes", "api/v1/nodes", new NodeReader().Read);

    /// <inheritdoc cref="ObjectReader{T}"/>
    public Node? Read(ref Utf8JsonReader reader, out string? resourceVersion)
    {
        _addresses.Clear();
        var metadata = default(ObjectMetadata);
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata.Read(ref reader, _pool);
            }
            else if (reader.ValueTextEquals("status"u8) && Json.EnterObject(ref reader))
            {
                while (Json.NextProperty(ref reader))
                {
                    if (reader.ValueTextEquals("addresses"u8))
                    {
                        ReadAddresses(ref reader);
                    }
                    else
                    {
                        Json.SkipValue(ref reader);
                    }
                }
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        resourceVersion = metadata.ResourceVersion;
        return metadata is { Uid: { } uid, Name: { } name }
            ? new Node(uid, name, metadata.Created ?? 0, [.. _addresses])
            : null;
    }

    private void ReadAddresses(ref Utf8JsonReader reader)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (Json.NextObject(ref reader))
        {
            while (Json.NextProperty(ref reader))
            {
                // A host name is no address, and is left out by itself.
                if (!reader.ValueTextEquals("address"u8))
                {
                    Json.SkipValue(ref reader);
                }
                else if (IpKey.TryRead(ref reader, out var address) && _addresses.Count < MaxAddresses
                    && !_addresses.Contains(address))
                {
                    _addresses.Add(address);
                }
            }
        }
    }
}
