using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Agent.Encoding;
using Monitor.Bpf.Kernel;
using Monitor.Protocol;
using Monitor.V1;
using Text = System.Text.Encoding;

namespace Monitor.Agent.OpenConnections;

/// <summary>Makes the contract's messages of sockets. One thread at a time.</summary>
/// <param name="nodeName">OpenConnection.node_name of all.</param>
/// <param name="pods">Names their pods. Null outside Kubernetes.</param>
/// <param name="privacy">What they leave out. Null: nothing.</param>
internal sealed class ConnectionBuilder(string nodeName, PodLookup? pods, EventPrivacy? privacy)
{
    private const uint NoRtt = uint.MaxValue;

    // Where the minimum was not set yet the kernel has all ones there.
    private static bool HasRtt(in OpenConnectionRecord record) => record.SmoothedRttUs != 0 && record.MinimumRttUs != NoRtt;

    /// <summary>The name of a state; null where the contract has none.</summary>
    public static string? NameOf(SocketState state) => state switch
    {
        SocketState.Established => "ESTABLISHED",
        SocketState.SynSent => "SYN_SENT",
        SocketState.SynRecv or SocketState.NewSynRecv => "SYN_RECV",
        SocketState.FinWait1 => "FIN_WAIT1",
        SocketState.FinWait2 => "FIN_WAIT2",
        SocketState.TimeWait => "TIME_WAIT",
        SocketState.CloseWait => "CLOSE_WAIT",
        SocketState.LastAck => "LAST_ACK",
        SocketState.Listen => "LISTEN",
        SocketState.Closing => "CLOSING",
        _ => null,
    };

    /// <summary>The message.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="state">The name of its state.</param>
    /// <param name="hasListener">Whether a socket of its namespace listens on its local port.</param>
    /// <param name="timeUnixNanos">When it was seen.</param>
    public OpenConnection Build(Socket socket, string state, bool hasListener, long timeUnixNanos)
    {
        ref readonly var record = ref socket.Record;
        ref readonly var address = ref (record.State == SocketState.Listen ? ref record.Local : ref record.Remote);
        var connection = new OpenConnection
        {
            NodeName = nodeName,
            State = state,
            NetworkNamespace = record.NetworkNamespace,
            AddressFamily = IpText.IsIpv4(address) ? "IPv4" : "IPv6",
            Protocol = "TCP",
        };
        if (record.ConnectionId != 0)
        {
            connection.ConnectionId = record.ConnectionId;
        }

        SetProcess(connection, socket);
        SetPod(connection, record, timeUnixNanos);
        SetSides(connection, record, hasListener);
        SetCounts(connection, record);
        return connection;
    }

    private void SetProcess(OpenConnection connection, Socket socket)
    {
        ref readonly var record = ref socket.Record;
        if (record.CgroupId != 0)
        {
            connection.CgroupId = record.CgroupId;
        }

        if (record.Kind != OpenConnectionKind.OfProcess)
        {
            return;
        }

        connection.Pid = record.Pid;
        connection.Uid = record.Uid;
        connection.OtherPid.AddRange(socket.Others);
        if (privacy is not { HidesCommands: true })
        {
            Span<byte> scratch = stackalloc byte[16];
            connection.Command = Text.UTF8.GetString(KernelText.Read(record.Command, scratch));
        }
    }

    // Its numbers of fields are those of events, so what names a pod there names it here.
    private void SetPod(OpenConnection connection, in OpenConnectionRecord record, long timeUnixNanos)
    {
        if (pods is null)
        {
            return;
        }

        connection.K8SNodeName = nodeName;
        var pod = record.CgroupId != 0
            ? pods.OfSocket(record.CgroupId, record.Pid)
            : pods.OfPacket(record.Local, record.Local, timeUnixNanos);
        connection.MergeFrom(pod.Encoded);
    }

    private void SetSides(OpenConnection connection, in OpenConnectionRecord record, bool hasListener)
    {
        connection.Direction = record.State switch
        {
            SocketState.Listen => ConnectionDirection.Unspecified,
            SocketState.SynSent => ConnectionDirection.Outbound,
            SocketState.SynRecv or SocketState.NewSynRecv => ConnectionDirection.Inbound,
            _ when record.Direction is (byte)ConnectionDirection.Outbound or (byte)ConnectionDirection.Inbound =>
                (ConnectionDirection)record.Direction,
            _ => hasListener ? ConnectionDirection.Inbound : ConnectionDirection.Unspecified,
        };
        if (record.State == SocketState.Listen)
        {
            connection.DestinationPort = record.LocalPort;
            if (!IpText.IsUnspecified(record.Local))
            {
                connection.DestinationIp = Address(record.Local);
            }

            return;
        }

        var inbound = connection.Direction == ConnectionDirection.Inbound;
        connection.SourceIp = Address(inbound ? record.Remote : record.Local);
        connection.SourcePort = inbound ? record.RemotePort : record.LocalPort;
        connection.DestinationIp = Address(inbound ? record.Local : record.Remote);
        connection.DestinationPort = inbound ? record.LocalPort : record.RemotePort;
    }

    private static void SetCounts(OpenConnection connection, in OpenConnectionRecord record)
    {
        if (record.Kind == OpenConnectionKind.Small)
        {
            return;
        }

        connection.SendQueue = record.SendQueue;
        connection.ReceiveQueue = record.ReceiveQueue;
        if (record.State == SocketState.Listen)
        {
            return;
        }

        if (record.Established != 0)
        {
            var age = Math.Max(0, KernelClock.BootNanoseconds - (long)record.Established);
            connection.Age = new Duration { Seconds = age / 1_000_000_000, Nanos = (int)(age % 1_000_000_000) };
        }

        connection.BytesSent = record.BytesSent;
        connection.BytesAcknowledged = record.BytesAcknowledged;
        connection.BytesReceived = record.BytesReceived;
        connection.SegmentsSent = record.SegmentsSent;
        connection.SegmentsReceived = record.SegmentsReceived;
        connection.Retransmits = record.Retransmits;
        connection.CongestionWindow = record.CongestionWindow;
        connection.SegmentSize = record.SegmentSize;
        if (HasRtt(record))
        {
            connection.SmoothedRtt = Microseconds(record.SmoothedRttUs);
            connection.MinimumRtt = Microseconds(record.MinimumRttUs);
        }
    }

    private static Duration Microseconds(uint microseconds) => Duration.FromTimeSpan(TimeSpan.FromMicroseconds(microseconds));

    private string Address(in Monitors.Bytes16 address)
    {
        Span<byte> masked = stackalloc byte[16];
        Span<byte> text = stackalloc byte[IpText.MaxBytes];
        ((ReadOnlySpan<byte>)address).CopyTo(masked);
        privacy?.Mask(masked);
        return Text.ASCII.GetString(text[..IpText.Format(masked, text)]);
    }
}
