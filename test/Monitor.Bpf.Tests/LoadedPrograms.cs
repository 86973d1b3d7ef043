using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Tests;

/// <summary>What the kernel has, whoever loaded it.</summary>
internal static unsafe class LoadedPrograms
{
    internal static List<uint> Ids()
    {
        Libbpf.Initialize();
        var ids = new List<uint>();
        for (uint id = 0, next; Libbpf.bpf_prog_get_next_id(id, &next) == 0; id = next)
        {
            ids.Add(next);
        }

        return ids;
    }
}
