using System.Runtime.InteropServices;
using Monitor.Agent.Monitors;
using Monitor.Bpf.Schema;

namespace Monitor.Benchmarks.Micro;

/// <summary>
/// Records as the BPF programs write them: a thousand of each kind, of as many processes to as many addresses as a busy
/// machine has in a second.
/// </summary>
internal static class SampleRecords
{
    public const int Count = 1000;

    /// <summary>Pid of the first record; the others count up.</summary>
    public const uint FirstPid = 1000;

    public static byte[][] Connections() => [.. Enumerable.Range(0, Count).Select(index => Bytes(Connection(index)))];

    /// <param name="location">An address in the kernel where packets are dropped.</param>
    public static byte[][] PacketDrops(ulong location) =>
        [.. Enumerable.Range(0, Count).Select(index => Bytes(PacketDrop(index, location)))];

    /// <summary>Of bpf/own_connects.bpf.c.</summary>
    /// <param name="schema">Its record.</param>
    public static byte[][] OwnConnects(RecordSchema schema) => [.. Enumerable.Range(0, Count).Select(index => OwnConnect(index, schema))];

    private static byte[] OwnConnect(int index, RecordSchema schema)
    {
        var record = new byte[schema.Size];
        Set("timestamp", BitConverter.GetBytes(1_000_000_000L + index * 1000));
        Set("process.pid", BitConverter.GetBytes(FirstPid + index));
        Set("process.tid", BitConverter.GetBytes(FirstPid + index));
        Set("process.uid", BitConverter.GetBytes(1000));
        Set("process.command", index % 10 == 0 ? "curl"u8 : "nginx"u8);
        Set("process.cgroup_id", BitConverter.GetBytes(4711L));
        Set("protocol", BitConverter.GetBytes(17));
        Set("source_port", BitConverter.GetBytes((ushort)(32768 + index)));
        Set("destination_port", BitConverter.GetBytes((ushort)443));
        Set("destination_ip", Bytes(Address(198, 51, (byte)(index % 100), (byte)(index % 250))));
        Set("local", Bytes(Address(192, 0, 2, 1)));
        Set("age", BitConverter.GetBytes(350_000_000L));
        Set("started", BitConverter.GetBytes(650_000_000L));
        Set("family", BitConverter.GetBytes(2));
        Set("error", BitConverter.GetBytes(index % 10 == 0 ? -111 : 0));
        Set("buffer", BitConverter.GetBytes(212_992));
        Set("task", "worker"u8);
        return record;

        void Set(string name, ReadOnlySpan<byte> value) =>
            value.CopyTo(record.AsSpan(schema.Fields.Single(field => field.Name == name).BitOffset / 8));
    }

    private static ConnectionRecord Connection(int index) => new()
    {
        Timestamp = (ulong)index * 1000,
        HandshakeNs = 350_000,
        CgroupId = 4711,
        Pid = FirstPid + (uint)index,
        Tid = FirstPid + (uint)index,
        Uid = 1000,
        NetworkNamespace = 4026531840,
        ReturnCode = 0,
        Source = Address(192, 0, 2, 1),
        Destination = Address(198, 51, (byte)(index % 100), (byte)(index % 250)),
        SourcePort = (ushort)(32768 + index),
        DestinationPort = 443,
        Protocol = 6,
        SocketType = 1,
        Outcome = 1,
        Flags = ConnectionFlags.ReturnCode | ConnectionFlags.Mode | ConnectionFlags.SynSent,
        Command = Text(index % 10 == 0 ? "curl"u8 : "nginx"u8),
    };

    private static PacketDropRecord PacketDrop(int index, ulong location) => new()
    {
        Timestamp = (ulong)index * 1000,
        Location = location,
        Reason = 2 + (uint)(index % 8),
        Length = 60,
        NetworkNamespace = 4026531840,
        InterfaceIndex = 2,
        EthernetProtocol = 0x0800,
        Protocol = 6,
        Source = Address(198, 51, (byte)(index % 100), (byte)(index % 250)),
        Destination = Address(192, 0, 2, 1),
        SourcePort = (ushort)(32768 + index),
        DestinationPort = 8080,
        Flags = PacketDropFlags.Reason | PacketDropFlags.Addresses | PacketDropFlags.Ports,
        Interface = Text("eth0"u8),
    };

    private static Bytes16 Address(params ReadOnlySpan<byte> ipv4)
    {
        Bytes16 address = default;
        address[10] = address[11] = 0xff;
        ipv4.CopyTo(address[12..]);
        return address;
    }

    private static Bytes16 Text(ReadOnlySpan<byte> text)
    {
        Bytes16 bytes = default;
        text.CopyTo(bytes);
        return bytes;
    }

    private static byte[] Bytes<T>(T record)
        where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref record)).ToArray();
}
