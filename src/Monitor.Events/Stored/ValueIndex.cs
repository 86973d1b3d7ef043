using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf.Collections;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>
/// A Bloom filter of the names, addresses and destination ports in the events of a segment: tells the segments that a query
/// need not read, but for few of those.
/// </summary>
internal sealed class ValueIndex
{
    // With 16 bits for each value, one in 400 that is not there is taken for present; with 8 bits one in 40.
    private const int Probes = 4;

    private readonly byte[] _bits;

    /// <param name="bits">Of <see cref="Bits"/>; empty where nothing is known.</param>
    public ValueIndex(byte[] bits) => _bits = bits;

    public ReadOnlyMemory<byte> Bits => _bits;

    /// <summary>Makes the filter of these hashes.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="bytesPerValue">How well it knows them.</param>
    public static ValueIndex Of(IReadOnlyCollection<ulong> hashes, int bytesPerValue)
    {
        var bits = new byte[hashes.Count * bytesPerValue + 8];
        foreach (var hash in hashes)
        {
            for (var probe = 0; probe < Probes; probe++)
            {
                var bit = BitOf(hash, probe, bits.Length);
                bits[bit >> 3] |= (byte)(1 << (int)(bit & 7));
            }
        }

        return new ValueIndex(bits);
    }

    /// <summary>Whether the values can match the filter.</summary>
    public bool MayMatch(EventFilterPlan filter)
    {
        if (_bits.Length == 0)
        {
            return true;
        }

        foreach (var values in filter.ValueHashes)
        {
            if (!values.Any(MayHave))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// For each field that a filter asks for and that is in such an index: the hashes of the values. Of namespaces alone where it
    /// asks for some: an index is of the events of all of them, and whether a segment was read shows in the answer and its time.
    /// A reader of some namespaces would learn what is in the events of others.
    /// </summary>
    /// <param name="filter">In canonical form.</param>
    public static ulong[][] HashesOf(EventFilter filter)
    {
        var all = new List<ulong[]>();
        if (filter.K8SNamespace.Count > 0)
        {
            AddNames(EventTags.KubernetesNamespace, filter.K8SNamespace);
            return [.. all];
        }

        AddNames(EventTags.NodeName, filter.NodeName);
        AddNames(EventTags.KubernetesNodeName, filter.K8SNodeName);
        AddNames(EventTags.KubernetesPodName, filter.K8SPodName);
        AddNames(EventTags.KubernetesWorkloadName, filter.K8SWorkloadName);
        AddNames(EventTags.Command, filter.Command);
        AddNames(EventTags.DestinationName, filter.DestinationName);
        AddNames(EventTags.PeerPodName, filter.PeerPodName);
        AddNames(EventTags.PeerNamespace, filter.PeerNamespace);
        AddNames(EventTags.PeerWorkloadName, filter.PeerWorkloadName);
        AddNames(EventTags.PeerServiceName, filter.PeerServiceName);
        AddNames(EventTags.PeerNodeName, filter.PeerNodeName);
        AddAddresses(ColumnFlags.HasSource, filter.SourceIp);
        AddAddresses(ColumnFlags.HasDestination, filter.DestinationIp);
        if (filter.DestinationPort.Count > 0)
        {
            all.Add([.. filter.DestinationPort.Select(port => Hash(ColumnFlags.HasDestinationPort, port))]);
        }

        return [.. all];

        void AddNames(uint tag, RepeatedField<string> names)
        {
            if (names.Count > 0)
            {
                all.Add([.. names.Select(name => Hash(tag, Encoding.UTF8.GetBytes(name)))]);
            }
        }

        // Not where one of them is a block of addresses.
        void AddAddresses(ColumnFlags which, RepeatedField<string> texts)
        {
            var hashes = new List<ulong>();
            foreach (var text in texts)
            {
                if (!AddressBlock.TryParse(text, out var block) || block.First != block.Last)
                {
                    return;
                }

                hashes.Add(Hash(which, block.First));
            }

            if (hashes.Count > 0)
            {
                all.Add([.. hashes]);
            }
        }
    }

    /// <summary>Whether a field's values are in the index.</summary>
    public static bool IsNameTag(uint tag) => tag is EventTags.NodeName or EventTags.KubernetesNodeName or EventTags.KubernetesPodName
        or EventTags.KubernetesNamespace or EventTags.KubernetesWorkloadName or EventTags.Command or EventTags.DestinationName
        or EventTags.PeerPodName or EventTags.PeerNamespace or EventTags.PeerWorkloadName or EventTags.PeerServiceName
        or EventTags.PeerNodeName;

    public static ulong Hash(uint tag, ReadOnlySpan<byte> value) => XxHash3.HashToUInt64(value, tag);

    public static ulong Hash(ColumnFlags which, UInt128 value) =>
        XxHash3.HashToUInt64(MemoryMarshal.AsBytes([(ulong)(value >> 64), (ulong)value]), (long)which << 32);

    private bool MayHave(ulong hash)
    {
        for (var probe = 0; probe < Probes; probe++)
        {
            var bit = BitOf(hash, probe, _bits.Length);
            if ((_bits[bit >> 3] >> (int)(bit & 7) & 1) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // Two halves of one hash stand for any number of them.
    private static uint BitOf(ulong hash, int probe, int bytes) =>
        (uint)(((uint)hash + (ulong)(uint)probe * ((uint)(hash >> 32) | 1)) % ((ulong)bytes * 8));
}
