using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Attaching;

/// <summary>Attaches programs and explains why it could not.</summary>
internal static class ProgramAttacher
{
    internal static BpfLink Attach(BpfProgram program, Func<nint, BpfLinkHandle> attach)
    {
        program.LoadedOrThrow();
        if (program.Type is BpfProgramType.Tracepoint or BpfProgramType.Kprobe && Tracefs.Find() is null)
        {
            throw new BpfException(
                "attaching",
                program.Name,
                Errno.ENOENT,
                $"{program.Section} needs tracefs, which is not mounted: mount -t tracefs none /sys/kernel/tracing");
        }

        using var capture = LibbpfMessages.Capture();
        var (link, error) = Call(program, attach);
        return link.IsInvalid ? throw Failure(program, error, capture.Messages) : new BpfLink(link, program.Name);
    }

    internal static unsafe BpfLink AttachIterator(BpfProgram program, FileDescriptorHandle map)
    {
        using var borrowed = new BorrowedHandle(map);
        var descriptor = (uint)map.Number;
        var options = new IteratorAttachOptions
        {
            Size = (nuint)sizeof(IteratorAttachOptions),
            LinkInfo = &descriptor,
            LinkInfoLength = sizeof(uint),
        };
        var address = (nint)(&options);
        return Attach(program, p => Libbpf.bpf_program__attach_iter(p, address));
    }

    internal static BpfLink AttachCgroup(BpfProgram program, string path)
    {
        using var cgroup = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return cgroup.IsInvalid
            ? throw BpfException.FromLastError("opening the cgroup", path)
            : Attach(program, p => Libbpf.bpf_program__attach_cgroup(p, cgroup));
    }

    private static (BpfLinkHandle Link, int Error) Call(BpfProgram program, Func<nint, BpfLinkHandle> attach) =>
        program.Use(p =>
        {
            var link = attach(p);
            return (link, link.IsInvalid ? Marshal.GetLastPInvokeError() : 0);
        });

    /// <param name="program">What could not be attached.</param>
    /// <param name="error">Why.</param>
    /// <param name="messages">What libbpf said.</param>
    /// <param name="explanation">What it means here; null: what libbpf said.</param>
    internal static BpfException Failure(
        BpfProgram program, int error, IReadOnlyList<BpfMessage> messages, string? explanation = null)
    {
        var words = explanation ?? VerifierLogText.Summarize(messages);
        if (error is Errno.EPERM or Errno.EACCES && Capabilities.OfThisProcess().DescribeMissing() is { } missing)
        {
            words = missing;
        }
        else if (error == Errno.E2BIG)
        {
            words = $"64 programs are attached there already (bpftool cgroup show). {words}";
        }

        return new BpfException($"attaching {program.Section}:", program.Name, error, words);
    }
}
