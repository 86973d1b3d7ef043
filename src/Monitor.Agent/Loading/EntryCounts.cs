using System.Runtime.InteropServices;

namespace Monitor.Agent.Loading;

/// <summary>struct entry_counts of bpf/include/tcp_connections.h, field by field; checked when an object is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EntryCounts
{
    public ulong Added;
    public ulong Removed;
}
