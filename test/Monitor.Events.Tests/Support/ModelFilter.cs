using System.Net;
using Google.Protobuf.Collections;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events.Tests;

/// <summary>What a filter means, written down as plainly as can be, for the log to agree with.</summary>
internal static class ModelFilter
{
    public static bool Matches(EventFilter filter, Event stored) =>
        OneOf(filter.Type, stored.Type)
        && OneOf(filter.Pid, stored.HasPid, stored.Pid)
        && OneOf(filter.Command, stored.HasCommand, stored.Command)
        && OneOf(filter.K8SNodeName, stored.HasK8SNodeName, stored.K8SNodeName)
        && OneOf(filter.K8SPodName, stored.HasK8SPodName, stored.K8SPodName)
        && OneOf(filter.K8SNamespace, stored.HasK8SNamespace, stored.K8SNamespace)
        && OneOf(filter.K8SWorkloadName, stored.HasK8SWorkloadName, stored.K8SWorkloadName)
        && OneOf(filter.PeerPodName, stored.HasPeerPodName, stored.PeerPodName)
        && OneOf(filter.PeerNamespace, stored.HasPeerNamespace, stored.PeerNamespace)
        && OneOf(filter.PeerWorkloadName, stored.HasPeerWorkloadName, stored.PeerWorkloadName)
        && OneOf(filter.PeerServiceName, stored.HasPeerServiceName, stored.PeerServiceName)
        && OneOf(filter.PeerNodeName, stored.HasPeerNodeName, stored.PeerNodeName)
        && OneOf(filter.ConnectionId, stored.HasConnectionId, stored.ConnectionId)
        && OneOf(filter.DestinationName, stored.HasDestinationName, stored.DestinationName)
        && OneOf(filter.NodeName, stored.NodeName)
        && Address(filter.SourceIp, stored.HasSourceIp, stored.SourceIp)
        && Address(filter.DestinationIp, stored.HasDestinationIp, stored.DestinationIp)
        && OneOf(filter.SourcePort, stored.HasSourcePort, stored.SourcePort)
        && OneOf(filter.DestinationPort, stored.HasDestinationPort, stored.DestinationPort)
        && Protocol(filter, stored)
        && (!filter.HasFailed || filter.Failed == stored.ReportsFailure())
        && (filter.Since is null || Time(stored) >= UnixNanos.From(filter.Since)!.Value)
        && (filter.Until is null || Time(stored) < UnixNanos.From(filter.Until)!.Value);

    public static long Time(Event stored) => stored.Time is null ? 0 : UnixNanos.From(stored.Time)!.Value;

    private static bool OneOf<T>(RepeatedField<T> values, T value) => values.Count == 0 || values.Contains(value);

    private static bool OneOf<T>(RepeatedField<T> values, bool has, T value) =>
        values.Count == 0 || has && values.Contains(value);

    private static bool Protocol(EventFilter filter, Event stored)
    {
        if (filter.Protocol.Count == 0)
        {
            return true;
        }

        return stored.HasProtocol
            && IpProtocols.TryParse(stored.Protocol, out var number)
            && filter.Protocol.Any(value => IpProtocols.TryParse(value, out var wanted) && wanted == number);
    }

    private static bool Address(RepeatedField<string> blocks, bool has, string address)
    {
        if (blocks.Count == 0)
        {
            return true;
        }

        return has && IPAddress.TryParse(address, out var parsed) && blocks.Any(block => Contains(block, parsed));
    }

    private static bool Contains(string block, IPAddress address)
    {
        var parts = block.Split('/');
        var network = IPAddress.Parse(parts[0]);
        var prefix = parts.Length == 2
            ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)
            : network.GetAddressBytes().Length * 8;
        if (network.IsIPv4MappedToIPv6 && prefix >= 96)
        {
            network = network.MapToIPv4();
            prefix -= 96;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return new IPNetwork(Mask(network, prefix), prefix).Contains(address);
    }

    private static IPAddress Mask(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> bit % 8);
        }

        return new IPAddress(bytes);
    }
}
