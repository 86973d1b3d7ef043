using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Monitor.Agent.Monitors;

/// <summary>struct connection_record of bpf/include/connection.h, field by field; checked when the object is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConnectionRecord
{
    public ulong Timestamp;
    public ulong HandshakeNs;
    public ulong ConnectionId;
    public ulong CgroupId;
    public uint Pid;
    public uint Tid;
    public uint Uid;
    public uint NetworkNamespace;
    public int ReturnCode;
    public uint Error;
    public Bytes16 Source;
    public Bytes16 Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public ushort Protocol;
    public ushort SocketType;
    public byte Outcome;
    public ConnectionFlags Flags;
    public Bytes6 Padding;
    public Bytes16 Command;
}

/// <summary>enum connection_flags.</summary>
[Flags]
internal enum ConnectionFlags : byte
{
    ReturnCode = 1,
    Mode = 2,
    NonBlocking = 4,
    SynSent = 8,
    HadSource = 16,
}

/// <summary>A field of 16 bytes: an address, a command, an interface's name.</summary>
[InlineArray(16)]
internal struct Bytes16
{
    private byte _first;
}

/// <summary>A field of 6 bytes.</summary>
[InlineArray(6)]
internal struct Bytes6
{
    private byte _first;
}
