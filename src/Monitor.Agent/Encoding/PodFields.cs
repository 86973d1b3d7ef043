using Monitor.Events;
using Monitor.V1;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Encoding;

/// <summary>The fields that name a pod, encoded once for all of its events. Immutable.</summary>
internal sealed class PodFields
{
    // Kubernetes limits names to 253 bytes. What is longer is not a name.
    private const int MaxNameBytes = 253;

    /// <summary>The fields of a pod, or of the lack of one.</summary>
    /// <param name="attribution">How it was found, or why it is not known.</param>
    /// <param name="podNamespace">Null: no pod.</param>
    /// <param name="podName">Null: no pod.</param>
    /// <param name="containerName">Null where it is not known.</param>
    /// <param name="workloadKind">Null where nothing owns the pod.</param>
    /// <param name="workloadName">As <paramref name="workloadKind"/>.</param>
    public PodFields(
        Attribution attribution,
        string? podNamespace = null,
        string? podName = null,
        string? containerName = null,
        string? workloadKind = null,
        string? workloadName = null)
    {
        Encoded = EventEncoder.Fragment((ref writer) =>
        {
            Add(ref writer, Event.K8SPodNameFieldNumber, podName);
            Add(ref writer, Event.K8SNamespaceFieldNumber, podNamespace);
            Add(ref writer, Event.K8SContainerNameFieldNumber, containerName);
            writer.Varint(Event.AttributionFieldNumber, (uint)attribution);
            Add(ref writer, Event.K8SWorkloadKindFieldNumber, workloadKind);
            Add(ref writer, Event.K8SWorkloadNameFieldNumber, workloadName);
        });
        PodHash = HashOf(podName);
        NamespaceHash = HashOf(podNamespace);
    }

    /// <summary>The encoded fields.</summary>
    public byte[] Encoded { get; }

    /// <summary>Hash of the pod's name, for the columns; null without a pod.</summary>
    public uint? PodHash { get; }

    /// <summary>Hash of its namespace; null without a pod.</summary>
    public uint? NamespaceHash { get; }

    private static void Add(ref Protocol.WireWriter writer, int field, string? text)
    {
        if (text is { Length: > 0 } && Text.UTF8.GetByteCount(text) <= MaxNameBytes)
        {
            writer.Bytes(field, Text.UTF8.GetBytes(text));
        }
    }

    private static uint? HashOf(string? name) =>
        name is { Length: > 0 } && Text.UTF8.GetByteCount(name) <= MaxNameBytes ? EventColumns.Hash(name) : null;
}
