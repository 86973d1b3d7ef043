using System.Runtime.InteropServices;

namespace Monitor.Agent.Monitors;

/// <summary>struct tcp_record of bpf/include/tcp.h, field by field, as are the others; checked when an object is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcpRecord
{
    public ulong Timestamp;
    public ulong ConnectionId;
    public ulong CgroupId;
    public uint Pid;
    public uint Tid;
    public uint Uid;
    public uint NetworkNamespace;
    public Bytes16 Source;
    public Bytes16 Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public TcpFlags Flags;
    public byte Direction;
    public byte State;
    public byte Padding;
    public Bytes16 Command;
}

/// <summary>enum tcp_flags.</summary>
[Flags]
internal enum TcpFlags : byte
{
    Process = 1,
    Tracked = 2,
    LocalFirst = 4,
    RemoteFirst = 8,
    Exiting = 16,
    Queued = 32,
    Waited = 64,
    Sent = 128,
}

/// <summary>struct accept_record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AcceptRecord
{
    public TcpRecord Tcp;
    public ulong QueueNs;
}

/// <summary>struct close_record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CloseRecord
{
    public TcpRecord Tcp;
    public ulong DurationNs;
    public ulong BytesSent;
    public ulong BytesAcknowledged;
    public ulong BytesReceived;
    public uint SegmentsSent;
    public uint SegmentsReceived;
    public uint Retransmits;
    public uint SmoothedRttUs;
    public uint MinimumRttUs;
    public uint Error;
    public byte Cause;
    public Bytes7 Padding;
}

/// <summary>struct retransmit_record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RetransmitRecord
{
    public TcpRecord Tcp;
    public uint Retransmits;
    public uint Count;
}

/// <summary>struct reset_record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResetRecord
{
    public TcpRecord Tcp;
    public uint Reason;
    public uint HasReason;
}

/// <summary>struct listen_overflow_record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ListenOverflowRecord
{
    public TcpRecord Tcp;
    public ulong Count;
    public uint QueueLength;
    public uint Backlog;
}

/// <summary>A field of 7 bytes.</summary>
[System.Runtime.CompilerServices.InlineArray(7)]
internal struct Bytes7
{
    private byte _first;
}
