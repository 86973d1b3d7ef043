using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Monitor.Bpf.Tests;

/// <summary>struct test_record of bpf/record.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TestRecord
{
    internal ulong BootNs;
    internal ulong Cookie;
    internal uint Tgid;
    internal uint Tid;
    internal int ReturnCode;
    internal ushort Port;
    internal byte Family;
    internal byte Pad0;
    internal Words Address;
    internal fixed byte Command[16];
    internal Endpoint Local;
    internal fixed byte Spare6[16];

    [InlineArray(4)]
    internal struct Words
    {
        private uint _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Endpoint
    {
        internal uint Network;
        internal ushort Port;
        internal ushort Pad;
    }
}
