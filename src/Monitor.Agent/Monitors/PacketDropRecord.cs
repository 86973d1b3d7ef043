using System.Runtime.InteropServices;

namespace Monitor.Agent.Monitors;

/// <summary>struct packet_drop_record of bpf/include/packet_drop.h, field by field; checked when the object is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketDropRecord
{
    public ulong Timestamp;
    public ulong Location;
    public ulong ConnectionId;
    public ulong CgroupId;
    public uint Reason;
    public uint Length;
    public uint Pid;
    public uint Tid;
    public uint Uid;
    public uint NetworkNamespace;
    public uint InterfaceIndex;
    public ushort EthernetProtocol;
    public ushort Protocol;
    public Bytes16 Source;
    public Bytes16 Destination;
    public ushort SourcePort;
    public ushort DestinationPort;
    public byte IcmpType;
    public byte IcmpCode;
    public PacketDropFlags Flags;
    public byte Padding;
    public Bytes16 Command;
    public Bytes16 Interface;
}

/// <summary>enum packet_drop_flags.</summary>
[Flags]
internal enum PacketDropFlags : byte
{
    Process = 1,
    Reason = 2,
    Addresses = 4,
    Ports = 8,
    Icmp = 16,
    Cgroup = 32,
}
