using System.Runtime.InteropServices;

namespace Monitor.Bpf.Interop;

/// <summary>struct bpf_object_open_opts as of libbpf 1.1; the size field tells a later library what we know.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BpfObjectOpenOptions
{
    internal nuint Size;
    internal byte* ObjectName;
    internal byte RelaxedMaps;
    internal byte* PinRootPath;
    internal ulong Reserved;
    internal byte* KernelConfiguration;
    internal byte* CustomBtfPath;
    internal byte* KernelLogBuffer;
    internal nuint KernelLogSize;
    internal uint KernelLogLevel;
}

/// <summary>struct bpf_test_run_opts as of libbpf 1.1. Lengths of what comes out: room before the call, bytes after it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TestRunOptions
{
    internal nuint Size;
    internal byte* PacketIn;
    internal byte* PacketOut;
    internal uint PacketInLength;
    internal uint PacketOutLength;
    internal byte* ContextIn;
    internal byte* ContextOut;
    internal uint ContextInLength;
    internal uint ContextOutLength;
    internal uint ReturnValue;
    internal int Repeat;
    internal uint Duration;
    internal uint Flags;
    internal uint Cpu;
    internal uint BatchSize;
}

/// <summary>struct perf_event_attr, first published version (64 bytes), which every kernel accepts.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PerfEventAttributes
{
    internal const uint TypeSoftware = 1;
    internal const ulong ConfigBpfOutput = 10;
    internal const ulong SampleRaw = 1 << 10;
    internal const ulong ConfigCpuClock = 0;
    internal const ulong FlagFrequency = 1 << 10;
    internal const ulong FlagWatermark = 1 << 14;

    internal uint Type;
    internal uint Size;
    internal ulong Config;
    internal ulong SamplePeriod;
    internal ulong SampleType;
    internal ulong ReadFormat;
    internal ulong Flags;
    internal uint WakeupWatermark;
    internal uint BreakpointType;
    internal ulong Config1;
}

/// <summary>struct bpf_prog_info up to run_cnt (5.1); earlier kernels leave the fields they do not know at zero.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BpfProgInfo
{
    internal uint Type;
    internal uint Id;
    internal fixed byte Tag[8];
    internal uint JitedProgLen;
    internal uint XlatedProgLen;
    internal ulong JitedProgInsns;
    internal ulong XlatedProgInsns;
    internal ulong LoadTime;
    internal uint CreatedByUid;
    internal uint NrMapIds;
    internal ulong MapIds;
    internal fixed byte Name[16];
    internal uint Ifindex;
    internal uint GplCompatible;
    internal ulong NetnsDev;
    internal ulong NetnsIno;
    internal uint NrJitedKsyms;
    internal uint NrJitedFuncLens;
    internal ulong JitedKsyms;
    internal ulong JitedFuncLens;
    internal uint BtfId;
    internal uint FuncInfoRecSize;
    internal ulong FuncInfo;
    internal uint NrFuncInfo;
    internal uint NrLineInfo;
    internal ulong LineInfo;
    internal ulong JitedLineInfo;
    internal uint NrJitedLineInfo;
    internal uint LineInfoRecSize;
    internal uint JitedLineInfoRecSize;
    internal uint NrProgTags;
    internal ulong ProgTags;
    internal ulong RunTimeNs;
    internal ulong RunCnt;
    internal ulong RecursionMisses; // 5.12 (9ed9e9ba2337); stays 0 before
}

/// <summary>struct bpf_map_info, the part that all kernels have.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BpfMapInfo
{
    internal uint Type;
    internal uint Id;
    internal uint KeySize;
    internal uint ValueSize;
    internal uint MaxEntries;
    internal uint MapFlags;
    internal fixed byte Name[16];
}

/// <summary>struct bpf_iter_attach_opts of libbpf; the link info is a union whose first member is the map's descriptor.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IteratorAttachOptions
{
    internal nuint Size;
    internal uint* LinkInfo;
    internal uint LinkInfoLength;
}

/// <summary>struct bpf_tc_hook of libbpf; Parent only for attach points of one's own.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficControlHook
{
    internal nuint Size;
    internal int InterfaceIndex;
    internal int AttachPoint;
    internal uint Parent;
}

/// <summary>struct bpf_tc_opts of libbpf. For detaching, only handle and priority may be set.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficControlOptions
{
    internal nuint Size;
    internal int ProgramDescriptor;
    internal uint Flags;
    internal uint ProgramId;
    internal uint Handle;
    internal uint Priority;
}
