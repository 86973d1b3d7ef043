using System.Text.Json;
using Monitor.Kubernetes.Cgroups;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Pods;

/// <summary>Makes the record of a pod. For one reflector: it shares names among its pods.</summary>
internal sealed class PodReader
{
    // Nobody has a pod of that many; what is more is ignored.
    private const int MaxContainers = 256;
    private const int MaxAddresses = 8;
    private const int MaxContainerName = 63;

    private readonly StringPool _pool = new();
    private readonly Dictionary<(string Kind, string Name), Workload> _workloads = [];
    private readonly List<PodContainer> _containers = [];
    private readonly List<UInt128> _addresses = [];

    /// <summary>The pods of one node, or of all.</summary>
    public static ResourceType<Pod> Pods(string? nodeName = null) => new("pods", "api/v1/pods", new PodReader().Read)
    {
        FieldSelector = nodeName is null ? null : $"spec.nodeName={nodeName}",
        ListsFromCache = nodeName is not null,
    };

    /// <inheritdoc cref="ObjectReader{T}"/>
    public Pod? Read(ref Utf8JsonReader reader, out string? resourceVersion)
    {
        _containers.Clear();
        _addresses.Clear();
        var metadata = default(ObjectMetadata);
        var spec = default(Spec);
        var status = default(Status);
        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata.Read(ref reader, _pool);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadSpec(ref reader, ref spec);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                ReadStatus(ref reader, ref status);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }

        resourceVersion = metadata.ResourceVersion;
        if (metadata is not { Uid: { } uid, Name: { } name, Namespace: { } space })
        {
            return null;
        }

        if (status.IsOver)
        {
            // What did not run will not. A node refuses as many pods as somebody likes to make for it, and each stays listed.
            _containers.RemoveAll(container => container.Id.IsNone);
        }

