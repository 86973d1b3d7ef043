using System.Text.Json;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Makes the record of a service.</summary>
internal sealed class ServiceReader
{
    private const int MaxAddresses = 64;

    private readonly StringPool _pool = new();
    private readonly List<UInt128> _addresses = [];

    /// <summary>All services.</summary>
    public static ResourceType<Service> Services() => new("services", "api/v1/services", new ServiceReader().Read);

    /// <inheritdoc cref="ObjectReader{T}"/>
    public Service? Read(ref Utf8JsonReader reader, out string? resourceVersion)
    {
        _addresses.Clear();
        var metadata = default(ObjectMetadata);
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata.Read(ref reader, _pool);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadSpec(ref reader);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                ReadStatus(ref reader);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        resourceVersion = metadata.ResourceVersion;
        return metadata is { Uid: { } uid, Name: { } name, Namespace: { } space }
            ? new Service(uid, space, name, metadata.Created ?? 0, [.. _addresses])
            : null;
    }

    private void ReadSpec(ref Utf8JsonReader reader)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("clusterIP"u8))
            {
                // "None" of a headless one is no address.
                _ = Json.TryReachString(ref reader, 64) && Add(ref reader);
            }
            else if ((reader.ValueTextEquals("clusterIPs"u8) || reader.ValueTextEquals("externalIPs"u8))
                && Json.EnterArray(ref reader))
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    Add(ref reader);
                    reader.Skip();
                }
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
    }

    private void ReadStatus(ref Utf8JsonReader reader)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("loadBalancer"u8) || !Json.EnterObject(ref reader))
            {
                Json.SkipValue(ref reader);
                continue;
            }

            while (Json.NextProperty(ref reader))
            {
                if (!reader.ValueTextEquals("ingress"u8) || !Json.EnterArray(ref reader))
                {
                    Json.SkipValue(ref reader);
                    continue;
                }

                while (Json.NextObject(ref reader))
                {
                    while (Json.NextProperty(ref reader))
                    {
                        if (reader.ValueTextEquals("ip"u8))
                        {
                            _ = Json.TryReachString(ref reader, 64) && Add(ref reader);
                        }
                        else
                        {
                            Json.SkipValue(ref reader);
                        }
                    }
                }
            }
        }
    }

    private bool Add(ref Utf8JsonReader reader)
    {
        if (!IpKey.TryReadCurrent(ref reader, out var address) || _addresses.Count == MaxAddresses
            || _addresses.Contains(address))
        {
            return false;
        }

        _addresses.Add(address);
        return true;
    }
}
