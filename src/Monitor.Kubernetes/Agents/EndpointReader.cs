using System.Text.Json;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Agents;

/// <summary>Makes the record of an endpoint slice, or of endpoints, which say the same in other words.</summary>
internal sealed class EndpointReader(string portName)
{
    private const int MaxEndpoints = 20_000;

    private readonly StringPool _pool = new();
    private readonly List<(UInt128 Address, string? NodeName)> _found = [];
    private readonly List<UInt128> _addresses = [];

    /// <summary>The endpoint slices of a service.</summary>
    /// <param name="version">v1 (Kubernetes 1.21 and later) or v1beta1.</param>
    /// <param name="serviceNamespace">Of the service.</param>
    /// <param name="service">Its name.</param>
    /// <param name="portName">The port that is asked for.</param>
    public static ResourceType<EndpointSlice> Slices(
        string version,
        string serviceNamespace,
        string service,
        string portName) => new(
            "endpointslices.discovery.k8s.io",
            $"apis/discovery.k8s.io/{version}/namespaces/{serviceNamespace}/endpointslices",
            new EndpointReader(portName).Read)
        {
            LabelSelector = $"kubernetes.io/service-name={service}",
        };

    /// <summary>The endpoints of a service, for servers before 1.17.</summary>
    public static ResourceType<EndpointSlice> Endpoints(string serviceNamespace, string service, string portName) => new(
        "endpoints",
        $"api/v1/namespaces/{serviceNamespace}/endpoints",
        new EndpointReader(portName).Read)
    {
        FieldSelector = $"metadata.name={service}",
    };

    /// <inheritdoc cref="ObjectReader{T}"/>
    public EndpointSlice? Read(ref Utf8JsonReader reader, out string? resourceVersion)
    {
        _found.Clear();
        var metadata = default(ObjectMetadata);
        int? port = null;
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata.Read(ref reader, _pool);
            }
            else if (reader.ValueTextEquals("endpoints"u8))
            {
                ReadAddresses(ref reader);
            }
            else if (reader.ValueTextEquals("ports"u8))
            {
                port = ReadPorts(ref reader) ?? port;
            }
            else if (reader.ValueTextEquals("subsets"u8) && Json.EnterArray(ref reader))
            {
                while (Json.NextObject(ref reader))
                {
                    port = ReadSubset(ref reader) ?? port;
                }
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        resourceVersion = metadata.ResourceVersion;
        return metadata.Uid is { } uid
            ? new EndpointSlice(
                uid,
                [.. _found.Select(found => new AgentEndpoint(IpKey.ToAddress(found.Address), port, found.NodeName))])
            : null;
    }

    private int? ReadSubset(ref Utf8JsonReader reader)
    {
        int? port = null;
        while (Json.NextProperty(ref reader))
        {
            // Whether an agent is ready is for its link to find out: one that is not may still have events.
            if (reader.ValueTextEquals("addresses"u8) || reader.ValueTextEquals("notReadyAddresses"u8))
            {
                ReadAddresses(ref reader);
            }
            else if (reader.ValueTextEquals("ports"u8))
            {
                port = ReadPorts(ref reader);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        return port;
    }

    private void ReadAddresses(ref Utf8JsonReader reader)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (Json.NextObject(ref reader))
        {
            ReadEndpoint(ref reader);
        }
    }

    // {"addresses": ["10.1.0.7"], "nodeName": "n"} or {"ip": "10.1.0.7", "nodeName": "n"}. All addresses of an endpoint are
    // the same agent's, so one is enough.
    private void ReadEndpoint(ref Utf8JsonReader reader)
    {
        _addresses.Clear();
        string? node = null;
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("ip"u8))
            {
                if (IpKey.TryRead(ref reader, out var address))
                {
                    _addresses.Add(address);
                }
            }
            else if (reader.ValueTextEquals("addresses"u8) && Json.EnterArray(ref reader))
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (IpKey.TryReadCurrent(ref reader, out var address))
                    {
                        _addresses.Add(address);
                    }

                    reader.Skip();
                }
            }
            else if (reader.ValueTextEquals("nodeName"u8))
            {
                node = Json.ReadString(ref reader, ObjectMetadata.MaxName, _pool) ?? node;
            }
            else if (reader.ValueTextEquals("topology"u8))
            {
                node ??= ReadTopology(ref reader);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        if (_addresses.Count > 0 && _found.Count < MaxEndpoints)
        {
            _found.Add((_addresses[0], node));
        }
    }

    // Of v1beta1, where it stands for nodeName.
    private string? ReadTopology(ref Utf8JsonReader reader)
    {
        string? node = null;
        if (!Json.EnterObject(ref reader))
        {
            return null;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("kubernetes.io/hostname"u8))
            {
                node = Json.ReadString(ref reader, ObjectMetadata.MaxName, _pool);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        return node;
    }

    private int? ReadPorts(ref Utf8JsonReader reader)
    {
        int? found = null;
        if (!Json.EnterArray(ref reader))
        {
            return null;
        }

        while (Json.NextObject(ref reader))
        {
            string? name = null;
            int? port = null;
            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = Json.ReadString(ref reader, 63, _pool);
                }
                else if (reader.ValueTextEquals("port"u8))
                {
                    reader.Read();
                    port = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number)
                        && number is > 0 and <= 65535 ? number : null;
                    reader.Skip();
                }
                else
                {
                    Json.SkipValue(ref reader);
                }
            }

            found = name == portName ? port : found;
        }

        return found;
    }
}
