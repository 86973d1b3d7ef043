using System.Text;
using System.Text.Json;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Kubernetes.Agents;
using Monitor.Kubernetes.Cluster;
using Monitor.Kubernetes.Pods;
using Monitor.Kubernetes.Watching;

namespace Monitor.Fuzz.Parsers;

/// <summary>Lists and watch events of an API server, damaged: read, left out in part, or refused as what they are not.</summary>
internal sealed class KubernetesCase : ParserCase
{
    private const string Metadata =
        """{"name":"a","namespace":"n","uid":"3f0c6a1e-5b0c-4d5c-9c55-2a1b7f3f9d10","resourceVersion":"5","labels":{"a":"b"},"creationTimestamp":"2026-01-01T00:00:00Z","ownerReferences":[{"kind":"ReplicaSet","name":"a-7d9f5c6b8","controller":true}]}""";

    private static readonly string[] Objects =
        [
            .. new[]
            {
                """{"metadata":METADATA,"spec":{"nodeName":"node-1","hostNetwork":false,"containers":[{"name":"c"}]},"status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"containerStatuses":[{"name":"c","containerID":"containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}}""",
                """{"metadata":METADATA,"spec":{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1"],"ports":[{"port":80,"protocol":"TCP"}],"type":"ClusterIP"},"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}""",
                """{"metadata":METADATA,"spec":{"podCIDR":"10.0.0.0/24"},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.7"}]}}""",
                """{"metadata":METADATA,"addressType":"IPv4","ports":[{"name":"grpc","port":50051}],"endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true},"nodeName":"node-1"}]}""",
            }.Select(text => text.Replace("METADATA", Metadata, StringComparison.Ordinal)),
        ];

    public override string Name => "kubernetes";

    public override int ShortInputs => 20_000;

    // First which reader it is for, and whether it is a list.
    public override byte[] Make(Random random)
    {
        var text = Objects[random.Next(Objects.Length)];
        var kind = (byte)random.Next(10);
        text = IsList(kind)
            ? $$"""{"kind":"List","metadata":{"resourceVersion":"9","continue":"x"},"items":[{{text}},{{text}}]}"""
            : $$"""{"type":"{{(random.Next(2) == 0 ? "MODIFIED" : "ADDED")}}","object":{{text}}}""";
        return [kind, .. Damage.Of(Encoding.UTF8.GetBytes(text), random)];
    }

    protected override string Parse(byte[] input)
    {
        var kind = input.Length == 0 ? (byte)0 : input[0];
        var json = input[Math.Min(1, input.Length)..];
        return (kind >> 1) switch
        {
            0 => Read(PodReader.Pods(), json, IsList(kind)),
            1 => Read(ServiceReader.Services(), json, IsList(kind)),
            2 => Read(NodeReader.Nodes(), json, IsList(kind)),
            3 => Read(EndpointReader.Slices("v1", "n", "a", "grpc"), json, IsList(kind)),
            _ => Read(EndpointReader.Endpoints("n", "a", "grpc"), json, IsList(kind)),
        };
    }

    private static bool IsList(byte kind) => (kind & 1) == 0;

    private static string Read<T>(ResourceType<T> type, byte[] json, bool isList)
        where T : class
    {
        try
        {
            if (isList)
            {
                ListPage.Read(json, type.Read, []);
            }
            else
            {
                WatchEvent<T>.Read(json, type);
            }

            return $"{type.Name} read";
        }
        catch (Exception refused) when (refused is JsonException or ApiException)
        {
            return $"{type.Name} refused";
        }
    }
}