        var created = metadata.Created ?? 0;
        return new Pod
        {
            Uid = uid,
            // Whoever may make pods can say that one is a mirror, of any. What stands in a status is the node's word, and the node
            // gives a mirror's to those of its own static pods alone.
            CgroupUid = status.Started is null ? uid : metadata.MirroredUid ?? uid,
            Namespace = space,
            Name = name,
            NodeName = spec.NodeName,
            Workload = metadata is { OwnerKind: { } kind, OwnerName: { } owner }
                ? Share(Workload.OfOwner(kind, owner, metadata.TemplateHash, created))
                : null,
            IsHostNetwork = spec.IsHostNetwork,
            IsOver = status.IsOver,
            Started = status.Started ?? created,
            Ended = status.Unfinished == 0 ? status.Ended : null,
            Addresses = [.. _addresses],
            Containers = [.. _containers],
        };
    }

    private void ReadSpec(ref Utf8JsonReader reader, ref Spec spec)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("nodeName"u8))
            {
                spec.NodeName = Json.ReadString(ref reader, ObjectMetadata.MaxName, _pool);
            }
            else if (reader.ValueTextEquals("hostNetwork"u8))
            {
                spec.IsHostNetwork = Json.ReadBoolean(ref reader);
            }
            else if (reader.ValueTextEquals("containers"u8) || reader.ValueTextEquals("initContainers"u8)
                || reader.ValueTextEquals("ephemeralContainers"u8))
            {
                ReadContainerNames(ref reader);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
    }

    private void ReadContainerNames(ref Utf8JsonReader reader)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (Json.NextObject(ref reader))
        {
            while (Json.NextProperty(ref reader))
            {
                if (!reader.ValueTextEquals("name"u8))
                {
                    Json.SkipValue(ref reader);
                }
                else if (Json.ReadString(ref reader, MaxContainerName, _pool) is { } name)
                {
                    Add(name, default);
                }
            }
        }
    }

    private void ReadStatus(ref Utf8JsonReader reader, ref Status status)
    {
        if (!Json.EnterObject(ref reader))
        {
            return;
        }

        while (Json.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("phase"u8))
            {
                if (Json.TryReachString(ref reader, 32))
                {
                    status.IsOver = reader.ValueTextEquals("Succeeded"u8) || reader.ValueTextEquals("Failed"u8);
                }
            }
            else if (reader.ValueTextEquals("startTime"u8))
            {
                status.Started = Json.ReadTime(ref reader);
            }
            else if (reader.ValueTextEquals("podIP"u8))
            {
                ReadAddress(ref reader);
            }
            else if (reader.ValueTextEquals("podIPs"u8))
            {
                ReadAddresses(ref reader);
            }
            else if (reader.ValueTextEquals("containerStatuses"u8) || reader.ValueTextEquals("initContainerStatuses"u8)
                || reader.ValueTextEquals("ephemeralContainerStatuses"u8))
            {
                ReadContainerStatuses(ref reader, ref status);
            }
            else
            {
                Json.SkipValue(ref reader);
            }
        }
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
                if (reader.ValueTextEquals("ip"u8))
                {
                    ReadAddress(ref reader);
                }
                else
                {
                    Json.SkipValue(ref reader);
                }
            }
        }
    }

    private void ReadAddress(ref Utf8JsonReader reader)
    {
        if (IpKey.TryRead(ref reader, out var address) && _addresses.Count < MaxAddresses && !_addresses.Contains(address))
        {
            _addresses.Add(address);
        }
    }

    private void ReadContainerStatuses(ref Utf8JsonReader reader, ref Status status)
    {
        if (!Json.EnterArray(ref reader))
        {
            return;
        }

        while (Json.NextObject(ref reader))
        {
            string? name = null;
            var current = default(ContainerId);
            var state = default(Terminated);
            var lastState = default(Terminated);
            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = Json.ReadString(ref reader, MaxContainerName, _pool);
                }
                else if (reader.ValueTextEquals("containerID"u8))
                {
                    current = ReadContainerId(ref reader);
                }
                else if (reader.ValueTextEquals("state"u8))
                {
                    state = ReadTerminated(ref reader);
                }
                else if (reader.ValueTextEquals("lastState"u8))
                {
                    lastState = ReadTerminated(ref reader);
                }
                else
                {
                    Json.SkipValue(ref reader);
                }
            }

            status.Unfinished += state.Ended is null ? 1 : 0;
            status.Ended = state.Ended is { } ended && !(status.Ended >= ended) ? ended : status.Ended;
            if (name is not null)
            {
                Add(name, current);
                Add(name, lastState.Id);
            }
        }
    }

    private static Terminated ReadTerminated(ref Utf8JsonReader reader)
    {
        var terminated = default(Terminated);
        if (!Json.EnterObject(ref reader))
        {
            return terminated;
        }

        while (Json.NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("terminated"u8))
            {
                Json.SkipValue(ref reader);
                continue;
            }

            if (!Json.EnterObject(ref reader))
            {
                continue;
            }

            while (Json.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("containerID"u8))
                {
                    terminated.Id = ReadContainerId(ref reader);
                }
                else if (reader.ValueTextEquals("finishedAt"u8))
                {
                    terminated.Ended = Json.ReadTime(ref reader);
                }
                else
                {
                    Json.SkipValue(ref reader);
                }
            }
        }

        return terminated;
    }

    // containerd://ID
    private static ContainerId ReadContainerId(ref Utf8JsonReader reader)
    {
        const int MaxText = 128;
        var id = default(ContainerId);
        if (Json.TryReachString(ref reader, MaxText) && !reader.ValueIsEscaped && reader.ValueSpan.Length <= MaxText)
        {
            Span<char> text = stackalloc char[MaxText];
            if (System.Text.Encoding.ASCII.TryGetChars(reader.ValueSpan, text, out var length))
            {
                text = text[..length];
                var scheme = text.LastIndexOf('/');
                _ = ContainerId.TryParse(text[(scheme + 1)..], out id);
            }
        }

        return id;
    }

    private void Add(string name, ContainerId id)
    {
        for (var i = 0; i < _containers.Count; i++)
        {
            var known = _containers[i];
            if (known.Name == name && (id.IsNone || known.Id == id))
            {
                return;
            }

            if (known.Name == name && known.Id.IsNone)
            {
                _containers[i] = new PodContainer(name, id);
                return;
            }
        }

        if (_containers.Count < MaxContainers)
        {
            _containers.Add(new PodContainer(name, id));
        }
    }

    private Workload Share((string Kind, string Name) key)
    {
        if (_workloads.TryGetValue(key, out var known))
        {
            return known;
        }

        if (_workloads.Count == 20_000)
        {
            _workloads.Clear();
        }

        return _workloads[key] = new Workload(_pool.Get(key.Kind), _pool.Get(key.Name));
    }

    private struct Spec
    {
        public string? NodeName;
        public bool IsHostNetwork;
    }

    private struct Status
    {
        public bool IsOver;
        public long? Started;
        public long? Ended;
        public int Unfinished;
    }

    private struct Terminated
    {
        public ContainerId Id;
        public long? Ended;
    }
}
