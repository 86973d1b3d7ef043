using System.Text.Json;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Cluster;

/// <summary>Makes the record of a service.</summary>
internal sealed class ServiceReader
{
    private const int MaxAddresses = 64;

    private readonly StringPool _pool = new();
    private readonly List<UInt128> _addresses = [];
    private readonly List<UInt128> _external = [];

    /// <summary>All services.</summary>
    public static ResourceType<Service> Services() => new("services", "api/v1/services", new ServiceReader().Read);

    /// <inheritdoc cref="ObjectReader{T}"/>
    public Service? Read(ref Utf8JsonReader reader, out string? resourceVersion)
    {
        _addresses.Clear();
        _external.Clear();
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
            ? new Service(uid, space, name, metadata.Created ?? 0, [.. _addresses], [.. _external.Except(_addresses)])
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
                AddOne(ref reader, _addresses);
            }
            else if (reader.ValueTextEquals("clusterIPs"u8))
            {
                AddAll(ref reader, _addresses);
            }
            else if (reader.ValueTextEquals("externalIPs"u8))
            {
                AddAll(ref reader, _external);
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
                            AddOne(ref reader, _addresses);
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

    private static void AddAll(ref Utf8JsonReader reader, List<UInt128> addresses)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Add(ref reader, addresses);
            reader.Skip();
        }
    }

    private static void AddOne(ref Utf8JsonReader reader, List<UInt128> addresses)
    {
        if (Json.TryReachString(ref reader, 64))
        {
            Add(ref reader, addresses);
        }
    }

    private static void Add(ref Utf8JsonReader reader, List<UInt128> addresses)
    {
        if (IpKey.TryReadCurrent(ref reader, out var address) && addresses.Count < MaxAddresses && !addresses.Contains(address))
        {
            addresses.Add(address);
        }
    }
}
