using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Attaching;

/// <summary>Attaches programs and explains why it could not.</summary>
internal static class ProgramAttacher
{
    // linux/bpf.h: beside the programs that are attached already, here and below.
    private const uint AllowMulti = 1 << 1;

    internal static BpfLink Attach(BpfProgram program, Func<nint, BpfLinkHandle> attach)
    {
        program.LoadedDescriptor();
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
        program.LoadedDescriptor();
        var cgroup = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (cgroup.IsInvalid)
        {
            throw BpfException.FromLastError("opening the cgroup", path);
        }

        try
        {
            using var capture = LibbpfMessages.Capture();
            var (link, error) = Call(program, p => Libbpf.bpf_program__attach_cgroup(p, cgroup));
            if (!link.IsInvalid)
            {
                cgroup.Dispose();
                return new BpfLink(link, program.Name);
            }

            // Kernels before 5.7 (af6eea57437a, "bpf: Implement bpf_link-based cgroup BPF program attachment") do not
            // know the command. Where something else was invalid, the old way says so again.
            return error == Errno.EINVAL
                ? AttachWithoutLink(program, cgroup)
                : throw Failure(program, error, capture.Messages);
        }
        catch
        {
            cgroup.Dispose();
            throw;
        }
    }

    /// <summary>The way of kernels before 5.7; takes over the cgroup's handle unless it throws.</summary>
    internal static BpfLink AttachWithoutLink(BpfProgram program, FileDescriptorHandle cgroup)
    {
        var descriptor = program.LoadedDescriptor();
        var type = program.ExpectedAttachType;
        using var capture = LibbpfMessages.Capture();
        var result = Libbpf.bpf_prog_attach(descriptor, cgroup, type, AllowMulti);
        if (result != 0)
        {
            throw Failure(program, -result, capture.Messages);
        }

        using var borrowed = new BorrowedHandle(descriptor);
        return new BpfLink(FileDescriptorHandle.Duplicate(descriptor.Number, program.Name), cgroup, type, program.Name);
    }

    private static (BpfLinkHandle Link, int Error) Call(BpfProgram program, Func<nint, BpfLinkHandle> attach) =>
        program.Use(p =>
        {
            var link = attach(p);
            return (link, link.IsInvalid ? Marshal.GetLastPInvokeError() : 0);
        });

    private static BpfException Failure(BpfProgram program, int error, IReadOnlyList<BpfMessage> messages)
    {
        var words = VerifierLogText.Summarize(messages);
        if (error is Errno.EPERM or Errno.EACCES && Capabilities.OfThisProcess().DescribeMissing() is { } missing)
        {
            words = missing;
        }
        else if (error == Errno.E2BIG)
        {
            words = $"64 programs are attached there already, on kernels before 5.7 perhaps by processes that were killed "
                + $"(bpftool cgroup show, bpftool cgroup detach). {words}";
        }

        return new BpfException($"attaching {program.Section}:", program.Name, error, words);
    }
}
