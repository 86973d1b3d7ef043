using System.Security.Cryptography;
using System.Text;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Where a connection is in a list: by node, and there by a number that it keeps while it is open.</summary>
/// <param name="NodeName">Its node.</param>
/// <param name="Key">The number.</param>
public readonly record struct ConnectionPosition(string NodeName, ulong Key)
{
    // Cookies count from 1 and do not come near: those that have none follow.
    private const ulong WithoutCookie = 1UL << 63;

    /// <summary>The number of a connection: the cookie of its socket, or what stands for one.</summary>
    public static ulong KeyOf(OpenConnection connection)
    {
        if (connection is { HasConnectionId: true, ConnectionId: < WithoutCookie })
        {
            return connection.ConnectionId;
        }

        // One has these addresses and ports at a time.
        var text = $"{connection.NetworkNamespace} {connection.SourceIp} {connection.SourcePort} {connection.DestinationIp} {connection.DestinationPort}";
        return WithoutCookie | BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The order of lists.</summary>
    public static IComparer<ConnectionPosition> Order { get; } = Comparer<ConnectionPosition>.Create(static (one, other) =>
        string.CompareOrdinal(one.NodeName, other.NodeName) is var byNode and not 0 ? byNode : one.Key.CompareTo(other.Key));
}
