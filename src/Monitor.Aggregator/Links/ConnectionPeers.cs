using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Aggregator.Links;

/// <summary>Names the other side of open connections, as that of events.</summary>
internal sealed class ConnectionPeers(PeerLookup peers, TimeProvider time)
{
    /// <summary>Fills in the fields of the peer, where it is known. The numbers of fields are those of events.</summary>
    public void AddTo(OpenConnection connection)
    {
        if (connection.State == ConnectionStates.Listen)
        {
            return;
        }

        var columns = new EventColumnsBuilder(UnixNanos.From(time.GetUtcNow()), 0);
        Span<byte> address = stackalloc byte[16];
        if (TryRead(connection.SourceIp, address))
        {
            columns.SetSource(address);
        }

        if (TryRead(connection.DestinationIp, address))
        {
            columns.SetDestination(address);
        }

        if (connection.HasK8SPodName)
        {
            columns.SetKubernetesPodName(EventColumns.Hash(connection.K8SPodName));
            columns.SetKubernetesNamespace(EventColumns.Hash(connection.K8SNamespace));
        }

        if (peers.Find(columns.Build()) is { IsEmpty: false } fields)
        {
            connection.MergeFrom(fields.ToArray());
        }
    }

    private static bool TryRead(string text, Span<byte> address)
    {
        if (!IpText.TryParse(Encoding.UTF8.GetBytes(text), out var high, out var low))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64BigEndian(address, high);
        BinaryPrimitives.WriteUInt64BigEndian(address[8..], low);
        return true;
    }
}
