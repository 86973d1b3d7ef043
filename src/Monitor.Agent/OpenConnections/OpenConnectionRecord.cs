using System.Runtime.InteropServices;
using Monitor.Agent.Monitors;

namespace Monitor.Agent.OpenConnections;

/// <summary>struct open_connection_record of bpf/include/open_connection.h, field by field; checked when the object is
/// loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenConnectionRecord
{
    public ulong Socket;
    public ulong ConnectionId;
    public ulong CgroupId;
    public ulong Established;
    public ulong BytesSent;
    public ulong BytesAcknowledged;
    public ulong BytesReceived;
    public uint SegmentsSent;
    public uint SegmentsReceived;
    public uint Retransmits;
    public uint SmoothedRttUs;
    public uint MinimumRttUs;
    public uint CongestionWindow;
    public uint SegmentSize;
    public uint SendQueue;
    public uint ReceiveQueue;
    public uint NetworkNamespace;
    public uint Pid;
    public uint Uid;
    public Bytes16 Local;
    public Bytes16 Remote;
    public ushort LocalPort;
    public ushort RemotePort;
    public SocketState State;
    public OpenConnectionKind Kind;
    public byte Direction;
    public byte Padding;
    public Bytes16 Command;
}

/// <summary>enum open_connection_kind.</summary>
internal enum OpenConnectionKind : byte
{
    OfProcess = 1,
    OfTable = 2,
    Small = 3,
    Cut = 4,
    End = 5,
}

/// <summary>As the kernel numbers them, include/net/tcp_states.h. The names are those of the contract.</summary>
internal enum SocketState : byte
{
    Established = 1,
    SynSent = 2,
    SynRecv = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,
    NewSynRecv = 12,
}
