using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Rings;

namespace Monitor.Bpf.Attaching;

/// <summary>Has a program run at a steady rate on each CPU.</summary>
internal static unsafe class PerfEventAttacher
{
    internal static IReadOnlyList<BpfLink> Attach(BpfProgram program, int frequency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frequency, 1);
        program.LoadedOrThrow();
        var links = new List<BpfLink>();
        try
        {
            foreach (var cpu in CpuList.Online())
            {
                if (TryOpen(program, cpu, frequency) is { } perfEvent)
                {
                    using (perfEvent)
                    {
                        links.Add(ProgramAttacher.Attach(program, p => Give(p, perfEvent)));
                    }
                }
            }

            return links;
        }
        catch
        {
            links.ForEach(link => link.Dispose());
            throw;
        }
    }

    // The link closes the event.
    private static BpfLinkHandle Give(nint program, FileDescriptorHandle perfEvent)
    {
        var link = Libbpf.bpf_program__attach_perf_event(program, perfEvent.Number);
        if (!link.IsInvalid)
        {
            perfEvent.SetHandleAsInvalid();
        }

        return link;
    }

    // Null where the CPU went offline in the meantime. A software clock: virtual machines often have no hardware counters.
    private static FileDescriptorHandle? TryOpen(BpfProgram program, int cpu, int frequency)
    {
        var attributes = new PerfEventAttributes
        {
            Type = PerfEventAttributes.TypeSoftware,
            Size = (uint)sizeof(PerfEventAttributes),
            Config = PerfEventAttributes.ConfigCpuClock,
            SamplePeriod = (ulong)frequency,
            Flags = PerfEventAttributes.FlagFrequency,
        };
        var perfEvent = Libc.perf_event_open(&attributes, -1, cpu, -1, Libc.PERF_FLAG_FD_CLOEXEC);
        if (!perfEvent.IsInvalid)
        {
            return perfEvent;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.ENODEV ? null : throw ProgramAttacher.Failure(
            program,
            error,
            [],
            error == Errno.EINVAL ? $"{frequency} per second may be more than kernel.perf_event_max_sample_rate" : null);
    }
}
